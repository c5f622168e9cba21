//! Trusted roots by TUF: what the instance signed is taken and kept; every attack of THREATS rows 17
//! and 18 leaves what was kept as it was.

pub(crate) mod repository;

use std::path::PathBuf;
use std::sync::Arc;

use lockstep::model::{Time, TrustMaterial};
use lockstep::observe::Environment;
use lockstep::observe::http::{Client, Limits, Silent};
use lockstep::observe::trust_root::{
    Instance, StoredRoot, TrustRootError, TrustRootFault, Updated, stored, update,
};

use self::repository::{FAR, Publication, Repository, hex};
use super::loopback::{Step, answer, head};

/// A machine with a store, and a repository that it is told of.
struct Machine {
    folder: tempfile::TempDir,
    client: Client,
    instance: Instance,
    repository: Repository,
}

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn now() -> Time {
    at("2026-11-21T12:00:00Z")
}

impl Machine {
    fn with(publication: &Publication) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::empty()
            .with(
                "LOCKSTEP_TRUST_DIR",
                folder.path().join("trust").to_str().unwrap(),
            )
            .with(
                "LOCKSTEP_CACHE_DIR",
                folder.path().join("cache").to_str().unwrap(),
            );
        let limits = Limits {
            tries: 1,
            total: std::time::Duration::from_secs(5),
            ..Limits::default()
        };
        let repository = Repository::serve(publication);
        Self {
            folder,
            client: Client::new(environment, limits, Arc::new(Silent)).unwrap(),
            instance: Instance::private(&repository.url(), &publication.first_root()).unwrap(),
            repository,
        }
    }

    async fn update_at(&self, now: Time) -> Result<Updated, TrustRootError> {
        update(&self.client, &self.instance, now).await
    }

    async fn update(&self) -> Result<Updated, TrustRootError> {
        self.update_at(now()).await
    }

    fn stored_at(&self, now: Time) -> Result<Option<StoredRoot>, TrustRootError> {
        stored(self.client.environment(), &self.instance, now)
    }

    fn kept(&self) -> Option<String> {
        self.stored_at(now()).unwrap().map(|root| text(&root))
    }

    /// The one file of the store.
    fn file(&self) -> PathBuf {
        let mut files = std::fs::read_dir(self.folder.path().join("trust")).unwrap();
        let file = files.next().unwrap().unwrap().path();
        assert!(files.next().is_none());
        file
    }

    /// The repository now says this: it is refused, and what was kept stays.
    #[track_caller]
    fn refused(&self, refused: Result<Updated, TrustRootError>, fault: TrustRootFault) -> String {
        let why = refused.unwrap_err();
        assert_eq!(why.fault, fault, "{why}");
        assert!(why.hint.is_some());
        why.message
    }
}

fn text(root: &StoredRoot) -> String {
    match &root.domain.material {
        TrustMaterial::TrustedRoot(text) => text.to_string(),
        TrustMaterial::Key { .. } => panic!("a key"),
    }
}

#[tokio::test]
async fn a_refreshed_root_is_kept_and_read_again_without_the_network() {
    let first = Publication::new();
    let machine = Machine::with(&first);
    assert_eq!(machine.kept(), None);
    let updated = machine.update().await.unwrap();
    assert!(updated.changed && !updated.root.expired);
    assert_eq!(updated.root.versions, [1, 1, 1, 1]);
    assert_eq!(machine.kept().unwrap(), first.trusted_root);
    assert!(!machine.update().await.unwrap().changed);

    let second = first.next();
    machine.repository.publish(&second);
    let updated = machine.update().await.unwrap();
    assert!(updated.changed);
    assert_eq!(updated.root.versions, [1, 2, 2, 2]);
    let heard = machine.repository.server.heard().len();
    assert_eq!(machine.kept().unwrap(), second.trusted_root);
    assert_eq!(machine.repository.server.heard().len(), heard);
}

#[tokio::test]
async fn keys_are_rotated_root_by_root() {
    let first = Publication::new();
    let machine = Machine::with(&first);
    machine.update().await.unwrap();
    let rotated = Publication {
        roots: vec![vec![1], vec![1, 3], vec![3, 4]],
        online: 5,
        ..first.next()
    };
    // The online key of every root is the newest here: the first root is then another one.
    let mut files = rotated.files();
    files.insert("/1.root.json".to_owned(), first.first_root().into_bytes());
    machine.repository.publish(&rotated);
    machine.repository.replace(
        "/1.root.json",
        answer("200 OK", &[], &files["/1.root.json"]),
    );
    let updated = machine.update().await.unwrap();
    assert_eq!(updated.root.versions, [3, 2, 2, 2]);
    assert_eq!(machine.kept().unwrap(), rotated.trusted_root);
}

#[tokio::test]
async fn a_root_that_the_one_before_did_not_sign_is_refused() {
    let first = Publication::new();
    let machine = Machine::with(&first);
    machine.update().await.unwrap();
    let stranger = Publication {
        roots: vec![vec![9], vec![9]],
        ..first.next()
    };
    machine.repository.publish(&stranger);
    machine.refused(machine.update().await, TrustRootFault::Invalid);
    // Nor one that leaves a version out, or signs with one key of two.
    let skipping = Publication {
        roots: vec![vec![1], vec![1], vec![1]],
        ..first.next()
    };
    machine.repository.publish(&skipping);
    let third = skipping.files()["/3.root.json"].clone();
    machine
        .repository
        .replace("/2.root.json", answer("200 OK", &[], &third));
    machine.refused(machine.update().await, TrustRootFault::Rollback);
    assert_eq!(machine.kept().unwrap(), first.trusted_root);
}

#[tokio::test]
async fn row_18_older_metadata_than_was_seen_is_a_rollback_for_every_role() {
    let first = Publication::new();
    let second = first.next();
    let machine = Machine::with(&second);
    machine.update().await.unwrap();
    for rolled_back in [
        first.clone(),
        Publication {
            timestamp: 3,
            snapshot: 1,
            ..second.clone()
        },
        Publication {
            timestamp: 3,
            snapshot: 3,
            targets: 1,
            ..second.clone()
        },
    ] {
        machine.repository.publish(&rolled_back);
        let why = machine.refused(machine.update().await, TrustRootFault::Rollback);
        assert!(why.contains("older metadata"), "{why}");
        assert_eq!(machine.kept().unwrap(), second.trusted_root);
    }
    // However long it takes: what has expired meanwhile still counts as seen.
    machine.repository.publish(&first);
    let later = machine.update_at(at("2026-12-31T00:00:00Z")).await;
    machine.refused(later, TrustRootFault::Rollback);
}

#[tokio::test]
async fn row_18_a_frozen_mirror_is_found_out_when_its_metadata_expires() {
    for role in 0..4 {
        let mut expires = [FAR; 4];
        expires[role] = "2026-11-28T12:00:00Z";
        let machine = Machine::with(&Publication {
            expires,
            ..Publication::new()
        });
        machine.update().await.unwrap();
        let later = at("2026-11-28T12:00:01Z");
        let why = machine.refused(machine.update_at(later).await, TrustRootFault::Expired);
        assert!(why.contains("expired at 2026-11-28T12:00:00Z"), "{why}");
        // What is kept is still read, and says that it is over.
        let kept = machine.stored_at(later).unwrap().unwrap();
        assert!(kept.expired);
        assert_eq!(kept.expires, at("2026-11-28T12:00:00Z"));
        assert!(!machine.stored_at(now()).unwrap().unwrap().expired);
    }
}

#[tokio::test]
async fn what_has_expired_is_never_taken_for_the_first_time() {
    for role in 0..4 {
        let mut expires = [FAR; 4];
        expires[role] = "2026-11-20T00:00:00Z";
        let machine = Machine::with(&Publication {
            expires,
            ..Publication::new()
        });
        machine.refused(machine.update().await, TrustRootFault::Expired);
        assert_eq!(machine.kept(), None);
    }
}

#[tokio::test]
async fn a_target_or_metadata_with_other_bytes_than_were_signed_is_refused() {
    let first = Publication::new();
    let machine = Machine::with(&first);
    machine.update().await.unwrap();
    let second = first.next();
    let own = hex(second.trusted_root.as_bytes());
    for path in [
        format!("/targets/{own}.trusted_root.json"),
        "/2.snapshot.json".to_owned(),
        "/2.targets.json".to_owned(),
        "/timestamp.json".to_owned(),
    ] {
        machine.repository.publish(&second);
        let mut bytes = second.files()[&path].clone();
        let middle = bytes.iter().rposition(u8::is_ascii_digit).unwrap();
        bytes[middle] = if bytes[middle] == b'1' { b'2' } else { b'1' };
        machine
            .repository
            .replace(&path, answer("200 OK", &[], &bytes));
        machine.refused(machine.update().await, TrustRootFault::Invalid);
        assert_eq!(machine.kept().unwrap(), first.trusted_root);
    }
    // Signed by a key that the root does not name.
    machine.repository.publish(&second);
    let foreign = Publication {
        online: 8,
        ..second.clone()
    };
    machine.repository.replace(
        "/timestamp.json",
        answer("200 OK", &[], &foreign.files()["/timestamp.json"]),
    );
    machine.refused(machine.update().await, TrustRootFault::Invalid);
}

#[tokio::test]
async fn row_18_hostile_target_names_and_digests_lead_nowhere() {
    let hostile = [
        "../../../evil",
        "/etc/evil",
        "https://elsewhere.example/evil",
        "a\\..\\evil",
    ];
    let listed = hostile.map(str::to_owned).to_vec();
    let machine = Machine::with(&Publication {
        listed,
        ..Publication::new()
    });
    machine.update().await.unwrap();
    let heard = machine.repository.server.heard();
    assert!(heard.iter().all(|heard| !heard.target.contains("evil")));
    // One file in the store, and nothing beside it.
    machine.file();

    for digest in ["../../x", "https://elsewhere.example/x?", "/x", ""] {
        let digest = Some(digest.to_owned());
        let machine = Machine::with(&Publication {
            digest,
            ..Publication::new()
        });
        machine.refused(machine.update().await, TrustRootFault::Invalid);
        let heard = machine.repository.server.heard();
        assert!(heard.iter().all(|heard| !heard.target.contains('x')
            || heard.target.ends_with(".json") && !heard.target.contains("..")));
    }
}

#[tokio::test]
async fn an_endless_broken_or_missing_answer_is_no_answer() {
    let first = Publication::new();
    let machine = Machine::with(&first);
    machine.update().await.unwrap();
    let endless = || {
        let mut steps = vec![Step::Send(head("200 OK", &[]))];
        steps.push(Step::Repeat(vec![b'{'; 1 << 16], 1 << 30));
        steps
    };
    let second = first.next();
    for path in [
        "/2.root.json",
        "/timestamp.json",
        "/2.snapshot.json",
        "/2.targets.json",
    ] {
        let wrong = [endless(), vec![Step::Reset], answer("500 No", &[], b"{}")];
        for steps in wrong {
            machine.repository.publish(&second);
            machine.repository.replace(path, steps);
            machine.refused(machine.update().await, TrustRootFault::Unreachable);
        }
        machine
            .repository
            .replace(path, answer("200 OK", &[], b"<html>"));
        machine.refused(machine.update().await, TrustRootFault::Invalid);
    }
    machine.repository.publish(&second);
    machine
        .repository
        .replace("/timestamp.json", answer("404 Not Found", &[], b""));
    machine.refused(machine.update().await, TrustRootFault::Unreachable);
    assert_eq!(machine.kept().unwrap(), first.trusted_root);
}

/// THREATS row 17: the store is verified from the first root at each reading.
#[tokio::test]
async fn row_17_a_tampered_store_changes_no_trust() {
    let first = Publication::new();
    let machine = Machine::with(&first);
    machine.update().await.unwrap();
    let file = machine.file();
    let whole = std::fs::read_to_string(&file).unwrap();
    let content: serde_json::Value = serde_json::from_str(&whole).unwrap();
    let names: Vec<String> = content["files"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert!(names.contains(&"targets/trusted_root.json".to_owned()));

    let evil = Publication {
        roots: vec![vec![9]],
        online: 9,
        ..first.next()
    };
    let other = Machine::with(&evil);
    other.update().await.unwrap();
    let foreign = std::fs::read_to_string(other.file()).unwrap();
    let foreign_content: serde_json::Value = serde_json::from_str(&foreign).unwrap();

    let damaged = |text: &str| {
        std::fs::write(&file, text).unwrap();
        match machine.stored_at(now()) {
            Ok(Some(root)) => assert_eq!(text_of(&root), first.trusted_root),
            Ok(None) => panic!("nothing is kept"),
            Err(why) => assert_eq!(why.fault, TrustRootFault::Store),
        }
    };
    fn text_of(root: &StoredRoot) -> String {
        text(root)
    }
    // Another's state as a whole, and each of its pieces in place of ours.
    damaged(&foreign);
    for name in &names {
        let mut spliced = content.clone();
        spliced["files"][name] = foreign_content["files"][name].clone();
        damaged(&spliced.to_string());
        let mut without = content.clone();
        without["files"].as_object_mut().unwrap().remove(name);
        damaged(&without.to_string());
    }
    std::fs::write(&file, foreign).unwrap();
    assert_eq!(
        machine.stored_at(now()).unwrap_err().fault,
        TrustRootFault::Store
    );
    // Nor does a refresh begin from it.
    machine.repository.publish(&first.next());
    let updated = machine.update().await;
    assert!(updated.is_err() || updated.unwrap().root.versions == [1, 2, 2, 2]);
    for nonsense in [
        "",
        "{}",
        "null",
        &whole[..whole.len() / 2],
        &"[".repeat(100_000),
    ] {
        std::fs::write(&file, nonsense).unwrap();
        assert_eq!(
            machine.stored_at(now()).unwrap_err().fault,
            TrustRootFault::Store
        );
        assert_eq!(
            machine.update().await.unwrap_err().fault,
            TrustRootFault::Store
        );
    }
}

#[test]
fn a_first_root_that_did_not_sign_itself_is_refused() {
    let mirror = url::Url::parse("https://tuf.example/").unwrap();
    let good = Publication::new().first_root();
    assert!(Instance::private(&mirror, &good).is_ok());
    let tampered = good.replace(FAR, "2998-01-01T00:00:00Z");
    for wrong in ["", "{}", &tampered, &" ".repeat(600_000)] {
        let why = Instance::private(&mirror, wrong).unwrap_err();
        assert_eq!(why.fault, TrustRootFault::Invalid);
    }
}
