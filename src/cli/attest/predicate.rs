//! What is said about the subjects: provenance of this build, a publish, or a file.

use std::io::Read;
use std::path::Path;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::attest::ci::{Provenance, TokenClaims};
use crate::attest::{PYPI_PUBLISH, Predicate, predicate_type};
use crate::cli::ambient::Ambient;
use crate::cli::exit::Failure;
use crate::model::{STATEMENT_BYTES, visible};

use super::options::AttestArguments;
use super::shown;

pub(super) fn predicate(
    arguments: &AttestArguments,
    claims: Option<&TokenClaims>,
    ambient: &Ambient,
) -> Result<Predicate, Failure> {
    let unfit = |error: crate::model::StatementError| {
        Failure::new(error.to_string(), "say less in the predicate")
    };
    if arguments.pep740 {
        return Predicate::new(PYPI_PUBLISH, &Value::Null).map_err(unfit);
    }
    if let (Some(file), Some(kind)) = (&arguments.predicate, &arguments.kind) {
        let kind = predicate_type(kind).map_err(|why| {
            let message = format!("--type `{}`: {why}", visible(kind, 100));
            Failure::new(message, "as in https://spdx.dev/Document")
        })?;
        return Ok(Predicate {
            kind,
            value: of_file(file)?,
        });
    }
    let stated = arguments.build.stated();
    let provenance = Provenance::of_environment(&ambient.environment, claims, &stated);
    let provenance = provenance.map_err(|error| Failure::new(error.message, error.hint))?;
    provenance.predicate().map_err(unfit)
}

/// The predicate of a file, its numbers and its order as they stand there.
fn of_file(path: &Path) -> Result<Box<RawValue>, Failure> {
    let shown = shown(path);
    let unreadable = |error: std::io::Error| {
        let message = format!("--predicate: {shown}: cannot be read: {error}");
        Failure::new(message, "name a JSON file")
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    file.take(STATEMENT_BYTES as u64 + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if text.len() > STATEMENT_BYTES {
        return Err(Failure::new(
            format!("--predicate: {shown}: more than {STATEMENT_BYTES} bytes"),
            "attest a large document as a subject: its digest is signed then",
        ));
    }
    let itself = "the predicate itself, without statement and envelope";
    let value: Box<RawValue> = serde_json::from_str(text.trim()).map_err(|error| {
        let why = visible(&error.to_string(), 200);
        let message = format!("--predicate: {shown}: no JSON: {why}");
        Failure::new(message, itself)
    })?;
    // in-toto's Statement v1 knows no other kind of predicate.
    match value.get().starts_with('{') {
        true => Ok(value),
        false => Err(Failure::new(
            format!("--predicate: {shown}: no JSON object"),
            itself,
        )),
    }
}
