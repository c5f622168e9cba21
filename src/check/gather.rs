//! Asks the channels of targets, round by round, and judges what came back.

use std::sync::Arc;

use crate::decide::Question;
use crate::model::{
    Duration, EVIDENCE_SCHEMA, Evidence, Finding, Observation, Outcome, Severity, Time, Verdict,
};
use crate::observe::http::{Client, Events, Limits};
use crate::observe::{self, Environment, LookUp, ask_all, look_up_all, now};
use crate::verify::Origin;

use super::judge::{JudgeError, Judged, judge, wanted};
use super::targets::Target;

/// How to ask.
pub struct Gathering<'q> {
    /// What is asked of the evidence.
    pub question: &'q Question,
    /// How long to keep asking while a verdict is indeterminate.
    pub wait: Option<Duration>,
    /// The process's environment: credentials, proxies, caches.
    pub environment: Environment,
    /// Takes what happens.
    pub events: Arc<dyn Events>,
    /// Told before each pause: until when, and why.
    pub pausing: &'q dyn Fn(Time, &str),
}

/// The shortest pause between two rounds.
const SHORTEST_PAUSE: u64 = 5;

/// The longest pause between two rounds: a window's end is an estimate, and people publish early.
const LONGEST_PAUSE: u64 = 15;

/// Asks and judges; with a wait, again and again until nothing is indeterminate or time is over.
///
/// # Errors
/// [`JudgeError`] where nothing could be asked at all (no HTTP client, a question that does not fit
/// a policy). A channel without an answer is no error but an observation.
pub fn gather(targets: &[Target], gathering: Gathering<'_>) -> Result<Vec<Judged>, JudgeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| JudgeError {
            message: format!("cannot start: {error}"),
            hint: "is a limit on threads or files in force?".to_owned(),
        })?;
    runtime.block_on(rounds(targets, gathering))
}

async fn rounds(targets: &[Target], gathering: Gathering<'_>) -> Result<Vec<Judged>, JudgeError> {
    let unusable = |error: observe::http::ClientError| JudgeError {
        message: error.to_string(),
        hint: "docs/channels.md lists the variables that the client reads".to_owned(),
    };
    let limits = Limits::of_environment(&gathering.environment).map_err(unusable)?;
    let client = Client::new(
        gathering.environment.clone(),
        limits,
        gathering.events.clone(),
    )
    .map_err(unusable)?;
    let end = gathering.wait.map(|wait| now().plus(wait));
    let mut kept: Vec<Vec<Observation>> = targets.iter().map(|_| Vec::new()).collect();
    loop {
        let round = now();
        let mut judged = Vec::with_capacity(targets.len());
        for (target, kept) in targets.iter().zip(&mut kept) {
            let one = one_round(&client, target, gathering.question, round, kept).await?;
            judged.push(one);
        }
        let Some(pause) = pause(&judged, end, now()) else {
            return Ok(judged);
        };
        let until = now().plus(pause);
        let undecided = judged
            .iter()
            .find(|it| it.verdict.outcome == Outcome::Indeterminate);
        let why = undecided.and_then(|it| it.verdict.findings.first());
        (gathering.pausing)(until, why.map_or("", |finding| finding.message.as_str()));
        tokio::time::sleep(std::time::Duration::from_secs(pause.seconds())).await;
    }
}

/// How long to pause before the next round; nothing where there is none.
fn pause(judged: &[Judged], end: Option<Time>, now: Time) -> Option<Duration> {
    let end = end?;
    let verdicts = || judged.iter().map(|it| &it.verdict);
    // A deny stays one, and nothing that another component will say makes it better.
    if verdicts().any(|verdict| verdict.outcome == Outcome::Deny) {
        return None;
    }
    let undecided: Vec<_> = verdicts()
        .filter(|verdict| verdict.outcome == Outcome::Indeterminate)
        // A guess that agrees stays a guess, however long one waits.
        .filter(|verdict| verdict.guessed.is_none() || is_undecided(verdict))
        .collect();
    if undecided.is_empty() || now >= end {
        return None;
    }
    let retry_at = undecided
        .iter()
        .filter_map(|verdict| verdict.retry_at)
        .min();
    let wanted = retry_at.map_or(SHORTEST_PAUSE, |time| time.since(now).seconds());
    let pause = wanted.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
    Some(Duration::from_seconds(
        pause.min(end.since(now).seconds().max(1)),
    ))
}

/// Whether a finding asks for patience.
fn is_undecided(verdict: &Verdict) -> bool {
    let waits = |it: &Finding| it.is_open() && it.severity == Severity::Indeterminate;
    verdict.findings.iter().any(waits)
}

/// Asks the channels of one target which releases they have, looks up what the question needs to
/// know beyond that, and judges.
async fn one_round(
    client: &Client,
    target: &Target,
    question: &Question,
    round: Time,
    kept: &mut Vec<Observation>,
) -> Result<Judged, JudgeError> {
    let policy = &target.item.policy;
    let questions = questions(target);
    let listed = ask_all(client, round, questions.clone()).await;
    let evidence = |observations: Vec<Observation>| Evidence {
        schema: EVIDENCE_SCHEMA.to_owned(),
        component: policy.component.name.clone(),
        observations,
        decided_at: now(),
    };
    let mut wanted = wanted(policy, evidence(listed.concat()), question)?;
    let look_ups = questions.into_iter().zip(listed.iter().cloned());
    let look_ups = look_ups.map(|(question, listed)| LookUp {
        wanted: wanted.remove(&question.channel).unwrap_or_default(),
        question,
        listed,
    });
    let looked_up = look_up_all(client, round, look_ups.collect()).await;
    kept.extend(listed.into_iter().flatten());
    kept.extend(looked_up.into_iter().flatten());
    judge(
        policy,
        evidence(kept.clone()),
        Origin::Asked,
        question,
        None,
    )
}

/// The channels of a target.
fn questions(target: &Target) -> Vec<observe::Question> {
    let channels = target.item.channels.iter();
    let questions = channels.map(|(name, configured)| observe::Question {
        channel: name.clone(),
        ask: configured.ask.clone(),
    });
    questions.collect()
}
