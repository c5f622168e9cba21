//! The in-toto Statement: which artifacts, and what is said about them. Plain data, unverified.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ArtifactDigest, visible};

/// Payload type of an in-toto Statement in a DSSE envelope.
pub const STATEMENT_PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The most bytes that a statement may have.
pub const STATEMENT_BYTES: usize = 16 * 1024 * 1024;

/// The most subjects that a statement may have.
pub const STATEMENT_SUBJECTS: usize = 100_000;

/// An in-toto Statement, version 0.1 or 1
/// (<https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// Which version of the format.
    #[serde(rename = "_type")]
    pub version: StatementVersion,
    /// What it is about; at least one.
    pub subject: Vec<Subject>,
    /// What kind of thing is said.
    pub predicate_type: String,
    /// What is said, as its bytes stand in the statement; absent where the statement has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<Box<RawValue>>,
}

/// The versions of the statement format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatementVersion {
    /// As cosign still writes it.
    #[serde(rename = "https://in-toto.io/Statement/v0.1")]
    V0_1,
    /// The current one.
    #[serde(rename = "https://in-toto.io/Statement/v1")]
    V1,
}

/// One artifact that a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// A name; a hint for people, except where a format gives it meaning (PEP 740, npm).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Digests by algorithm (`sha256`), in lower-case hexadecimal digits.
    #[serde(default)]
    pub digest: BTreeMap<String, String>,
}

/// Why bytes are no statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an in-toto Statement: {0}")]
pub struct StatementError(pub String);

impl Statement {
    /// Reads the bytes that were signed.
    ///
    /// # Errors
    /// [`StatementError`] for bytes over [`STATEMENT_BYTES`], what is not a Statement of a known
    /// version, one without a subject or with more than [`STATEMENT_SUBJECTS`].
    pub fn read(bytes: &[u8]) -> Result<Self, StatementError> {
        if bytes.len() > STATEMENT_BYTES {
            return Err(StatementError(format!("more than {STATEMENT_BYTES} bytes")));
        }
        let statement: Self = serde_json::from_slice(bytes)
            .map_err(|error| StatementError(visible(&error.to_string(), 200)))?;
        match statement.subject.len() {
            0 => Err(StatementError("it has no subject".to_owned())),
            1..=STATEMENT_SUBJECTS => Ok(statement),
            _ => Err(StatementError(format!(
                "more than {STATEMENT_SUBJECTS} subjects"
            ))),
        }
    }

    /// The subjects with this digest.
    pub fn subjects_with<'s>(
        &'s self,
        digest: &ArtifactDigest,
    ) -> impl Iterator<Item = &'s Subject> {
        let (algorithm, hex) = (digest.algorithm(), digest.hex());
        self.subject
            .iter()
            .filter(move |subject| subject.digest.get(algorithm).is_some_and(|it| *it == hex))
    }
}

impl Subject {
    /// Its digest in an algorithm that artifacts are asked by, the first of `sha256`, `sha512`.
    pub fn artifact(&self) -> Option<ArtifactDigest> {
        ["sha256", "sha512"].iter().find_map(|algorithm| {
            let hex = self.digest.get(*algorithm)?;
            format!("{algorithm}:{hex}").parse().ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_read() {
        for version in ["v0.1", "v1"] {
            let text = format!(
                r#"{{"_type":"https://in-toto.io/Statement/{version}","subject":[{{"name":"a","digest":{{"sha256":"{}"}}}}],"predicateType":"https://x/1","predicate":{{"b":1}}}}"#,
                "ab".repeat(32)
            );
            let statement = Statement::read(text.as_bytes()).unwrap();
            let artifact = statement.subject[0].artifact().unwrap();
            assert_eq!(statement.subjects_with(&artifact).count(), 1);
        }
    }

    #[test]
    fn what_says_nothing_about_nothing_is_refused() {
        for text in [
            r#"{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"x"}"#,
            r#"{"_type":"https://in-toto.io/Statement/v2","subject":[{"name":"a","digest":{}}],"predicateType":"x"}"#,
            r#"{"_type":"https://in-toto.io/Statement/v1","_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{}}],"predicateType":"x"}"#,
            "[]",
        ] {
            assert!(Statement::read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
