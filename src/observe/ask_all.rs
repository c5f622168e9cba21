//! Asks many channels at a time; one that panics harms no other.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::http::Client;
use super::{Ask, Asking};
use crate::model::{
    Answer, Failure, FailureKind, Name, Observation, ObservationDraft, Query, RedactedUrl, Time,
};
use crate::observe::environment::now;

/// One channel of one component, to be asked.
#[derive(Clone)]
pub struct Question {
    /// The policy's name of the channel.
    pub channel: Name,
    /// Names that the release in question has there.
    pub names: Vec<String>,
    /// Asks it; nothing where this program cannot.
    pub ask: Option<Arc<dyn Ask>>,
}

/// Channels that are asked at a time, over all hosts; each host has its own, lower, limit.
const AT_A_TIME: usize = 64;

/// Asks all of them and gives their observations in the order of the questions.
///
/// Every question gives at least one observation: a panic in one of them becomes a failure of that
/// channel (THREATS row 13), and so does a channel that nobody can ask.
pub async fn ask_all(
    client: &Client,
    round: Time,
    questions: Vec<Question>,
) -> Vec<Vec<Observation>> {
    let channels: Vec<Name> = questions.iter().map(|q| q.channel.clone()).collect();
    let mut answers: Vec<Vec<Observation>> = vec![Vec::new(); questions.len()];
    let turns = Arc::new(Semaphore::new(AT_A_TIME));
    let mut tasks = JoinSet::new();
    for (number, question) in questions.into_iter().enumerate() {
        let (client, turns) = (client.clone(), Arc::clone(&turns));
        tasks.spawn(async move {
            // Fails only where the semaphore was closed, which never happens.
            let _turn = turns.acquire_owned().await;
            (number, ask_one(&client, round, &question).await)
        });
    }
    while let Some(finished) = tasks.join_next().await {
        // A task that panicked leaves its place empty; it is filled below.
        if let Ok((number, observations)) = finished
            && let Some(place) = answers.get_mut(number)
        {
            *place = observations;
        }
    }
    for (answer, channel) in answers.iter_mut().zip(channels) {
        if answer.is_empty() {
            let words = "asking this channel broke off inside this program: please report it";
            *answer = failed(channel, round, FailureKind::Unsupported, words);
        }
    }
    answers
}

async fn ask_one(client: &Client, round: Time, question: &Question) -> Vec<Observation> {
    let Some(ask) = &question.ask else {
        let words = "this program cannot ask this kind of channel yet";
        let channel = question.channel.clone();
        return failed(channel, round, FailureKind::Unsupported, words);
    };
    let asking = Asking {
        channel: &question.channel,
        round,
        names: &question.names,
        client,
    };
    ask.ask(&asking).await
}

fn failed(channel: Name, round: Time, kind: FailureKind, words: &str) -> Vec<Observation> {
    let draft = ObservationDraft {
        at: now(),
        round,
        endpoint: RedactedUrl::of_path(channel.as_str()),
        channel,
        credential: "anonymous".to_owned(),
        query: Query::Listing,
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
    use std::future::Future;
    use std::pin::Pin;

    use super::*;
    use crate::observe::Environment;
    use crate::observe::http::{Limits, Silent};

    struct Panics;

    impl Ask for Panics {
        fn ask<'a>(
            &'a self,
            _: &'a Asking<'a>,
        ) -> Pin<Box<dyn Future<Output = Vec<Observation>> + Send + 'a>> {
            Box::pin(async { panic!("in one channel") })
        }
    }

    /// THREATS row 13.
    #[tokio::test]
    async fn a_panic_in_one_channel_is_its_failure_and_harms_no_other() {
        let client = Client::new(Environment::empty(), Limits::default(), Arc::new(Silent));
        let question = |name: &str, ask: Option<Arc<dyn Ask>>| Question {
            channel: name.parse().unwrap(),
            names: Vec::new(),
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
