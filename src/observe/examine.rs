//! What the present credential can and cannot see of a channel: for people, never for a verdict.

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;

use super::{Ask, Asking};
use crate::model::{
    Answer, Coverage, Facts, Failure, FailureKind, Name, Observation, Wanted, visible_line,
};

/// A channel that can say what it sees. A kind that has nothing to say needs not implement it.
pub trait Examine: Send + Sync {
    /// Asks as a check would, and says what was seen.
    fn examine<'a>(&'a self, asking: &'a Asking<'a>) -> Examinations<'a>;
}

/// Answers to come.
pub type Examinations<'a> = Pin<Box<dyn Future<Output = Vec<Examined>> + Send + 'a>>;

/// One thing that a check needs to see, or could use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Examined {
    /// What, such as "tags".
    pub what: String,
    /// Whether it is seen.
    pub sight: Sight,
    /// Whether a check cannot do without it.
    pub required: bool,
    /// The label of the credential.
    pub credential: String,
    /// In words, made visible, without secrets.
    pub detail: String,
    /// The least that would do, or what to change.
    pub hint: Option<String>,
}

/// Whether something is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// Yes.
    Sees,
    /// No.
    Blind,
    /// It could not be told.
    Unknown,
}

/// What was seen of one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Examination {
    /// The component.
    pub component: Name,
    /// The channel.
    pub channel: Name,
    /// Its kind.
    pub kind: &'static str,
    /// Each thing; none where this kind has nothing to examine.
    pub seen: Vec<Examined>,
}

impl Examined {
    /// Something that is seen.
    pub fn sees(what: &str, credential: &str, detail: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            sight: Sight::Sees,
            required: true,
            credential: credential.to_owned(),
            detail: detail.into(),
            hint: None,
        }
    }

    /// Something that is not.
    pub fn blind(what: &str, credential: &str, detail: impl Into<String>, hint: &str) -> Self {
        Self {
            sight: Sight::Blind,
            hint: Some(hint.to_owned()),
            ..Self::sees(what, credential, detail)
        }
    }

    /// Something of which nothing could be told.
    pub fn unknown(what: &str, credential: &str, detail: impl Into<String>) -> Self {
        Self {
            sight: Sight::Unknown,
            ..Self::sees(what, credential, detail)
        }
    }

    /// The same where a check can do without it.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// Whether a check will fail to see something that it needs.
    pub fn stops(&self) -> bool {
        self.required && self.sight != Sight::Sees
    }
}

/// Something of a channel that is asked for, and the least that would do where it is hidden.
#[derive(Clone, Copy)]
pub(super) struct Thing<'t> {
    pub(super) what: &'t str,
    pub(super) hint: &'t str,
}

/// Asks as a check does: which releases there are, and what that does not say about the last of
/// them, where there is one.
pub(super) async fn examined_as_asked(
    ask: &dyn Ask,
    asking: &Asking<'_>,
    listing: Thing<'_>,
    entry: Thing<'_>,
) -> Vec<Examined> {
    let (mut seen, last) = listed(ask, asking, listing).await;
    for observation in last.iter().flat_map(|last| &last.observations) {
        seen.push(examined(observation, entry.what, entry.hint));
    }
    seen
}

/// What was said about the last release of a channel.
pub(super) struct Last {
    pub(super) name: String,
    pub(super) observations: Vec<Observation>,
}

/// The listing, and what was said about its last release.
pub(super) async fn listed(
    ask: &dyn Ask,
    asking: &Asking<'_>,
    listing: Thing<'_>,
) -> (Vec<Examined>, Option<Last>) {
    let listed = ask.ask(asking).await;
    let seen = listed
        .iter()
        .map(|it| examined(it, listing.what, listing.hint))
        .collect();
    let last = listed
        .iter()
        .find_map(|observation| match &observation.answer {
            Answer::Seen {
                facts: Facts::Listing(listing),
                ..
            } => listing.entries.keys().next_back().cloned(),
            _ => None,
        });
    let Some(name) = last else {
        return (seen, None);
    };
    let wanted = [Wanted {
        name: name.clone(),
        version: name.clone(),
        leads: false,
        // Of a release a check asks for more than of a name that moves.
        line: "release".parse().ok(),
        commit: None,
    }];
    let asking = Asking {
        channel: asking.channel,
        round: asking.round,
        listed: &listed,
        client: asking.client,
    };
    let observations = ask.look_up(&asking, &wanted).await;
    (seen, Some(Last { name, observations }))
}

/// Something that was not told, and why. What the hint says helps only where the other side has
/// refused.
pub(super) fn unanswered(what: &str, credential: &str, why: &Failure, hint: &str) -> Examined {
    let hint = remedy(why.kind).unwrap_or(hint);
    Examined::blind(what, credential, visible_line(&why.to_string()), hint)
}

/// What to do where nothing was heard of the thing itself: another credential would not help.
fn remedy(kind: FailureKind) -> Option<&'static str> {
    match kind {
        FailureKind::Timeout | FailureKind::Connection => {
            Some("does the address answer from this machine? HTTPS_PROXY names a proxy")
        }
        FailureKind::Tls => Some("SSL_CERT_FILE names the certificates of a private authority"),
        FailureKind::RateLimited => {
            Some("wait until the limit is over; a credential usually has a higher one")
        }
        FailureKind::ServerError => Some("the server has trouble; ask again later"),
        _ => None,
    }
}

/// What an observation shows of the sight of whoever asked.
pub(super) fn examined(observation: &Observation, what: &str, hint: &str) -> Examined {
    let credential = &observation.credential;
    let at = &observation.endpoint;
    match &observation.answer {
        Answer::Seen {
            coverage: Coverage::Partial { stopped_at, why },
            ..
        } => {
            let detail = format!("{at}: read up to {stopped_at}: {}", why.detail);
            let hint = remedy(why.kind).unwrap_or(hint);
            Examined::blind(what, credential, detail, hint)
        }
        Answer::Seen {
            facts: Facts::Listing(listing),
            ..
        } => {
            let names = match listing.entries.len() {
                1 => "1 name".to_owned(),
                several => format!("{several} names"),
            };
            let detail = format!("{names} at {at}");
            Examined::sees(what, credential, detail)
        }
        Answer::Seen { .. } | Answer::Absent { .. } => {
            Examined::sees(what, credential, format!("an answer at {at}"))
        }
        Answer::Failed { why, .. } => {
            let hint = remedy(why.kind).unwrap_or(hint);
            Examined::blind(what, credential, format!("{at}: {why}"), hint)
        }
    }
}
