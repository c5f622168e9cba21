//! A replay for people: one line an incident, then the totals.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::model::{JudgedCase, Level, Mark, Outcome, ReplayRow, ReplayTotals};

use super::github::inert;
use super::paper::{Paper, Tint};

/// The whole table, as text that ends with a line break.
pub fn replay(paper: &Paper, rows: &[ReplayRow], totals: &ReplayTotals) -> String {
    let name_width = rows
        .iter()
        .map(|row| row.incident.width())
        .max()
        .unwrap_or(0)
        .clamp(8, 29);
    let mut text = String::new();
    let head = format!(
        "{}  {} {:8} {:9} codes",
        Paper::cell("incident", name_width),
        Paper::cell("outcome", 7),
        "mismatch",
        "suspicion"
    );
    let _ = writeln!(text, "{}", paper.tint(Tint::Faint, &head));
    for row in rows {
        if paper.all {
            let _ = writeln!(
                text,
                "{} – {}",
                paper.tint(Tint::Strong, &row.incident),
                row.what
            );
            for case in &row.cases {
                draw_line(
                    &mut text,
                    paper,
                    &format!("  {}", case.name),
                    name_width,
                    case,
                );
            }
        } else if let Some(case) = row.decisive() {
            draw_line(&mut text, paper, &row.incident, name_width, case);
        }
        draw_mark(&mut text, paper, row);
    }
    draw_totals(&mut text, paper, totals);
    inert(&text)
}

fn draw_line(text: &mut String, paper: &Paper, name: &str, name_width: usize, case: &JudgedCase) {
    let (outcome, tint) = match case.verdict {
        Outcome::Allow => ("allow", Tint::Good),
        Outcome::Deny => ("deny", Tint::Bad),
        Outcome::Indeterminate => ("wait", Tint::Unsure),
    };
    let used = name_width + 2 + 7 + 1 + 8 + 1 + 9 + 1;
    let room = paper.width.saturating_sub(used);
    let beside = codes(&case.codes, room);
    // A code is never cut: where not even the first one fits, all go below.
    let (beside, below) = match beside.width() <= room {
        true => (beside, None),
        false => (
            String::new(),
            Some(codes(&case.codes, paper.width.saturating_sub(4))),
        ),
    };
    let level = |level: Level| {
        if level == Level::None {
            "-".to_owned()
        } else {
            level.to_string()
        }
    };
    let line = format!(
        "{}  {} {:8} {:9} {beside}",
        Paper::cell(name, name_width),
        paper.tint(tint, &Paper::cell(outcome, 7)),
        level(case.mismatch),
        level(case.suspicion),
    );
    let _ = writeln!(text, "{}", line.trim_end());
    if let Some(below) = below {
        let _ = writeln!(text, "    {below}");
    }
}

/// As many codes as fit, and how many do not.
fn codes(codes: &[String], columns: usize) -> String {
    let mut shown = String::new();
    for (at, code) in codes.iter().enumerate() {
        let more = match codes.len() - at - 1 {
            0 => 0,
            _ => 3,
        };
        let gap = usize::from(at > 0);
        if at > 0 && shown.width() + gap + code.width() + more > columns {
            let _ = write!(shown, " +{}", codes.len() - at);
            break;
        }
        if at > 0 {
            shown.push(' ');
        }
        shown.push_str(code);
    }
    shown
}

fn draw_mark(text: &mut String, paper: &Paper, row: &ReplayRow) {
    match row.mark() {
        Mark::AsExpected => {}
        Mark::Limit => {
            if let Some(limit) = &row.limit {
                let line = format!("stated limit, out of reach of a comparison: {limit}");
                text.push_str(&paper.tint(Tint::Faint, paper.wrap("    ", &line).trim_end()));
                text.push('\n');
            }
        }
        Mark::Wrong => {
            for case in row.cases.iter().filter(|case| !case.surprises.is_empty()) {
                let line = format!(
                    "NOT AS EXPECTED at {}: {}",
                    case.name,
                    case.surprises.join("; ")
                );
                text.push_str(&paper.tint(Tint::Bad, paper.wrap("    ", &line).trim_end()));
                text.push('\n');
            }
        }
    }
}

fn draw_totals(text: &mut String, paper: &Paper, totals: &ReplayTotals) {
    let line = format!(
        "{} of {} incidents judged as expected: {} of {} attacks caught, {} stated limits, \
         {} false alarms in {} benign cases",
        totals.passed,
        totals.total,
        totals.caught,
        totals.attacks,
        totals.stated_limits,
        totals.false_alarms,
        totals.benign,
    );
    let _ = write!(text, "\n{}", paper.wrap("", &line));
    let signals: Vec<String> = totals
        .by_signal
        .iter()
        .map(|(signal, count)| format!("{signal} {}/{}", count.caught, count.attacks))
        .collect();
    if !signals.is_empty() {
        text.push_str(&paper.wrap("", &format!("caught by signal: {}", signals.join(", "))));
    }
}
