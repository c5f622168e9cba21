//! Whether a protected branch contains a release's commit: yes, no, or not known.

use std::collections::BTreeMap;
use std::process::Command;

use lockstep::model::Observation;
use lockstep::observe::http::Limits;

use super::super::asking::{World, configure_with, failure};
use super::super::github_fake::Github;
use super::{TAG, TOKEN, entry, workflow};

/// A release of `main`, one of a branch that nobody protects, one of an old branch.
fn github() -> Github {
    let github = Github::with(&["acme/x"]);
    let mut state = github.state();
    state.release("acme/x", "v1.0", &[]);
    state.release("acme/x", "v1.1", &[]);
    let repository = state.repository("acme/x");
    let first = repository.resolve("refs/tags/v1.0").unwrap();
    repository.branch("evil", &first);
    let evil = repository.commit("evil", "evil");
    repository.tag("v6.6", &evil);
    repository.branch("release/1", &first);
    let kept = repository.commit("release/1", "fix");
    repository.tag("v1.0.1", &kept);
    for tag in ["v6.6", "v1.0.1"] {
        let id = state.draft("acme/x", tag);
        state
            .repository("acme/x")
            .found(id)
            .publish("2026-03-02T09:02:00Z");
    }
    drop(state);
    github
}

fn look_up(kind: &str, github: &Github, globs: &[&str], name: &str) -> Vec<Observation> {
    let source = github.source("acme/x");
    let ask = configure_with(kind, Some(&source), TAG, globs, None).unwrap();
    let [_, found] = World::new(Limits::default()).ask_twice(ask, &[name]);
    found
}

fn branches(of: &[(&str, bool)]) -> BTreeMap<String, bool> {
    of.iter()
        .map(|(name, contains)| ((*name).to_owned(), *contains))
        .collect()
}

#[test]
fn a_branch_contains_the_commit_or_does_not() {
    let github = github();
    for kind in ["github-release", "git-tag"] {
        for (globs, name, expected) in [
            (&["main"][..], "v1.0", branches(&[("main", true)])),
            (&["main"], "v1.1", branches(&[("main", true)])),
            (&["main"], "v6.6", branches(&[("main", false)])),
            (&["main"], "v1.0.1", branches(&[("main", false)])),
            (
                &["main", "release/*"],
                "v1.0.1",
                branches(&[("release/1", true)]),
            ),
            (
                &["main", "release/*"],
                "v6.6",
                branches(&[("main", false), ("release/1", false)]),
            ),
        ] {
            let found = look_up(kind, &github, globs, name);
            assert_eq!(found.len(), 1, "{kind} {name}");
            let entry = entry(&found[0]);
            assert_eq!(entry.branches, expected, "{kind} {name}");
            assert!(entry.commit.is_some());
        }
    }
}

/// Whoever may push a tag could give it the name of a branch: what is compared has no name.
#[test]
fn a_tag_that_is_named_like_the_branch_changes_nothing() {
    let github = github();
    let mut state = github.state();
    let evil = state
        .repository("acme/x")
        .resolve("refs/heads/evil")
        .unwrap();
    state.repository("acme/x").tag("main", &evil);
    drop(state);
    let found = look_up("git-tag", &github, &["main"], "v6.6");
    assert_eq!(entry(&found[0]).branches, branches(&[("main", false)]));
}

#[test]
fn without_a_branch_that_matches_or_without_globs_nothing_is_stated() {
    let github = github();
    for kind in ["github-release", "git-tag"] {
        assert!(look_up(kind, &github, &["trunk"], "v1.0").is_empty());
        let asked = github.asked().len();
        assert!(look_up(kind, &github, &[], "v1.0").is_empty());
        let more = github.asked().split_off(asked);
        assert!(!more.iter().any(|it| it.contains("branches")), "{more:?}");
    }
    // A tag that is not there is nothing that could be looked up.
    assert!(look_up("git-tag", &github, &["main"], "v9").is_empty());
}

/// The rule looks at the leading channel alone; asking on behalf of followers spends the rate limit.
#[test]
fn a_follower_is_not_asked_about_branches() {
    let github = github();
    let source = github.source("acme/x");
    for kind in ["github-release", "git-tag"] {
        let ask = configure_with(kind, Some(&source), TAG, &["main"], None).unwrap();
        let world = World::new(Limits::default());
        let listed = world.ask_many(vec![ask.clone()]).remove(0);
        let asked = github.asked().len();
        let found = world.look_up(ask.clone(), listed.clone(), &["v1.0"], false);
        assert!(found.is_empty(), "{kind}: {found:?}");
        assert_eq!(github.asked().len(), asked, "{kind}");
        let found = world.look_up(ask, listed, &["v1.0"], true);
        assert_eq!(entry(&found[0]).branches, branches(&[("main", true)]));
    }
}

#[test]
fn an_api_that_may_not_be_asked_is_a_failure_of_the_release_and_no_word_about_branches() {
    let github = github();
    let source = github.source("acme/x");
    let ask = configure_with("git-tag", Some(&source), TAG, &["main"], None).unwrap();
    github.state().limits().primary(0, 1_800);
    let [listed, found] = World::new(Limits::default()).ask_twice(ask, &["v1.0"]);
    assert!(failure(&listed[0]).is_none());
    assert!(failure(&found[0]).is_some());
}

#[test]
fn many_branches_are_read_page_by_page() {
    let github = github();
    let mut state = github.state();
    let first = state
        .repository("acme/x")
        .resolve("refs/tags/v1.0")
        .unwrap();
    for number in 0..130 {
        state
            .repository("acme/x")
            .branch(&format!("a/{number:03}"), &first);
    }
    drop(state);
    let found = look_up("git-tag", &github, &["main"], "v1.1");
    assert_eq!(entry(&found[0]).branches, branches(&[("main", true)]));
    let pages = github
        .asked()
        .iter()
        .filter(|it| it.contains("branches"))
        .count();
    // The first of the two again at the end: it is still the same list.
    assert_eq!(pages, 3);
    // A hundred of them are compared, and that none of these contains it is not enough.
    github.state().limits().primary(1_000, 3_600);
    let found = look_up("git-tag", &github, &["a/*"], "v6.6");
    assert!(
        failure(&found[0])
            .unwrap()
            .1
            .contains("more than 100 branches")
    );
}

#[test]
fn a_local_repository_knows_its_branches_and_those_of_its_origin() {
    let github = github();
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let ran = Command::new("git")
            .current_dir(folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .args(arguments)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{arguments:?}: {ran:?}");
    };
    let source = github.source("acme/x");
    let x = folder.path().join("x");
    let look_up = |globs: &[&str], name: &str| {
        let keys = [("tag", "v{version}"), ("path", x.to_str().unwrap())];
        let ask = configure_with("git-tag", None, &keys, globs, None).unwrap();
        let [_, found] = World::new(Limits::default()).ask_twice(ask, &[name]);
        found
    };
    git(&["clone", "-q", &source, "x"]);
    for (globs, name, expected) in [
        (&["main"][..], "v1.1", branches(&[("main", true)])),
        (&["main"], "v6.6", branches(&[("main", false)])),
        (&["release/*"], "v1.0.1", branches(&[("release/1", true)])),
    ] {
        assert_eq!(entry(&look_up(globs, name)[0]).branches, expected, "{name}");
    }
    assert!(look_up(&["trunk"], "v1.0").is_empty());
    // A branch of this machine that is ahead of its origin proves nothing.
    git(&["-C", "x", "reset", "-q", "--hard", "v6.6"]);
    assert_eq!(
        entry(&look_up(&["main"], "v6.6")[0]).branches,
        branches(&[("main", false)])
    );

    // In a shallow clone history ends early: what is not found there is not known.
    std::fs::remove_dir_all(&x).unwrap();
    git(&[
        "clone",
        "-q",
        "--depth",
        "1",
        "--no-single-branch",
        &source,
        "x",
    ]);
    git(&[
        "-C", "x", "fetch", "-q", "--depth", "1", "origin", "tag", "v1.0",
    ]);
    assert!(look_up(&["main"], "v1.0").is_empty());
    assert_eq!(
        entry(&look_up(&["main"], "v1.1")[0]).branches,
        branches(&[("main", true)])
    );
}

/// Two commits are compared once: neither changes.
#[test]
fn a_second_pass_over_branches_costs_nothing_of_the_rate_limit() {
    let github = github();
    github.state().token(TOKEN, false);
    let world = World::with(Limits::default(), workflow(&github));
    let source = github.source("acme/x");
    let globs = ["main", "release/*"];
    let ask = configure_with("git-tag", Some(&source), TAG, &globs, None).unwrap();
    let names = ["v1.0", "v1.1", "v1.0.1", "v6.6"];
    let [_, first] = world.ask_twice(ask.clone(), &names);
    assert_eq!(first.len(), 4);
    let used = github.state().limits().used(TOKEN);
    // The branches; one comparison each for v1.0 and, by its own commit, none for v1.1; two each
    // for v6.6 and, whose commit `release/1` is at, none for v1.0.1.
    assert_eq!(used, 4);
    let [_, second] = world.ask_twice(ask, &names);
    assert_eq!(github.state().limits().used(TOKEN), used);
    for (before, after) in first.iter().zip(&second) {
        assert_eq!(entry(before), entry(after));
    }
}
