//! Everything that one decision is made from, as one JSON document: plain data, untrusted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    Answer, Coverage, Digest, Facts, Failure, Name, Observation, ObservationDraft, Query,
    RedactedUrl, Time, visible,
};

/// Name and version of the evidence document.
pub const EVIDENCE_SCHEMA: &str = "lockstep-evidence/1";

/// The most bytes that an evidence file may have.
pub const EVIDENCE_BYTES: u64 = 512 * 1024 * 1024;

/// The most observations that one document may have.
const OBSERVATIONS: usize = 1_000_000;

/// Evidence about one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Evidence {
    /// [`EVIDENCE_SCHEMA`].
    pub schema: String,
    /// The component.
    pub component: Name,
    /// In the order in which they were made.
    pub observations: Vec<Observation>,
    /// Documents that observations name as attached to artifacts, by the SHA-256 of their bytes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bundles: BTreeMap<Digest, String>,
    /// The trusted roots and keys that were used, by the SHA-256 of their bytes: a record. What is
    /// trusted is the reader's to say.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub trust: BTreeMap<Digest, String>,
    /// The time that the decision was made at.
    pub decided_at: Time,
}

/// What is wrong with an evidence document, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct EvidenceError {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WrittenEvidence<'a> {
    schema: String,
    component: Name,
    #[serde(borrow)]
    observations: Vec<&'a RawValue>,
    #[serde(default)]
    bundles: BTreeMap<Digest, String>,
    #[serde(default)]
    trust: BTreeMap<Digest, String>,
    decided_at: Time,
}

/// An observation as a file has it: its id may be left out or be a name of the writer's own.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WrittenObservation {
    #[serde(default)]
    id: Option<String>,
    at: Time,
    round: Time,
    channel: Name,
    credential: String,
    endpoint: RedactedUrl,
    query: Query,
    answer: WrittenAnswer,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum WrittenAnswer {
    #[serde(rename_all = "kebab-case")]
    Seen {
        facts: Facts,
        #[serde(default)]
        body: Option<Digest>,
        #[serde(default)]
        unchanged_since: Option<Digest>,
        coverage: Coverage,
    },
    #[serde(rename_all = "kebab-case")]
    Absent { parent_read: String },
    #[serde(rename_all = "kebab-case")]
    Failed {
        why: Failure,
        #[serde(default)]
        retry_at: Option<Time>,
    },
}

impl Evidence {
    /// Reads every document of a file: one JSON document, or JSON Lines with one each.
    ///
    /// Ids are computed. An id that the file gives must be the computed one, or be a name of the
    /// writer's own (anything that does not begin with `sha256:`), which `parent-read` of a later
    /// observation of the same document may use.
    ///
    /// # Errors
    /// [`EvidenceError`] with the line of the first thing that is wrong.
    pub fn read_all(text: &str) -> Result<Vec<Self>, EvidenceError> {
        let mut documents: Vec<Self> = Vec::new();
        let mut known: BTreeMap<Name, usize> = BTreeMap::new();
        let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        loop {
            match stream.next() {
                None => break,
                Some(Err(error)) => return Err(broken(text, 0, &error)),
                Some(Ok(raw)) => {
                    let document = read_one(text, raw)?;
                    let line = line_at(text, offset(text, raw.get()));
                    if let Some(first) = known.insert(document.component.clone(), line) {
                        let component = &document.component;
                        return Err(EvidenceError {
                            line,
                            message: format!(
                                "a second document of `{component}`: line {first} begins one"
                            ),
                            hint: Some(
                                "put the observations of a component into one document".to_owned(),
                            ),
                        });
                    }
                    documents.push(document);
                }
            }
        }
        if documents.is_empty() {
            return Err(EvidenceError {
                line: 1,
                message: "the file holds no evidence".to_owned(),
                hint: Some("docs/evidence.md shows what a document looks like".to_owned()),
            });
        }
        Ok(documents)
    }
}

fn read_one(text: &str, raw: &RawValue) -> Result<Evidence, EvidenceError> {
    let start = offset(text, raw.get());
    let written: WrittenEvidence<'_> =
        serde_json::from_str(raw.get()).map_err(|error| broken(text, start, &error))?;
    let refuse = |start, message: String, hint: &str| {
        Err(EvidenceError {
            line: line_at(text, start),
            message,
            hint: Some(hint.to_owned()),
        })
    };
    if written.schema != EVIDENCE_SCHEMA {
        let message = format!("schema is `{}`", visible(&written.schema, 60));
        return refuse(
            start,
            message,
            &format!("this version reads `{EVIDENCE_SCHEMA}`"),
        );
    }
    if written.observations.len() > OBSERVATIONS {
        let message = format!("more than {OBSERVATIONS} observations");
        return refuse(start, message, "split the document");
    }
    let mut own_names: BTreeMap<String, Digest> = BTreeMap::new();
    let mut observations = Vec::with_capacity(written.observations.len());
    for raw in written.observations {
        let start = offset(text, raw.get());
        let one: WrittenObservation =
            serde_json::from_str(raw.get()).map_err(|error| broken(text, start, &error))?;
        let answer = match one.answer {
            WrittenAnswer::Seen {
                facts,
                body,
                unchanged_since,
                coverage,
            } => Answer::Seen {
                facts,
                body,
                unchanged_since,
                coverage,
            },
            WrittenAnswer::Failed { why, retry_at } => Answer::Failed { why, retry_at },
            WrittenAnswer::Absent { parent_read } => {
                let known = own_names.get(&parent_read).copied();
                let Some(parent_read) = known.or_else(|| parent_read.parse().ok()) else {
                    let message = format!(
                        "`parent-read` names no earlier `{}`",
                        visible(&parent_read, 80)
                    );
                    return refuse(
                        start,
                        message,
                        "give the `id` of the observation that read it",
                    );
                };
                Answer::Absent { parent_read }
            }
        };
        let sealed = Observation::seal(ObservationDraft {
            at: one.at,
            round: one.round,
            channel: one.channel,
            credential: visible(&one.credential, 60),
            endpoint: one.endpoint,
            query: one.query,
            answer,
        })
        .map_err(|error| broken(text, start, &error))?;
        if let Some(id) = one.id {
            if id.starts_with("sha256:") && id != sealed.id.to_string() {
                let message = format!(
                    "the id is {}, but the content's is {}",
                    visible(&id, 80),
                    sealed.id
                );
                return refuse(
                    start,
                    message,
                    "the observation was changed after it was made; leave the id out where you wrote it by hand",
                );
            }
            // The same observation may be there twice; its computed id is then the same.
            if own_names
                .insert(id.clone(), sealed.id)
                .is_some_and(|known| known != sealed.id || !id.starts_with("sha256:"))
            {
                let message = format!("the id `{}` is used twice", visible(&id, 80));
                return refuse(start, message, "give each observation an id of its own");
            }
        }
        observations.push(sealed);
    }
    for (kind, attached) in [("bundles", &written.bundles), ("trust", &written.trust)] {
        let other = attached
            .iter()
            .find(|(digest, text)| Digest::of(text.as_bytes()) != **digest);
        if let Some((digest, _)) = other {
            let message = format!("what `{kind}` holds under {digest} has another SHA-256");
            return refuse(start, message, "the key is the SHA-256 of the text");
        }
    }
    Ok(Evidence {
        schema: written.schema,
        component: written.component,
        observations,
        bundles: written.bundles,
        trust: written.trust,
        decided_at: written.decided_at,
    })
}

/// Where `part`, a slice of `whole`, begins.
fn offset(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())]
        .iter()
        .filter(|b| **b == b'\n')
        .count()
}

fn broken(text: &str, start: usize, error: &serde_json::Error) -> EvidenceError {
    let full = error.to_string();
    let message = full
        .rsplit_once(" at line ")
        .map_or(full.as_str(), |(message, _)| message);
    EvidenceError {
        line: line_at(text, start) + error.line().saturating_sub(1),
        message: visible(message, 300),
        hint: Some("docs/evidence.md describes every field".to_owned()),
    }
}
