//! Untrusted text made safe to show: no control character, no direction override, a cap on length.

/// `text` with everything invisible or directive written as `\u{…}`, cut after `limit` characters
/// of what is shown, never inside an escape. Applying it twice changes nothing.
///
/// Escaped are control characters (C0, C1, DEL, so that no terminal sequence survives), line and
/// paragraph separators, zero-width characters and the bidirectional controls of Unicode UAX #9.
pub fn visible(text: &str, limit: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(limit));
    let mut count = 0;
    for character in text.chars() {
        let hidden = is_hidden(character);
        count += if hidden {
            character.escape_unicode().count()
        } else {
            1
        };
        if count > limit {
            shown.push('…');
            break;
        }
        if hidden {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// [`visible`] with the limit that one line of a report allows.
pub fn visible_line(text: &str) -> String {
    visible(text, 200)
}

fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00ad}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_survives() {
        assert_eq!(visible("1.0\u{1b}[2J\n", 80), "1.0\\u{1b}[2J\\u{a}");
        assert_eq!(visible("a\u{202e}b", 80), "a\\u{202e}b");
        assert_eq!(visible("Größe ✓", 80), "Größe ✓");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(visible("abcdef", 3), "abc…");
        assert_eq!(visible("abc", 3), "abc");
        assert_eq!(visible("ab\u{1b}cd", 7), "ab…");
        assert_eq!(visible("ab\u{1b}cd", 8), "ab\\u{1b}…");
    }

    #[test]
    fn what_is_visible_stays_as_it_is() {
        for text in ["\t\t\t\u{202e}abc", "abcdefgh", "a\u{1b}[2Jb", "……………", ""] {
            for limit in 0..20 {
                let once = visible(text, limit);
                assert_eq!(visible(&once, limit), once, "{text:?} {limit}");
            }
        }
    }
}
