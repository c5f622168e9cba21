//! `github-release` and `git-tag` against the stateful fake of GitHub.

mod branches;
mod identity;
mod limits;
mod pages;

use std::time::Duration;

use lockstep::model::{Answer, Digest, Entry, Facts, FailureKind, Observation, Time};
use lockstep::observe::Environment;
use lockstep::observe::http::Limits;

use super::asking::{World, configure, failure, short, whole};
use super::github_fake::Github;
use super::loopback::{Loopback, Step, answer, head};

const TAG: &[(&str, &str)] = &[("tag", "v{version}")];
const TOKEN: &str = "ghp_0123456789abcdef";

/// The environment of a workflow on this fake, with a token.
fn workflow(github: &Github) -> Environment {
    Environment::empty()
        .with("GITHUB_SERVER_URL", github.host())
        .with("GITHUB_TOKEN", TOKEN)
}

/// Somebody who may write.
fn writer(github: &Github) -> World {
    github.state().token(TOKEN, true);
    World::with(Limits::default(), workflow(github))
}

fn ask(world: &World, github: &Github) -> Vec<Observation> {
    world.ask("github-release", Some(&github.source("acme/x")), TAG)
}

/// What an observation says about the repository.
fn project(observation: &Observation) -> (u64, String) {
    match &observation.answer {
        Answer::Seen {
            facts: Facts::Project(project),
            ..
        } => (project.id.unwrap(), project.name.clone().unwrap()),
        other => panic!("no project: {other:?}"),
    }
}

fn entry(observation: &Observation) -> &Entry {
    match &observation.answer {
        Answer::Seen {
            facts: Facts::Entry(entry),
            ..
        } => entry,
        other => panic!("no entry: {other:?}"),
    }
}

fn time(text: &str) -> Option<Time> {
    Some(text.parse().unwrap())
}

#[test]
fn a_release_is_seen_from_draft_to_deletion() {
    let github = Github::with(&["acme/x"]);
    let world = writer(&github);
    let nobody = World::new(Limits::default());
    let listed = |world: &World| whole(&ask(world, &github)[1]).clone();
    assert!(listed(&world).entries.is_empty());

    let id = github.state().draft("acme/x", "v1.0");
    let asset = github
        .state()
        .upload("acme/x", id, "x.zip", b"one")
        .unwrap();
    let draft = listed(&world).entries["v1.0"].clone();
    assert!(draft.draft && draft.published.is_none() && draft.commit.is_none());
    assert_eq!(draft.files["x.zip"].id, Some(asset));
    // Only writers see it, and to others it looks as if there were none.
    assert!(listed(&nobody).entries.is_empty());

    let commit = github.state().repository("acme/x").commit("main", "1.0");
    github.state().repository("acme/x").tag("v1.0", &commit);
    let published = "2026-03-02T09:02:00Z";
    github
        .state()
        .repository("acme/x")
        .found(id)
        .publish(published);
    let released = listed(&world).entries["v1.0"].clone();
    assert_eq!(released, listed(&nobody).entries["v1.0"]);
    assert!(!released.draft);
    assert_eq!(released.published, time(published));
    assert_eq!(released.prerelease, Some(false));
    assert_eq!(released.publisher.as_deref(), Some("acme-release-bot"));
    assert_eq!(released.commit.as_ref().unwrap().as_str(), commit);
    let file = &released.files["x.zip"];
    assert_eq!(file.digest, Some(Digest::of(b"one")));
    assert_eq!((file.size, file.id), (Some(3), Some(asset)));
    assert_eq!(file.uploaded, time("2026-03-02T09:01:10Z"));

    let other = github
        .state()
        .replace("acme/x", id, "x.zip", b"two")
        .unwrap();
    let replaced = listed(&world).entries["v1.0"].files["x.zip"].clone();
    assert_eq!(
        (replaced.digest, replaced.id),
        (Some(Digest::of(b"two")), Some(other))
    );
    assert_ne!(other, asset);

    github.state().repository("acme/x").found(id).immutable = true;
    let refused = github.state().replace("acme/x", id, "x.zip", b"three");
    assert_eq!(refused, Err("Cannot modify an immutable release."));
    github.state().repository("acme/x").delete_release(id);
    assert!(listed(&world).entries.is_empty());
}

#[test]
fn a_prerelease_says_so_and_a_tag_without_a_release_is_none() {
    let github = Github::with(&["acme/x"]);
    let id = github.state().release("acme/x", "v1.0rc1", &[]);
    github.state().repository("acme/x").found(id).prerelease = true;
    let commit = github.state().repository("acme/x").commit("main", "x");
    github.state().repository("acme/x").tag("v0.9", &commit);
    let observations = ask(&World::new(Limits::default()), &github);
    let listing = whole(&observations[1]);
    assert_eq!(listing.entries.keys().collect::<Vec<_>>(), ["v1.0rc1"]);
    assert_eq!(listing.entries["v1.0rc1"].prerelease, Some(true));
}

/// The commit is the tag's, never the `target_commitish`, about which the fake lies.
#[test]
fn a_moved_tag_moves_the_release_and_a_deleted_one_leaves_it_without_a_commit() {
    let github = Github::with(&["acme/x"]);
    github.state().release("acme/x", "v1.0", &[]);
    let world = World::new(Limits::default());
    let commit = || {
        let entry = whole(&ask(&world, &github)[1]).entries["v1.0"].clone();
        entry.commit.map(|commit| commit.as_str().to_owned())
    };
    let first = commit().unwrap();
    let other = github.state().repository("acme/x").commit("evil", "x");
    github.state().repository("acme/x").tag("v1.0", &other);
    assert_eq!(commit(), Some(other.clone()));
    assert_ne!(first, other);
    github.state().repository("acme/x").untag("v1.0");
    assert_eq!(commit(), None);
}

#[test]
fn a_release_whose_tags_cannot_be_read_leaves_the_channel_unknown() {
    let github = Github::with(&["acme/x"]);
    github.state().release("acme/x", "v1.0", &[]);
    // The credential is for the API alone: git answers 401 to one that it does not know.
    let source = github
        .source("acme/x")
        .replace("http://", "http://x:unknown@");
    let observations = World::new(Limits::default()).ask("github-release", Some(&source), TAG);
    let kinds: Vec<_> = observations
        .iter()
        .filter_map(failure)
        .map(|it| it.0)
        .collect();
    assert_eq!(kinds, [FailureKind::Unauthorized; 2]);
}

#[test]
fn old_assets_are_hashed_by_choice_and_within_the_budget() {
    let github = Github::with(&["acme/x"]);
    let files: [(&str, &[u8]); 3] = [("a", b"aaaa"), ("b", b"bbbbbbbb"), ("c", b"cc")];
    let id = github.state().release("acme/x", "v1.0", &files);
    for (name, _) in files {
        github
            .state()
            .repository("acme/x")
            .found(id)
            .asset(name)
            .digest = None;
    }
    github.state().token(TOKEN, false);
    let look_up = |keys: &[(&str, &str)]| {
        let world = World::with(Limits::default(), workflow(&github));
        let keys = [TAG, keys].concat();
        let ask = configure("github-release", Some(&github.source("acme/x")), &keys).unwrap();
        let [_, looked_up] = world.ask_twice(ask, &["v1.0"]);
        looked_up
    };
    assert!(look_up(&[]).is_empty());
    assert!(github.storage_heard().is_empty());

    let all = look_up(&[("hash-assets", "1kB")]);
    for (name, bytes) in files {
        assert_eq!(
            entry(&all[0]).files[name].digest,
            Some(Digest::of(bytes)),
            "{name}"
        );
    }
    // The whole entry: what the listing said is still said.
    assert!(entry(&all[0]).commit.is_some() && entry(&all[0]).published.is_some());
    // THREATS row 19: the storage answers 400 to a request with a credential, and got none.
    let heard = github.storage_heard();
    assert_eq!(heard.len(), 3);
    assert!(
        heard
            .iter()
            .all(|heard| heard.header("authorization").is_none())
    );
    let seen = serde_json::to_string(&all).unwrap();
    assert!(
        !seen.contains("s1gnature") && !seen.contains(TOKEN),
        "{seen}"
    );

    // Only what the channel looks at, and nothing twice as large as the budget.
    let chosen = look_up(&[("hash-assets", "1kB"), ("assets", "[ac]")]);
    assert_eq!(entry(&chosen[0]).files["b"].digest, None);
    assert_eq!(github.storage_heard().len(), 5);
    github
        .state()
        .repository("acme/x")
        .found(id)
        .asset("b")
        .bytes = vec![b'b'; 1_500];
    let some = look_up(&[("hash-assets", "1kB")]);
    assert_eq!(entry(&some[0]).files["a"].digest, Some(Digest::of(b"aaaa")));
    assert_eq!(entry(&some[0]).files["b"].digest, None);
    assert_eq!(entry(&some[0]).files["c"].digest, Some(Digest::of(b"cc")));
}

/// THREATS row 27: the bytes that are hashed are those of the asset that was listed, or nothing is.
#[test]
fn an_asset_that_goes_while_it_is_hashed_leaves_the_release_unknown() {
    let github = Github::with(&["acme/x"]);
    let id = github.state().release("acme/x", "v1.0", &[("a", b"aaaa")]);
    github
        .state()
        .repository("acme/x")
        .found(id)
        .asset("a")
        .digest = None;
    let keys = [TAG, &[("hash-assets", "1kB")]].concat();
    let source = github.source("acme/x");
    let ask = configure("github-release", Some(&source), &keys).unwrap();
    github.state().limits().primary(60, 3_600);
    let world = World::new(Limits::default());
    let [listed, _] = world.ask_twice(ask.clone(), &[]);
    whole(&listed[1]);
    github
        .state()
        .repository("acme/x")
        .found(id)
        .delete_asset("a")
        .unwrap();
    let again = world.look_up(ask, listed, &["v1.0"], true);
    assert_eq!(failure(&again[0]).unwrap().0, FailureKind::NotFound);
}

#[test]
fn a_table_that_cannot_be_asked_is_refused_with_a_hint() {
    for (source, keys) in [
        (None, TAG),
        (Some("https://github.com/acme"), TAG),
        (Some("https://github.com/a/b/c"), TAG),
        (Some("https://github.com/a/b"), &[][..]),
        (
            Some("https://github.com/a/b"),
            &[("tag", "v{version}"), ("hash-assets", "much")],
        ),
    ] {
        let refused = configure("github-release", source, keys);
        assert!(!refused.err().unwrap().is_empty(), "{source:?} {keys:?}");
    }
}

/// Whatever becomes of a download, a digest is that of all the bytes that were stated, or is none.
#[test]
fn an_asset_that_cannot_be_downloaded_whole_leaves_the_release_unknown() {
    let plain = |status: &'static str| answer(status, &[], b"");
    let longer = vec![
        Step::Send(head("200 OK", &[])),
        Step::Repeat(vec![b'x'; 1 << 16], 1 << 30),
    ];
    let cut = vec![Step::Send(
        [head("200 OK", &[("content-length", "3")]), b"on".to_vec()].concat(),
    )];
    let elsewhere = answer("302 Found", &[("location", "http://169.254.169.254/")], b"");
    for (fault, expected) in [
        (plain("401 Unauthorized"), FailureKind::Unauthorized),
        (plain("403 Forbidden"), FailureKind::Forbidden),
        (plain("404 Not Found"), FailureKind::NotFound),
        (plain("206 Partial Content"), FailureKind::UnexpectedStatus),
        (plain("500 Internal Server Error"), FailureKind::ServerError),
        (answer("200 OK", &[], b"on"), FailureKind::Malformed),
        (answer("200 OK", &[], b"one more"), FailureKind::TooLarge),
        (longer, FailureKind::TooLarge),
        (cut, FailureKind::Connection),
        (elsewhere, FailureKind::Redirect),
        (
            vec![Step::Sleep(Duration::from_secs(2))],
            FailureKind::Timeout,
        ),
    ] {
        let json = [("content-type", "application/json")];
        let releases = serde_json::json!([{
            "id": 1, "tag_name": "v1.0", "name": null, "draft": false, "prerelease": false,
            "published_at": null, "author": null,
            "assets": [{"id": 7, "name": "a", "state": "uploaded", "size": 3,
                "updated_at": "2026-03-02T09:01:10Z"}],
        }]);
        let server = Loopback::start(move |heard| match heard.target.as_str() {
            "/api/v3/repos/acme/x/releases/assets/7" => fault.clone(),
            "/api/v3/repos/acme/x/releases?per_page=100" => {
                answer("200 OK", &json, releases.to_string().as_bytes())
            }
            _ => answer("404 Not Found", &[], b""),
        });
        let keys = [TAG, &[("hash-assets", "1kB")]].concat();
        let ask = configure("github-release", Some(&server.url("/acme/x")), &keys).unwrap();
        let [_, found] = World::new(short()).ask_twice(ask, &["v1.0"]);
        let (kind, words) = failure(&found[0]).unwrap();
        assert_eq!((found.len(), kind), (1, expected), "{words}");
    }
}
