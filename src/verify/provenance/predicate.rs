//! Which predicate types are read, and that a predicate is of the type that is named.

use serde::Deserialize;

use super::{BuildKind, Facts, slsa_v0_2, slsa_v1};
use crate::model::{Statement, visible_line};
use crate::verify::{Fault, VerifyError};

/// SLSA provenance 1.x (<https://slsa.dev/spec/v1.1/provenance>).
pub const SLSA_PROVENANCE_V1: &str = "https://slsa.dev/provenance/v1";
/// SLSA provenance 0.2 (<https://slsa.dev/spec/v0.2/provenance>).
pub const SLSA_PROVENANCE_V0_2: &str = "https://slsa.dev/provenance/v0.2";
/// PyPI's publish attestation (<https://docs.pypi.org/attestations/publish/v1/>).
pub const PYPI_PUBLISH: &str = "https://docs.pypi.org/attestations/publish/v1";
/// npm's publish attestation (<https://github.com/npm/attestation/tree/main/specs/publish/v0.1>).
pub const NPM_PUBLISH: &str = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1";

/// Whether a predicate type is SLSA provenance of a version that is read.
pub fn is_slsa_provenance(predicate_type: &str) -> bool {
    [SLSA_PROVENANCE_V1, SLSA_PROVENANCE_V0_2].contains(&predicate_type)
}

/// The kind of a statement, and what its predicate states.
///
/// # Errors
/// [`Fault::Statement`] for a predicate that is not of the named type.
pub(super) fn read(statement: &Statement) -> Result<(BuildKind, Facts), VerifyError> {
    match statement.predicate_type.as_str() {
        SLSA_PROVENANCE_V1 => Ok((BuildKind::Build, slsa_v1::read(typed(statement)?)?)),
        SLSA_PROVENANCE_V0_2 => Ok((BuildKind::Build, slsa_v0_2::read(typed(statement)?)?)),
        PYPI_PUBLISH => {
            // PyPI takes no content: <https://docs.pypi.org/attestations/publish/v1/#predicate>.
            let text = statement.predicate.as_ref().map_or("null", |it| it.get());
            let content: Option<Nothing> =
                serde_json::from_str(text).map_err(|_| unfit(statement, "it must be empty"))?;
            let _ = content;
            Ok((BuildKind::Publish, Facts::default()))
        }
        NPM_PUBLISH => {
            let publish: NpmPublish = typed(statement)?;
            let wanted = publish.package_url();
            let named = |it: &crate::model::Subject| it.name.as_deref() == Some(wanted.as_str());
            if !statement.subject.iter().all(named) {
                let names = statement.subject.iter().filter_map(|it| it.name.as_deref());
                let other = names.last().unwrap_or("nothing");
                let why = format!(
                    "it publishes `{}`, its subject is `{}`",
                    visible_line(&wanted),
                    visible_line(other)
                );
                return Err(unfit(statement, &why));
            }
            Ok((BuildKind::Publish, Facts::default()))
        }
        _ => Ok((BuildKind::Other, Facts::default())),
    }
}

/// An object without fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
struct NpmPublish {
    name: String,
    version: String,
    #[serde(rename = "registry")]
    _registry: String,
}

impl NpmPublish {
    /// As npm writes subjects: the `@` of a scope is encoded, the slash is not.
    fn package_url(&self) -> String {
        let name = match self.name.strip_prefix('@') {
            Some(rest) => format!("%40{rest}"),
            None => self.name.clone(),
        };
        format!("pkg:npm/{name}@{}", self.version)
    }
}

fn typed<'s, T: Deserialize<'s>>(statement: &'s Statement) -> Result<T, VerifyError> {
    let predicate = statement.predicate.as_ref();
    let predicate = predicate.ok_or_else(|| unfit(statement, "there is none"))?;
    serde_json::from_str(predicate.get()).map_err(|error| unfit(statement, &error.to_string()))
}

fn unfit(statement: &Statement, why: &str) -> VerifyError {
    let message = format!(
        "the predicate is not of its type `{}`: {}",
        visible_line(&statement.predicate_type),
        visible_line(why)
    );
    VerifyError::new(Fault::Statement, message)
}

/// An error of a predicate whose type is known.
pub(super) fn wrong(what: &str, text: &str) -> VerifyError {
    let message = format!(
        "the predicate's {what} `{}` cannot be read",
        visible_line(text)
    );
    VerifyError::new(Fault::Statement, message)
}
