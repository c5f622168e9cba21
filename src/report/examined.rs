//! What credentials can see, for people and for programs.

use std::fmt::Write as _;

use serde_json::json;

use crate::model::{Name, visible, visible_line};
use crate::observe::{Examination, Examined, Sight};

use super::github::{inert, inert_json};
use super::paper::{Paper, Tint};

/// Name and version of the document.
const SCHEMA: &str = "lockstep-doctor/1";

/// Examinations as text that ends with a line break.
pub fn human(paper: &Paper, examinations: &[Examination]) -> String {
    let mut text = String::new();
    let mut component: Option<&Name> = None;
    for one in examinations {
        if component != Some(&one.component) {
            let gap = if component.is_some() { "\n" } else { "" };
            let _ = writeln!(
                text,
                "{gap}{}",
                paper.tint(Tint::Strong, one.component.as_str())
            );
            component = Some(&one.component);
        }
        let _ = writeln!(text, "  {} ({})", one.channel, one.kind);
        if one.seen.is_empty() {
            text.push_str(&paper.wrap("    ", "nothing to examine: this kind says nothing yet"));
        }
        for seen in &one.seen {
            draw(&mut text, paper, seen);
        }
    }
    let stops = examinations
        .iter()
        .flat_map(|it| &it.seen)
        .filter(|it| it.stops())
        .count();
    let _ = match stops {
        0 => writeln!(text, "\nNothing that is required is hidden."),
        1 => writeln!(text, "\nOne thing that is required cannot be seen."),
        many => writeln!(text, "\n{many} things that are required cannot be seen."),
    };
    inert(&text)
}

fn draw(text: &mut String, paper: &Paper, seen: &Examined) {
    let (tint, word) = match (seen.sight, seen.required) {
        (Sight::Sees, _) => (Tint::Good, "sees"),
        (Sight::Blind, true) => (Tint::Bad, "cannot see"),
        (Sight::Blind, false) => (Tint::Unsure, "cannot see (not needed here)"),
        (Sight::Unknown, _) => (Tint::Unsure, "cannot tell"),
    };
    let head = format!(
        "{}: {} as {}",
        seen.what,
        word,
        visible_line(&seen.credential)
    );
    let _ = writeln!(text, "    {}", paper.tint(tint, &head));
    text.push_str(&paper.wrap("      ", &visible(&seen.detail, 600)));
    if let Some(hint) = &seen.hint {
        text.push_str(&paper.wrap("      ", &format!("hint: {}", visible(hint, 600))));
    }
}

/// Examinations as one JSON document.
///
/// # Errors
/// Where they cannot be written as JSON.
pub fn json(examinations: &[Examination]) -> Result<String, serde_json::Error> {
    let stops = examinations
        .iter()
        .flat_map(|it| &it.seen)
        .any(Examined::stops);
    let document = json!({"schema": SCHEMA, "sees-all": !stops, "channels": examinations});
    Ok(inert_json(&serde_json::to_string_pretty(&document)?) + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examination(seen: Vec<Examined>) -> Examination {
        Examination {
            component: "api".parse().unwrap(),
            channel: "x".parse().unwrap(),
            kind: "npm",
            seen,
        }
    }

    #[test]
    fn a_kind_without_a_word_and_hostile_words_are_shown_as_what_they_are() {
        let paper = Paper {
            width: 80,
            colour: false,
            all: false,
        };
        let silent = human(&paper, &[examination(Vec::new())]);
        assert!(silent.contains("nothing to examine"), "{silent}");
        let mut hostile = Examined::blind("tags", "a\u{1b}[2J", "b\u{202e}", "wait");
        let commands = ["::error::x", "##[error]x"].map(|command| {
            hostile.detail = command.to_owned();
            human(&paper, &[examination(vec![hostile.clone()])])
        });
        for text in commands {
            assert!(!text.contains("##[") && !text.contains(" ::"), "{text}");
        }
        hostile.detail = "b\u{202e}".to_owned();
        let text = human(&paper, &[examination(vec![hostile.clone()])]);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert!(text.contains("One thing that is required"), "{text}");
        let optional = human(&paper, &[examination(vec![hostile.optional()])]);
        assert!(optional.contains("Nothing that is required"), "{optional}");
    }
}
