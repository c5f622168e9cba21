//! Asks many channels at a time; one that panics harms no other.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::http::Client;
use super::{Ask, Asking, Attached};
use crate::model::{
    Answer, Failure, FailureKind, Name, Observation, ObservationDraft, Query, RedactedUrl, Time,
    Wanted, WantedAttestations,
};
use crate::observe::environment::now;

/// One channel of one component, to be asked.
#[derive(Clone)]
pub struct Question {
    /// The policy's name of the channel.
    pub channel: Name,
    /// Asks it; nothing where this program cannot.
    pub ask: Option<Arc<dyn Ask>>,
}

/// Names to be looked up in one channel.
#[derive(Clone)]
pub struct LookUp {
    /// The channel.
    pub question: Question,
    /// What it said in this round.
    pub listed: Vec<Observation>,
    /// The names.
    pub wanted: Vec<Wanted>,
}

/// Names of one channel of whose artifacts one needs to know what is attached to them.
#[derive(Clone)]
pub struct AskAttached {
    /// The channel.
    pub question: Question,
    /// What it said in this round.
    pub listed: Vec<Observation>,
    /// The names, with their artifacts.
    pub wanted: Vec<WantedAttestations>,
}

/// Channels that are asked at a time, over all hosts; each host has its own, lower, limit.
const AT_A_TIME: usize = 64;

/// Asks all of them which releases they have and gives their observations in the order of the
/// questions.
///
/// A channel that lists gives at least one observation: a panic in one of them becomes a failure of
/// that channel (THREATS row 13), and so does a channel that nobody can ask.
pub async fn ask_all(
    client: &Client,
    round: Time,
    questions: Vec<Question>,
) -> Vec<Vec<Observation>> {
    let channels: Vec<Name> = questions.iter().map(|q| q.channel.clone()).collect();
    let tasks = questions.into_iter().map(|question| {
        let client = client.clone();
        async move { ask_one(&client, round, &question).await }
    });
    let answers = all(tasks).await.into_iter().zip(channels);
    let answers = answers.map(|(answer, channel)| {
        answer.unwrap_or_else(|| broke_off(channel, round, Query::Listing))
    });
    answers.collect()
}

/// Looks names up in all of them and gives the observations in the order of the look-ups. A panic
/// becomes a failure of its channel.
pub async fn look_up_all(
    client: &Client,
    round: Time,
    look_ups: Vec<LookUp>,
) -> Vec<Vec<Observation>> {
    let channels: Vec<Name> = look_ups
        .iter()
        .map(|it| it.question.channel.clone())
        .collect();
    let tasks = look_ups.into_iter().map(|look_up| {
        let client = client.clone();
        async move {
            let Some(ask) = &look_up.question.ask else {
                return Vec::new();
            };
            let asking = Asking {
                channel: &look_up.question.channel,
                round,
                listed: &look_up.listed,
                client: &client,
            };
            ask.look_up(&asking, &look_up.wanted).await
        }
    });
    let answers = all(tasks).await.into_iter().zip(channels);
    let answers = answers.map(|(answer, channel)| {
        answer.unwrap_or_else(|| broke_off(channel, round, Query::Listing))
    });
    answers.collect()
}

/// Asks all of them what is attached to artifacts and gives the answers in the order of the
/// questions. A panic becomes a failure of each name that its channel was asked about.
pub async fn attestations_all(
    client: &Client,
    round: Time,
    questions: Vec<AskAttached>,
) -> Vec<Attached> {
    let asked: Vec<(Name, Vec<String>)> = questions
        .iter()
        .map(|it| {
            let names = it.wanted.iter().map(|wanted| wanted.name.clone());
            (it.question.channel.clone(), names.collect())
        })
        .collect();
    let tasks = questions.into_iter().map(|one| {
        let client = client.clone();
        async move {
            let Some(ask) = &one.question.ask else {
                return Attached::default();
            };
            let asking = Asking {
                channel: &one.question.channel,
                round,
                listed: &one.listed,
                client: &client,
            };
            ask.attestations(&asking, &one.wanted).await
        }
    });
    let answers = all(tasks).await.into_iter().zip(asked);
    let answers = answers.map(|(answer, (channel, names))| {
        answer.unwrap_or_else(|| Attached {
            observations: names
                .into_iter()
                .flat_map(|name| broke_off(channel.clone(), round, Query::Attestations(name)))
                .collect(),
            bundles: Default::default(),
        })
    });
    answers.collect()
}

/// Runs all of them, some at a time; nothing in the place of one that panicked.
async fn all<F, T>(tasks: impl Iterator<Item = F>) -> Vec<Option<T>>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let turns = Arc::new(Semaphore::new(AT_A_TIME));
    let mut running = JoinSet::new();
    let mut answers = Vec::new();
    for (number, task) in tasks.enumerate() {
        let turns = Arc::clone(&turns);
        answers.push(None);
        running.spawn(async move {
            // Fails only where the semaphore was closed, which never happens.
            let _turn = turns.acquire_owned().await;
            (number, task.await)
        });
    }
    while let Some(finished) = running.join_next().await {
        if let Ok((number, answer)) = finished
            && let Some(place) = answers.get_mut(number)
        {
            *place = Some(answer);
        }
    }
    answers
}

async fn ask_one(client: &Client, round: Time, question: &Question) -> Vec<Observation> {
    let Some(ask) = &question.ask else {
        let words = "this program cannot ask this kind of channel yet";
        let channel = question.channel.clone();
        return failed(
            channel,
            round,
            Query::Listing,
            FailureKind::Unsupported,
            words,
        );
    };
    let asking = Asking {
        channel: &question.channel,
        round,
        listed: &[],
        client,
    };
    ask.ask(&asking).await
}

fn broke_off(channel: Name, round: Time, query: Query) -> Vec<Observation> {
    let words = "asking this channel broke off inside this program: please report it";
    failed(channel, round, query, FailureKind::Unsupported, words)
}

fn failed(
    channel: Name,
    round: Time,
    query: Query,
    kind: FailureKind,
    words: &str,
) -> Vec<Observation> {
    let draft = ObservationDraft {
        at: now(),
        round,
        endpoint: RedactedUrl::of_path(channel.as_str()),
        channel,
        credential: "anonymous".to_owned(),
        query,
        answer: Answer::Failed {
            why: Failure {
                kind,
                detail: words.to_owned(),
            },
            retry_at: None,
        },
    };
    Observation::seal(draft).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::http::{Limits, Silent};
    use crate::observe::{Answers, Environment};

    struct Panics;

    impl Ask for Panics {
        fn ask<'a>(&'a self, _: &'a Asking<'a>) -> Answers<'a> {
            Box::pin(async { panic!("in one channel") })
        }
    }

    /// THREATS row 13.
    #[tokio::test]
    async fn a_panic_in_one_channel_is_its_failure_and_harms_no_other() {
        let client = Client::new(Environment::empty(), Limits::default(), Arc::new(Silent));
        let question = |name: &str, ask: Option<Arc<dyn Ask>>| Question {
            channel: name.parse().unwrap(),
            ask,
        };
        let questions = vec![
            question("bad", Some(Arc::new(Panics))),
            question("none", None),
        ];
        let answers = ask_all(&client.unwrap(), now(), questions).await;
        for (answer, channel) in answers.iter().zip(["bad", "none"]) {
            assert_eq!(answer[0].channel.as_str(), channel);
            assert!(matches!(answer[0].answer, Answer::Failed { .. }));
        }
    }
}
