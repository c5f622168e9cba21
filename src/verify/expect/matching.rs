//! Texts that an identity must be: exactly one, or whatever an anchored pattern matches as a whole.

use std::fmt;

use regex::{Regex, RegexBuilder};

use crate::model::visible_line;

/// What a text must be.
#[derive(Debug, Clone)]
pub enum Matching {
    /// This, byte for byte.
    Exact(String),
    /// Whatever the pattern matches from the first character to the last.
    Pattern(Pattern),
}

/// An anchored pattern that runs in linear time.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
    /// The same without anchors: for hints alone.
    loose: Regex,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is no regular expression: {why}")]
pub struct MatchingError {
    pattern: String,
    why: String,
}

/// The most bytes that a pattern may have.
const PATTERN_BYTES: usize = 4_096;
/// The most bytes that a compiled pattern may take.
const COMPILED_BYTES: usize = 1 << 20;

impl Matching {
    /// A pattern in the syntax of the `regex` crate, which has no backtracking. It matches whole
    /// texts only, where cosign's match anywhere.
    ///
    /// # Errors
    /// [`MatchingError`] for what is no pattern, or one that is too large.
    pub fn pattern(text: &str) -> Result<Self, MatchingError> {
        let error = |why: String| MatchingError {
            pattern: visible_line(text),
            why: visible_line(&why),
        };
        if text.len() > PATTERN_BYTES {
            return Err(error(format!("more than {PATTERN_BYTES} bytes")));
        }
        let compile = |text: &str| {
            RegexBuilder::new(text)
                .size_limit(COMPILED_BYTES)
                .dfa_size_limit(COMPILED_BYTES)
                .build()
                .map_err(|why| error(reason(&why)))
        };
        // By itself first: `a)|(?:b` is none, but would escape the anchors around it.
        let loose = compile(text)?;
        Ok(Self::Pattern(Pattern {
            text: text.to_owned(),
            loose,
            regex: compile(&format!(r"\A(?:{text})\z"))?,
        }))
    }

    /// Whether a text holds what the pattern matches, as cosign reads patterns. Not whether it is
    /// that: [`Self::matches`].
    pub(super) fn matches_part(&self, text: &str) -> bool {
        match self {
            Self::Exact(_) => false,
            Self::Pattern(pattern) => pattern.loose.is_match(text),
        }
    }

    /// Whether a text is that.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Pattern(pattern) => pattern.regex.is_match(text),
        }
    }
}

impl fmt::Display for Matching {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(exact) => formatter.write_str(exact),
            Self::Pattern(pattern) => formatter.write_str(&pattern.text),
        }
    }
}

/// What is wrong, without the drawing of where: the pattern is told beside it.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_whole_text_or_nothing() {
        let all = Matching::pattern("https://github.com/acme/.*").unwrap();
        assert!(all.matches("https://github.com/acme/api"));
        for other in [
            "https://evil.example/?https://github.com/acme/api",
            "https://github.com/acme",
            "https://github.com/acme/a\nb",
        ] {
            assert!(!all.matches(other), "{other:?}");
        }
        let either = Matching::pattern("a|b").unwrap();
        assert!(either.matches("a") && either.matches("b"));
        assert!(!either.matches("ax") && !either.matches("xb"));
        assert!(!Matching::pattern("(?m)^a$").unwrap().matches("a\nb"));
    }

    #[test]
    fn what_escapes_the_anchors_or_grows_without_bound_is_no_pattern() {
        for text in [
            "a)|(?:b",
            "(?x)a #",
            "(",
            "\\1",
            "(?=a)",
            "((a{1000}){1000}){1000}",
        ] {
            assert!(Matching::pattern(text).is_err(), "{text}");
        }
        assert!(Matching::pattern(&"a".repeat(5_000)).is_err());
    }

    #[test]
    fn a_pattern_that_blows_up_elsewhere_is_done_at_once() {
        let pattern = Matching::pattern("(a|aa)+$|(a*)*b").unwrap();
        let began = std::time::Instant::now();
        assert!(!pattern.matches(&("a".repeat(100_000) + "!")));
        assert!(began.elapsed() < std::time::Duration::from_secs(5));
    }
}
