//! Rate limits as servers tell them, and what to do about a refused request.

use crate::model::{Duration, Time};

use super::HeaderMap;

/// What an answer said about a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rate {
    /// Requests that are left.
    pub(super) remaining: Option<u64>,
    /// Of how many.
    pub(super) limit: Option<u64>,
    /// When they are refilled.
    pub(super) reset: Option<Time>,
    /// When the server wants to be asked again.
    pub(super) retry_at: Option<Time>,
    /// True where the numbers count every request (GitHub's `x-ratelimit-*`), not only some kinds
    /// of them (Docker Hub's `ratelimit-*` count pulls).
    pub(super) counts_all: bool,
}

/// Numbers above this are seconds since the epoch, those below are seconds from now: GitHub sends
/// the former as `x-ratelimit-reset`, others the latter.
const EARLIEST_EPOCH: i64 = 1_000_000_000;

impl Rate {
    /// Reads `retry-after`, `x-ratelimit-*` (GitHub) and `ratelimit-*` (IETF draft, Docker Hub).
    pub(super) fn of(headers: &HeaderMap, now: Time) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        // Docker Hub writes `100;w=21600`: the number before the window.
        let number = |name: &str| -> Option<u64> {
            text(name)?
                .split([';', ','])
                .next()?
                .trim()
                .parse::<u64>()
                .ok()
        };
        let both = |name: &str| number(&format!("x-ratelimit-{name}"));
        let either = |name: &str| both(name).or_else(|| number(&format!("ratelimit-{name}")));
        Self {
            remaining: either("remaining"),
            limit: either("limit"),
            reset: either("reset").map(|reset| moment(reset, now)),
            retry_at: text("retry-after").and_then(|value| parse_retry_after(value, now)),
            counts_all: both("remaining").is_some(),
        }
    }

    /// True where nothing is left.
    pub(super) fn is_spent(&self) -> bool {
        self.remaining == Some(0)
    }

    /// When to ask again after a refusal.
    pub(super) fn refused_until(&self) -> Option<Time> {
        self.retry_at
            .or_else(|| self.reset.filter(|_| self.is_spent()))
    }
}

/// `Retry-After` (RFC 9110 section 10.2.3): seconds, or an HTTP date.
pub fn parse_retry_after(value: &str, now: Time) -> Option<Time> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(now.plus(Duration::from_seconds(seconds)));
    }
    if value.len() > 40 {
        return None;
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(value)
        .ok()?;
    Some(Time::from_unix_seconds(date.as_second()))
}

fn moment(number: u64, now: Time) -> Time {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    if number >= EARLIEST_EPOCH {
        return Time::from_unix_seconds(number);
    }
    now.plus(Duration::from_seconds(number.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(pairs: &[(&'static str, &'static str)]) -> Rate {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        Rate::of(&headers, Time::from_unix_seconds(1_700_000_000))
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Time::from_unix_seconds(784_111_777);
        assert_eq!(
            parse_retry_after("120", now),
            Some(now.plus(Duration::from_seconds(120)))
        );
        assert_eq!(
            parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now),
            Some(now)
        );
        for wrong in ["", "soon", "-1", "1.5", &"9".repeat(60)] {
            assert_eq!(parse_retry_after(wrong, now), None, "{wrong}");
        }
        assert!(parse_retry_after("18446744073709551615", now).is_some());
    }

    #[test]
    fn the_dialects_of_github_and_docker_hub_are_read() {
        let github = rate(&[
            ("x-ratelimit-limit", "60"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1700000600"),
        ]);
        assert!(github.is_spent() && github.counts_all);
        assert_eq!(
            github.refused_until(),
            Some(Time::from_unix_seconds(1_700_000_600))
        );
        let docker = rate(&[
            ("ratelimit-limit", "100;w=21600"),
            ("ratelimit-remaining", "76;w=21600"),
        ]);
        assert_eq!((docker.limit, docker.remaining), (Some(100), Some(76)));
        assert!(!docker.counts_all);
        assert_eq!(rate(&[("ratelimit-reset", "30")]).refused_until(), None);
    }
}
