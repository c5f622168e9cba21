//! Evidence whose observations are sound and whose bundles were verified.

use std::collections::HashMap;

use super::batch::on_all_cores;
use super::{TrustError, UnverifiedBundle, VerifiedStatement, Verifier, VerifyError};
use crate::model::{
    Answer, Digest, Evidence, Facts, Observation, Query, Time, TrustDomain, canonical_json, visible,
};

/// Evidence whose observations are what their ids say and whose absences are earned.
///
/// Only [`check`] makes it. What it says about the world is as true as its [`Origin`].
///
/// ```
/// fn decides(_: &lockstep::verify::CheckedEvidence) {}
/// ```
/// It is not read from a file, has no default, no fields to fill in, and nothing converts into it:
/// ```compile_fail,E0277
/// let forged: lockstep::verify::CheckedEvidence = serde_json::from_str("{}").unwrap();
/// ```
/// ```compile_fail,E0277
/// let forged: lockstep::verify::CheckedEvidence = Default::default();
/// ```
/// ```compile_fail,E0451
/// fn forged(one: lockstep::verify::CheckedEvidence) -> lockstep::verify::CheckedEvidence {
///     lockstep::verify::CheckedEvidence { origin: lockstep::verify::Origin::Asked, ..one }
/// }
/// ```
/// ```compile_fail,E0277
/// fn forged(evidence: lockstep::model::Evidence) -> lockstep::verify::CheckedEvidence {
///     evidence.into()
/// }
/// ```
#[derive(Debug)]
pub struct CheckedEvidence {
    evidence: Evidence,
    digest: Digest,
    origin: Origin,
    proved: HashMap<(Digest, Digest), Result<VerifiedStatement, VerifyError>>,
}

/// Where evidence came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This process asked the channels itself.
    Asked,
    /// A file that nobody signed.
    UnsignedFile,
}

/// Why evidence cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("observation {number} (channel `{channel}`): {why}")]
pub struct EvidenceFault {
    /// Position in the document, from 1.
    pub number: usize,
    /// Its channel.
    pub channel: String,
    /// What is wrong.
    pub why: String,
}

impl CheckedEvidence {
    /// The evidence.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The evidence, no longer checked.
    pub fn into_evidence(self) -> Evidence {
        self.evidence
    }

    /// SHA-256 of its canonical JSON.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What verifying a bundle of the evidence, named by the SHA-256 of its bytes, under a trust
    /// domain gave; nothing where the evidence lacks the bundle or the domain is not trusted.
    pub fn proved(
        &self,
        bundle: Digest,
        domain: Digest,
    ) -> Option<Result<&VerifiedStatement, &VerifyError>> {
        self.proved.get(&(bundle, domain)).map(Result::as_ref)
    }

    /// Where it came from.
    pub fn origin(&self) -> Origin {
        self.origin
    }
}

/// Checks every observation: its id, its times, the fit of question and answer, and that an
/// absence names an observation of the same round, channel and credential that read the project.
/// Verifies every bundle under every domain that the caller trusts; what the evidence says was
/// trusted counts for nothing here.
///
/// # Errors
/// [`EvidenceFault`] for the first observation that is not sound and for a domain that cannot be
/// used. A bundle that does not verify is no error: that is what [`CheckedEvidence::proved`] says.
pub fn check(
    evidence: Evidence,
    origin: Origin,
    trust: &[TrustDomain],
) -> Result<CheckedEvidence, EvidenceFault> {
    let by_id: HashMap<Digest, &Observation> = evidence
        .observations
        .iter()
        .map(|observation| (observation.id, observation))
        .collect();
    for (position, observation) in evidence.observations.iter().enumerate() {
        sound(observation, &by_id, evidence.decided_at).map_err(|why| EvidenceFault {
            number: position + 1,
            channel: observation.channel.to_string(),
            why,
        })?;
    }
    let bytes = canonical_json(&evidence).map_err(|error| EvidenceFault {
        number: 0,
        channel: String::new(),
        why: visible(&error.to_string(), 200),
    })?;
    let proved = prove(&evidence, trust).map_err(|error| EvidenceFault {
        number: 0,
        channel: String::new(),
        why: error.to_string(),
    })?;
    Ok(CheckedEvidence {
        digest: Digest::of(&bytes),
        evidence,
        origin,
        proved,
    })
}

type Proved = HashMap<(Digest, Digest), Result<VerifiedStatement, VerifyError>>;

fn prove(evidence: &Evidence, trust: &[TrustDomain]) -> Result<Proved, TrustError> {
    let mut proved = Proved::new();
    if evidence.bundles.is_empty() {
        return Ok(proved);
    }
    let verifiers: Result<Vec<(Digest, Verifier)>, TrustError> = trust
        .iter()
        .map(|domain| Ok((domain.id(), Verifier::new(domain)?)))
        .collect();
    let verifiers = verifiers?;
    let documents: Vec<(&Digest, &String)> = evidence.bundles.iter().collect();
    let results = on_all_cores(&documents, |(_, text)| {
        let bundle = UnverifiedBundle::read(text.as_bytes());
        let verify = |verifier: &Verifier| match &bundle {
            Ok(bundle) => verifier.verify_statement(bundle, evidence.decided_at),
            Err(error) => Err(error.clone()),
        };
        let under = verifiers.iter().map(|(domain, it)| (*domain, verify(it)));
        under.collect::<Vec<_>>()
    });
    for ((digest, _), under) in documents.into_iter().zip(results) {
        for (domain, result) in under {
            proved.insert((*digest, domain), result);
        }
    }
    Ok(proved)
}

fn sound(
    observation: &Observation,
    by_id: &HashMap<Digest, &Observation>,
    decided_at: Time,
) -> Result<(), String> {
    let content = canonical_json(&observation.draft()).map_err(|error| error.to_string())?;
    if Digest::of(&content) != observation.id {
        return Err("its id is not the hash of its content".to_owned());
    }
    if observation.at < observation.round {
        return Err(format!(
            "made at {}, before its round began at {}",
            observation.at, observation.round
        ));
    }
    if observation.at > decided_at {
        return Err(format!(
            "made at {}, after `decided-at` {decided_at}",
            observation.at
        ));
    }
    match (&observation.query, &observation.answer) {
        (
            Query::Listing,
            Answer::Seen {
                facts: Facts::Listing(_),
                ..
            },
        )
        | (
            Query::Entry(_),
            Answer::Seen {
                facts: Facts::Entry(_),
                ..
            },
        )
        | (
            Query::Project,
            Answer::Seen {
                facts: Facts::Project(_),
                ..
            },
        )
        | (
            Query::Attestations(_),
            Answer::Seen {
                facts: Facts::Attestations(_),
                ..
            },
        )
        | (_, Answer::Failed { .. }) => Ok(()),
        (Query::Entry(_), Answer::Absent { parent_read }) => {
            let earned = by_id.get(parent_read).is_some_and(|parent| {
                parent.reads_parent()
                    && parent.round == observation.round
                    && parent.channel == observation.channel
                    && parent.credential == observation.credential
            });
            if earned {
                return Ok(());
            }
            Err(
                "its absence is not earned: `parent-read` must name a listing or project that was \
                 seen in the same round and channel with the same credential"
                    .to_owned(),
            )
        }
        (_, Answer::Absent { .. }) => Err("only an exact name can be absent".to_owned()),
        _ => Err("the facts do not answer the question".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(observations: &str) -> Evidence {
        let text = format!(
            r#"{{"schema":"lockstep-evidence/1","component":"api","decided-at":"2026-01-01T01:00:00Z","observations":[{observations}]}}"#
        );
        Evidence::read_all(&text).unwrap().remove(0)
    }

    const PROJECT: &str = r#"{"id":"repo","at":"2026-01-01T00:00:01Z","round":"2026-01-01T00:00:00Z",
        "channel":"tag","credential":"anonymous","endpoint":"https://x/","query":"project",
        "answer":{"seen":{"facts":{"project":{}},"coverage":"complete"}}}"#;

    fn absent(credential: &str) -> String {
        format!(
            r#"{PROJECT},{{"at":"2026-01-01T00:00:02Z","round":"2026-01-01T00:00:00Z",
            "channel":"tag","credential":"{credential}","endpoint":"https://x/v1",
            "query":{{"entry":"v1"}},"answer":{{"absent":{{"parent-read":"repo"}}}}}}"#
        )
    }

    #[test]
    fn absence_is_earned_by_the_same_credential() {
        assert!(check(evidence(&absent("anonymous")), Origin::UnsignedFile, &[]).is_ok());
        let fault = check(evidence(&absent("other")), Origin::UnsignedFile, &[]).unwrap_err();
        assert!(fault.to_string().contains("not earned"), "{fault}");
    }

    #[test]
    fn a_changed_observation_is_refused() {
        let mut changed = evidence(PROJECT);
        changed.observations[0].credential = "somebody".to_owned();
        assert!(check(changed, Origin::UnsignedFile, &[]).is_err());
    }
}
