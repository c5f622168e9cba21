//! `oci` against real registries, and against scripted ones that lie, page and stall.

mod checked;
mod docker_hub;
mod ecr;
mod faults;
mod incidents_images;
#[cfg(unix)]
mod logins;
pub(crate) mod pusher;
pub(crate) mod registries;
mod scripted;
mod token_servers;

use std::sync::Arc;

use lockstep::model::{Answer, Coverage, FailureKind, Observation};
use lockstep::observe::Ask;
use lockstep::observe::http::Limits;

use self::pusher::Pusher;
use self::registries::{Demand, Registry};
use super::asking::{World, about, configure, entry_of, failure, whole};

/// A channel for an image with the usual tags.
fn channel(image: &str) -> Arc<dyn Ask> {
    configure("oci", None, &[("image", image), ("tag", "{version}")]).unwrap()
}

/// Every registry that is installed: what holds of one must hold of the other.
fn registries() -> Vec<Registry> {
    let distribution = Registry::distribution(Demand::Nothing);
    distribution.into_iter().chain(Registry::ferro()).collect()
}

fn statuses(world: &World, status: u16) -> usize {
    let statuses = world.events.statuses();
    statuses.iter().filter(|it| **it == status).count()
}

#[test]
fn tags_digests_and_platforms_are_those_that_were_pushed() {
    for registry in registries() {
        let pusher = Pusher::new(registry.port());
        let amd64 = pusher.image("acme/api", None, "linux/amd64", "one");
        let arm = pusher.image("acme/api", None, "linux/arm64/v8", "two");
        let attestation = pusher.attestation("acme/api", "built by");
        let children = [amd64.clone(), arm.clone(), attestation];
        let index = pusher.index("acme/api", "1.4.2", &children);
        let single = pusher.image("acme/api", Some("1.4.1"), "linux/amd64", "old");
        let chart = pusher.chart("acme/api", "1.4.0");
        let world = World::new(Limits::default());
        let ask = channel(&registry.image("acme/api"));
        let names = ["1.4.2", "1.4.1", "1.4.0", "9.9.9"];
        let seen = world.ask_names(&ask, &names, &[]);
        let listed = whole(&seen[0]);
        let tags: Vec<_> = listed.entries.keys().map(String::as_str).collect();
        assert_eq!(tags, ["1.4.0", "1.4.1", "1.4.2"]);

        let entry_of_index = entry_of(&seen, "1.4.2");
        assert_eq!(entry_of_index.digest, Some(index.digest));
        let platforms: Vec<_> = entry_of_index.platforms.iter().collect();
        assert_eq!(
            platforms,
            [
                (&"linux/amd64".to_owned(), &amd64.digest),
                (&"linux/arm64/v8".to_owned(), &arm.digest)
            ]
        );
        let entry_of_single = entry_of(&seen, "1.4.1");
        assert_eq!(entry_of_single.digest, Some(single.digest));
        assert_eq!(entry_of_single.platforms["linux/amd64"], single.digest);
        let entry_of_chart = entry_of(&seen, "1.4.0");
        assert_eq!(entry_of_chart.digest, Some(chart.digest));
        assert!(entry_of_chart.platforms.is_empty());
        // Absence is earned by the listing of the same round.
        let absent = &about(&seen, "9.9.9").answer;
        assert_eq!(
            *absent,
            Answer::Absent {
                parent_read: seen[0].id
            }
        );
        assert!(seen.iter().all(|it| it.credential == "anonymous"));
    }
}

#[test]
fn a_repository_that_is_not_there_is_no_repository_without_tags() {
    for registry in registries() {
        let world = World::new(Limits::default());
        let seen = world.ask_names(&channel(&registry.image("no/such")), &["1.0"], &[]);
        // A registry may know no difference between an empty repository and none.
        match failure(&seen[0]) {
            Some((kind, _)) => {
                assert_eq!(kind, FailureKind::NotFound);
                let (kind, words) = failure(about(&seen, "1.0")).unwrap();
                assert_eq!(kind, FailureKind::NotFound, "{words}");
            }
            None => assert!(whole(&seen[0]).entries.is_empty()),
        }
    }
}

#[test]
fn pages_are_followed_to_the_end() {
    let Some(registry) = Registry::ferro() else {
        return;
    };
    let pusher = Pusher::new(registry.port());
    let nothing = pusher.empty("x", "1.0.0");
    for number in 1..1_050 {
        pusher.tag("x", &format!("1.0.{number}"), &nothing);
    }
    let world = World::new(Limits::default());
    let seen = world
        .ask_many(vec![channel(&registry.image("x"))])
        .remove(0);
    assert_eq!(whole(&seen[0]).entries.len(), 1_050);
    assert_eq!(statuses(&world, 200), 2);
}

/// What a digest names cannot change: asking again costs one HEAD for each tag.
#[test]
fn a_second_round_reads_no_manifest_again() {
    for registry in registries() {
        let pusher = Pusher::new(registry.port());
        let child = pusher.image("x", None, "linux/amd64", "one");
        let index = pusher.index("x", "1.0", &[child]);
        pusher.image("x", Some("0.9"), "linux/amd64", "two");
        let world = World::new(Limits::default());
        let ask = channel(&registry.image("x"));
        let first = world.ask_names(&ask, &["1.0", "0.9"], &["1.0"]);
        // The listing, two HEADs, the index, the image and its configuration.
        assert_eq!(statuses(&world, 200), 6);
        let second = world.ask_names(&ask, &["1.0", "0.9"], &[]);
        let again = statuses(&world, 200) + statuses(&world, 304) - 6;
        assert_eq!(again, 3);
        for name in ["1.0", "0.9"] {
            assert_eq!(entry_of(&first, name), entry_of(&second, name));
        }
        assert_eq!(entry_of(&second, "1.0").digest, Some(index.digest));
    }
}

/// THREATS row 17: content that was kept counts only where it is what its digest says.
#[test]
fn tampered_copies_are_read_again() {
    let Some(registry) = Registry::distribution(Demand::Nothing) else {
        return;
    };
    let pusher = Pusher::new(registry.port());
    pusher.image("x", Some("1.0"), "linux/amd64", "one");
    let world = World::new(Limits::default());
    let ask = channel(&registry.image("x"));
    let first = world.ask_names(&ask, &["1.0"], &[]);
    let read = statuses(&world, 200);
    let folder = world.cache.path().join("http");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        let kept = std::fs::read_to_string(file.path()).unwrap();
        let changed = kept.replace("linux", "minix").replace("layers", "Layers");
        assert_ne!(kept, changed);
        std::fs::write(file.path(), changed).unwrap();
    }
    let second = world.ask_names(&ask, &["1.0"], &[]);
    assert_eq!(entry_of(&first, "1.0"), entry_of(&second, "1.0"));
    assert_eq!(statuses(&world, 200), 2 * read);
}

/// A tag that moves is compared by its digest alone, which a HEAD tells: nothing that counts
/// against a pull limit.
#[test]
fn a_moving_tag_costs_one_head() {
    let Some(registry) = Registry::distribution(Demand::Nothing) else {
        return;
    };
    let pusher = Pusher::new(registry.port());
    let image = pusher.image("x", Some("latest"), "linux/amd64", "one");
    let world = World::new(Limits::default());
    let seen = world.ask_names(&channel(&registry.image("x")), &[], &["latest"]);
    assert_eq!(entry_of(&seen, "latest").digest, Some(image.digest));
    assert_eq!(statuses(&world, 200), 2);
    assert!(is_whole(about(&seen, "latest")));
}

fn is_whole(observation: &Observation) -> bool {
    matches!(
        observation.answer,
        Answer::Seen {
            coverage: Coverage::Complete,
            ..
        }
    )
}
