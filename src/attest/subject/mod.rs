//! What is attested: files, folders, lists of checksums, digests and images, as names and digests.

mod checksums;
mod hash;
mod local;

use std::collections::BTreeSet;
use std::path::PathBuf;

pub use checksums::of_checksums;
pub use hash::{Meter, hash_file};
pub use local::{of_glob, of_path};

use crate::model::{Digest, STATEMENT_SUBJECTS, Subject, visible};

/// What is put after an artifact's name for the file of its attestation: a bundle, a PEP 740
/// attestation.
pub const BESIDE: [&str; 2] = [".sigstore.json", ".publish.attestation"];

/// One artifact: the name that the statement gives it, its SHA-256, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Artifact {
    /// The file's own name without its folder; an image's without tag.
    pub name: String,
    /// SHA-256 of its bytes; of an image's its manifest.
    pub digest: Digest,
    /// Where the bytes are.
    pub place: Place,
}

/// Where an artifact lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A file on this machine.
    File(PathBuf),
    /// An image's repository, as `host/name`.
    Registry(String),
    /// Nowhere that is known: only its digest was told.
    Elsewhere,
}

/// Why something cannot be attested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SubjectError {
    /// What is wrong, where.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl SubjectError {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

/// The artifacts in one order, each once, without the attestations that lie beside them.
///
/// # Errors
/// [`SubjectError`] for none, for more than a statement may have, and for a name that no statement
/// should hold.
pub fn in_order(artifacts: Vec<Artifact>) -> Result<Vec<Artifact>, SubjectError> {
    let artifacts = without_own_attestations(artifacts.into_iter().collect());
    let hint = "name files, folders, `sha256:…` with --subject-name, or images";
    if artifacts.is_empty() {
        return Err(SubjectError::new("there is nothing to attest", hint));
    }
    if artifacts.len() > STATEMENT_SUBJECTS {
        let message = format!("more than {STATEMENT_SUBJECTS} artifacts");
        return Err(SubjectError::new(message, "attest them in parts"));
    }
    for artifact in &artifacts {
        let shown = visible(&artifact.name, 200);
        if artifact.name.is_empty() || shown != artifact.name {
            let message = format!("`{shown}` is no name for an artifact");
            let hint = "names have no control characters and at most 200 characters";
            return Err(SubjectError::new(message, hint));
        }
    }
    Ok(artifacts.into_iter().collect())
}

/// Leaves out the bundle that an earlier run has written beside an artifact: a shell that expands
/// `dist/*` names it too.
fn without_own_attestations(artifacts: BTreeSet<Artifact>) -> BTreeSet<Artifact> {
    let own: BTreeSet<PathBuf> = artifacts
        .iter()
        .filter_map(|artifact| match &artifact.place {
            Place::File(path) => Some(path),
            _ => None,
        })
        .flat_map(|path| {
            BESIDE.map(|suffix| {
                let mut name = path.clone().into_os_string();
                name.push(suffix);
                PathBuf::from(name)
            })
        })
        .collect();
    artifacts
        .into_iter()
        .filter(|artifact| !matches!(&artifact.place, Place::File(path) if own.contains(path)))
        .collect()
}

/// The subjects of a statement about artifacts that are in order; a name and digest that lie in two
/// places are one subject.
pub fn subjects(artifacts: &[Artifact]) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = artifacts
        .iter()
        .map(|artifact| Subject {
            name: Some(artifact.name.clone()),
            digest: [("sha256".to_owned(), artifact.digest.hex())].into(),
        })
        .collect();
    subjects.dedup();
    subjects
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(name: &str, path: &str) -> Artifact {
        Artifact {
            name: name.to_owned(),
            digest: Digest::of(b"a"),
            place: Place::File(path.into()),
        }
    }

    #[test]
    fn the_order_of_arguments_does_not_matter_and_nothing_stands_twice() {
        let (one, two, copy) = (artifact("b", "b"), artifact("a", "a"), artifact("a", "x/a"));
        let some = in_order(vec![one.clone(), two.clone(), copy.clone(), one.clone()]).unwrap();
        assert_eq!(some, in_order(vec![copy, two, one]).unwrap());
        let names: Vec<_> = subjects(&some).into_iter().map(|it| it.name).collect();
        assert_eq!(names, [Some("a".to_owned()), Some("b".to_owned())]);
    }

    #[test]
    fn nothing_and_names_that_steer_a_terminal_are_refused() {
        assert!(in_order(Vec::new()).is_err());
        for name in ["", "a\nb", "a\u{202e}b", &"a".repeat(201)] {
            assert!(in_order(vec![artifact(name, "a")]).is_err(), "{name:?}");
        }
    }
}
