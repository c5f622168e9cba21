//! SLSA Verification Summary Attestations: what a verifier that somebody trusts has decided before.

use serde::{Deserialize, Serialize};

use super::{Fault, Met, VerifiedStatement, VerifyError};
use crate::model::{ArtifactDigest, Digest, Duration, Time, visible};

/// Predicate type of a summary (<https://slsa.dev/spec/v1.1/verification_summary>).
pub const SUMMARY_PREDICATE: &str = "https://slsa.dev/verification_summary/v1";

/// What a summary must say to count.
#[derive(Debug, Clone, Default)]
pub struct SummaryExpectations {
    /// `verifier.id`, exactly. Who may speak in this name is told by the signer: a summary counts
    /// only with an identity or key that is expected beside it.
    pub verifier: String,
    /// `resourceUri`, exactly, where it is given.
    pub resource: Option<String>,
    /// Levels that `verifiedLevels` must hold.
    pub levels: Vec<String>,
    /// SHA-256 of the policy that must have been applied.
    pub policy: Option<Digest>,
    /// How old the decision may be.
    pub max_age: Option<Duration>,
}

/// What a summary says, after its signature, its subject and every expectation were checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct VerifiedSummary {
    /// Who decided.
    pub verifier: String,
    /// When.
    pub time_verified: Time,
    /// What it was about.
    pub resource: String,
    /// SHA-256 of the policy, where it is said.
    pub policy: Option<Digest>,
    /// What was found.
    pub levels: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Predicate {
    verifier: Named,
    time_verified: String,
    resource_uri: String,
    #[serde(default)]
    policy: Option<Resource>,
    verification_result: String,
    #[serde(default)]
    verified_levels: Vec<String>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    digest: std::collections::BTreeMap<String, String>,
}

impl SummaryExpectations {
    /// Holds a verified statement to what is expected of a summary about this artifact; gives what
    /// it says, and every expectation with what meets it.
    ///
    /// # Errors
    /// [`Fault::Statement`] for what is no summary, [`Fault::Subject`] where it is about something
    /// else, [`Fault::Expectation`] with both values where it says something else.
    pub fn check(
        &self,
        verified: &VerifiedStatement,
        artifact: &ArtifactDigest,
        now: Time,
    ) -> Result<(VerifiedSummary, Vec<Met>), VerifyError> {
        let statement = verified.statement();
        let no_summary = |why: String| VerifyError::new(Fault::Statement, why);
        if statement.predicate_type != SUMMARY_PREDICATE {
            let other = visible(&statement.predicate_type, 120);
            let message = format!("the predicate type is `{other}`, not `{SUMMARY_PREDICATE}`");
            return Err(no_summary(message));
        }
        if statement.subjects_with(artifact).next().is_none() {
            let message = format!("the summary is not about {artifact}");
            return Err(VerifyError::new(Fault::Subject, message));
        }
        let predicate = statement.predicate.as_ref().map_or("null", |it| it.get());
        let predicate: Predicate = serde_json::from_str(predicate).map_err(|error| {
            no_summary(format!(
                "no verification summary: {}",
                visible(&error.to_string(), 200)
            ))
        })?;
        let mut met = Vec::new();
        let says = &predicate.verification_result;
        equal(
            "verifier.id",
            "vsa-verifier",
            &self.verifier,
            &predicate.verifier.id,
            &mut met,
        )?;
        equal("verificationResult", "vsa", "PASSED", says, &mut met)?;
        if let Some(resource) = &self.resource {
            let found = &predicate.resource_uri;
            equal("resourceUri", "vsa-resource", resource, found, &mut met)?;
        }
        let levels = predicate.verified_levels.join(", ");
        for level in &self.levels {
            if !predicate.verified_levels.contains(level) {
                return Err(unmet("verifiedLevels", level, &levels));
            }
            met.push(Met {
                what: "vsa-level",
                expected: level.clone(),
                found: levels.clone(),
            });
        }
        let policy = predicate
            .policy
            .as_ref()
            .and_then(|it| it.digest.get("sha256"));
        let policy = policy.and_then(|hex| Digest::from_hex(hex).ok());
        if let Some(wanted) = self.policy {
            let found = policy.map_or("nothing".to_owned(), |digest| digest.to_string());
            equal(
                "policy",
                "vsa-policy",
                &wanted.to_string(),
                &found,
                &mut met,
            )?;
        }
        let time: Time = predicate.time_verified.parse().map_err(|_| {
            no_summary(format!(
                "timeVerified is `{}`, no time",
                visible(&predicate.time_verified, 60)
            ))
        })?;
        self.fresh(time, now)?;
        if let Some(age) = self.max_age {
            met.push(Met {
                what: "vsa-max-age",
                expected: age.to_string(),
                found: now.since(time).to_string(),
            });
        }
        let summary = VerifiedSummary {
            verifier: predicate.verifier.id,
            time_verified: time,
            resource: predicate.resource_uri,
            policy,
            levels: predicate.verified_levels,
        };
        Ok((summary, met))
    }

    fn fresh(&self, time: Time, now: Time) -> Result<(), VerifyError> {
        if time > now {
            let message = format!("it says to have been decided at {time}, after {now}");
            return Err(VerifyError::new(Fault::Timestamp, message));
        }
        match self.max_age {
            Some(age) if now.since(time) > age => {
                let message = format!("decided at {time}, longer ago than {age}");
                Err(VerifyError::new(Fault::Expectation, message)
                    .hint("decide again: `lockstep check … --emit-vsa FILE`"))
            }
            _ => Ok(()),
        }
    }
}

/// Compares a field of the predicate; a met expectation is listed by the name of its option.
fn equal(
    field: &str,
    option: &'static str,
    wanted: &str,
    found: &str,
    met: &mut Vec<Met>,
) -> Result<(), VerifyError> {
    if wanted != found {
        return Err(unmet(field, wanted, found));
    }
    met.push(Met {
        what: option,
        expected: wanted.to_owned(),
        found: found.to_owned(),
    });
    Ok(())
}

fn unmet(what: &str, wanted: &str, found: &str) -> VerifyError {
    let (wanted, found) = (visible(wanted, 200), visible(found, 200));
    let message = format!("{what} is `{found}`; expected `{wanted}`");
    VerifyError::new(Fault::Expectation, message)
}
