//! The answers that one observation rests on, and what they come to: a digest, a time.

use crate::model::{Answer, Coverage, Digest, Facts, Time};
use crate::observe::http::Reply;

/// The answers that one observation rests on.
#[derive(Debug, Clone, Default)]
pub(in crate::observe) struct Basis {
    digests: Vec<Digest>,
    fresh: bool,
    at: Option<Time>,
}

impl Basis {
    /// One answer.
    pub(in crate::observe) fn of(reply: &Reply) -> Self {
        let mut basis = Self::default();
        basis.add(reply);
        basis
    }

    /// One more.
    pub(in crate::observe) fn add(&mut self, reply: &Reply) {
        self.digests.push(reply.digest);
        self.fresh |= !reply.unchanged;
        self.at = self.at.max(Some(reply.at));
    }

    /// All of another's.
    pub(in crate::observe) fn join(&mut self, other: &Self) {
        self.digests.extend(&other.digests);
        self.fresh |= other.fresh;
        self.at = self.at.max(other.at);
    }

    /// When the last of them came.
    pub(in crate::observe) fn at(&self) -> Option<Time> {
        self.at
    }

    /// What they said together. Their digest is that of the answer's bytes, or, of several, the
    /// SHA-256 of their digests, a line each.
    pub(in crate::observe) fn seen(&self, facts: Facts, coverage: Coverage) -> Answer {
        let digest = match self.digests.as_slice() {
            [one] => *one,
            several => {
                let lines: String = several.iter().map(|digest| format!("{digest}\n")).collect();
                Digest::of(lines.as_bytes())
            }
        };
        let (body, unchanged_since) = match self.fresh {
            true => (Some(digest), None),
            false => (None, Some(digest)),
        };
        Answer::Seen {
            facts,
            body,
            unchanged_since,
            coverage,
        }
    }
}
