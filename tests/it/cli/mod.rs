//! The command as a user meets it: what it prints, where, and how it exits.

mod attest;
mod attest_keyless;
mod attest_options;
mod attest_places;
mod attest_sign_in;
mod attest_sign_in_refused;
mod attested_by_key;
mod aws;
mod bad_input;
mod check;
mod doctor;
mod download;
mod explain;
mod formats;
mod formats_hostile;
mod formats_of_cells;
mod github;
mod init;
mod inspect;
mod interrupt;
mod key;
#[cfg(feature = "kms")]
mod kms;
mod live;
mod live_attested;
mod local;
mod many;
mod monorepo;
mod options;
mod policy;
mod replay;
mod same_files;
mod seeds;
mod shell;
mod shorthand;
mod shorthand_public;
mod shorthand_refused;
mod terminal;
mod trust;
mod verify;
mod verify_bundles;
mod verify_faults;
mod verify_image;
mod verify_legacy;
mod verify_options;
mod verify_packages;
mod verify_registry;
mod verify_threats;
mod verify_trust;
mod version;
mod vsa;
mod vsa_signers;
mod waive;
mod waive_told;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// One run of the command with every ambient variable scrubbed.
pub(crate) struct Run {
    command: Command,
    input: Option<Vec<u8>>,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lockstep"));
        command.env_clear().args(arguments).current_dir(root());
        Self {
            command,
            input: None,
        }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    pub(crate) fn run(mut self) -> Ran {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input.take().unwrap_or_default();
        let writer = std::thread::spawn(move || {
            // The command may stop reading at its first error.
            let _ = stdin.write_all(&input);
        });
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ran {
            code: status.code(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }
}

impl Ran {
    /// The run ended with 2, told why, and said nothing else.
    #[track_caller]
    pub(crate) fn refuses(&self, words: &[&str]) {
        assert_eq!(self.code, Some(2), "{self:#?}");
        assert_eq!(self.out, "", "{self:#?}");
        for word in words {
            assert!(self.err.contains(word), "no `{word}` in {self:#?}");
        }
        assert!(!self.err.contains("panicked"), "{self:#?}");
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// What Python makes of a text: a second reader, that nobody here wrote.
pub(crate) fn python(script: &str, input: &str) -> serde_json::Value {
    let mut child = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed by this test");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let ran = child.wait_with_output().unwrap();
    assert!(ran.status.success(), "python3 refuses {input}");
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A folder of files that goes with the value.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A policy of a library on git tags and PyPI.
pub(crate) const LIBRARY: &str = r#"
[component]
name = "lib"
source = "https://git.example/acme/lib"
announced-by = "tag"

[line.release]
scheme = "pep440"

[channel.tag]
kind = "git-tag"
tag = "{version}"

[channel.pypi]
kind = "pypi"
"#;

/// Evidence of one round about [`LIBRARY`]: names of tags, versions on the index.
pub(crate) fn library_evidence(tags: &[&str], versions: &[&str]) -> String {
    let listing = |names: &[&str], fact: &dyn Fn(usize) -> serde_json::Value| {
        let entries: serde_json::Map<String, serde_json::Value> = names
            .iter()
            .enumerate()
            .map(|(at, name)| ((*name).to_owned(), fact(at)))
            .collect();
        serde_json::json!({"seen": {"facts": {"listing": {"entries": entries}}, "coverage": "complete"}})
    };
    let observation = |channel: &str, answer: serde_json::Value| {
        serde_json::json!({
            "at": "2026-01-01T00:00:05Z", "round": "2026-01-01T00:00:00Z", "channel": channel,
            "credential": "anonymous", "endpoint": format!("https://{channel}.example/"),
            "query": "listing", "answer": answer,
        })
    };
    let commit = |at: usize| serde_json::json!({"commit": format!("{at:040x}")});
    let file = |at: usize| {
        serde_json::json!({"files": {format!("lib-{at}.tar.gz"): {
            "digest": format!("sha256:{at:064x}"), "uploaded": "2025-12-01T00:00:00Z"}}})
    };
    serde_json::json!({
        "schema": "lockstep-evidence/1", "component": "lib", "decided-at": "2026-01-01T00:00:10Z",
        "observations": [
            observation("tag", listing(tags, &commit)),
            observation("pypi", listing(versions, &file)),
        ],
    })
    .to_string()
}
