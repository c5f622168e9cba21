//! Asks the channels of targets, round by round, and judges what came back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;

use crate::decide::Question;
use crate::model::{
    Digest, Duration, EVIDENCE_SCHEMA, Evidence, Finding, Observation, Outcome, Severity, Time,
    Verdict,
};
use crate::observe::http::{Client, Events};
use crate::observe::{
    self, AskAttached, Environment, LookUp, ask_all, attestations_all, look_up_all, now,
};
use crate::verify::Origin;

use super::asking::{client, runtime};
use super::judge::{JudgeError, Judged, judge, wanted, wanted_attestations};
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

/// How a run of asking ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gathered {
    /// Every target was judged.
    All,
    /// The user broke it off after this many targets.
    BrokenOff(usize),
}

/// Why a run of asking stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum GatherError<E> {
    /// Nothing can be asked at all: there is no HTTP client.
    #[error("{0}")]
    Start(JudgeError),
    /// What takes the verdicts failed.
    #[error("{0}")]
    Taker(E),
}

/// The shortest pause between two rounds.
const SHORTEST_PAUSE: u64 = 5;

/// The longest pause between two rounds: a window's end is an estimate, and people publish early.
const LONGEST_PAUSE: u64 = 15;

/// Components that are asked at a time; each host has its own limit beside it.
const AT_A_TIME: usize = 16;

/// Asks and judges targets, some at a time, and hands each verdict over in the order of the
/// targets, so that nothing is kept of what was handed over. With a wait, a target is asked again
/// and again until it is not indeterminate, time is over, or another target is denied.
///
/// An interrupt (`Ctrl-C`) ends it after the targets that were handed over.
///
/// # Errors
/// [`GatherError`] where nothing could be asked at all and where `take` fails. A question that does
/// not fit one policy is handed over in the place of its verdict; a channel without an answer is no
/// error but an observation.
pub fn gather<E>(
    targets: &[Target],
    gathering: Gathering<'_>,
    take: impl FnMut(Result<Judged, JudgeError>) -> Result<(), E>,
) -> Result<Gathered, GatherError<E>> {
    let runtime = runtime().map_err(GatherError::Start)?;
    let gathered = runtime.block_on(stream(targets, gathering, take));
    // What still runs after an interrupt is not waited for.
    runtime.shutdown_background();
    gathered
}

async fn stream<E>(
    targets: &[Target],
    gathering: Gathering<'_>,
    mut take: impl FnMut(Result<Judged, JudgeError>) -> Result<(), E>,
) -> Result<Gathered, GatherError<E>> {
    let client = client(&gathering.environment, gathering.events.clone());
    let client = client.map_err(GatherError::Start)?;
    let run = Run {
        client: &client,
        gathering: &gathering,
        end: gathering.wait.map(|wait| now().plus(wait)),
        denied: AtomicBool::new(false),
    };
    let mut judged = futures_util::stream::iter(targets)
        .map(|target| run.judge(target))
        .buffered(AT_A_TIME);
    // Where interrupts cannot be heard of, the process ends by the system's own rule.
    let mut interrupt = std::pin::pin!(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    });
    let mut handed_over = 0;
    loop {
        let next = tokio::select! {
            biased;
            () = &mut interrupt => return Ok(Gathered::BrokenOff(handed_over)),
            next = judged.next() => next,
        };
        let Some(one) = next else {
            return Ok(Gathered::All);
        };
        take(one).map_err(GatherError::Taker)?;
        handed_over += 1;
    }
}

/// What the targets of one run share.
struct Run<'r> {
    client: &'r Client,
    gathering: &'r Gathering<'r>,
    end: Option<Time>,
    /// A deny stays one, and nothing that another component will say makes it better.
    denied: AtomicBool,
}

impl Run<'_> {
    /// Asks one target until it can be decided or waiting ends.
    async fn judge(&self, target: &Target) -> Result<Judged, JudgeError> {
        let mut kept = Kept::default();
        loop {
            let judged = self.one_round(target, &mut kept).await?;
            if judged.verdict.outcome == Outcome::Deny {
                self.denied.store(true, Ordering::Relaxed);
            }
            let Some(pause) = self.pause(&judged.verdict, now()) else {
                return Ok(judged);
            };
            let until = now().plus(pause);
            let why = judged.verdict.findings.first();
            let why = why.map_or("", |finding| finding.message.as_str());
            (self.gathering.pausing)(until, why);
            tokio::time::sleep(std::time::Duration::from_secs(pause.seconds())).await;
        }
    }

    /// Asks the channels of one target which releases they have, looks up what the question needs
    /// to know beyond that, asks what is attached to the artifacts that the policy wants attested,
    /// and judges.
    async fn one_round(&self, target: &Target, kept: &mut Kept) -> Result<Judged, JudgeError> {
        let (policy, question) = (&target.item.policy, self.gathering.question);
        let round = now();
        let questions = questions(target);
        let listed = ask_all(self.client, round, questions.clone()).await;
        let evidence = |observations: Vec<Observation>| Evidence {
            schema: EVIDENCE_SCHEMA.to_owned(),
            component: policy.component.name.clone(),
            observations,
            bundles: Default::default(),
            trust: Default::default(),
            decided_at: now(),
        };
        let mut wanted = wanted(policy, evidence(listed.concat()), question)?;
        let look_ups = questions.iter().cloned().zip(listed.iter().cloned());
        let look_ups = look_ups.map(|(question, listed)| LookUp {
            wanted: wanted.remove(&question.channel).unwrap_or_default(),
            question,
            listed,
        });
        let looked_up = look_up_all(self.client, round, look_ups.collect()).await;
        let mut seen = listed;
        for (seen, more) in seen.iter_mut().zip(looked_up) {
            seen.extend(more);
        }
        let mut wanted = match policy.trust.is_empty() {
            true => Default::default(),
            false => wanted_attestations(policy, evidence(seen.concat()), question)?,
        };
        let asked = questions.into_iter().zip(seen.iter().cloned());
        let asked = asked.filter_map(|(question, listed)| {
            Some(AskAttached {
                wanted: wanted.remove(&question.channel)?,
                question,
                listed,
            })
        });
        let attached = attestations_all(self.client, round, asked.collect()).await;
        kept.observations.extend(seen.into_iter().flatten());
        for attached in attached {
            kept.observations.extend(attached.observations);
            kept.bundles.extend(attached.bundles);
        }
        let mut evidence = evidence(kept.observations.clone());
        evidence.bundles = kept.bundles.clone();
        if !evidence.bundles.is_empty() {
            let texts = policy.trust.iter().flat_map(|domain| domain.texts());
            evidence.trust = texts.map(|(id, text)| (id, text.to_owned())).collect();
        }
        judge(policy, evidence, Origin::Asked, question, None)
    }

    /// How long to pause before the next round; nothing where there is none.
    fn pause(&self, verdict: &Verdict, now: Time) -> Option<Duration> {
        let end = self.end?;
        // A guess that agrees stays a guess, however long one waits.
        let undecided = verdict.outcome == Outcome::Indeterminate
            && (verdict.guessed.is_none() || is_undecided(verdict));
        if !undecided || now >= end || self.denied.load(Ordering::Relaxed) {
            return None;
        }
        let wanted = verdict.retry_at;
        let wanted = wanted.map_or(SHORTEST_PAUSE, |time| time.since(now).seconds());
        let pause = wanted.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        let left = end.since(now).seconds().max(1);
        Some(Duration::from_seconds(pause.min(left)))
    }
}

/// What the rounds of one target have given.
#[derive(Default)]
struct Kept {
    observations: Vec<Observation>,
    bundles: BTreeMap<Digest, String>,
}

/// Whether a finding asks for patience.
fn is_undecided(verdict: &Verdict) -> bool {
    let waits = |it: &Finding| it.is_open() && it.severity == Severity::Indeterminate;
    verdict.findings.iter().any(waits)
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
