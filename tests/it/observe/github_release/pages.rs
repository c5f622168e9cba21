//! Lists of many pages: read whole, or said to be partial.

use std::sync::atomic::{AtomicUsize, Ordering};

use lockstep::model::{Answer, Coverage, Facts, FailureKind, Observation};
use lockstep::observe::http::Limits;

use super::super::asking::{World, failure, short, whole};
use super::super::github_fake::Github;
use super::super::loopback::{Loopback, answer};
use super::{TAG, TOKEN, ask, workflow};

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

/// Releases without tags: `v0` to `v{count}`.
fn many(count: usize) -> Github {
    let github = Github::with(&["acme/x"]);
    let mut state = github.state();
    for number in 0..count {
        let id = state.draft("acme/x", &format!("v{number}"));
        let release = state.repository("acme/x").found(id);
        release.publish("2026-03-02T09:02:00Z");
    }
    drop(state);
    github
}

/// How many entries an observation shows, and where it stopped.
fn shown(observation: &Observation) -> (usize, Option<String>) {
    match &observation.answer {
        Answer::Seen {
            facts: Facts::Listing(listing),
            coverage,
            ..
        } => {
            let stopped = match coverage {
                Coverage::Complete => None,
                Coverage::Partial { stopped_at, .. } => Some(stopped_at.clone()),
            };
            (listing.entries.len(), stopped)
        }
        other => panic!("no listing: {other:?}"),
    }
}

#[test]
fn every_page_is_read_by_the_servers_own_addresses() {
    let github = many(230);
    let observations = ask(&World::new(Limits::default()), &github);
    assert_eq!(whole(&observations[1]).entries.len(), 230);
    let id = github.state().repository("acme/x").id;
    let mut pages = github.asked();
    pages.retain(|target| target.contains("releases"));
    assert_eq!(
        pages,
        [
            "/repos/acme/x/releases?per_page=100".to_owned(),
            format!("/repositories/{id}/releases?per_page=100&page=2"),
            format!("/repositories/{id}/releases?per_page=100&page=3"),
            // Whether it is still the same list.
            "/repos/acme/x/releases?per_page=100".to_owned(),
        ]
    );
}

/// A release that is deleted between two pages moves the next page up by one.
#[test]
fn a_list_that_changes_while_it_is_read_proves_no_absence() {
    for changes in [false, true] {
        let asked = AtomicUsize::new(0);
        let server = Loopback::start(move |heard| {
            let release = |tag: &str| {
                format!(
                    r#"[{{"id":{},"tag_name":"{tag}","name":null,"draft":false,
                    "prerelease":false,"published_at":null,"author":null,"assets":[]}}]"#,
                    &tag[1..]
                )
            };
            let next = ("link", "</api/v3/page?page=2>; rel=\"next\"");
            match heard.target.as_str() {
                "/api/v3/repos/acme/x/releases?per_page=100" => {
                    let again = asked.fetch_add(1, Ordering::SeqCst) > 0;
                    let tag = if again && changes { "v2" } else { "v3" };
                    answer("200 OK", &[JSON, next], release(tag).as_bytes())
                }
                "/api/v3/page?page=2" => answer("200 OK", &[JSON], release("v1").as_bytes()),
                _ => answer("404 Not Found", &[], b""),
            }
        });
        let source = server.url("/acme/x");
        let observations = World::new(short()).ask("github-release", Some(&source), TAG);
        let (entries, stopped) = shown(&observations[1]);
        assert_eq!((entries, stopped.is_some()), (2, changes));
        let stale = failure(&observations[1]).map(|(kind, _)| kind);
        assert_eq!(stale, changes.then_some(FailureKind::Stale));
    }
}

#[test]
fn a_second_pass_over_what_has_not_changed_costs_nothing_of_the_rate_limit() {
    let github = many(130);
    github.state().token(TOKEN, false);
    let world = World::with(Limits::default(), workflow(&github));
    let first = ask(&world, &github);
    let used = github.state().limits().used(TOKEN);
    assert_eq!(used, 3);
    let heard = github.asked().len();
    let second = ask(&world, &github);
    assert_eq!(github.state().limits().used(TOKEN), used);
    assert_eq!(github.asked().len(), heard + 4);
    assert_eq!(whole(&first[1]), whole(&second[1]));
    let Answer::Seen {
        body: None,
        unchanged_since: Some(_),
        ..
    } = second[0].answer
    else {
        panic!("not confirmed: {:?}", second[0]);
    };
    // A new release is seen, however well the pages were kept.
    github.state().draft("acme/x", "v130");
    let id = github.state().repository("acme/x").releases[0].id;
    github
        .state()
        .repository("acme/x")
        .found(id)
        .publish("2026-03-03T00:00:00Z");
    assert_eq!(whole(&ask(&world, &github)[1]).entries.len(), 131);
}

/// THREATS row 19: whoever can write a `Link` cannot have the credential sent elsewhere.
#[test]
fn a_link_to_another_host_is_not_followed_and_the_listing_is_partial() {
    let github = many(130);
    github.state().token(TOKEN, false);
    let world = World::with(short(), workflow(&github));
    let thief = Loopback::start(|_| answer("200 OK", &[JSON], b"[]"));
    let own = github.host().replace("127.0.0.1", "localhost");
    for link in [
        thief.url("/api/v3/x"),
        own,
        "//evil.example/x".to_owned(),
        "http://".to_owned(),
    ] {
        github.state().hostile_link(&link);
        let observations = ask(&world, &github);
        let (kind, _) = failure(&observations[1]).unwrap();
        assert!(
            matches!(kind, FailureKind::Redirect | FailureKind::Malformed),
            "{link}"
        );
        assert_eq!(
            shown(&observations[1]),
            (100, Some("page 1".to_owned())),
            "{link}"
        );
    }
    assert!(thief.heard().is_empty());
}

#[test]
fn a_page_that_fails_leaves_a_partial_listing_that_proves_no_absence() {
    let server = Loopback::start(|heard| {
        let release = |tag: &str| {
            format!(
                r#"[{{"id":{},"tag_name":"{tag}","name":null,"draft":false,"prerelease":false,
                "published_at":null,"author":null,"assets":[]}}]"#,
                tag.len()
            )
        };
        let next = ("link", "</api/v3/page?page=2>; rel=\"next\"");
        match heard.target.as_str() {
            "/api/v3/repos/acme/x/releases?per_page=100" => {
                answer("200 OK", &[JSON, next], release("v1").as_bytes())
            }
            "/api/v3/page?page=2" => answer("418 Teapot", &[], b""),
            _ => answer("404 Not Found", &[], b""),
        }
    });
    let source = server.url("/acme/x");
    let observations = World::new(short()).ask("github-release", Some(&source), TAG);
    assert_eq!(shown(&observations[1]), (1, Some("page 2".to_owned())));
    assert_eq!(
        failure(&observations[1]).unwrap().0,
        FailureKind::UnexpectedStatus
    );
}

/// THREATS row 11.
#[test]
fn pages_without_an_end_are_read_up_to_a_cap_and_a_circle_once() {
    for circle in [false, true] {
        let server = Loopback::start(move |heard| {
            let Some(after) = heard
                .target
                .strip_prefix("/api/v3/repos/acme/x/releases?per_page=100")
            else {
                return answer("404 Not Found", &[], b"");
            };
            let number = after.len() + 1;
            let more = if circle { 1 } else { number };
            let next = format!(
                "</api/v3/repos/acme/x/releases?per_page=100{}>; rel=\"next\"",
                "&".repeat(more)
            );
            answer("200 OK", &[JSON, ("link", &next)], b"[]")
        });
        let world = World::new(Limits::default());
        let observations = world.ask("github-release", Some(&server.url("/acme/x")), TAG);
        let (kind, _) = failure(&observations[1]).unwrap();
        let pages = server
            .heard()
            .iter()
            .filter(|it| it.target.contains("releases"))
            .count();
        match circle {
            true => assert_eq!((kind, pages), (FailureKind::Malformed, 2)),
            false => assert_eq!((kind, pages), (FailureKind::TooLarge, 100)),
        }
    }
}

/// THREATS row 12: each page may be small enough, and all of them together too much.
#[test]
fn all_pages_together_have_a_cap_in_bytes() {
    let server = Loopback::start(|heard| {
        let Some(after) = heard
            .target
            .strip_prefix("/api/v3/repos/acme/x/releases?per_page=100")
        else {
            return answer("404 Not Found", &[], b"");
        };
        let next = "&".repeat(after.len() + 1);
        let next = format!("</api/v3/repos/acme/x/releases?per_page=100{next}>; rel=\"next\"");
        answer(
            "200 OK",
            &[JSON, ("link", &next)],
            format!("[{}]", " ".repeat(900)).as_bytes(),
        )
    });
    let limits = Limits {
        body: 1_000,
        ..short()
    };
    let source = server.url("/acme/x");
    let observations = World::new(limits).ask("github-release", Some(&source), TAG);
    let (kind, words) = failure(&observations[1]).unwrap();
    assert_eq!(kind, FailureKind::TooLarge, "{words}");
    assert_eq!(shown(&observations[1]), (0, Some("page 5".to_owned())));
}
