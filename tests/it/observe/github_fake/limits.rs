//! Rate limits as GitHub has them: a primary one for each credential and hour, and secondary ones.

use std::collections::BTreeMap;

use lockstep::observe::now;

/// Who has used how much. Nobody is limited below what GitHub gives until a test says so.
#[derive(Default)]
pub(crate) struct Limits {
    /// By token; the empty one is nobody's.
    used: BTreeMap<String, u64>,
    limit: Option<u64>,
    /// Refusals to come, each with what `retry-after` says.
    refusals: Vec<Option<u64>>,
    reset: Option<i64>,
}

/// What a request gets.
pub(super) enum Turn {
    Taken,
    /// Status line and message.
    Refused(&'static str, &'static str, Option<u64>),
}

impl Limits {
    /// So many requests an hour for each credential, the next hour beginning in so many seconds.
    pub(crate) fn primary(&mut self, limit: u64, seconds: i64) {
        self.limit = Some(limit);
        self.reset = Some(now().unix_seconds() + seconds);
        self.used.clear();
    }

    /// Refuses the next requests for their pace.
    pub(crate) fn secondary(&mut self, times: usize, retry_after: Option<u64>) {
        self.refusals = vec![retry_after; times];
    }

    pub(crate) fn used(&self, token: &str) -> u64 {
        self.used.get(token).copied().unwrap_or(0)
    }

    /// Before a request is answered.
    pub(super) fn turn(&mut self, token: &str) -> Turn {
        if let Some(retry_after) = self.refusals.pop() {
            let words = "You have exceeded a secondary rate limit.";
            return Turn::Refused("403 Forbidden", words, retry_after);
        }
        if self
            .reset
            .is_some_and(|reset| now().unix_seconds() >= reset)
        {
            self.used.clear();
        }
        if self.used(token) >= self.limit(token) {
            return Turn::Refused("403 Forbidden", "API rate limit exceeded", None);
        }
        Turn::Taken
    }

    /// After it was answered: a 304 to somebody who is known costs nothing.
    pub(super) fn count(&mut self, token: &str, not_modified: bool) {
        if !not_modified || token.is_empty() {
            *self.used.entry(token.to_owned()).or_default() += 1;
        }
    }

    pub(super) fn headers(&self, token: &str) -> Vec<(String, String)> {
        let (limit, used) = (self.limit(token), self.used(token));
        let reset = self.reset.unwrap_or(now().unix_seconds() + 3_600);
        let field = |name: &str, value: String| (format!("x-ratelimit-{name}"), value);
        vec![
            field("limit", limit.to_string()),
            field("remaining", limit.saturating_sub(used).to_string()),
            field("used", used.to_string()),
            field("reset", reset.to_string()),
            field("resource", "core".to_owned()),
        ]
    }

    fn limit(&self, token: &str) -> u64 {
        let usual = if token.is_empty() { 60 } else { 5_000 };
        self.limit.unwrap_or(usual)
    }
}
