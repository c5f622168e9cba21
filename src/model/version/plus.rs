//! What a channel makes of `+`, which the grammar of OCI tags does not allow.

use std::borrow::Cow;

/// The longest OCI tag, in bytes (OCI distribution specification 1.1, "Pulling manifests").
const MAXIMUM_TAG: usize = 128;

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

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}` (OCI distribution specification 1.1).
pub(super) fn is_tag(name: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let bytes = name.as_bytes();
    bytes.len() <= MAXIMUM_TAG
        && bytes.first().is_some_and(|&first| word(first))
        && bytes.iter().all(|&b| word(b) || b == b'.' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

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
