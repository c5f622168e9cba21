//! Points in time and spans: whole UTC seconds, so that equal evidence gives equal bytes.

use std::fmt;
use std::str::FromStr;

/// A point in time in whole seconds since 1970-01-01T00:00:00Z, written as RFC 3339 in UTC.
///
/// Fractions of a second that a server states are dropped (towards the past).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A span of time in whole seconds, written as `90s`, `45m`, `24h` or `7d`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

/// Why a text is no time or no span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct TimeError {
    text: String,
    wanted: &'static str,
}

impl TimeError {
    fn new(text: &str, wanted: &'static str) -> Self {
        Self {
            text: super::visible(text, 80),
            wanted,
        }
    }
}

/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
const LAST_SECOND: i64 = 253_402_300_799;

impl Time {
    /// From seconds since the epoch, held to the years that RFC 3339 can write (0 to 9999 there,
    /// 1970 to 9999 here: nothing that Lockstep reads was released before).
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.clamp(0, LAST_SECOND))
    }

    /// Seconds since the epoch.
    pub const fn unix_seconds(self) -> i64 {
        self.0
    }

    /// This time and `span` later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self::from_unix_seconds(
            self.0
                .saturating_add(i64::try_from(span.0).unwrap_or(i64::MAX)),
        )
    }

    /// This time less `span`.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self::from_unix_seconds(
            self.0
                .saturating_sub(i64::try_from(span.0).unwrap_or(i64::MAX)),
        )
    }

    /// How long after `earlier` this is; nothing where it is before.
    pub fn since(self, earlier: Self) -> Duration {
        Duration(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

impl FromStr for Time {
    type Err = TimeError;

    /// RFC 3339 with any offset, or a date alone (midnight UTC).
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let wanted = "a time such as 2026-01-31T12:00:00Z or 2026-01-31";
        let error = || TimeError::new(text, wanted);
        if text.len() > 40 {
            return Err(error());
        }
        let seconds = if let Ok(date) = text.parse::<jiff::civil::Date>()
            && text.len() == 10
        {
            date.to_zoned(jiff::tz::TimeZone::UTC)
                .map_err(|_| error())?
                .timestamp()
                .as_second()
        } else {
            let timestamp = text.parse::<jiff::Timestamp>().map_err(|_| error())?;
            timestamp.as_nanosecond().div_euclid(1_000_000_000) as i64
        };
        if !(0..=LAST_SECOND).contains(&seconds) {
            return Err(error());
        }
        Ok(Self(seconds))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timestamp = jiff::Timestamp::from_second(self.0).map_err(|_| fmt::Error)?;
        write!(f, "{timestamp}")
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Duration {
    /// From seconds.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// From minutes.
    pub const fn from_minutes(minutes: u64) -> Self {
        Self(minutes * 60)
    }

    /// From hours.
    pub const fn from_hours(hours: u64) -> Self {
        Self(hours * 3600)
    }

    /// Whole seconds.
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl FromStr for Duration {
    type Err = TimeError;

    /// A whole number and one of `s m h d`; at most 3,650 days.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let error = || TimeError::new(text, "a duration such as 90s, 45m, 24h or 7d");
        let unit = text.chars().last().ok_or_else(error)?;
        let scale: u64 = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return Err(error()),
        };
        let digits = &text[..text.len() - 1];
        if digits.is_empty() || digits.len() > 10 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(error());
        }
        let count: u64 = digits.parse().map_err(|_| error())?;
        let seconds = count.saturating_mul(scale);
        if seconds > 3_650 * 86_400 {
            return Err(error());
        }
        Ok(Self(seconds))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            s if s > 0 && s % 86_400 == 0 => write!(f, "{}d", s / 86_400),
            s if s > 0 && s % 3600 == 0 => write!(f, "{}h", s / 3600),
            s if s > 0 && s % 60 == 0 => write!(f, "{}m", s / 60),
            s => write!(f, "{s}s"),
        }
    }
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

crate::model::as_text!(Time, Duration);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_seconds() {
        let time: Time = "2024-12-05T01:02:03.999+01:00".parse().unwrap();
        assert_eq!(time.to_string(), "2024-12-05T00:02:03Z");
        assert_eq!(
            "2026-01-31".parse::<Time>().unwrap().to_string(),
            "2026-01-31T00:00:00Z"
        );
        for wrong in [
            "",
            "yesterday",
            "2026-13-01",
            "1969-12-31T00:00:00Z",
            "2026-01-31T12:00",
        ] {
            assert!(wrong.parse::<Time>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_read_what_they_write() {
        for text in ["0s", "90s", "45m", "24h", "7d"] {
            let span: Duration = text.parse().unwrap();
            assert_eq!(span.to_string().parse::<Duration>().unwrap(), span);
        }
        for wrong in ["", "45", "-1m", "m", "1é", "99999999999d", "4000d"] {
            assert!(wrong.parse::<Duration>().is_err(), "{wrong}");
        }
    }
}
