//! THREATS row 20: what a public index says sends nobody into a network.
//!
//! The index is public by its name: `openssl s_server` behind a proxy that tunnels this one name
//! and writes down every other that somebody wants to reach.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use super::{Ran, Run};
use crate::observe::loopback::{Loopback, answer};
use crate::observe::peers::free_port;

const INDEX: &str = "index.example:443";

/// A proxy that tunnels [`INDEX`] to a port of this machine and refuses all else.
struct Tunnel {
    port: u16,
    wanted: Arc<Mutex<Vec<String>>>,
}

impl Tunnel {
    fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let wanted = Arc::new(Mutex::new(Vec::new()));
        let log = wanted.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let log = log.clone();
                // Whoever hangs up ends the tunnel.
                thread::spawn(move || tunnel(client, target, &log));
            }
        });
        Self { port, wanted }
    }
}

fn tunnel(mut client: TcpStream, target: u16, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let wanted = line
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .to_owned();
    log.lock().unwrap().push(wanted.clone());
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
    }
    if wanted != INDEX {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
    }
    let mut server = TcpStream::connect(("127.0.0.1", target))?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut back, mut forth) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || std::io::copy(&mut back, &mut forth));
    std::io::copy(&mut client, &mut server)?;
    Ok(())
}

/// The index; it ends with its value.
struct Index {
    child: Child,
    folder: tempfile::TempDir,
    tunnel: Tunnel,
}

impl Index {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args([
                "-keyout",
                "key.pem",
                "-out",
                "cert.pem",
                "-subj",
                "/CN=index.example",
            ])
            .args(["-addext", "subjectAltName=DNS:index.example"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        fs::create_dir_all(folder.path().join("pypi/lib")).unwrap();
        let port = free_port();
        let child = Command::new("openssl")
            .args([
                "s_server", "-HTTP", "-quiet", "-cert", "cert.pem", "-key", "key.pem",
            ])
            .args(["-accept", &format!("127.0.0.1:{port}")])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Until it listens.
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(std::time::Duration::from_millis(20));
        }
        Self {
            child,
            folder,
            tunnel: Tunnel::to(port),
        }
    }

    /// Checks a project whose source is said to be there; and who was asked.
    fn check(&self, source: &str) -> (Ran, Vec<String>) {
        let body = serde_json::json!({"info": {"name": "lib", "project_urls": {"Source": source}},
            "releases": {}})
        .to_string();
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n";
        let whole = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        fs::write(self.folder.path().join("pypi/lib/json"), whole).unwrap();
        self.tunnel.wanted.lock().unwrap().clear();
        let certificate = self.folder.path().join("cert.pem");
        let ran = Run::new(&["check", "pypi:lib"])
            .env("PIP_INDEX_URL", "https://index.example/simple/")
            .env(
                "HTTPS_PROXY",
                &format!("http://127.0.0.1:{}", self.tunnel.port),
            )
            .env("SSL_CERT_FILE", certificate.to_str().unwrap())
            .env("LOCKSTEP_TIMEOUT", "5s")
            .run();
        let wanted = self.tunnel.wanted.lock().unwrap().clone();
        (ran, wanted)
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn metadata_of_a_public_index_leads_into_no_network_and_to_no_unknown_host() {
    let index = Index::start();
    let inner = Loopback::start(|_| answer("200 OK", &[], b""));
    for hostile in [
        &inner.url("/acme/lib"),
        "https://localhost/acme/lib",
        "https://127.0.0.1/acme/lib",
        "https://10.0.0.1/acme/lib",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/acme/lib",
        "https://[::ffff:192.168.0.1]/acme/lib",
        "https://2130706433/acme/lib",
        "https://127.0.0.1.nip.io/acme/lib",
        "https://git.evil.example/acme/lib",
        "https://github.com:22/acme/lib",
        "https://github.com@evil.example/acme/lib",
        "https://index.example:8443/acme/lib",
    ] {
        let (ran, wanted) = index.check(hostile);
        ran.refuses(&["names is ", "not asked"]);
        assert_eq!(wanted, [INDEX], "{hostile}: {ran:#?}");
        assert!(inner.heard().is_empty(), "{hostile}");
    }
    // The same way leads to a forge that everybody knows: so it is the address that is refused.
    let (ran, wanted) = index.check("https://github.com/acme/lib");
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    for forge in ["github.com:443", "api.github.com:443"] {
        assert!(wanted.iter().any(|it| it == forge), "{wanted:?}");
    }
}
