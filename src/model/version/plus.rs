//! What a channel makes of `+`, which the grammar of OCI tags does not allow.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How build metadata enters an image tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Plus {
    /// A version with `+` has no tag.
    #[default]
    Reject,
    /// `+` becomes `_`, as Helm does; the only injective rule.
    Underscore,
    /// `+` becomes `-`, as docker/metadata-action does.
    Dash,
    /// `+` and what follows is left out, as setuptools-scm's users do.
    Drop,
}

/// Why a text names no rule for `+`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rule for `+`: use reject, underscore, dash or drop")]
pub struct PlusError(String);

impl Plus {
    /// Every rule.
    pub const ALL: [Self; 4] = [Self::Reject, Self::Underscore, Self::Dash, Self::Drop];

    /// The word that policy files use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Underscore => "underscore",
            Self::Dash => "dash",
            Self::Drop => "drop",
        }
    }

    /// The version text as a tag may hold it; `None` when it may not.
    pub(super) fn apply(self, text: &str) -> Option<Cow<'_, str>> {
        let Some((before, _)) = text.split_once('+') else {
            return Some(Cow::Borrowed(text));
        };
        match self {
            Self::Reject => None,
            Self::Underscore => Some(Cow::Owned(text.replace('+', "_"))),
            Self::Dash => Some(Cow::Owned(text.replace('+', "-"))),
            // An opaque `+b` has nothing left to be named by.
            Self::Drop => (!before.is_empty()).then_some(Cow::Borrowed(before)),
        }
    }
}

impl FromStr for Plus {
    type Err = PlusError;

    fn from_str(text: &str) -> Result<Self, PlusError> {
        Self::ALL
            .into_iter()
            .find(|rule| rule.as_str() == text)
            .ok_or_else(|| PlusError(crate::model::visible(text, 80)))
    }
}

impl fmt::Display for Plus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Plus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Plus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_what_it_writes_and_nothing_else() {
        for rule in Plus::ALL {
            assert_eq!(rule.to_string().parse::<Plus>().unwrap(), rule);
            let json = serde_json::to_string(&rule).unwrap();
            assert_eq!(serde_json::from_str::<Plus>(&json).unwrap(), rule);
        }
        assert!("_".parse::<Plus>().is_err());
    }

    #[test]
    fn each_rule_does_to_a_plus_what_it_says() {
        let applied = |rule: Plus| rule.apply("1.2.3+b.4").map(Cow::into_owned);
        assert_eq!(applied(Plus::Reject), None);
        assert_eq!(applied(Plus::Underscore).as_deref(), Some("1.2.3_b.4"));
        assert_eq!(applied(Plus::Dash).as_deref(), Some("1.2.3-b.4"));
        assert_eq!(applied(Plus::Drop).as_deref(), Some("1.2.3"));
        assert_eq!(Plus::Drop.apply("+b"), None);
        for rule in Plus::ALL {
            assert_eq!(rule.apply("1.2.3").as_deref(), Some("1.2.3"));
        }
    }
}
