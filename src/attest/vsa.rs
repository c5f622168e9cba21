//! A verdict as a SLSA Verification Summary Attestation: what was decided, for those who trust this
//! verifier and do not want to decide again.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::model::{
    Commit, Digest, Evidence, Outcome, Statement, StatementError, StatementVersion, Subject,
    Verdict,
};

/// Predicate type of a summary (<https://slsa.dev/spec/v1.1/verification_summary>).
pub const SUMMARY_PREDICATE: &str = "https://slsa.dev/verification_summary/v1";

/// Every passed summary says so: the level of SLSA's build track was not judged.
const UNEVALUATED: &str = "SLSA_BUILD_LEVEL_UNEVALUATED";

/// Every channel of the policy agrees.
const AGREE: &str = "LOCKSTEP_CHANNELS_AGREE";

/// Nobody vouches for what was judged. It stands in the place of [`AGREE`], so that who wants that
/// is not given this.
const UNSIGNED: &str = "LOCKSTEP_UNSIGNED_EVIDENCE";

/// What a summary says that the verdict does not.
#[derive(Debug, Clone, Copy)]
pub struct Summarised<'a> {
    /// Who decided, as an address: `verifier.id`. Whoever reads the summary ties it to a signer.
    pub verifier: &'a str,
    /// The artifact that was asked about, as an address: `resourceUri`.
    pub resource: &'a str,
    /// The policy's file, as it was named.
    pub policy: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Predicate<'a> {
    verifier: Verifier<'a>,
    time_verified: String,
    resource_uri: &'a str,
    policy: Resource<'a>,
    input_attestations: Vec<Resource<'a>>,
    verification_result: &'static str,
    verified_levels: Vec<String>,
    slsa_version: &'static str,
}

#[derive(Serialize)]
struct Verifier<'a> {
    id: &'a str,
    version: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Resource<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<&'a str>,
    digest: BTreeMap<&'static str, String>,
}

impl Summarised<'_> {
    /// The bytes of the statement: `PASSED` for an allow, about what it approves; `FAILED` for
    /// everything else, about the digests that its findings name. Nothing where there is no digest
    /// to speak of.
    ///
    /// An indeterminate is `FAILED`: a summary has no word for "not known", and it must not pass.
    ///
    /// # Errors
    /// [`StatementError`] where it would be a statement that nobody reads.
    pub fn statement(
        &self,
        verdict: &Verdict,
        evidence: &Evidence,
    ) -> Result<Option<Vec<u8>>, StatementError> {
        let passed = verdict.outcome == Outcome::Allow;
        let named: BTreeSet<&str> = match passed {
            true => verdict.digests.iter().map(String::as_str).collect(),
            false => {
                let findings = verdict.findings.iter();
                findings
                    .flat_map(|it| &it.digests)
                    .map(String::as_str)
                    .collect()
            }
        };
        let subject: Vec<Subject> = named.into_iter().filter_map(subject).collect();
        if subject.is_empty() {
            return Ok(None);
        }
        let sha256 = |digest: &Digest| BTreeMap::from([("sha256", digest.hex())]);
        let bundles = evidence.bundles.keys().map(|digest| Resource {
            uri: None,
            digest: sha256(digest),
        });
        let whole = Resource {
            uri: Some(&evidence.schema),
            digest: sha256(&verdict.evidence),
        };
        let predicate = Predicate {
            verifier: Verifier {
                id: self.verifier,
                version: BTreeMap::from([
                    ("lockstep", env!("CARGO_PKG_VERSION").to_owned()),
                    ("lockstep-rules", verdict.rules.to_string()),
                ]),
            },
            time_verified: verdict.now.to_string(),
            resource_uri: self.resource,
            policy: Resource {
                uri: Some(self.policy),
                digest: sha256(&verdict.policy),
            },
            input_attestations: std::iter::once(whole).chain(bundles).collect(),
            verification_result: if passed { "PASSED" } else { "FAILED" },
            verified_levels: match passed {
                true => vec![UNEVALUATED.to_owned(), level(verdict)],
                false => vec!["FAILED".to_owned()],
            },
            slsa_version: "1.1",
        };
        let unwritable = |error: serde_json::Error| StatementError(error.to_string());
        let predicate = serde_json::to_string(&predicate).map_err(unwritable)?;
        let statement = Statement {
            version: StatementVersion::V1,
            subject,
            predicate_type: SUMMARY_PREDICATE.to_owned(),
            predicate: Some(RawValue::from_string(predicate).map_err(unwritable)?),
        };
        let bytes = serde_json::to_vec(&statement).map_err(unwritable)?;
        Statement::read(&bytes)?;
        Ok(Some(bytes))
    }
}

/// What an allow is worth. An environment may need fewer channels than the policy has: its allow
/// must not be taken for one of all of them.
fn level(verdict: &Verdict) -> String {
    match (verdict.unsigned_evidence, &verdict.environment) {
        (true, _) => UNSIGNED.to_owned(),
        (false, None) => AGREE.to_owned(),
        (false, Some(environment)) => format!("{AGREE}_FOR_{environment}"),
    }
}

/// The address of one release of a component, where nobody gave another: a package URL of the type
/// `generic`, with the environment that was judged for as its qualifier
/// (<https://github.com/package-url/purl-spec/blob/main/PURL-SPECIFICATION.rst>).
pub fn resource(component: &str, version: &str, environment: Option<&str>) -> String {
    let qualifier = match environment {
        Some(environment) => format!("?environment={}", encoded(environment, "/")),
        None => String::new(),
    };
    let path = encoded(component.trim_start_matches('/'), "/");
    format!("pkg:generic/{path}@{}{qualifier}", encoded(version, ""))
}

/// Percent-encoded but for letters, digits, `.-_~` and what is let through.
fn encoded(text: &str, kept: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b".-_~".contains(&byte) {
            true => encoded.push(char::from(byte)),
            false if kept.as_bytes().contains(&byte) => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A digest as verdicts write it: `sha256:…`, or `git:…` for a commit.
fn subject(text: &str) -> Option<Subject> {
    let digest = match text.strip_prefix("git:") {
        Some(commit) => ("gitCommit", commit.parse::<Commit>().ok()?.to_string()),
        None => ("sha256", text.parse::<Digest>().ok()?.hex()),
    };
    Some(Subject {
        name: None,
        digest: BTreeMap::from([(digest.0.to_owned(), digest.1)]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_release_holds_nothing_that_ends_it_early() {
        assert_eq!(resource("lib", "1.0", None), "pkg:generic/lib@1.0");
        assert_eq!(
            resource("@acme/ui", "1.0+b?x#y@z/1", Some("eu/live")),
            "pkg:generic/%40acme/ui@1.0%2Bb%3Fx%23y%40z%2F1?environment=eu/live"
        );
    }
}
