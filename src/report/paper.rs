//! What a report is written on: how wide it is, whether it has colour, how text is cut and wrapped.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::model::visible;

/// Width and colour of what a report is written on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paper {
    /// Columns.
    pub width: usize,
    /// Whether colour is understood. Nothing is said by colour alone.
    pub colour: bool,
    /// Whether everything is shown, or what matters.
    pub all: bool,
}

/// What a colour stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tint {
    /// As it should be.
    Good,
    /// Stops a deploy.
    Bad,
    /// Not known, or worth a look.
    Unsure,
    /// Of less weight.
    Faint,
    /// Of more weight.
    Strong,
}

impl Paper {
    /// `text` in a colour, where there is colour.
    pub fn tint(&self, tint: Tint, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match tint {
            Tint::Good => "32",
            Tint::Bad => "31;1",
            Tint::Unsure => "33",
            Tint::Faint => "2",
            Tint::Strong => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// `text`, made visible and cut to `columns`.
    pub(super) fn cut(text: &str, columns: usize) -> String {
        let shown = visible(text, 400);
        if shown.width() <= columns {
            return shown;
        }
        let mut cut = String::new();
        let mut used = 0;
        for character in shown.chars() {
            let width = character.width().unwrap_or(0);
            if used + width + 1 > columns {
                break;
            }
            cut.push(character);
            used += width;
        }
        cut.push('…');
        cut
    }

    /// `text` cut and filled up to `columns`.
    pub(super) fn cell(text: &str, columns: usize) -> String {
        let cut = Self::cut(text, columns);
        let missing = columns.saturating_sub(cut.width());
        cut + &" ".repeat(missing)
    }

    /// `text` in lines that fit behind `indent`; every line begins with it. Words longer than a
    /// line are broken.
    pub(super) fn wrap(&self, indent: &str, text: &str) -> String {
        let room = self.width.saturating_sub(indent.width()).max(20);
        let mut lines: Vec<String> = vec![String::new()];
        for word in text.split_whitespace() {
            let mut rest = word;
            loop {
                let last = lines.last_mut().map_or(0, |line| line.width());
                let gap = usize::from(last > 0);
                if last + gap + rest.width() <= room {
                    if let Some(line) = lines.last_mut() {
                        if gap > 0 {
                            line.push(' ');
                        }
                        line.push_str(rest);
                    }
                    break;
                }
                if last > 0 {
                    lines.push(String::new());
                    continue;
                }
                let at = fitting(rest, room);
                if let Some(line) = lines.last_mut() {
                    line.push_str(&rest[..at]);
                }
                lines.push(String::new());
                rest = &rest[at..];
            }
        }
        let mut wrapped = String::new();
        for line in lines.iter().filter(|line| !line.is_empty()) {
            wrapped.push_str(indent);
            wrapped.push_str(line);
            wrapped.push('\n');
        }
        wrapped
    }
}

/// How many bytes of `text` fit into `columns`; at least one character.
fn fitting(text: &str, columns: usize) -> usize {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > columns && at > 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_fits_its_columns_whatever_it_holds() {
        assert_eq!(Paper::cell("abc", 5), "abc  ");
        assert_eq!(Paper::cell("abcdef", 4), "abc…");
        assert_eq!(Paper::cell("版本版本", 5), "版本…");
        assert_eq!(Paper::cell("a\u{1b}[2J", 20), "a\\u{1b}[2J          ");
    }

    #[test]
    fn long_words_are_broken() {
        let paper = Paper {
            width: 24,
            colour: false,
            all: false,
        };
        let wrapped = paper.wrap("  ", &format!("short {}", "x".repeat(50)));
        assert!(wrapped.lines().all(|line| line.width() <= 24), "{wrapped}");
        assert_eq!(wrapped.matches('x').count(), 50);
    }
}
