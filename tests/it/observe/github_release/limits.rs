//! GitHub's rate limits: obeyed, and shown.

use std::time::{Duration, Instant};

use lockstep::model::{Answer, FailureKind};
use lockstep::observe::http::{Event, Limits};
use lockstep::observe::now;

use super::super::asking::{World, failure, short, whole};
use super::super::github_fake::Github;
use super::super::loopback::{Loopback, answer};
use super::{TAG, TOKEN, ask, workflow};

fn budgets(world: &World) -> Vec<(u64, Option<u64>)> {
    let budget = |event: &Event| match event {
        Event::Budget {
            remaining, limit, ..
        } => Some((*remaining, *limit)),
        _ => None,
    };
    world.events.events().iter().filter_map(budget).collect()
}

#[test]
fn the_primary_limit_is_told_and_nobody_knocks_after_it() {
    let github = Github::with(&["acme/x"]);
    github.state().release("acme/x", "v1.0", &[]);
    github.state().token(TOKEN, false);
    github.state().limits().primary(2, 1_800);
    let world = World::with(short(), workflow(&github));
    whole(&ask(&world, &github)[1]);
    // The last answer said that nothing is left: the next question is not asked.
    let mut told = budgets(&world);
    told.sort_unstable();
    assert_eq!(told, [(0, Some(2)), (1, Some(2))]);
    let heard = github.asked().len();
    let refused = ask(&world, &github);
    assert_eq!(github.asked().len(), heard);
    for observation in &refused {
        assert_eq!(failure(observation).unwrap().0, FailureKind::RateLimited);
        let Answer::Failed {
            retry_at: Some(at), ..
        } = observation.answer
        else {
            panic!("no time to ask again");
        };
        let wait = at.since(now()).seconds();
        assert!((1_700..=1_800).contains(&wait), "{wait}");
    }
    // Another credential has a limit of its own.
    whole(&ask(&World::new(short()), &github)[1]);
}

#[test]
fn a_limit_that_others_have_used_up_is_a_failure_with_its_end() {
    let github = Github::with(&["acme/x"]);
    github.state().token(TOKEN, false);
    github.state().limits().primary(0, 1_800);
    let refused = ask(&World::with(short(), workflow(&github)), &github);
    let (kind, words) = failure(&refused[1]).unwrap();
    assert_eq!(kind, FailureKind::RateLimited);
    assert!(words.contains("until 20"), "{words}");
}

#[test]
fn a_short_secondary_limit_is_waited_out_and_a_long_one_is_told() {
    let github = Github::with(&["acme/x"]);
    github.state().token(TOKEN, false);
    github.state().limits().secondary(2, Some(1));
    let patient = Limits {
        total: Duration::from_secs(10),
        ..short()
    };
    let world = World::with(patient, workflow(&github));
    let begun = Instant::now();
    whole(&ask(&world, &github)[1]);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let waited = |event: &Event| matches!(event, Event::Waiting { .. });
    assert!(world.events.events().iter().any(waited));

    github.state().limits().secondary(2, Some(600));
    let refused = ask(&World::with(short(), workflow(&github)), &github);
    assert_eq!(failure(&refused[0]).unwrap().0, FailureKind::RateLimited);
    assert!(matches!(
        refused[0].answer,
        Answer::Failed {
            retry_at: Some(_),
            ..
        }
    ));
}

/// GitHub's manual: without `retry-after`, wait for at least a minute.
#[test]
fn a_secondary_limit_without_a_time_is_left_alone_for_a_minute() {
    let github = Github::with(&["acme/x"]);
    github.state().token(TOKEN, false);
    github.state().limits().secondary(2, None);
    let world = World::with(short(), workflow(&github));
    for _ in 0..2 {
        for observation in ask(&world, &github) {
            assert_eq!(failure(&observation).unwrap().0, FailureKind::RateLimited);
            let Answer::Failed {
                retry_at: Some(at), ..
            } = observation.answer
            else {
                panic!("no time to ask again");
            };
            assert!((50..=60).contains(&at.since(now()).seconds()));
        }
        assert!(github.asked().len() <= 2);
    }
}

/// A 403 that speaks of no limit is a refusal: asking again would not help.
#[test]
fn a_refusal_that_is_no_limit_is_not_asked_again() {
    let words = br#"{"message": "Resource not accessible by integration"}"#;
    let server = Loopback::start(|_| answer("403 Forbidden", &[], words));
    let source = server.url("/acme/x");
    let refused = World::new(short()).ask("github-release", Some(&source), TAG);
    assert_eq!(failure(&refused[0]).unwrap().0, FailureKind::Forbidden);
    assert_eq!(server.heard().len(), 2);
}
