//! GitHub's store: inline bundles, bundles at a signed address, pages, and what is none.

use lockstep::attest::deliver::GithubStore;
use lockstep::model::{ArtifactDigest, Digest, FailureKind};
use lockstep::observe::Environment;
use lockstep::observe::attached::{of_digest_on_github, of_owner_on_github};
use lockstep::observe::http::Limits;

use super::{ask_listed, attested, bundle, documents, read_whole, unknown, wanted};
use crate::observe::asking::{World, configure, runtime};
use crate::observe::github_fake::Github;
use crate::observe::secrets::{assert_clean, traces};

const TOKEN: &str = "s3cr3t-planted";

fn world(github: &Github) -> World {
    let environment = Environment::empty()
        .with("GITHUB_SERVER_URL", github.host())
        .with("GITHUB_TOKEN", TOKEN);
    World::with(Limits::default(), environment)
}

/// A store that has this many bundles about one digest.
fn store(number: usize) -> (Github, World, ArtifactDigest) {
    let github = Github::with(&["acme/api"]);
    github.state().token(TOKEN, true);
    let world = world(&github);
    let subject = Digest::of(b"artifact");
    let store = GithubStore::new(github.source("acme/api").parse().unwrap());
    for number in 0..number {
        let bundle = bundle(&subject, &number.to_string());
        let delivered = runtime().block_on(store.deliver(&world.client, &subject.into(), &bundle));
        delivered.unwrap();
    }
    (github, world, subject.into())
}

fn of(
    github: &Github,
    world: &World,
    artifact: &ArtifactDigest,
) -> lockstep::observe::attached::Place {
    let source = github.source("acme/api").parse().unwrap();
    let found = runtime().block_on(of_digest_on_github(&world.client, &source, artifact));
    found.places.into_iter().next().unwrap()
}

#[test]
fn bundles_are_found_inline_and_at_signed_addresses_alike() {
    let (github, world, artifact) = store(2);
    let inline = of(&github, &world, &artifact);
    assert_eq!(documents(&inline).len(), 2);
    github.state().attestations().elsewhere = true;
    let elsewhere = of(&github, &world, &artifact);
    assert_eq!(documents(&elsewhere), documents(&inline));
    let storage = github.storage_heard();
    assert_eq!(storage.len(), 2);
    assert!(
        storage
            .iter()
            .all(|it| it.header("authorization").is_none())
    );
    assert!(
        elsewhere
            .endpoint
            .as_str()
            .contains("/attestations/sha256:")
    );
    // The signature of the address is a secret like the token.
    let mut left = traces(&world, &[]);
    left.push_str(&format!("{elsewhere:?}"));
    assert_clean(&left);
}

#[test]
fn every_page_is_read_and_a_page_elsewhere_is_not() {
    let (github, world, artifact) = store(103);
    assert_eq!(documents(&of(&github, &world, &artifact)).len(), 103);
    github.state().hostile_link("https://evil.example/x");
    let partial = of(&github, &world, &artifact).answer.unwrap();
    assert_eq!(partial.documents.len(), 100);
    assert_eq!(partial.stopped.unwrap().1.kind, FailureKind::Redirect);
}

#[test]
fn not_found_is_none_only_in_a_repository_that_is_seen() {
    let (github, world, _) = store(0);
    let other: ArtifactDigest = Digest::of(b"other").into();
    let none = of(&github, &world, &other);
    assert!(read_whole(&none).attached.artifacts[&other].is_empty());
    github.state().remove("acme/api");
    let unanswered = of(&github, &world, &other).answer.unwrap_err();
    assert_eq!(unanswered.failure.kind, FailureKind::NotFound);
}

fn of_owner(
    github: &Github,
    world: &World,
    artifact: &ArtifactDigest,
) -> lockstep::observe::attached::Place {
    let owner = github.source("acme").parse().unwrap();
    runtime().block_on(of_owner_on_github(&world.client, &owner, &[*artifact]))
}

#[test]
fn an_account_has_what_its_repositories_have_as_user_and_as_organization() {
    let (github, world, artifact) = store(103);
    let own = of(&github, &world, &artifact);
    let one = documents(&own);
    assert_eq!(documents(&of_owner(&github, &world, &artifact)), one);
    assert!(
        github
            .asked()
            .iter()
            .any(|it| it.starts_with("/orgs/acme/"))
    );
    github.state().user("acme");
    github.state().attestations().elsewhere = true;
    let place = of_owner(&github, &world, &artifact);
    assert_eq!(documents(&place), one);
    assert!(
        place
            .endpoint
            .as_str()
            .contains("/users/acme/attestations/sha256:")
    );
    assert_eq!(github.storage_heard().len(), 103);
    let mut left = traces(&world, &[]);
    left.push_str(&format!("{place:?}"));
    assert_clean(&left);

    github.state().hostile_link("https://evil.example/x");
    let partial = of_owner(&github, &world, &artifact).answer.unwrap();
    assert_eq!(partial.documents.len(), 100);
    assert_eq!(partial.stopped.unwrap().1.kind, FailureKind::Redirect);
}

/// What a login may not read is left out of the account's list without a word.
#[test]
fn nothing_found_of_an_account_is_never_none() {
    let (github, world, artifact) = store(1);
    let other: ArtifactDigest = Digest::of(b"other").into();
    github.state().repository("acme/api").private = true;
    let anonymous = Environment::empty().with("GITHUB_SERVER_URL", github.host());
    let anonymous = World::with(Limits::default(), anonymous);
    for (world, artifact) in [(&world, &other), (&anonymous, &artifact)] {
        let found = of_owner(&github, world, artifact).answer.unwrap();
        assert!(found.documents.is_empty());
        let (_, why) = found.stopped.unwrap();
        assert!(why.detail.contains("this login may read"), "{}", why.detail);
    }
    github.state().remove("acme/api");
    let unanswered = of_owner(&github, &world, &artifact).answer.unwrap_err();
    assert_eq!(unanswered.failure.kind, FailureKind::NotFound);
}

/// THREATS rows 12 and 20.
#[test]
fn a_hostile_bundle_address_or_block_is_never_none() {
    let (github, world, artifact) = store(1);
    github.state().attestations().elsewhere = true;
    for address in ["ftp://h/x", "http://h.example/x", "http://"] {
        github.state().attestations().hostile_url = Some(address.to_owned());
        let found = of(&github, &world, &artifact).answer.unwrap();
        assert!(found.documents.is_empty());
        assert_eq!(
            found.stopped.unwrap().1.kind,
            FailureKind::Redirect,
            "{address}"
        );
    }
    github.state().attestations().hostile_url = None;
    let bomb = snap::raw::Encoder::new().compress_vec(&vec![b' '; 200 << 20]);
    for (block, kind) in [
        (bomb.unwrap(), FailureKind::TooLarge),
        (b"\xff\xff\xff\xff\x0f\0".to_vec(), FailureKind::TooLarge),
        (b"\x05broken".to_vec(), FailureKind::Malformed),
        (Vec::new(), FailureKind::Malformed),
    ] {
        github.state().attestations().block = Some(block);
        let found = of(&github, &world, &artifact).answer.unwrap();
        assert!(found.documents.is_empty());
        assert_eq!(found.stopped.unwrap().1.kind, kind);
    }
}

/// Whatever the channel: what a workflow attested to is found by the digests of its artifacts.
#[test]
fn every_channel_with_a_source_on_github_asks_the_store_for_its_digests() {
    let (github, world, artifact) = store(1);
    let source = github.source("acme/api");
    let kinds: [(&str, &[(&str, &str)]); 3] = [
        ("github-release", &[("tag", "v{version}")]),
        (
            "s3",
            &[
                ("bucket", "acme-builds"),
                ("region", "eu-west-1"),
                ("key", "{version}/a.zip"),
            ],
        ),
        ("lambda", &[("function", "f"), ("region", "eu-west-1")]),
    ];
    for (kind, keys) in kinds {
        let channel = configure(kind, Some(&source), keys);
        let channel = channel.unwrap_or_else(|why| panic!("{kind}: {why:?}"));
        let asked = [wanted("v1.0", &[("a.zip", artifact)])];
        let attached = ask_listed(&world, &channel, &[], &asked);
        let facts = attested(&attached.observations[0]);
        assert_eq!(facts.artifacts[&artifact].len(), 1, "{kind}");
        assert_eq!(attached.bundles.len(), 1, "{kind}");
    }
    let foreign = configure(
        "github-release",
        Some("https://127.0.0.1:1/a/b"),
        &[("tag", "v{version}")],
    );
    let asked = [wanted("v1.0", &[("a", artifact)])];
    let attached = ask_listed(&world, &foreign.unwrap(), &[], &asked);
    assert!(unknown(&attached.observations[0]).is_some());
}
