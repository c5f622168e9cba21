//! Writes statements: the bytes that are signed.

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::subject::{Artifact, subjects};
use crate::model::{Statement, StatementError, StatementVersion};
use crate::verify::check_statement;

/// The predicate type of SLSA provenance, version 1 (<https://slsa.dev/spec/v1.1/provenance>).
pub const SLSA_PROVENANCE: &str = "https://slsa.dev/provenance/v1";

/// The predicate type of a publish attestation (PEP 740,
/// <https://docs.pypi.org/attestations/publish/v1/>).
pub const PYPI_PUBLISH: &str = "https://docs.pypi.org/attestations/publish/v1";

/// What is said about the artifacts.
#[derive(Debug, Clone)]
pub struct Predicate {
    /// The kind of it, a URI.
    pub kind: String,
    /// The value.
    pub value: Box<RawValue>,
}

/// Short names of predicate types, as cosign knows them.
const TYPES: [(&str, &str); 9] = [
    ("slsaprovenance", "https://slsa.dev/provenance/v0.2"),
    ("slsaprovenance02", "https://slsa.dev/provenance/v0.2"),
    ("slsaprovenance1", SLSA_PROVENANCE),
    ("spdx", "https://spdx.dev/Document"),
    ("spdxjson", "https://spdx.dev/Document"),
    ("cyclonedx", "https://cyclonedx.org/bom"),
    ("link", "https://in-toto.io/Link/v1"),
    ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"),
    ("openvex", "https://openvex.dev/ns"),
];

/// A predicate type from what a user writes: a URI, or a short name of cosign's.
///
/// # Errors
/// What is wrong with it.
pub fn predicate_type(text: &str) -> Result<String, String> {
    if let Some((_, uri)) = TYPES.iter().find(|(name, _)| *name == text) {
        return Ok((*uri).to_owned());
    }
    match url::Url::parse(text) {
        Ok(url) if url.username().is_empty() && url.password().is_none() => Ok(text.to_owned()),
        _ => {
            let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
            Err(format!("neither a URI nor one of {}", names.join(", ")))
        }
    }
}

impl Predicate {
    /// A predicate of a value; equal values give equal bytes.
    ///
    /// # Errors
    /// [`StatementError`] for what JSON cannot hold.
    pub fn new(kind: impl Into<String>, value: &Value) -> Result<Self, StatementError> {
        let value = to_raw_value(value).map_err(|error| StatementError(error.to_string()))?;
        Ok(Self {
            kind: kind.into(),
            value,
        })
    }
}

/// The bytes of an in-toto Statement v1 about the artifacts, which are in order.
///
/// # Errors
/// [`StatementError`] where it would be one that nobody reads.
pub fn statement(
    artifacts: &[Artifact],
    predicate: &Predicate,
) -> Result<(Statement, Vec<u8>), StatementError> {
    let statement = Statement {
        version: StatementVersion::V1,
        subject: subjects(artifacts),
        predicate_type: predicate.kind.clone(),
        predicate: Some(predicate.value.clone()),
    };
    let bytes =
        serde_json::to_vec(&statement).map_err(|error| StatementError(error.to_string()))?;
    check_statement(&bytes).map_err(|error| StatementError(error.message))?;
    Ok((Statement::read(&bytes)?, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_and_addresses_are_types_and_words_are_not() {
        assert_eq!(predicate_type("slsaprovenance1").unwrap(), SLSA_PROVENANCE);
        assert!(predicate_type("https://example.com/test/v1").is_ok());
        for wrong in ["sbom", "", "https://user:secret@example.com/v1"] {
            let error = predicate_type(wrong).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
