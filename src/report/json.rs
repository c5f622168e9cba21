//! Verdicts and replays for programs.

use std::borrow::Borrow;

use serde::Serialize;

use crate::model::{ReplayRow, ReplayTotals, Verdict};

use super::github::inert_json;

/// One verdict as an indented document; several as JSON Lines.
///
/// # Errors
/// None that a verdict can cause.
pub fn verdicts<V: Borrow<Verdict>>(verdicts: &[V]) -> Result<String, serde_json::Error> {
    if let [one] = verdicts {
        return Ok(inert_json(&serde_json::to_string_pretty(one.borrow())?) + "\n");
    }
    let mut lines = String::new();
    for verdict in verdicts {
        lines.push_str(&inert_json(&serde_json::to_string(verdict.borrow())?));
        lines.push('\n');
    }
    Ok(lines)
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
