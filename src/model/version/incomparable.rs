//! The result of a comparison that cannot be made: neither equal nor different, with a reason.

use super::Scheme;
use crate::model::visible;

/// Why a text has no form in a scheme. Neither a pass nor a mismatch.
///
/// The reason is a sentence for people without its full stop; the text of others in it is made
/// safe to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Incomparable {
    reason: String,
}

impl Incomparable {
    /// The reason, safe to show.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// `reason` must already be safe to show.
    pub(super) fn new(reason: String) -> Self {
        Self { reason }
    }

    /// "`text` has no … form: why", with `text` and `why` made safe to show.
    pub(super) fn no_form(text: &str, scheme: Scheme, why: &str) -> Self {
        let text = visible(text, 80);
        let why = visible(why, 200);
        Self::new(format!("`{text}` has no {} form: {why}", scheme.title()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_made_visible_in_the_reason() {
        let reason = Incomparable::no_form("1.0\u{1b}[2J", Scheme::Semver, "bad \u{202e}").reason;
        assert_eq!(reason, "`1.0\\u{1b}[2J` has no SemVer form: bad \\u{202e}");
    }
}
