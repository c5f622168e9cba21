//! Untrusted text in GitHub-flavoured Markdown: no markup, no link, no mention, no HTML.

use crate::model::visible;

/// Text of a message: names between backticks stay code where nothing in them could be anything
/// else, everything else is [`plain`].
pub(super) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let balanced = parts.len() % 2 == 1;
    let mut escaped = String::with_capacity(text.len() + 16);
    for (at, part) in parts.iter().enumerate() {
        let inside = balanced && at % 2 == 1;
        if inside && is_harmless(part) {
            escaped.push('`');
            escaped.push_str(part);
            escaped.push('`');
        } else if inside {
            escaped.push_str("\\`");
            escaped.push_str(&plain(part));
            escaped.push_str("\\`");
        } else {
            if at > 0 && !balanced {
                escaped.push_str("\\`");
            }
            escaped.push_str(&plain(part));
        }
    }
    escaped
}

/// Text without any meaning to Markdown (GFM §2.4, §6.9) or to GitHub: a zero-width space takes
/// the meaning of mentions, references to issues and addresses, which no backslash does.
pub(super) fn plain(text: &str) -> String {
    let text = visible(text, 2_000);
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut before = "";
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let begins = before.trim().is_empty();
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("@&#8203;"),
            '#' => escaped.push_str("\\#&#8203;"),
            // An address, an emoji (`:x:`), a command of a runner; not the colon of a sentence or of
            // a time.
            ':' if next.is_some_and(|next| !next.is_whitespace())
                && !(before.ends_with(|it: char| it.is_ascii_digit())
                    && next.is_some_and(|next| next.is_ascii_digit())) =>
            {
                escaped.push_str("\\:&#8203;");
            }
            '.' if before.to_ascii_lowercase().ends_with("www") => escaped.push_str(".&#8203;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '"'
            | '\'' | '$' => {
                escaped.push('\\');
                escaped.push(character);
            }
            // Lists, rules and headings begin where a text begins, some with a number.
            '+' | '-' | '=' if begins => {
                escaped.push('\\');
                escaped.push(character);
            }
            '.' if before.trim_start().bytes().all(|it| it.is_ascii_digit()) => {
                escaped.push_str("\\.");
            }
            it => escaped.push(it),
        }
        before = &text[..at + character.len_utf8()];
    }
    escaped
}

/// Code that neither ends itself nor a table's cell, and that names nothing outside.
fn is_harmless(text: &str) -> bool {
    let allowed = |it: u8| it.is_ascii_alphanumeric() || b"._+-/: =".contains(&it);
    !text.is_empty()
        && text.len() <= 200
        && text.bytes().all(allowed)
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && !text.contains("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_code_and_sentences_text() {
        assert_eq!(
            prose("hub has `v1.2.3-rc.1`, which tag lacks"),
            "hub has `v1.2.3-rc.1`, which tag lacks"
        );
    }

    #[test]
    fn nothing_that_others_wrote_is_markup() {
        let hostile = "`a`|<img src=x onerror=y> [x](https://evil.example) ![i](j) @octocat #1 \
                       www.evil.example **b** _c_ ~~d~~ $$e$$ &amp; </details>";
        for text in [
            prose(hostile),
            plain(hostile),
            prose(&format!("is `{hostile}` there")),
        ] {
            for markup in [
                "<", "|<", " [", "](", "https:/", "@o", "#1", "www.e", " **", " _c", " ~~", " $$",
            ] {
                let safe = text
                    .replace("\\|", "")
                    .replace("\\:", "")
                    .replace("\\#", "");
                assert!(!safe.contains(markup), "{markup}: {text}");
            }
        }
    }

    #[test]
    fn a_name_cannot_leave_its_code() {
        for name in ["a``b", "x` <b>", "a|b", "@me", "`", "::error::x"] {
            let text = prose(&format!("has `{name}`, which"));
            let code: Vec<&str> = text.split('`').collect();
            for part in &code {
                assert!(!part.contains("<b>") && !part.contains("@me"), "{text}");
            }
            assert!(!text.contains("a|b"), "{text}");
        }
    }
}
