//! `lockstep trust`: what it refreshes, shows and refuses, and how it exits.

use super::{Folder, Ran, Run};
use crate::observe::trust_root::repository::{Publication, Repository};

struct World {
    folder: Folder,
    repository: Repository,
    root: String,
}

impl World {
    fn with(publication: &Publication) -> Self {
        let folder = Folder::new();
        let root = folder.file("root.json", publication.first_root());
        Self {
            root,
            repository: Repository::serve(publication),
            folder,
        }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let store = self.folder.path().join("trust");
        Run::new(&[&["trust"], arguments].concat())
            .env("LOCKSTEP_TRUST_DIR", store.to_str().unwrap())
            .env("LOCKSTEP_TIMEOUT", "5s")
            .run()
    }

    fn update(&self, more: &[&str]) -> Ran {
        let mirror = self.repository.url();
        let fixed = ["update", "--mirror", mirror.as_str(), "--root", &self.root];
        self.run(&[&fixed, more].concat())
    }
}

#[test]
fn a_private_instance_is_refreshed_written_out_and_shown() {
    let publication = Publication::new();
    let world = World::with(&publication);
    let output = world.folder.path().join("trusted_root.json");
    let ran = world.update(&["--output", output.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.err.contains("updated"), "{ran:#?}");
    assert_eq!(
        std::fs::read_to_string(&output).unwrap(),
        publication.trusted_root
    );
    let ran = world.run(&["show", "--root", &world.root, "--format", "json"]);
    let shown = ran.json();
    crate::schemas::trust::describes(&shown);
    let trust = &shown["trust"][0];
    assert_eq!(trust["source"], "store");
    assert_eq!(trust["expired"], false);
    assert_eq!(trust["versions"], serde_json::json!([1, 1, 1, 1]));
    let authorities = trust["authorities"].as_array().unwrap();
    for kind in [
        "certificate-authority",
        "transparency-log",
        "certificate-log",
        "timestamp-authority",
    ] {
        assert!(authorities.iter().any(|one| one["kind"] == kind), "{kind}");
    }
}

#[test]
fn what_this_program_carries_is_shown_without_the_network() {
    let world = World::with(&Publication::new());
    let ran = world.run(&["show"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    for wanted in [
        "sigstore: as this program carries it",
        "github: as",
        "https://rekor.sigstore.dev",
    ] {
        assert!(ran.out.contains(wanted), "{ran:#?}");
    }
    crate::schemas::trust::describes(&world.run(&["show", "--format", "json"]).json());
    assert!(world.repository.server.heard().is_empty());
}

#[test]
fn refused_metadata_exits_with_1_and_an_unreachable_mirror_with_3() {
    let expired = Publication {
        expires: ["2026-01-01T00:00:00Z"; 4],
        ..Publication::new()
    };
    let ran = World::with(&expired).update(&[]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(
        ran.err.contains("expired at 2026-01-01T00:00:00Z"),
        "{ran:#?}"
    );
    assert_eq!(ran.out, "");

    let world = World::with(&Publication::new());
    let nobody = [
        "update",
        "--mirror",
        "http://127.0.0.1:1/",
        "--root",
        &world.root,
    ];
    let ran = world.run(&nobody);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    // A mirror of another instance than the one whose root this program carries.
    let mirror = world.repository.url();
    let ran = world.run(&["update", "--mirror", mirror.as_str()]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    // Secrets in an address are not shown, and not sent where nobody asked for them.
    let secret = mirror.as_str().replace("http://", "http://me:s3cr3t@");
    let ran = world.run(&["update", "--mirror", &secret]);
    assert!(!format!("{ran:?}").contains("s3cr3t"), "{ran:#?}");
}

#[test]
fn options_that_do_not_go_together_and_files_that_are_no_roots_are_refused() {
    let world = World::with(&Publication::new());
    let nonsense = world.folder.file("nonsense.json", "{}");
    let nonsense = nonsense.as_str();
    let mirror = "https://tuf.example/";
    for (arguments, words) in [
        (vec!["update", "--root", &world.root], vec!["--mirror"]),
        (
            vec!["update", "--mirror", mirror, "--root", nonsense],
            vec!["first TUF root"],
        ),
        (
            vec!["update", "--mirror", mirror, "--root", "missing.json"],
            vec!["missing.json"],
        ),
        (
            vec![
                "update",
                "--mirror",
                mirror,
                "--instance",
                "sigstore",
                "--instance",
                "github",
            ],
            vec!["one instance"],
        ),
        (vec!["show", "--root", &world.root], vec!["never refreshed"]),
    ] {
        world.run(&arguments).refuses(&words);
    }
    world.folder.file("trust/sigstore.json", "{}");
    world
        .run(&["show"])
        .refuses(&["sigstore.json", "remove it"]);
}

#[test]
fn the_instance_that_is_named_is_refreshed_and_shown_alone() {
    let world = World::with(&Publication::new());
    for name in ["sigstore", "github"] {
        let ran = world.run(&["show", "--instance", name, "--format", "json"]);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        let shown = ran.json();
        assert_eq!(shown["trust"].as_array().unwrap().len(), 1);
        assert_eq!(shown["trust"][0]["instance"], name);
        // Another's mirror is asked in its name, and refused for what its own root does not sign.
        let before = world.repository.server.heard().len();
        let mirror = world.repository.url();
        let ran = world.run(&["update", "--instance", name, "--mirror", mirror.as_str()]);
        assert_eq!(ran.code, Some(1), "{ran:#?}");
        assert!(world.repository.server.heard().len() > before, "{ran:#?}");
    }
}
