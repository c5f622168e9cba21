//! Holds verdicts against expectations.

use crate::model::{JudgedCase, Level, Outcome, ReplayRow, Severity, Verdict};

use super::expected::{Expected, ExpectedCase, ExpectedOutcome, Kind};

/// Holds a verdict against what is expected of a moment.
pub(super) fn case(expected: &ExpectedCase, verdict: &Verdict) -> JudgedCase {
    let mut codes: Vec<String> = Vec::new();
    for finding in &verdict.findings {
        let code = finding.code.to_string();
        if finding.is_open() && finding.severity > Severity::Note && !codes.contains(&code) {
            codes.push(code);
        }
    }
    let mut surprises = Vec::new();
    let outcome = verdict.outcome;
    if let Some(wanted) = expected.outcome
        && outcome != wanted.outcome()
    {
        surprises.push(format!("expected {}, is {outcome}", wanted.outcome()));
    }
    if expected.not_allow && outcome == Outcome::Allow {
        surprises.push("must not be allowed".to_owned());
    }
    for code in &expected.codes {
        if !codes.contains(code) {
            surprises.push(format!("`{code}` was not found"));
        }
    }
    for (what, wanted, is) in [
        ("mismatch", expected.mismatch, verdict.mismatch),
        ("suspicion", expected.suspicion, verdict.suspicion),
    ] {
        if let Some(wanted) = wanted
            && wanted != is
        {
            surprises.push(format!("expected {what} {wanted}, is {is}"));
        }
    }
    if let Some(signal) = expected.limit.as_deref().filter(|it| it.starts_with('S')) {
        let named = |limit: &String| {
            limit.contains(&format!("{signal})")) || limit.contains(&format!("{signal},"))
        };
        if !verdict.limits.iter().any(named) {
            surprises.push(format!("the limit {signal} is not stated"));
        }
    }
    JudgedCase {
        name: expected.name.clone(),
        verdict: outcome,
        codes,
        mismatch: verdict.mismatch,
        suspicion: verdict.suspicion,
        surprises,
        decisive: expected.outcome.is_some(),
    }
}

/// Makes the row of an incident.
pub(super) fn row(
    name: &str,
    expected: &Expected,
    cases: Vec<JudgedCase>,
    needs_provenance: bool,
) -> ReplayRow {
    let mut cases = cases;
    // Whatever a fixture says: an oversight is never highly suspicious.
    if expected.kind == Kind::Benign {
        for case in cases
            .iter_mut()
            .filter(|case| case.suspicion == Level::High)
        {
            case.surprises
                .push("benign, and highly suspicious".to_owned());
        }
    }
    ReplayRow {
        incident: name.to_owned(),
        title: expected.incident.clone(),
        what: expected.what.clone(),
        sources: expected.sources.clone(),
        synthetic: expected.synthetic.clone(),
        attack: expected.kind == Kind::Attack,
        signals: expected.signals.clone(),
        limit: expected.cases.iter().find_map(|case| case.limit.clone()),
        needs_provenance,
        as_expected: cases.iter().all(|case| case.surprises.is_empty()),
        cases,
    }
}

impl ExpectedOutcome {
    fn outcome(self) -> Outcome {
        match self {
            Self::Allow => Outcome::Allow,
            Self::Deny => Outcome::Deny,
            Self::Indeterminate => Outcome::Indeterminate,
        }
    }
}
