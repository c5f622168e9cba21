//! A replay's result: incidents, how each was judged, and whether as expected.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Level, Outcome};

/// One incident, played.
#[derive(Debug, Clone, Serialize)]
pub struct ReplayRow {
    /// Name of its folder.
    pub incident: String,
    /// The incident, in one line.
    pub title: String,
    /// What happened.
    pub what: String,
    /// Public accounts of it.
    pub sources: Vec<String>,
    /// What in the fixture is made up.
    pub synthetic: Vec<String>,
    /// Whether it was an attack.
    pub attack: bool,
    /// Signals that the channels showed.
    pub signals: Vec<String>,
    /// Whether a comparison of channels cannot see it.
    pub limit: Option<String>,
    /// Whether the evidence of a moment holds attestations, which its verdict rests on too.
    pub needs_provenance: bool,
    /// Whether every moment is as expected now.
    pub as_expected: bool,
    /// Its moments.
    pub cases: Vec<JudgedCase>,
}

/// One moment, judged.
#[derive(Debug, Clone, Serialize)]
pub struct JudgedCase {
    /// Its name.
    pub name: String,
    /// The verdict.
    pub verdict: Outcome,
    /// Codes of open findings that deny, stop or warn; the gravest first, each once.
    pub codes: Vec<String>,
    /// The level of mismatch.
    pub mismatch: Level,
    /// The level of suspicion.
    pub suspicion: Level,
    /// What was expected and did not come; empty where all did.
    pub surprises: Vec<String>,
    /// Whether an outcome is expected, and not only that it is no allow.
    #[serde(skip)]
    pub decisive: bool,
}

/// How a row is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// As expected.
    AsExpected,
    /// As expected: out of reach of a comparison of channels.
    Limit,
    /// Not as expected.
    Wrong,
}

/// The totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplayTotals {
    /// Rows.
    pub total: usize,
    /// Rows that reach the verdict expected now.
    pub passed: usize,
    /// Attacks that end in a deny.
    pub caught: usize,
    /// Attacks.
    pub attacks: usize,
    /// Attacks that are stated to be out of reach.
    pub stated_limits: usize,
    /// Benign rows.
    pub benign: usize,
    /// Benign rows with a moment of high suspicion.
    pub false_alarms: usize,
    /// Rows whose verdict rests on attestations too.
    pub needs_provenance: usize,
    /// Attacks by signal.
    pub by_signal: BTreeMap<String, SignalCount>,
}

/// Attacks that showed one signal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SignalCount {
    /// All.
    pub attacks: usize,
    /// Those that end in a deny.
    pub caught: usize,
}

impl ReplayRow {
    /// The moment that tells the story: the gravest of those with an expected outcome, the last of
    /// equals.
    pub fn decisive(&self) -> Option<&JudgedCase> {
        let decisive = self.cases.iter().filter(|case| case.decisive);
        decisive
            .max_by_key(|case| case.verdict)
            .or_else(|| self.cases.last())
    }

    /// How it is marked.
    pub fn mark(&self) -> Mark {
        match () {
            () if !self.as_expected => Mark::Wrong,
            () if self.limit.is_some() => Mark::Limit,
            () => Mark::AsExpected,
        }
    }

    fn is_caught(&self) -> bool {
        self.attack
            && self
                .decisive()
                .is_some_and(|case| case.verdict == Outcome::Deny)
    }
}

/// Counts what a replay showed.
pub fn replay_totals(rows: &[ReplayRow]) -> ReplayTotals {
    let count =
        |matches: &dyn Fn(&ReplayRow) -> bool| rows.iter().filter(|row| matches(row)).count();
    let mut by_signal: BTreeMap<String, SignalCount> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.attack) {
        for signal in &row.signals {
            let counted = by_signal.entry(signal.clone()).or_default();
            counted.attacks += 1;
            counted.caught += usize::from(row.is_caught());
        }
    }
    ReplayTotals {
        total: rows.len(),
        passed: count(&|row| row.as_expected),
        caught: count(&ReplayRow::is_caught),
        attacks: count(&|row| row.attack),
        stated_limits: count(&|row| row.attack && row.limit.is_some()),
        benign: count(&|row| !row.attack),
        false_alarms: count(&|row| {
            !row.attack && row.cases.iter().any(|case| case.suspicion == Level::High)
        }),
        needs_provenance: count(&|row| row.needs_provenance),
        by_signal,
    }
}
