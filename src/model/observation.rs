//! One dated fact from one channel: what was asked, when, as whom, and what came back.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Attestations, Digest, Entry, Listing, Name, ProjectFact, RedactedUrl, Time, canonical_json,
};

/// An observation; never judged, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Observation {
    /// SHA-256 of the canonical JSON of all the other fields.
    pub id: Digest,
    /// When the answer came.
    pub at: Time,
    /// Start of the run of asking that it belongs to.
    pub round: Time,
    /// The policy's name of the channel.
    pub channel: Name,
    /// Which credential was used: a label such as `anonymous` or `GITHUB_TOKEN`, never the secret.
    pub credential: String,
    /// What was asked, without secrets.
    pub endpoint: RedactedUrl,
    /// The question.
    pub query: Query,
    /// What came back.
    pub answer: Answer,
}

/// An observation before it has its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ObservationDraft {
    /// When the answer came.
    pub at: Time,
    /// Start of the run of asking that it belongs to.
    pub round: Time,
    /// The policy's name of the channel.
    pub channel: Name,
    /// Label of the credential used.
    pub credential: String,
    /// What was asked, without secrets.
    pub endpoint: RedactedUrl,
    /// The question.
    pub query: Query,
    /// What came back.
    pub answer: Answer,
}

/// What a channel was asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Query {
    /// All the names there are.
    Listing,
    /// One exact name.
    Entry(String),
    /// The repository or project above the names.
    Project,
    /// What is attached to the artifacts of one exact name.
    Attestations(String),
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// It is there.
    #[serde(rename_all = "kebab-case")]
    Seen {
        /// What the channel said.
        facts: Facts,
        /// SHA-256 of the answer's bytes; empty where no bytes were kept, as after a 304.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Digest>,
        /// The earlier body that a "not modified" confirmed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unchanged_since: Option<Digest>,
        /// Whether everything was read.
        coverage: Coverage,
    },
    /// The exact name is not there, and the project above it was read: absence is earned.
    #[serde(rename_all = "kebab-case")]
    Absent {
        /// Id of the observation, of the same round and credential, that read the project.
        parent_read: Digest,
    },
    /// Nothing is known.
    #[serde(rename_all = "kebab-case")]
    Failed {
        /// Why not.
        why: Failure,
        /// When the server says that asking again makes sense.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Time>,
    },
}

/// The facts of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Facts {
    /// Many names.
    Listing(Listing),
    /// One name.
    Entry(Entry),
    /// The project.
    Project(ProjectFact),
    /// What is attached to artifacts.
    Attestations(Attestations),
}

/// How much of an answer was read. Partial proves presence, never absence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Coverage {
    /// All of it.
    Complete,
    /// It broke off.
    #[serde(rename_all = "kebab-case")]
    Partial {
        /// Where, in words: `page 7`.
        stopped_at: String,
        /// Why.
        why: Failure,
    },
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Failure {
    /// The class.
    pub kind: FailureKind,
    /// One sentence for people, without secrets.
    pub detail: String,
}

/// Classes of failure. All of them mean "unknown"; none means "missing".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// No answer in time.
    Timeout,
    /// No connection, or it broke.
    Connection,
    /// The server's certificate or the handshake was refused.
    Tls,
    /// 401: the credential was not accepted.
    Unauthorized,
    /// 403: the credential may not see it.
    Forbidden,
    /// The repository or project itself is not there, or this credential may not see it.
    NotFound,
    /// 429, or another status with the headers of a rate limit.
    RateLimited,
    /// 5xx.
    ServerError,
    /// Another status that is no answer to the question.
    UnexpectedStatus,
    /// An answer that is not what its protocol says.
    Malformed,
    /// More bytes, pages or names than the cap.
    TooLarge,
    /// A redirect that is not followed: too many, to another scheme, or without a target.
    Redirect,
    /// Two answers of one round contradict each other.
    Stale,
    /// This program cannot ask this kind of channel.
    Unsupported,
}

impl Observation {
    /// Gives a draft its id.
    ///
    /// # Errors
    /// What JSON cannot hold; not reached by drafts that a channel makes.
    pub fn seal(draft: ObservationDraft) -> Result<Self, serde_json::Error> {
        let id = Digest::of(&canonical_json(&draft)?);
        let ObservationDraft {
            at,
            round,
            channel,
            credential,
            endpoint,
            query,
            answer,
        } = draft;
        Ok(Self {
            id,
            at,
            round,
            channel,
            credential,
            endpoint,
            query,
            answer,
        })
    }

    /// The observation without its id, as it was hashed.
    pub fn draft(&self) -> ObservationDraft {
        ObservationDraft {
            at: self.at,
            round: self.round,
            channel: self.channel.clone(),
            credential: self.credential.clone(),
            endpoint: self.endpoint.clone(),
            query: self.query.clone(),
            answer: self.answer.clone(),
        }
    }

    /// True where the project above the names was read: a listing or the project itself was seen.
    pub fn reads_parent(&self) -> bool {
        matches!(&self.answer, Answer::Seen { .. })
            && matches!(self.query, Query::Listing | Query::Project)
    }
}

/// The words of its class and its detail, without saying anything twice.
impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.kind.words();
        match self.detail.as_str() {
            "" => out.write_str(words),
            detail if detail.contains(words) => out.write_str(detail),
            detail => write!(out, "{words}: {detail}"),
        }
    }
}

impl FailureKind {
    /// Whether the other side answered, and the answer is no: asked again the same way, it will
    /// say so again. Everything else may be otherwise next time.
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::Unauthorized
                | Self::Forbidden
                | Self::NotFound
                | Self::UnexpectedStatus
                | Self::Unsupported
        )
    }

    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Timeout => "no answer in time",
            Self::Connection => "no connection",
            Self::Tls => "TLS refused",
            Self::Unauthorized => "credential not accepted",
            Self::Forbidden => "not allowed",
            Self::NotFound => "does not exist, or this credential may not see it",
            Self::RateLimited => "rate limit",
            Self::ServerError => "server error",
            Self::UnexpectedStatus => "unexpected status",
            Self::Malformed => "malformed answer",
            Self::TooLarge => "answer too large",
            Self::Redirect => "redirect refused",
            Self::Stale => "the answers do not settle it",
            Self::Unsupported => "it cannot be asked this way",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_nothing_twice() {
        let told = |kind, detail: &str| {
            let detail = detail.to_owned();
            Failure { kind, detail }.to_string()
        };
        for (kind, detail, words) in [
            (FailureKind::Connection, "", "no connection"),
            (
                FailureKind::Connection,
                "no connection: refused",
                "no connection: refused",
            ),
            (
                FailureKind::ServerError,
                "status 500",
                "server error: status 500",
            ),
        ] {
            assert_eq!(told(kind, detail), words);
        }
    }
}
