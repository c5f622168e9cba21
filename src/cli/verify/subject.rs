//! What the command verifies: files, hashed as they are read, bare digests, and what lies elsewhere.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256, SHA512};

use crate::attest::subject;
use crate::cli::exit::Failure;
use crate::model::{ArtifactDigest, Digest, visible_line};
use crate::observe::attached;

use super::Bundles;

/// What is verified.
pub(in crate::cli) enum Subject {
    /// A file.
    File(PathBuf),
    /// Something that is known by its digest.
    Digest(ArtifactDigest),
    /// Something that lies elsewhere, with what is attached to it.
    Elsewhere(attached::Subject),
}

/// What the names of subjects that lie elsewhere begin with.
const ELSEWHERE: [&str; 3] = ["oci:", "pypi:", "npm:"];

/// How much of a file is in memory at a time.
const BLOCK: usize = 256 * 1024;

/// What the texts name, with the files that fit in the place of a glob, for shells that expand none.
///
/// # Errors
/// A glob that no file fits.
pub(super) fn expanded(texts: &[String]) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    for text in texts {
        let files = match Subject::read(text)? {
            Subject::File(_) => subject::of_glob(text),
            Subject::Digest(_) | Subject::Elsewhere(_) => Ok(None),
        };
        let unfit = |error: subject::SubjectError| Failure::new(error.message, error.hint);
        let Some(files) = files.map_err(unfit)? else {
            all.push(text.clone());
            continue;
        };
        for file in files {
            all.push(file.into_os_string().into_string().map_err(|name| {
                let shown = visible_line(&name.to_string_lossy());
                Failure::new(format!("{shown}: its name is no text"), "name it by itself")
            })?);
        }
    }
    Ok(all)
}

impl Subject {
    /// What a text names.
    ///
    /// # Errors
    /// A digest with the wrong digits, and a text that begins as a place and names nothing there.
    pub(in crate::cli) fn read(text: &str) -> Result<Self, Failure> {
        if ELSEWHERE.iter().any(|it| text.starts_with(it)) {
            let read = attached::Subject::read(text).map(Self::Elsewhere);
            return read.map_err(|error| Failure::new(error.to_string(), error.hint));
        }
        if text.starts_with("sha256:") || text.starts_with("sha512:") {
            return text.parse().map(Self::Digest).map_err(|error| {
                let hint = "write all digits in lower case; a file of that name is `./sha256:…`";
                Failure::new(format!("{error}"), hint)
            });
        }
        Ok(Self::File(PathBuf::from(text)))
    }

    /// Where the bundle of a file lies if nobody says: beside it, under its name. Nothing else of
    /// the folder is ever read.
    pub(super) fn bundle_beside(&self) -> Result<String, Failure> {
        let path = match self {
            Self::File(path) => path,
            Self::Digest(digest) => {
                let hint = "name its bundle with --bundle FILE, or `-` for standard input; \
                            --repo OWNER/NAME asks GitHub's store";
                return Err(Failure::new(
                    format!("{digest}: a digest has no bundle beside it"),
                    hint,
                ));
            }
            Self::Elsewhere(_) => return Err(not_here()),
        };
        let named = |suffix: &str| {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        };
        let shown = visible_line(&path.display().to_string());
        if path.is_dir() {
            return Err(Failure::new(
                format!("{shown}: this is a folder"),
                "a subject is a file or a digest such as sha256:…; name the files in the folder",
            ));
        }
        if !path.exists() {
            let hint = match attached::Subject::read(&path.to_string_lossy()) {
                Ok(attached::Subject::Image(_)) => "an image is written `oci:HOST/NAME:TAG`",
                _ => "a subject is a file or a digest such as sha256:…",
            };
            return Err(Failure::new(
                format!("{shown}: there is no such file"),
                hint,
            ));
        }
        let (first, second) = (named(".sigstore.json"), named(".sigstore"));
        let found = match (first.exists(), second.exists()) {
            (true, _) => first,
            (false, true) => second,
            (false, false) => {
                let hint = "name its bundle with --bundle FILE, or `-` for standard input; \
                            --repo OWNER/NAME asks GitHub's store";
                let message =
                    format!("{shown}: neither {shown}.sigstore.json nor {shown}.sigstore is there");
                return Err(Failure::new(message, hint));
            }
        };
        found.into_os_string().into_string().map_err(|name| {
            let shown = visible_line(&name.to_string_lossy());
            Failure::new(
                format!("{shown}: its name is no text"),
                "name its bundle with --bundle",
            )
        })
    }

    /// Its digests, of which the first is the SHA-256 where it is a file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn digests(&self, bundles: &Bundles) -> Result<Vec<ArtifactDigest>, Failure> {
        match self {
            Self::Digest(digest) => Ok(vec![*digest]),
            Self::Elsewhere(_) => Err(not_here()),
            Self::File(path) => hashed(path, bundles.need_sha512()).map_err(|error| {
                let shown = visible_line(&path.display().to_string());
                let hint = "a subject is a file or a digest such as sha256:…";
                Failure::new(format!("{shown}: {error}"), hint)
            }),
        }
    }
}

/// Of what lies elsewhere nothing is read here.
pub(super) fn not_here() -> Failure {
    let hint = "leave --bundle out, or name its digest in its place: `sha256:…`";
    Failure::new("what lies elsewhere brings its own bundles", hint)
}

fn hashed(path: &Path, with_sha512: bool) -> std::io::Result<Vec<ArtifactDigest>> {
    let mut file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(std::io::Error::other("this is a folder"));
    }
    let mut sha256 = Context::new(&SHA256);
    let mut sha512 = with_sha512.then(|| Context::new(&SHA512));
    let mut block = vec![0; BLOCK];
    loop {
        let read = match file.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        sha256.update(&block[..read]);
        if let Some(sha512) = &mut sha512 {
            sha512.update(&block[..read]);
        }
    }
    let odd = |_| std::io::Error::other("the digest has another length");
    let bytes: [u8; 32] = sha256.finish().as_ref().try_into().map_err(odd)?;
    let mut digests = vec![ArtifactDigest::Sha256(Digest::from_bytes(bytes))];
    if let Some(sha512) = sha512 {
        let bytes: [u8; 64] = sha512.finish().as_ref().try_into().map_err(odd)?;
        digests.push(ArtifactDigest::Sha512(bytes));
    }
    Ok(digests)
}
