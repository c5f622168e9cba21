//! Programs as real counterparts: of the system, and from the folder that `scripts/test-peers.sh`
//! fills.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A running program; it ends with its value.
pub(crate) struct Peer {
    child: Child,
    pub(crate) port: u16,
}

/// A program of the peers, or nothing where it is not installed, which is said and, with
/// `LOCKSTEP_TEST_PEERS_REQUIRED=1`, is a failure.
pub(crate) fn installed(program: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("LOCKSTEP_TEST_PEERS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-peers"),
        PathBuf::from,
    );
    let path = folder.join("bin").join(program);
    if path.is_file() {
        return Some(path);
    }
    lacking(program, "scripts/test-peers.sh")
}

/// A program of the system, or nothing where it is not installed, as [`installed`].
pub(crate) fn on_path(program: &str, package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join(program));
    let found = programs.find(|path| path.is_file());
    found.or_else(|| lacking(program, &format!("the Debian package {package}")))
}

fn lacking(program: &str, source: &str) -> Option<PathBuf> {
    let required = std::env::var("LOCKSTEP_TEST_PEERS_REQUIRED").is_ok_and(|value| value == "1");
    assert!(!required, "{program} is required: {source} has it");
    println!("left out: {program}: not installed ({source} has it)");
    None
}

impl Peer {
    /// Starts a server on a free port and waits until it answers HTTP.
    pub(crate) fn start(program: &Path, arguments: impl Fn(&str) -> Vec<String>) -> Self {
        let port = free_port();
        let child = Command::new(program)
            .args(arguments(&port.to_string()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut peer = Self { child, port };
        let deadline = Instant::now() + Duration::from_secs(60);
        while !peer.answers() {
            let ended = peer.child.try_wait().unwrap();
            assert!(ended.is_none(), "{program:?} did not start: {ended:?}");
            assert!(Instant::now() < deadline, "{program:?} does not answer");
            thread::sleep(Duration::from_millis(50));
        }
        peer
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let mut byte = [0];
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").is_ok()
            && stream.read(&mut byte).is_ok_and(|n| n == 1)
    }
}

/// A port below those that the system gives to whoever asks for any (on Linux from 32,768), so that
/// no other test is given it before the server has it.
pub(crate) fn free_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    loop {
        let tried = TRIED.fetch_add(1, Ordering::Relaxed);
        let port = 10_000 + (std::process::id() * 61 + tried) % 20_000;
        let port = u16::try_from(port).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
