//! Errors of the transport and statuses of servers as reasons for an observation, without secrets.

use std::error::Error as _;
use std::io::ErrorKind;

use reqwest::StatusCode;

use crate::model::{Failure, FailureKind, Time, visible_line};
use crate::observe::environment::now;

use super::rate::Rate;
use super::{HeaderMap, Refusal, Unanswered};

impl Unanswered {
    pub(super) fn because(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self::of(Failure {
            kind,
            detail: detail.into(),
        })
    }

    /// No answer because of this, known now.
    pub fn of(failure: Failure) -> Self {
        Self {
            failure,
            status: None,
            headers: Box::default(),
            refusal: Refusal::default(),
            retry_at: None,
            at: now(),
        }
    }

    /// True for a refusal that says which credential would do.
    pub(super) fn is_challenge(&self) -> bool {
        self.status == Some(401) && self.headers.contains_key("www-authenticate")
    }

    /// True where another try may help.
    pub(super) fn is_worth_retrying(&self) -> bool {
        match self.failure.kind {
            FailureKind::Timeout | FailureKind::Connection | FailureKind::RateLimited => true,
            FailureKind::ServerError => matches!(self.status, Some(500 | 502 | 503 | 504)),
            _ => false,
        }
    }
}

/// What the transport says went wrong. The error is stripped of its address, and only its innermost
/// cause is told: outer ones repeat the address or say nothing.
pub(super) fn of_transport(error: reqwest::Error) -> Unanswered {
    let error = error.without_url();
    let mut cause = String::new();
    let mut refused_by_tls = false;
    let mut badly_coded = false;
    let mut source = error.source();
    while let Some(inner) = source {
        cause = inner.to_string();
        // rustls and the decoders report through `std::io::Error` of these kinds; a body that broke
        // off is a decoding error to reqwest as well.
        let io = inner.downcast_ref::<std::io::Error>();
        let kind = io.map(std::io::Error::kind);
        let invalid = matches!(kind, Some(ErrorKind::InvalidData | ErrorKind::InvalidInput));
        refused_by_tls |= error.is_connect() && invalid;
        badly_coded |= error.is_decode() && invalid;
        // `source` of an `io::Error` leaves out the error that it wraps.
        source = match io.and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => inner.source(),
        };
    }
    if error.is_timeout() {
        return late();
    }
    let (kind, what) = if refused_by_tls {
        (FailureKind::Tls, "no trusted TLS connection")
    } else if error.is_connect() {
        (FailureKind::Connection, "no connection")
    } else if error.is_builder() {
        (FailureKind::Unsupported, "the request cannot be sent")
    } else if badly_coded {
        (FailureKind::Malformed, "the body cannot be decoded")
    } else {
        (
            FailureKind::Connection,
            "the connection broke before the answer was whole",
        )
    };
    let detail = match cause.as_str() {
        "" => what.to_owned(),
        cause => format!("{what}: {}", visible_line(cause)),
    };
    Unanswered::because(kind, detail)
}

/// That nothing came for too long.
pub(super) fn late() -> Unanswered {
    Unanswered::because(FailureKind::Timeout, "the server did not answer in time")
}

/// What a status other than 200 to 299, 304 and the redirects says.
pub(super) fn of_status(status: StatusCode, headers: HeaderMap) -> Unanswered {
    let at = now();
    let rate = Rate::of(&headers, at);
    let limited = status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::FORBIDDEN && (rate.is_spent() || rate.retry_at.is_some());
    let number = status.as_u16();
    let (kind, detail) = match number {
        _ if limited => (FailureKind::RateLimited, limited_words(number, &rate)),
        401 => (
            FailureKind::Unauthorized,
            "status 401: the server wants a credential, or did not accept this one".to_owned(),
        ),
        403 => (
            FailureKind::Forbidden,
            "status 403: this credential may not see it".to_owned(),
        ),
        404 | 410 => (
            FailureKind::NotFound,
            format!("status {number}: it does not exist, or this credential may not see it"),
        ),
        408 => (
            FailureKind::Timeout,
            "status 408: the server gave up waiting".to_owned(),
        ),
        407 => (
            FailureKind::Connection,
            "status 407: the proxy wants a credential".to_owned(),
        ),
        500.. => (FailureKind::ServerError, format!("status {number}")),
        _ => (FailureKind::UnexpectedStatus, format!("status {number}")),
    };
    let retry_at = if limited {
        rate.refused_until()
    } else {
        rate.retry_at.filter(|_| number == 503)
    };
    Unanswered {
        failure: Failure { kind, detail },
        status: Some(number),
        headers: Box::new(headers),
        refusal: Refusal::default(),
        retry_at,
        at,
    }
}

/// A refusal for the pace of asking.
pub(super) fn paced(status: StatusCode, until: Time) -> Unanswered {
    let status = status.as_u16();
    let mut unanswered = Unanswered::because(
        FailureKind::RateLimited,
        format!("status {status}: too many requests in a short time; not asked until {until}"),
    );
    unanswered.status = Some(status);
    unanswered.retry_at = Some(until);
    unanswered
}

/// Words for a rate limit that is known before asking.
pub(super) fn paused(until: Time) -> Unanswered {
    let mut unanswered = Unanswered::because(
        FailureKind::RateLimited,
        format!("the server's rate limit is used up until {until}; not asked"),
    );
    unanswered.retry_at = Some(until);
    unanswered
}

fn limited_words(status: u16, rate: &Rate) -> String {
    let when = match rate.refused_until() {
        Some(until) => format!("until {until}"),
        None => "and the server does not say until when".to_owned(),
    };
    match rate.limit {
        Some(limit) => format!("status {status}: the limit of {limit} requests is used up {when}"),
        None => format!("status {status}: too many requests {when}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_403_with_nothing_left_is_a_rate_limit_and_a_plain_one_is_not() {
        let plain = of_status(StatusCode::FORBIDDEN, HeaderMap::new());
        assert_eq!(plain.failure.kind, FailureKind::Forbidden);
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-remaining", "0".parse().unwrap());
        headers.insert("x-ratelimit-reset", "4000000000".parse().unwrap());
        let limited = of_status(StatusCode::FORBIDDEN, headers);
        assert_eq!(limited.failure.kind, FailureKind::RateLimited);
        assert_eq!(
            limited.retry_at,
            Some(Time::from_unix_seconds(4_000_000_000))
        );
    }

    #[test]
    fn no_status_is_read_as_something_else() {
        for (status, kind, again) in [
            (400, FailureKind::UnexpectedStatus, false),
            (401, FailureKind::Unauthorized, false),
            (404, FailureKind::NotFound, false),
            (408, FailureKind::Timeout, true),
            (429, FailureKind::RateLimited, true),
            (500, FailureKind::ServerError, true),
            (501, FailureKind::ServerError, false),
            (503, FailureKind::ServerError, true),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let unanswered = of_status(status, HeaderMap::new());
            assert_eq!(unanswered.failure.kind, kind, "{status}");
            assert_eq!(unanswered.is_worth_retrying(), again, "{status}");
        }
    }
}
