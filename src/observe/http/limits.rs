//! How long, how often and how much: every limit of the client in one place.

use std::time::Duration;

use super::ClientError;
use crate::observe::environment::Environment;

/// The limits of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// For one question, with all its tries, pauses and redirects.
    pub total: Duration,
    /// For making a connection, TLS included.
    pub connect: Duration,
    /// Until an answer begins, and between two pieces of it. The answer to what writes may begin as
    /// late as the whole question may take: a log answers when its entry is durable.
    pub idle: Duration,
    /// Tries of one question.
    pub tries: u32,
    /// Pause after the first failed try; doubled each time, give or take a half.
    pub backoff: Duration,
    /// Redirects of one question.
    pub redirects: u32,
    /// Questions to one host at a time.
    pub per_host: usize,
    /// Bytes of a decompressed body, where a question does not say otherwise.
    pub body: u64,
    /// Bytes of the cache on disk; 0 switches it off.
    pub cache: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(60),
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(15),
            tries: 4,
            backoff: Duration::from_millis(500),
            redirects: 5,
            per_host: 6,
            body: 64 << 20,
            cache: 512 << 20,
        }
    }
}

impl Limits {
    /// The usual ones, with `LOCKSTEP_TIMEOUT` (`90s`, `2m`) for the whole of a question.
    ///
    /// # Errors
    /// [`ClientError::Timeout`] where that is no span of 1 second to 1 hour.
    pub fn of_environment(environment: &Environment) -> Result<Self, ClientError> {
        let mut limits = Self::default();
        if let Some(text) = environment.get("LOCKSTEP_TIMEOUT") {
            let span = text
                .parse::<crate::model::Duration>()
                .ok()
                .filter(|span| (1..=3600).contains(&span.seconds()))
                .ok_or_else(|| ClientError::Timeout {
                    text: crate::model::visible(text, 40),
                })?;
            limits.total = Duration::from_secs(span.seconds());
        }
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeout_is_a_span_or_an_error() {
        let with = |text: &str| {
            Limits::of_environment(&Environment::empty().with("LOCKSTEP_TIMEOUT", text))
        };
        assert_eq!(with("2m").unwrap().total, Duration::from_secs(120));
        for wrong in ["0s", "2h", "60", "soon"] {
            assert!(with(wrong).is_err(), "{wrong}");
        }
    }
}
