//! Verdicts and replays for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::model::{ReplayRow, ReplayTotals, Verdict};

use super::github::inert_json;

/// One verdict as an indented document.
///
/// # Errors
/// None that a verdict can cause.
pub fn verdict(verdict: &Verdict) -> Result<String, serde_json::Error> {
    Ok(inert_json(&serde_json::to_string_pretty(verdict)?) + "\n")
}

/// One of several verdicts, as JSON Lines have them.
///
/// # Errors
/// None that a verdict can cause.
pub fn line(verdict: &Verdict) -> Result<String, serde_json::Error> {
    Ok(inert_json(&serde_json::to_string(verdict)?) + "\n")
}

/// A JSON document in ASCII alone: the same values, with nothing in it that steers a terminal,
/// where text of others is kept as it is.
pub(super) fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() && character != '\u{7f}' {
            ascii.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(ascii, "\\u{unit:04x}");
        }
    }
    ascii
}

#[derive(Serialize)]
struct Replay<'r> {
    schema: &'static str,
    #[serde(flatten)]
    totals: &'r ReplayTotals,
    rows: &'r [ReplayRow],
}

/// A replay as an indented document.
///
/// # Errors
/// None that a replay can cause.
pub fn replay(rows: &[ReplayRow], totals: &ReplayTotals) -> Result<String, serde_json::Error> {
    let document = Replay {
        schema: "lockstep-replay/1",
        totals,
        rows,
    };
    Ok(inert_json(&serde_json::to_string_pretty(&document)?) + "\n")
}
