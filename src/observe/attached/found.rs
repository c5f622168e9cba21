//! What one place said about artifacts, within caps on number and bytes.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Answer, ArtifactDigest, Attestations, Coverage, Digest, Facts, Failure, FailureKind, Query,
    RedactedUrl, Time,
};
use crate::observe::http::Unanswered;
use crate::observe::{Asking, Attached, malformed, now};

/// The most bytes of one document, decompressed.
pub const DOCUMENT_BYTES: u64 = 16 << 20;

/// The most documents of one artifact.
const DOCUMENTS: usize = 1_000;

/// The most bytes of all documents of one artifact.
const BYTES: u64 = 64 << 20;

/// The most artifacts that one place is asked about at once.
pub(in crate::observe) const ARTIFACTS: usize = 200;

/// What one place said.
#[derive(Debug)]
pub struct Place {
    /// What was asked, without secrets.
    pub endpoint: RedactedUrl,
    /// Label of the credential.
    pub credential: String,
    /// When the answer was whole.
    pub at: Time,
    /// What it has, or why nobody can say.
    pub answer: Result<Found, Box<Unanswered>>,
}

/// What a place has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Which documents are attached to which artifact. An artifact that could not be asked about is
    /// not here.
    pub attached: Attestations,
    /// The documents, by the SHA-256 of their bytes.
    pub documents: BTreeMap<Digest, String>,
    /// Where reading stopped, and why; nothing where everything was read. What was not read may be
    /// anything: only a place that was read whole says that there is none.
    pub stopped: Option<(String, Failure)>,
}

impl Place {
    /// No answer.
    pub(in crate::observe) fn unanswered(
        endpoint: RedactedUrl,
        credential: &str,
        why: Box<Unanswered>,
    ) -> Self {
        Self {
            endpoint,
            credential: credential.to_owned(),
            at: why.at,
            answer: Err(why),
        }
    }

    /// Seals what it said about the artifacts of one name.
    pub(in crate::observe) fn observe(
        self,
        asking: &Asking<'_>,
        name: &str,
        attached: &mut Attached,
    ) {
        let answer = match self.answer {
            Ok(found) => {
                attached.bundles.extend(found.documents);
                let coverage = match found.stopped {
                    None => Coverage::Complete,
                    Some((stopped_at, why)) => Coverage::Partial { stopped_at, why },
                };
                Answer::Seen {
                    facts: Facts::Attestations(found.attached),
                    body: None,
                    unchanged_since: None,
                    coverage,
                }
            }
            Err(unanswered) => Answer::Failed {
                why: unanswered.failure,
                retry_at: unanswered.retry_at,
            },
        };
        let query = Query::Attestations(name.to_owned());
        let sealed = asking.observe(self.at, &self.credential, self.endpoint, query, answer);
        attached.observations.extend(sealed);
    }
}

/// What is known of one artifact while its place is read.
#[derive(Debug, Default)]
pub(in crate::observe) struct Gathered {
    documents: BTreeMap<Digest, String>,
    bytes: u64,
    stopped: Option<(String, Failure)>,
}

impl Gathered {
    /// Keeps a document.
    ///
    /// # Errors
    /// A [`Failure`] where there are too many, or it is no text.
    pub(in crate::observe) fn add(&mut self, document: Vec<u8>) -> Result<(), Failure> {
        let size = document.len() as u64;
        if size > DOCUMENT_BYTES {
            return Err(too_large(format!(
                "a document of more than {DOCUMENT_BYTES} bytes"
            )));
        }
        let text =
            String::from_utf8(document).map_err(|_| malformed("a document that is no text"))?;
        let digest = Digest::of(text.as_bytes());
        if self.documents.contains_key(&digest) {
            return Ok(());
        }
        if self.documents.len() == DOCUMENTS || self.bytes + size > BYTES {
            return Err(too_large(format!(
                "more than {DOCUMENTS} documents or {BYTES} bytes are attached to one artifact"
            )));
        }
        self.bytes += size;
        self.documents.insert(digest, text);
        Ok(())
    }

    /// Remembers where reading stopped; the first place counts.
    /// Whether nothing was found so far.
    pub(in crate::observe) fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    pub(in crate::observe) fn stop(&mut self, at: impl Into<String>, why: Failure) {
        self.stopped.get_or_insert_with(|| (at.into(), why));
    }
}

/// What is known of each artifact, as the answer of one place. Where nothing is known of any, there
/// is none; where only some could not be asked about, the rest counts and the answer is partial.
pub(in crate::observe) fn place(
    endpoint: RedactedUrl,
    credential: &str,
    gathered: Vec<(ArtifactDigest, Result<Gathered, Box<Unanswered>>)>,
    surplus: usize,
) -> Place {
    let mut found = Found::default();
    let mut failed = None;
    let mut any = false;
    for (artifact, gathered) in gathered {
        match gathered {
            Ok(gathered) => {
                any = true;
                let digests: BTreeSet<Digest> = gathered.documents.keys().copied().collect();
                let known = found.attached.artifacts.entry(artifact).or_default();
                known.extend(digests);
                found.documents.extend(gathered.documents);
                found.stopped = found.stopped.or(gathered.stopped);
            }
            Err(unanswered) => {
                let stopped = (artifact.to_string(), unanswered.failure.clone());
                found.stopped.get_or_insert(stopped);
                failed.get_or_insert(unanswered);
            }
        }
    }
    if surplus > 0 {
        let why = too_large(format!(
            "{surplus} more artifacts of this name are not asked about"
        ));
        found
            .stopped
            .get_or_insert((format!("artifact {ARTIFACTS}"), why));
    }
    match failed {
        Some(why) if !any => Place::unanswered(endpoint, credential, why),
        _ => Place {
            endpoint,
            credential: credential.to_owned(),
            at: now(),
            answer: Ok(found),
        },
    }
}

fn too_large(detail: String) -> Failure {
    Failure {
        kind: FailureKind::TooLarge,
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> RedactedUrl {
        RedactedUrl::of_path("place")
    }

    fn artifact(byte: &str) -> ArtifactDigest {
        Digest::of(byte.as_bytes()).into()
    }

    #[test]
    fn too_many_and_too_large_documents_are_refused() {
        let mut gathered = Gathered::default();
        for number in 0..DOCUMENTS {
            gathered.add(number.to_string().into_bytes()).unwrap();
        }
        gathered.add(b"0".to_vec()).unwrap();
        assert_eq!(
            gathered.add(b"one more".to_vec()).unwrap_err().kind,
            FailureKind::TooLarge
        );
        let large = vec![b' '; DOCUMENT_BYTES as usize + 1];
        assert!(Gathered::default().add(large).is_err());
        assert_eq!(
            Gathered::default().add(vec![0xff]).unwrap_err().kind,
            FailureKind::Malformed
        );
    }

    #[test]
    fn what_could_not_be_asked_about_is_never_without_attestations() {
        let failed = || Err(Box::new(Unanswered::of(malformed("x"))));
        let all = place(endpoint(), "a", vec![(artifact("1"), failed())], 0);
        assert!(all.answer.is_err());
        let some = vec![
            (artifact("1"), failed()),
            (artifact("2"), Ok(Gathered::default())),
        ];
        let found = place(endpoint(), "a", some, 0).answer.unwrap();
        assert!(!found.attached.artifacts.contains_key(&artifact("1")));
        assert!(found.stopped.is_some());
        let beyond = vec![(artifact("2"), Ok(Gathered::default()))];
        let found = place(endpoint(), "a", beyond, 1).answer.unwrap();
        assert_eq!(found.stopped.unwrap().1.kind, FailureKind::TooLarge);
    }
}
