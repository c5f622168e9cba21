//! Combines findings to an outcome: any open deny denies; else any open indeterminate is
//! indeterminate; else it is allowed if the leader and at least one required follower agree.

use std::collections::HashMap;

use crate::model::{
    Cell, CellState, Commit, Digest, EndpointAsked, Environment, Finding, Level, Mode, Name,
    Outcome, Policy, Severity, Time, Unreachable, VERDICT_SCHEMA, Verdict,
};
use crate::verify::{CheckedEvidence, Origin};

use super::scene::{Case, Names, Scene};
use super::standing::{Presence, Standing, content_digests};
use super::view::View;
use super::{
    Question, QuestionError, RULES, attested, awaited, first_seen, last_known_good, needed, rules,
    settle, which,
};

/// One decision.
pub(super) fn decide(
    policy: &Policy,
    checked: &CheckedEvidence,
    question: &Question,
    environment: Option<&Environment>,
    now: Time,
) -> Result<Verdict, QuestionError> {
    let (mut verdict, seen) = at_round(policy, checked, question, environment, now, None)?;
    if let Some(environment) = environment
        && let Unreachable::LastKnownGood(age) = environment.when_unreachable
    {
        let judge_at = |round: Time| {
            let judged = at_round(
                policy,
                checked,
                question,
                Some(environment),
                now,
                Some(round),
            )
            .ok()?;
            Some(judged.0)
        };
        last_known_good::reapprove(&mut verdict, checked, age, &seen, judge_at);
    }
    Ok(verdict)
}

/// One decision on the rounds up to `until`, and every digest that the releases in question show
/// where they are not the approved ones of an allow.
fn at_round(
    policy: &Policy,
    checked: &CheckedEvidence,
    question: &Question,
    environment: Option<&Environment>,
    now: Time,
    until: Option<Time>,
) -> Result<(Verdict, Vec<String>), QuestionError> {
    let view = View::new(policy, checked, now, until);
    let names = Names::new(&view);
    let cases = which::cases(&question.which, policy, &view, &names, environment)?;
    let scene = Scene::new(
        policy,
        question,
        environment,
        now,
        checked,
        (&view, &names),
        cases,
    );
    let mut findings = rules::judge(&scene);
    settle::settle(&scene, &mut findings);
    awaited::settle(&mut findings);
    findings.extend(rules::nothing_to_compare::after_settling(&scene, &findings));
    for finding in &mut findings {
        if question.fail_on.contains(&finding.code) {
            finding.severity = finding.severity.max(Severity::Deny);
        }
    }
    first_seen::mark(&scene, checked, &mut findings);
    let cells = cells(&scene, &findings);
    findings.sort_by(|one, other| {
        let order = |it: &Finding| (!it.is_open(), std::cmp::Reverse(it.severity));
        order(one)
            .cmp(&order(other))
            .then_with(|| one.code.cmp(&other.code))
    });
    let outcome = outcome(&findings, policy);
    let seen = approved(&scene);
    // An allow names them itself.
    let (digests, seen) = match outcome {
        Outcome::Allow => (seen, Vec::new()),
        _ => (Vec::new(), seen),
    };
    let endpoints = endpoints(&scene, checked);
    let open = || findings.iter().filter(|finding| finding.is_open());
    let retry_at = match outcome {
        Outcome::Indeterminate => retry_at(open()),
        _ => None,
    };
    let limits = needed::limits(&scene);
    let verdict = Verdict {
        schema: VERDICT_SCHEMA,
        component: policy.component.name.clone(),
        outcome,
        retry_at,
        mismatch: open()
            .map(|finding| finding.mismatch)
            .max()
            .unwrap_or(Level::None),
        suspicion: open()
            .map(|finding| finding.suspicion)
            .max()
            .unwrap_or(Level::None),
        environment: environment.map(|environment| environment.name.clone()),
        mode: environment.map_or(Mode::Enforce, |environment| environment.mode),
        policy: policy.digest,
        evidence: checked.digest(),
        unsigned_evidence: checked.origin() == Origin::UnsignedFile,
        rules: RULES,
        now,
        digests,
        endpoints,
        cells,
        findings,
        limits,
        guessed: policy.guessed.clone(),
    };
    Ok((verdict, seen))
}

fn outcome(findings: &[Finding], policy: &Policy) -> Outcome {
    let gravest = findings
        .iter()
        .filter(|it| it.is_open())
        .map(|it| it.severity)
        .max();
    match gravest {
        Some(Severity::Deny) => Outcome::Deny,
        Some(Severity::Indeterminate) => Outcome::Indeterminate,
        // Whoever uploads writes what a guess is made from, and would write it to agree.
        Some(Severity::Warn | Severity::Note) | None if policy.guessed.is_some() => {
            Outcome::Indeterminate
        }
        // That leader and follower agree is a finding of `nothing-to-compare` where they do not.
        Some(Severity::Warn | Severity::Note) | None => Outcome::Allow,
    }
}

/// When asking again makes sense for all that is open: only where each of them says so.
fn retry_at<'f>(open: impl Iterator<Item = &'f Finding>) -> Option<Time> {
    let mut times = open
        .filter(|it| it.severity == Severity::Indeterminate)
        .map(|finding| finding.retry_at);
    let first = times.next()??;
    times.try_fold(first, |latest, time| Some(latest.max(time?)))
}

/// What is approved: the digests of the judged releases in the required channels.
fn approved(scene: &Scene<'_>) -> Vec<String> {
    let judged = scene.cases.iter().filter(|case| !case.older);
    let found = judged.flat_map(Case::required).filter_map(Standing::found);
    let mut commits: Vec<(u64, &Commit)> = Vec::new();
    let mut digests: Vec<Digest> = Vec::new();
    for found in found {
        let commit = found.entry.commit.as_ref();
        commits.extend(commit.map(|commit| (beginning(commit), commit)));
        digests.extend(content_digests(&found.entry));
    }
    // Sorted as they are, which is the order of their texts: `git:` stands before `sha256:`.
    commits.sort_unstable();
    commits.dedup();
    digests.sort_unstable();
    digests.dedup();
    let commits = commits
        .into_iter()
        .map(|(_, commit)| ["git:", commit.as_str()].concat());
    let digests = digests.into_iter().map(|digest| digest.to_string());
    commits.chain(digests).collect()
}

/// What an order of commits compares first: nearly always it is enough, and beside the reference it
/// is at hand.
fn beginning(commit: &Commit) -> u64 {
    let first = commit.as_str().as_bytes().first_chunk();
    first.map_or(0, |first| u64::from_be_bytes(*first))
}

fn endpoints(scene: &Scene<'_>, checked: &CheckedEvidence) -> Vec<EndpointAsked> {
    let present = |round: Time| Some(round) == scene.view.round;
    let mut asked: Vec<EndpointAsked> = checked
        .evidence()
        .observations
        .iter()
        .filter(|observation| present(observation.round) && observation.at <= scene.now)
        .map(|observation| EndpointAsked {
            channel: observation.channel.clone(),
            endpoint: observation.endpoint.clone(),
            credential: observation.credential.clone(),
            answered: !matches!(observation.answer, crate::model::Answer::Failed { .. }),
        })
        .collect();
    asked.sort_unstable();
    asked.dedup();
    asked
}

fn cells(scene: &Scene<'_>, findings: &[Finding]) -> Vec<Cell> {
    let mut by_cell: HashMap<(&str, &Name, &Name), Vec<&Finding>> = HashMap::new();
    for finding in findings.iter().filter(|finding| finding.is_open()) {
        if let (Some(version), Some(line), Some(channel)) =
            (&finding.version, &finding.line, &finding.channel)
        {
            by_cell
                .entry((version, line, channel))
                .or_default()
                .push(finding);
        }
    }
    let mut cells = Vec::new();
    for case in &scene.cases {
        let version = case.text();
        for standing in &case.standings {
            let key = (version.as_str(), &case.line.name, &standing.channel.name);
            let open = by_cell.get(&key).map_or(&[][..], Vec::as_slice);
            cells.push(Cell {
                version: version.clone(),
                line: case.line.name.clone(),
                channel: standing.channel.name.clone(),
                required: standing.required,
                name: standing.shown_name(),
                state: state(scene, case, standing, open),
            });
        }
    }
    cells
}

fn state(
    scene: &Scene<'_>,
    case: &Case<'_>,
    standing: &Standing<'_>,
    open: &[&Finding],
) -> CellState {
    if !standing.required {
        let present = match standing.presence {
            Presence::Present(_) => Some(true),
            Presence::Absent { .. } => Some(false),
            Presence::Unknown { .. } | Presence::Incomparable { .. } => None,
        };
        return CellState::NotRequired { present };
    }
    match &standing.presence {
        Presence::Unknown { why, .. } => CellState::Unknown { why: why.clone() },
        Presence::Incomparable { reason } => CellState::Incomparable {
            reason: reason.clone(),
        },
        Presence::Absent { .. } => {
            let pending = open
                .iter()
                .find(|it| it.code.as_str() == rules::version_pending::CODE);
            let deleted = rules::release_deleted::stands_for(scene, case, standing);
            match pending.and_then(|finding| finding.retry_at) {
                Some(until) => CellState::Pending { until },
                None if deleted => CellState::Agrees,
                None => CellState::Missing,
            }
        }
        Presence::Present(_) => {
            let conflict = |it: &&&Finding| {
                let is_one = rules::of(&it.code).is_some_and(|rule| rule.conflict);
                is_one && awaited::pending(it).is_none()
            };
            if open.iter().any(|it| conflict(&it)) {
                CellState::Conflict
            } else if let Some(why) = attested::not_known(scene, case, standing) {
                CellState::Unknown { why }
            } else if let Some(until) = open.iter().filter_map(|it| awaited::pending(it)).max() {
                CellState::Pending { until }
            } else if let Some(fact) = needed::unstated(scene, case, standing) {
                CellState::NotStated { fact }
            } else {
                CellState::Agrees
            }
        }
    }
}
