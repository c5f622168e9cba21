//! Verdicts and replays for programs.

use serde::Serialize;

use crate::model::{ReplayRow, ReplayTotals, Verdict};

/// One verdict as an indented document; several as JSON Lines.
///
/// # Errors
/// None that a verdict can cause.
pub fn verdicts(verdicts: &[Verdict]) -> Result<String, serde_json::Error> {
    if let [one] = verdicts {
        return Ok(serde_json::to_string_pretty(one)? + "\n");
    }
    let mut lines = String::new();
    for verdict in verdicts {
        lines.push_str(&serde_json::to_string(verdict)?);
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
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}
