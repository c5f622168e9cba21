//! Waives an open finding: chooses its digests, adds the waiver to the policy's text, and judges
//! again with that text before anybody writes it.

use std::collections::BTreeSet;

use crate::decide::{self, Question};
use crate::model::{Code, Disposition, Finding, Name, Severity, Time, visible};
use crate::policy::{self, Loaded, NewWaiver, with_waiver};
use crate::verify::Origin;

use super::judge::{JudgeError, Judged, judge};

/// A waiver that is asked for.
#[derive(Debug, Clone)]
pub struct WaiverRequest {
    /// The code of the finding.
    pub code: Code,
    /// The version, or a name of it that a channel uses.
    pub version: String,
    /// Only what this channel's findings rest on is pinned.
    pub channel: Option<Name>,
    /// Digests to pin; empty: all of the finding's.
    pub digests: Vec<String>,
    /// Why.
    pub reason: String,
    /// By whom.
    pub approved_by: String,
    /// When it ends.
    pub expires: Time,
}

/// A policy's text with more waivers, and what they do.
#[derive(Debug)]
pub struct Waived {
    /// The whole text; it is a valid policy.
    pub text: String,
    /// The lines at which the waivers stand: one for each set of digests.
    pub lines: Vec<usize>,
    /// The findings that were open and are no more.
    pub findings: Vec<Finding>,
}

/// Why there is no waiver. Always exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct WaiveError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl WaiveError {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl From<JudgeError> for WaiveError {
    fn from(error: JudgeError) -> Self {
        Self::new(error.message, error.hint)
    }
}

/// Adds a waiver for the open findings that verdicts show, and makes sure that it holds for them.
///
/// # Errors
/// [`WaiveError`] where no open finding fits, where the waiver would hold for none, and where the
/// text with it would be no policy.
pub fn waive(
    loaded: &Loaded,
    request: &WaiverRequest,
    judged: &[Judged],
    origin: Origin,
    question: &Question,
) -> Result<Waived, WaiveError> {
    let open = open_findings(request, judged)?;
    let sets = match request.digests.is_empty() {
        true => digest_sets(&open),
        false => vec![request.digests.clone()],
    };
    let version = open.iter().find_map(|finding| finding.version.clone());
    let version = version.unwrap_or_else(|| request.version.clone());
    let (text, amended, lines) = amend(loaded, request, &version, sets)?;
    let mut findings = Vec::new();
    for one in judged {
        let component = &one.verdict.component;
        let mut items = amended.components.iter();
        let Some(item) = items.find(|item| item.policy.component.name == *component) else {
            continue;
        };
        let again = judge(
            &item.policy,
            one.evidence.clone(),
            origin,
            question,
            Some(one.verdict.now),
        )?;
        let was_open = |finding: &&Finding| {
            let same = |other: &Finding| identity(other) == identity(finding);
            one.verdict
                .findings
                .iter()
                .any(|other| other.is_open() && same(other))
        };
        let waived = again.verdict.findings.iter();
        let waived = waived.filter(|it| matches!(it.disposition, Disposition::Waived { .. }));
        findings.extend(waived.filter(was_open).cloned());
    }
    if findings.is_empty() {
        let sets = digest_sets(&open);
        let sets: Vec<String> = sets.iter().map(|set| set.join(" ")).collect();
        let hint = match sets.iter().all(String::is_empty) {
            true => "the finding has no digests: leave --digest out".to_owned(),
            false => format!("name all digests of a finding: {}", sets.join("; or: ")),
        };
        return Err(WaiveError::new(
            format!(
                "this waiver would hold for no open finding of `{}`",
                request.code
            ),
            hint,
        ));
    }
    Ok(Waived {
        text,
        lines,
        findings,
    })
}

/// Adds a waiver without looking whether a finding is open.
///
/// # Errors
/// [`WaiveError`] where the text with it would be no policy.
pub fn waive_unchecked(loaded: &Loaded, request: &WaiverRequest) -> Result<Waived, WaiveError> {
    let sets = vec![request.digests.clone()];
    let (text, _, lines) = amend(loaded, request, &request.version, sets)?;
    Ok(Waived {
        text,
        lines,
        findings: Vec::new(),
    })
}

fn open_findings<'j>(
    request: &WaiverRequest,
    judged: &'j [Judged],
) -> Result<Vec<&'j Finding>, WaiveError> {
    let all = || judged.iter().flat_map(|one| &one.verdict.findings);
    let here = |it: &&Finding| match &request.channel {
        Some(channel) => it.channel.as_ref() == Some(channel),
        None => true,
    };
    let can_be = |it: &&Finding| it.severity != Severity::Indeterminate && it.version.is_some();
    let coded = || all().filter(|it| it.code == request.code).filter(here);
    let open: Vec<&Finding> = coded().filter(|it| it.is_open()).filter(can_be).collect();
    if !open.is_empty() {
        return Ok(open);
    }
    let shown = visible(&request.version, 80);
    let place = match &request.channel {
        Some(channel) => format!("{shown} in {channel}"),
        None => shown,
    };
    if let Some(closed) = coded().next() {
        let why = match &closed.disposition {
            Disposition::Waived { expires, .. } => format!("it is waived until {expires}"),
            Disposition::Grandfathered => "it is older than `judge-since`".to_owned(),
            Disposition::LastKnownGood { .. } => "it was approved again".to_owned(),
            Disposition::Open if closed.version.is_none() => {
                "it is about no single version, and a waiver names one".to_owned()
            }
            Disposition::Open => "it is indeterminate, and that cannot be waived".to_owned(),
        };
        let message = format!(
            "`{}` of {place} needs no waiver or can have none: {why}",
            request.code
        );
        return Err(WaiveError::new(
            message,
            "`lockstep check` shows what is open",
        ));
    }
    let others: BTreeSet<String> = all()
        .filter(|it| it.is_open() && it.severity != Severity::Indeterminate)
        .map(|it| match &it.channel {
            Some(channel) => format!("`{}` in {channel}", it.code),
            None => format!("`{}`", it.code),
        })
        .collect();
    let hint = match others.is_empty() {
        true => "nothing that can be waived is open for this version".to_owned(),
        false => format!(
            "open: {}",
            others.into_iter().collect::<Vec<_>>().join(", ")
        ),
    };
    let message = format!("no finding `{}` of {place} is open", request.code);
    Err(WaiveError::new(message, hint))
}

/// The digests of each finding, each set once. One waiver for all would also hold for what mixes
/// them.
fn digest_sets(open: &[&Finding]) -> Vec<Vec<String>> {
    let sets: BTreeSet<&Vec<String>> = open.iter().map(|finding| &finding.digests).collect();
    sets.into_iter().cloned().collect()
}

/// The text with a waiver for each set of digests, what it is as a policy, and their lines.
fn amend(
    loaded: &Loaded,
    request: &WaiverRequest,
    version: &str,
    sets: Vec<Vec<String>>,
) -> Result<(String, Loaded, Vec<usize>), WaiveError> {
    let Some(source) = loaded.sources.first() else {
        return Err(WaiveError::new(
            "the policy has no file",
            "name a policy file",
        ));
    };
    let count = sets.len();
    let mut text = source.text().to_owned();
    for digests in sets {
        let waiver = NewWaiver {
            code: request.code.clone(),
            version: version.to_owned(),
            digests,
            reason: request.reason.clone(),
            approved_by: request.approved_by.clone(),
            expires: request.expires,
        };
        text = with_waiver(&text, &waiver).map_err(|error| {
            WaiveError::new(
                format!("the policy cannot be added to: {error}"),
                "add the waiver by hand; docs/policy.md shows how",
            )
        })?;
    }
    let amended =
        policy::load_text(source.path(), text.clone(), &decide::codes()).map_err(|errors| {
            let drawn = errors.render(false);
            WaiveError::new(
                format!("with this waiver the policy would not be valid\n{drawn}"),
                "nothing was written",
            )
        })?;
    // The policy's own waivers come behind those that it extends, the new ones last.
    let declared = amended
        .components
        .first()
        .map(|item| &item.declared.waivers);
    let new = declared.into_iter().flatten().rev().take(count);
    let mut lines: Vec<usize> = new.map(|position| position.line).collect();
    lines.reverse();
    Ok((text, amended, lines))
}

/// What makes two findings of two judgements of the same evidence the same.
fn identity(finding: &Finding) -> (&Code, Option<&str>, Option<&Name>, Option<&Name>, &[String]) {
    (
        &finding.code,
        finding.version.as_deref(),
        finding.line.as_ref(),
        finding.channel.as_ref(),
        &finding.digests,
    )
}
