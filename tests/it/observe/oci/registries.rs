//! Real registries on this machine: Debian's `docker-registry` (distribution 2.8) and
//! `ferro-oci-server`.

use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use crate::observe::loopback::{Heard, Loopback, answer};
use crate::observe::peers::{Peer, installed, on_path};

/// The user and the password of registries that want one.
pub(crate) const USER: &str = "m";
pub(crate) const PASSWORD: &str = "s3cr3t-planted";

/// The password as bcrypt has it, the only form that the registry reads; `AWS` is the user of ECR.
const HTPASSWD: &str = "m:$2b$05$MMhAq8mXjukp5jf8O7Qitu2Yr4BIFsyebror1WEk9qU52jxHuEd5q\nAWS:$2b$05$MMhAq8mXjukp5jf8O7Qitu2Yr4BIFsyebror1WEk9qU52jxHuEd5q\n";

/// What the registry demands.
pub(crate) enum Demand<'t> {
    Nothing,
    Password,
    Token(&'t TokenServer),
}

/// A running registry with its files.
pub(crate) struct Registry {
    peer: Peer,
    _files: tempfile::TempDir,
}

impl Registry {
    /// Debian's registry; nothing where it is not installed.
    pub(crate) fn distribution(demand: Demand<'_>) -> Option<Self> {
        let program = on_path("docker-registry", "docker-registry")?;
        let files = tempfile::tempdir().unwrap();
        let folder = files.path().to_owned();
        let auth = match demand {
            Demand::Nothing => String::new(),
            Demand::Password => {
                let path = folder.join("htpasswd");
                std::fs::write(&path, HTPASSWD).unwrap();
                format!(
                    "auth: {{htpasswd: {{realm: test, path: {}}}}}\n",
                    path.display()
                )
            }
            Demand::Token(server) => format!(
                "auth: {{token: {{realm: '{}', service: test, issuer: test-issuer, rootcertbundle: {}}}}}\n",
                server.server.url("/token"),
                server.certificate.display()
            ),
        };
        let peer = Peer::start(&program, |port| {
            let config = folder.join("config.yml");
            let text = format!(
                "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n{auth}",
                folder.join("data").display()
            );
            std::fs::write(&config, text).unwrap();
            vec!["serve".to_owned(), config.display().to_string()]
        });
        Some(Self {
            peer,
            _files: files,
        })
    }

    /// A registry of the OCI distribution specification 1.1 with referrers and paging.
    pub(crate) fn ferro() -> Option<Self> {
        let program = installed("ferro-oci-server")?;
        let files = tempfile::tempdir().unwrap();
        let script = files.path().join("serve");
        // It takes its address from the environment only.
        let text = "#!/bin/sh\nFERRO_OCI_LISTEN=127.0.0.1:$2 exec \"$1\"\n";
        std::fs::write(&script, text).unwrap();
        let peer = Peer::start(std::path::Path::new("/bin/sh"), |port| {
            let program = program.display().to_string();
            vec![script.display().to_string(), program, port.to_owned()]
        });
        Some(Self {
            peer,
            _files: files,
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.peer.port
    }

    /// The name of an image of it.
    pub(crate) fn image(&self, repository: &str) -> String {
        format!("127.0.0.1:{}/{repository}", self.peer.port)
    }
}

/// A token server with a key and a certificate of its own (RS256, `x5c`).
pub(crate) struct TokenServer {
    pub(crate) server: Loopback,
    certificate: PathBuf,
    files: tempfile::TempDir,
}

impl TokenServer {
    pub(crate) fn start() -> Self {
        let files = tempfile::tempdir().unwrap();
        let folder = files.path().to_owned();
        let certificate = folder.join("certificate.pem");
        openssl(
            &folder,
            &[
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=test",
                "-days",
                "2",
                "-keyout",
                "key.pem",
                "-out",
                "certificate.pem",
            ],
        );
        openssl(
            &folder,
            &[
                "x509",
                "-in",
                "certificate.pem",
                "-outform",
                "der",
                "-out",
                "certificate.der",
            ],
        );
        let basic = STANDARD.encode(format!("{USER}:{PASSWORD}"));
        let server = Loopback::start(move |heard| {
            let known = heard.header("authorization") == Some(&format!("Basic {basic}"));
            let refreshes =
                String::from_utf8_lossy(&heard.body).contains(&format!("refresh_token={PASSWORD}"));
            // Whoever is nobody gets a token that opens nothing.
            let (repository, actions) = asked_scope(heard);
            let actions: Vec<&str> = match known || refreshes {
                true => actions.split(',').collect(),
                false => Vec::new(),
            };
            let token = sign(&folder, &repository, &actions);
            let body = json!({"token": token, "expires_in": 300}).to_string();
            let headers = [("content-type", "application/json"), ("etag", "\"1\"")];
            answer("200 OK", &headers, body.as_bytes())
        });
        Self {
            server,
            certificate,
            files,
        }
    }

    /// A token that may do these things.
    pub(crate) fn token(&self, repository: &str, actions: &[&str]) -> String {
        sign(self.files.path(), repository, actions)
    }
}

/// The repository of the scope and what is to be allowed there, from the query or the form.
fn asked_scope(heard: &Heard) -> (String, String) {
    let form = String::from_utf8_lossy(&heard.body).into_owned();
    let query = heard.target.split_once('?').map_or("", |(_, query)| query);
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let mut pairs = pairs.chain(url::form_urlencoded::parse(form.as_bytes()));
    let scope = pairs
        .find(|(key, _)| key == "scope")
        .unwrap()
        .1
        .into_owned();
    let mut parts = scope.split(':').skip(1).map(str::to_owned);
    (parts.next().unwrap(), parts.next().unwrap())
}

fn sign(folder: &std::path::Path, repository: &str, actions: &[&str]) -> String {
    let certificate = std::fs::read(folder.join("certificate.der")).unwrap();
    let head = json!({"typ": "JWT", "alg": "RS256", "x5c": [STANDARD.encode(certificate)]});
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let access = json!([{"type": "repository", "name": repository, "actions": actions}]);
    let claims = json!({"iss": "test-issuer", "sub": "m", "aud": "test", "jti": "1",
        "iat": now - 10, "nbf": now - 10, "exp": now + 600, "access": access});
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&head), part(&claims));
    let file = tempfile::NamedTempFile::new_in(folder).unwrap();
    std::fs::write(file.path(), &signed).unwrap();
    let input = file.path().display().to_string();
    let signature = openssl(folder, &["dgst", "-sha256", "-sign", "key.pem", &input]);
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn openssl(folder: &std::path::Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments:?}: {words}");
    output.stdout
}
