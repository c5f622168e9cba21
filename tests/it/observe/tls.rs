//! TLS against the real `openssl s_server`: who is trusted, and what a refusal is called.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lockstep::model::FailureKind;
use lockstep::observe::Environment;
use lockstep::observe::http::{Client, ClientError, Event, Limits, Silent};

use super::asking::{World, failure, short, whole};
use super::peers::free_port;

/// `openssl s_server` that serves the answers in a folder; it ends with its value.
struct Server {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        certificate(folder.path());
        let refs = folder.path().join("x.git/info");
        fs::create_dir_all(&refs).unwrap();
        let tag = format!("{} refs/tags/v1.0\0agent=x\n", "1".repeat(40));
        let body = format!(
            "001e# service=git-upload-pack\n0000{:04x}{tag}0000",
            tag.len() + 4
        );
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\
                    content-type: application/x-git-upload-pack-advertisement\r\n";
        let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        fs::write(refs.join("refs?service=git-upload-pack"), answer).unwrap();
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
        Self {
            child,
            folder,
            port,
        }
    }

    fn ask(
        &self,
        host: &str,
        environment: Environment,
    ) -> (World, Vec<lockstep::model::Observation>) {
        // A refused connection while openssl starts is tried again, as any is.
        let limits = Limits {
            total: Duration::from_secs(20),
            backoff: Duration::from_millis(500),
            tries: 8,
            ..short()
        };
        let world = World::with(limits, environment);
        let source = format!("https://{host}:{}/x.git", self.port);
        let observations = world.ask("git-tag", Some(&source), &[("tag", "v{version}")]);
        (world, observations)
    }

    fn trusting(&self) -> Environment {
        let certificate = self.folder.path().join("cert.pem");
        Environment::empty().with("SSL_CERT_FILE", certificate.to_str().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn certificate(folder: &Path) {
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-days",
            "2",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
        ])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .current_dir(folder)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
}

#[test]
fn a_certificate_file_of_the_environment_is_trusted_beside_the_systems() {
    let server = Server::start();
    let (_, observations) = server.ask("localhost", server.trusting());
    assert!(whole(&observations[0]).entries.contains_key("v1.0"));
}

#[test]
fn an_untrusted_certificate_or_a_wrong_name_is_a_tls_failure_and_is_not_tried_again() {
    let server = Server::start();
    // Wait until it is there.
    server.ask("localhost", server.trusting());
    for (host, environment) in [
        ("localhost", Environment::empty()),
        ("127.0.0.1", server.trusting()),
    ] {
        let (world, observations) = server.ask(host, environment);
        let (kind, words) = failure(&observations[0]).unwrap();
        assert_eq!(kind, FailureKind::Tls, "{words}");
        let retried = |event: &Event| matches!(event, Event::Retrying { .. });
        assert!(!world.events.events().iter().any(retried));
    }
}

#[test]
fn a_certificate_file_without_certificates_is_an_error_that_names_it() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"no certificate").unwrap();
    let path = file.path().to_str().unwrap();
    let environment = Environment::empty().with("SSL_CERT_FILE", path);
    let made = Client::new(environment, short(), std::sync::Arc::new(Silent));
    match made.err() {
        Some(ClientError::Certificates { path: named }) => assert_eq!(named, file.path()),
        other => panic!("{other:?}"),
    }
}
