//! The two tables of a Markdown report: all components, and the matrix of one.

use std::fmt::Write as _;

use crate::model::{Cell, CellState, Outcome, Verdict};
use crate::report::matrix::{self, Row, words};
use crate::report::reported::Reported;

use super::escape::plain;
use super::outcome;

/// Rows of a matrix that are shown.
const ROWS: usize = 200;

/// What all components came to, the worst first.
pub(super) fn overview(reports: &[Reported<'_>]) -> String {
    let mut verdicts: Vec<&Verdict> = reports.iter().map(|report| report.verdict).collect();
    verdicts.sort_by_key(|verdict| std::cmp::Reverse(verdict.outcome));
    let count = |outcome| verdicts.iter().filter(|it| it.outcome == outcome).count();
    let mut text = format!(
        "## lockstep: {} components: {} deny, {} indeterminate, {} allow\n\n\
         | component | verdict | mismatch | suspicion |\n|---|---|---|---|\n",
        verdicts.len(),
        count(Outcome::Deny),
        count(Outcome::Indeterminate),
        count(Outcome::Allow),
    );
    for verdict in verdicts.iter().take(ROWS) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            plain(verdict.component.as_str()),
            outcome(verdict.outcome),
            verdict.mismatch,
            verdict.suspicion
        );
    }
    if verdicts.len() > ROWS {
        let _ = writeln!(
            text,
            "\n{} more components are not listed.",
            verdicts.len() - ROWS
        );
    }
    text.push('\n');
    text
}

/// The matrix: versions down, channels across; rows where all agree come last and are counted
/// where there are too many.
pub(super) fn matrix(verdict: &Verdict) -> String {
    let channels = matrix::channels(verdict);
    let mut rows = matrix::rows(verdict, &channels);
    if rows.is_empty() {
        return String::new();
    }
    let all = rows.len();
    if all > ROWS {
        rows.sort_by_key(Row::is_calm);
        rows.truncate(ROWS);
    }
    let mut text = String::from("| version |");
    for channel in &channels {
        let _ = write!(text, " {} |", plain(channel.as_str()));
    }
    let _ = write!(text, "\n|---|{}\n", "---|".repeat(channels.len()));
    for row in &rows {
        let _ = write!(text, "| {} |", plain(row.version));
        for cell in &row.cells {
            let _ = write!(text, " {} |", cell.map_or("-".to_owned(), shown));
        }
        text.push('\n');
    }
    if all > rows.len() {
        let _ = writeln!(text, "\n{} more releases are not shown.", all - rows.len());
    }
    text.push('\n');
    text
}

fn shown(cell: &Cell) -> String {
    let (word, _) = words(cell);
    let weighty = !matches!(
        cell.state,
        CellState::Agrees | CellState::NotRequired { .. }
    );
    if weighty { format!("**{word}**") } else { word }
}
