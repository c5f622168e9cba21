//! A verdict as a SLSA Verification Summary Attestation: what was decided, for those who trust this
//! verifier and do not want to decide again.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::model::{
    Commit, Digest, Evidence, Outcome, Statement, StatementVersion, Subject, Verdict,
};

/// Predicate type of a summary (<https://slsa.dev/spec/v1.1/verification_summary>).
pub const SUMMARY_PREDICATE: &str = "https://slsa.dev/verification_summary/v1";

/// What a passed summary claims beside `PASSED`: the level of SLSA's build track was not judged, the
/// channels agree.
const LEVELS: &[&str] = &["SLSA_BUILD_LEVEL_UNEVALUATED", "LOCKSTEP_CHANNELS_AGREE"];

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
    verified_levels: Vec<&'static str>,
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
    /// The statement: `PASSED` for an allow, about what it approves; `FAILED` for everything else,
    /// about the digests that its findings name. Nothing where there is no digest to speak of.
    ///
    /// An indeterminate is `FAILED`: a summary has no word for "not known", and it must not pass.
    pub fn statement(&self, verdict: &Verdict, evidence: &Evidence) -> Option<Statement> {
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
            return None;
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
            verified_levels: if passed {
                LEVELS.to_vec()
            } else {
                vec!["FAILED"]
            },
            slsa_version: "1.1",
        };
        let predicate = serde_json::to_string(&predicate).ok()?;
        Some(Statement {
            version: StatementVersion::V1,
            subject,
            predicate_type: SUMMARY_PREDICATE.to_owned(),
            predicate: Some(RawValue::from_string(predicate).ok()?),
        })
    }
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
