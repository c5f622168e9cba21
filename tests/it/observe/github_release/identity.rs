//! Who the repository is: renamed, re-registered, private, on another host.

use lockstep::model::FailureKind;
use lockstep::observe::Environment;
use lockstep::observe::http::Limits;

use super::super::asking::{World, configure_with, failure, whole};
use super::super::github_fake::Github;
use super::{TAG, TOKEN, ask, project, workflow};

#[test]
fn a_renamed_repository_keeps_its_number_and_a_registered_one_has_another() {
    let github = Github::with(&["acme/x"]);
    github.state().release("acme/x", "v1.0", &[]);
    let world = World::new(Limits::default());
    let first = ask(&world, &github);
    let (id, name) = project(&first[0]);
    assert_eq!(name, "acme/x");

    github.state().rename("acme/x", "acme/renamed");
    let renamed = ask(&world, &github);
    assert_eq!(project(&renamed[0]), (id, "acme/renamed".to_owned()));
    assert_eq!(whole(&renamed[1]).entries, whole(&first[1]).entries);
    assert!(
        github
            .asked()
            .iter()
            .any(|it| it.starts_with(&format!("/repositories/{id}")))
    );

    // Somebody else takes the old name, with the same tags.
    github.state().create("acme/x");
    github.state().release("acme/x", "v1.0", &[]);
    let (other, name) = project(&ask(&world, &github)[0]);
    assert_eq!(name, "acme/x");
    assert_ne!(other, id);
}

#[test]
fn a_repository_that_is_not_there_or_not_shown_is_unknown_and_never_without_releases() {
    let github = Github::with(&["acme/x"]);
    github.state().release("acme/x", "v1.0", &[]);
    github.state().repository("acme/x").private = true;
    let nobody = ask(&World::new(Limits::default()), &github);
    let kinds: Vec<_> = nobody.iter().map(|it| failure(it).unwrap().0).collect();
    assert_eq!(kinds, [FailureKind::NotFound; 2]);
    github.state().token(TOKEN, false);
    let reader = ask(&World::with(Limits::default(), workflow(&github)), &github);
    assert_eq!(whole(&reader[1]).entries.len(), 1);
    assert!(reader.iter().all(|it| it.credential == "GITHUB_TOKEN"));
    github.state().remove("acme/x");
    let gone = ask(&World::with(Limits::default(), workflow(&github)), &github);
    assert!(
        gone.iter()
            .all(|it| failure(it).unwrap().0 == FailureKind::NotFound)
    );
}

#[test]
fn a_token_that_is_not_accepted_is_a_failure() {
    let github = Github::with(&["acme/x"]);
    let refused = ask(&World::with(Limits::default(), workflow(&github)), &github);
    assert!(
        refused
            .iter()
            .all(|it| failure(it).unwrap().0 == FailureKind::Unauthorized)
    );
}

#[test]
fn a_git_tag_channel_asks_for_the_number_where_the_policy_holds_the_repository_to_it() {
    let github = Github::with(&["acme/x"]);
    github.state().release("acme/x", "v1.0", &[]);
    let id = github.state().repository("acme/x").id;
    let world = World::new(Limits::default());
    let source = github.source("acme/x.git");
    let with = |id| configure_with("git-tag", Some(&source), TAG, &[], id).unwrap();
    let plain = world.ask_many(vec![with(None)]).remove(0);
    assert_eq!(plain.len(), 1);
    assert!(github.asked().is_empty());
    let held = world.ask_many(vec![with(Some(1))]).remove(0);
    assert_eq!(whole(&held[0]).entries, whole(&plain[0]).entries);
    assert_eq!(project(&held[1]).0, id);
}

/// GitHub Enterprise Server: the API is below the host, or where the host's own workflow says.
#[test]
fn an_enterprise_host_is_asked_at_its_own_api() {
    let github = Github::with(&["acme/x"]);
    github.state().release("acme/x", "v1.0", &[]);
    let source = github.source("acme/x.git");
    let host_of = |environment: Environment| {
        let before = github.heard().len();
        let world = World::with(Limits::default(), environment);
        let observations = world.ask("github-release", Some(&source), TAG);
        assert_eq!(whole(&observations[1]).entries.len(), 1);
        let heard = github.heard();
        let api = heard[before..]
            .iter()
            .find(|it| it.target.starts_with("/api/v3/repos/acme/x"));
        let api = api.unwrap();
        assert_eq!(api.header("accept"), Some("application/vnd.github+json"));
        assert_eq!(api.header("x-github-api-version"), Some("2022-11-28"));
        api.header("host").unwrap().to_owned()
    };
    let own = github.host().replace("http://", "");
    let elsewhere = own.replace("127.0.0.1", "localhost");
    assert_eq!(host_of(Environment::empty()), own);
    let api = format!("http://{elsewhere}/api/v3");
    let named = Environment::empty().with("GITHUB_API_URL", &api);
    assert_eq!(host_of(named.clone()), own, "nobody says whose API that is");
    let other = named
        .clone()
        .with("GITHUB_SERVER_URL", "https://github.com");
    assert_eq!(host_of(other), own, "it is another host's API");
    let server = named.with("GITHUB_SERVER_URL", github.host());
    assert_eq!(host_of(server), elsewhere);
}
