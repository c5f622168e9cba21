//! Addresses that were asked, with everything secret taken out before they are kept or shown.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

/// An address without user information, and with the values of its query hidden.
///
/// Pre-signed addresses carry their signature in the query and index addresses carry passwords in
/// the user information (RFC 3986 section 3.2.1): neither enters an observation, a log or an error.
/// Values of query parameters that Lockstep itself sends are named in `PLAIN_PARAMETERS`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RedactedUrl(String);

/// Query parameters whose values are no secret; every other value becomes `REDACTED`.
const PLAIN_PARAMETERS: &[&str] = &[
    "service",
    "n",
    "per_page",
    "page",
    "format",
    "artifactType",
    "ref",
    "encoding-type",
    "list-type",
    "prefix",
    "Qualifier",
];

/// The longest address that is kept; a longer one is cut.
const LONGEST: usize = 2_000;

impl RedactedUrl {
    /// The address without its secrets.
    pub fn of(url: &Url) -> Self {
        let mut url = url.clone();
        // Both fail only for addresses that cannot have user information.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        if url.query().is_some() {
            let pairs: Vec<(String, String)> = url
                .query_pairs()
                .map(|(key, value)| {
                    let plain = PLAIN_PARAMETERS.contains(&key.as_ref());
                    let value = if plain {
                        value.into_owned()
                    } else {
                        "REDACTED".to_owned()
                    };
                    (super::visible(&key, 60), value)
                })
                .collect();
            url.query_pairs_mut().clear().extend_pairs(pairs);
        }
        Self(super::visible(url.as_str(), LONGEST))
    }

    /// A place on this machine, such as a local repository; shown as it is.
    pub fn of_path(path: &str) -> Self {
        Self(super::visible(path, LONGEST))
    }

    /// The text without its secrets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for RedactedUrl {
    /// What is read is redacted again: a document written by hand may hold a secret. What looks
    /// like an address and is none is refused without being shown, for it may hold one too.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // Made visible first, so that what is read is the same when it is read again.
        let shown = super::visible(&text, LONGEST);
        match Url::parse(&shown) {
            Ok(url) if url.has_host() => Ok(Self::of(&url)),
            Err(error) if shown.contains("://") => Err(serde::de::Error::custom(format_args!(
                "an endpoint that is no address: {error}"
            ))),
            _ => Ok(Self::of_path(&shown)),
        }
    }
}

impl fmt::Display for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        RedactedUrl::of(&Url::parse(text).unwrap()).to_string()
    }

    #[test]
    fn user_information_and_query_values_are_gone() {
        assert_eq!(
            redacted("https://me:hunter2@pypi.acme.example/simple/x/?X-Amz-Signature=abc&n=100#s"),
            "https://pypi.acme.example/simple/x/?X-Amz-Signature=REDACTED&n=100"
        );
    }

    #[test]
    fn redacting_twice_changes_nothing() {
        let once = redacted("https://a:b@host/x?token=1&service=git-upload-pack");
        assert_eq!(redacted(&once), once);
        let read: RedactedUrl = serde_json::from_str("\"https://u:p@host/x?sig=1\"").unwrap();
        assert_eq!(read.as_str(), "https://host/x?sig=REDACTED");
    }

    #[test]
    fn what_looks_like_an_address_and_is_none_is_refused_without_showing_it() {
        for text in ["https://me:hunter2@ho st/", "https://me:hunter2@:x/"] {
            let json = serde_json::to_string(text).unwrap();
            let error = serde_json::from_str::<RedactedUrl>(&json).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_was_read_is_the_same_when_it_is_read_again() {
        let long = format!(
            "https://host/{}?page={}",
            "é\t".repeat(900),
            "x".repeat(900)
        );
        for text in [
            "https:acm\u{7f}-#x",
            "/srv/git/a b",
            "https://host/\u{1b}?a\t=b",
            &long,
        ] {
            let json = serde_json::to_string(text).unwrap();
            let once: RedactedUrl = serde_json::from_str(&json).unwrap();
            let again = serde_json::from_str(&serde_json::to_string(&once).unwrap());
            assert_eq!(once, again.unwrap());
        }
    }
}
