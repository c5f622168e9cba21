//! Diagnostics as people read them: message, file, line, the line itself, what to do.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::source::Source;
use crate::model::settings::{Diagnostic, Gravity, Place};
use crate::model::{visible, visible_line};

/// More than these are counted and not shown.
const MAXIMUM_SHOWN: usize = 50;

/// How much of a line is shown, in characters, and how much of that stands before the place.
const MAXIMUM_LINE: usize = 160;
const BEFORE: usize = 60;

/// Every diagnostic in the order given, the way rustc shows its own; colours are ANSI sequences.
///
/// Control characters of the file are made visible, user information in addresses is hidden, long
/// lines are cut around the place.
pub fn render_diagnostics(diagnostics: &[Diagnostic], sources: &[Source], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(400);
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(MAXIMUM_SHOWN) {
        let group = group(diagnostic, sources);
        text.push_str(renderer.render(&[group]).trim_end());
        text.push_str("\n\n");
    }
    if let Some(more @ 1..) = diagnostics.len().checked_sub(MAXIMUM_SHOWN) {
        text.push_str(&format!("and {more} more\n\n"));
    }
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn group<'d>(diagnostic: &'d Diagnostic, sources: &'d [Source]) -> Group<'d> {
    let level = match diagnostic.gravity {
        Gravity::Error => Level::ERROR,
        Gravity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(visible(&diagnostic.message, 600)));
    if let Some(place) = &diagnostic.place
        && let Some(excerpt) = Excerpt::of(place, sources)
    {
        group = group.element(excerpt.snippet(AnnotationKind::Primary, &diagnostic.label));
    }
    for (place, words) in &diagnostic.related {
        if let Some(excerpt) = Excerpt::of(place, sources) {
            group = group.element(excerpt.snippet(AnnotationKind::Context, words));
        }
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(
            Level::HELP
                .with_name(Some("hint"))
                .message(visible(hint, 1_000)),
        );
    }
    group
}

/// One line of a source, safe to show, with the part that is meant.
struct Excerpt {
    path: String,
    number: usize,
    text: String,
    marked: Range<usize>,
}

impl Excerpt {
    fn of(place: &Place, sources: &[Source]) -> Option<Self> {
        let source = sources.get(place.source)?;
        let (number, line_start) = source.line_of(place.bytes.start);
        let line = source.text().get(line_start..)?;
        let line = line.lines().next().unwrap_or_default();
        let from = (place.bytes.start - line_start).min(line.len());
        let until = place
            .bytes
            .end
            .saturating_sub(line_start)
            .clamp(from, line.len());
        let (text, marked) = shown(line, from..until);
        Some(Self {
            path: visible_line(&source.path().display().to_string()),
            number,
            text,
            marked,
        })
    }

    fn snippet<'s>(
        self,
        kind: AnnotationKind,
        label: &'s str,
    ) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
        let label = (!label.is_empty()).then(|| visible(label, 300));
        Snippet::source(self.text)
            .path(self.path)
            .line_start(self.number)
            .annotation(kind.span(self.marked).label(label))
    }
}

/// The line made safe and cut, and the marked range in what is left.
fn shown(line: &str, marked: Range<usize>) -> (String, Range<usize>) {
    let hidden = user_information(line);
    let characters_before = line
        .char_indices()
        .take_while(|(at, _)| *at < marked.start)
        .count();
    let cut = characters_before > MAXIMUM_LINE - BEFORE && line.chars().nth(MAXIMUM_LINE).is_some();
    let skip = if cut { characters_before - BEFORE } else { 0 };
    let mut text = String::new();
    if skip > 0 {
        text.push('…');
    }
    let mut range = None;
    let mut end = None;
    for (taken, (at, character)) in line.char_indices().skip(skip).enumerate() {
        if at >= marked.start && range.is_none() {
            range = Some(text.len());
        }
        if at >= marked.end && end.is_none() {
            end = Some(text.len());
        }
        if taken == MAXIMUM_LINE {
            text.push('…');
            break;
        }
        if hidden.iter().any(|range| range.contains(&at)) {
            text.push('*');
        } else if character == '\t' {
            text.push(character);
        } else {
            text.push_str(&visible(character.encode_utf8(&mut [0; 4]), 12));
        }
    }
    let start = range.unwrap_or(text.len());
    let end = end.unwrap_or(text.len()).max(start);
    (text, start..end)
}

/// The parts of a line between `://` and `@`: passwords must not reach a log.
fn user_information(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("://") {
        let start = at + 3;
        let rest = &line[start..];
        let authority = rest
            .find(['/', '"', '\'', ' ', '?', '#'])
            .unwrap_or(rest.len());
        let end = rest.find(['"', '\'', ' ']).unwrap_or(rest.len());
        // A password with a slash ends the host too early, and `user:pass` is no host and port.
        let port = rest[..authority].split_once(':').map(|(_, port)| port);
        let is_cut = port.is_some_and(|port| !port.bytes().all(|it| it.is_ascii_digit()));
        let until = if is_cut { end } else { authority };
        if let Some(length) = rest[..until].rfind('@') {
            found.push(start..start + length);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_made_visible_and_the_mark_moves_along() {
        let line = "a\u{1b}[2J = \"x\"";
        let (text, marked) = shown(line, 8..11);
        assert_eq!(text, "a\\u{1b}[2J = \"x\"");
        assert_eq!(&text[marked], "\"x\"");
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let line = format!("{}MARK{}", "é".repeat(5_000), "b".repeat(5_000));
        let (text, marked) = shown(&line, 10_000..10_004);
        assert_eq!(&text[marked], "MARK");
        assert!(text.chars().count() <= MAXIMUM_LINE + 2, "{}", text.len());
        assert!(text.starts_with('…') && text.ends_with('…'));
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        let line = "source = \"https://me:hunter2@host/x\" # ftp://a:b@c";
        let (text, _) = shown(line, 0..6);
        assert_eq!(text, "source = \"https://**********@host/x\" # ftp://***@c");
    }
}
