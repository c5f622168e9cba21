//! The matrix of a verdict: versions down, channels across.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::model::{Cell, CellState, Name, Verdict};

use super::paper::{Paper, Tint};

/// Rows that are shown although all is well with them.
const CALM_ROWS: usize = 5;

/// Rows that are shown at all, without `--verbose`.
const ROWS: usize = 40;

/// A release, and its cell in each channel.
pub(super) struct Row<'v> {
    pub(super) version: &'v str,
    pub(super) cells: Vec<Option<&'v Cell>>,
}

impl Row<'_> {
    /// True where nothing is wrong with any cell.
    pub(super) fn is_calm(&self) -> bool {
        self.cells.iter().flatten().all(|cell| {
            matches!(
                cell.state,
                CellState::Agrees | CellState::NotRequired { .. }
            )
        })
    }
}

/// Draws the matrix; channels that do not fit beside each other go below, block by block.
pub(super) fn draw(paper: &Paper, verdict: &Verdict) -> String {
    let channels = channels(verdict);
    let rows = rows(verdict, &channels);
    if rows.is_empty() {
        return String::new();
    }
    let (shown, calm, cut) = chosen(paper, &rows);
    let version_width = shown
        .iter()
        .map(|row| row.version.width())
        .chain([7])
        .max()
        .unwrap_or(7)
        .min(28);
    let widths: Vec<usize> = channels
        .iter()
        .enumerate()
        .map(|(at, channel)| {
            let words = shown
                .iter()
                .filter_map(|row| row.cells[at])
                .map(|it| words(it).0.width());
            words
                .chain([channel.as_str().width()])
                .max()
                .unwrap_or(0)
                .min(24)
        })
        .collect();
    let mut drawing = String::new();
    let mut from = 0;
    while from < channels.len() {
        let mut to = from;
        let mut used = version_width;
        while to < channels.len() && (to == from || used + 2 + widths[to] <= paper.width) {
            used += 2 + widths[to];
            to += 1;
        }
        draw_block(
            &mut drawing,
            paper,
            &channels,
            &shown,
            version_width,
            &widths,
            from..to,
        );
        from = to;
    }
    let mut left_out = Vec::new();
    if calm > 0 {
        left_out.push(format!("{calm} more where all agree"));
    }
    if cut > 0 {
        left_out.push(format!("{cut} more that do not (--verbose shows all)"));
    }
    if !left_out.is_empty() {
        let words = format!("… {}", left_out.join("; "));
        let _ = writeln!(drawing, "{}", paper.tint(Tint::Faint, &words));
    }
    drawing
}

fn draw_block(
    drawing: &mut String,
    paper: &Paper,
    channels: &[&Name],
    rows: &[&Row<'_>],
    version_width: usize,
    widths: &[usize],
    block: std::ops::Range<usize>,
) {
    let mut head = Paper::cell("version", version_width);
    for at in block.clone() {
        let _ = write!(head, "  {}", Paper::cell(channels[at].as_str(), widths[at]));
    }
    let _ = writeln!(drawing, "{}", paper.tint(Tint::Faint, head.trim_end()));
    for row in rows {
        let mut line = Paper::cell(row.version, version_width);
        for at in block.clone() {
            let (text, tint) = row.cells[at].map_or(("-".to_owned(), Tint::Faint), words);
            let _ = write!(
                line,
                "  {}",
                paper.tint(tint, &Paper::cell(&text, widths[at]))
            );
        }
        let _ = writeln!(drawing, "{}", line.trim_end());
    }
}

/// The channels, in the order of the policy.
pub(super) fn channels(verdict: &Verdict) -> Vec<&Name> {
    let mut seen = BTreeSet::new();
    let names = verdict.cells.iter().map(|cell| &cell.channel);
    names.filter(|name| seen.insert(*name)).collect()
}

/// The releases, in the order of the verdict.
pub(super) fn rows<'v>(verdict: &'v Verdict, channels: &[&Name]) -> Vec<Row<'v>> {
    let mut rows: Vec<Row<'v>> = Vec::new();
    let mut last = None;
    for cell in &verdict.cells {
        if last != Some((&cell.version, &cell.line)) {
            rows.push(Row {
                version: &cell.version,
                cells: vec![None; channels.len()],
            });
            last = Some((&cell.version, &cell.line));
        }
        let at = channels.iter().position(|name| **name == cell.channel);
        if let (Some(row), Some(at)) = (rows.last_mut(), at) {
            row.cells[at] = Some(cell);
        }
    }
    rows
}

/// The rows to show, how many calm ones are left out, how many others.
fn chosen<'r, 'v>(paper: &Paper, rows: &'r [Row<'v>]) -> (Vec<&'r Row<'v>>, usize, usize) {
    if paper.all || rows.len() <= CALM_ROWS * 2 {
        return (rows.iter().collect(), 0, 0);
    }
    let (mut shown, mut calm, mut calm_left, mut cut) = (Vec::new(), 0, 0, 0);
    for row in rows {
        let is_calm = row.is_calm();
        if is_calm && calm >= CALM_ROWS {
            calm_left += 1;
        } else if shown.len() >= ROWS {
            cut += 1;
        } else {
            calm += usize::from(is_calm);
            shown.push(row);
        }
    }
    (shown, calm_left, cut)
}

/// What is the case, in a word or two.
pub(super) fn words(cell: &Cell) -> (String, Tint) {
    match &cell.state {
        CellState::Agrees => ("agrees".to_owned(), Tint::Good),
        CellState::NotRequired {
            present: Some(true),
        } => ("(there)".to_owned(), Tint::Faint),
        CellState::NotRequired {
            present: Some(false),
        } => ("(not there)".to_owned(), Tint::Faint),
        CellState::NotRequired { present: None } => ("(not known)".to_owned(), Tint::Faint),
        CellState::Pending { .. } => ("pending".to_owned(), Tint::Unsure),
        CellState::Missing => ("missing".to_owned(), Tint::Bad),
        CellState::Conflict => ("conflict".to_owned(), Tint::Bad),
        CellState::Incomparable { .. } => ("incomparable".to_owned(), Tint::Unsure),
        CellState::NotStated { .. } => ("not stated".to_owned(), Tint::Unsure),
        CellState::Unknown { .. } => ("unknown".to_owned(), Tint::Unsure),
    }
}
