//! `lockstep waive`: what it says beside what it writes: ends, approvers, what was not checked.

use super::waive::{World, soon, world};
use super::{Folder, LIBRARY, Run, root};

#[test]
fn what_is_about_no_version_cannot_be_waived() {
    let folder = Folder::new();
    let home = root().join("fixtures/incidents/phpass");
    let text = std::fs::read(home.join("policy.toml")).unwrap();
    let policy = folder.file("policy.toml", text);
    let evidence = home.join("after.json").display().to_string();
    let checked = Run::new(&[
        "check",
        &policy,
        "--evidence",
        &evidence,
        "--format",
        "json",
    ])
    .run();
    let json = checked.json();
    let version = json["cells"][0]["version"].as_str().unwrap();
    let world = World {
        folder,
        policy,
        evidence,
    };
    let what = ["repository-changed", version];
    world
        .waive(&what, &[])
        .run()
        .refuses(&["it is about no single version"]);
}

#[test]
fn a_distant_end_is_remarked_upon() {
    let world = world(LIBRARY, &["1.0"], &["1.0", "1.1"]);
    let ran = world
        .waive(
            &["version-unannounced", "1.1"],
            &["--expires", "2090-01-01"],
        )
        .run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.err.contains("more than a year away"), "{}", ran.err);
}

#[test]
fn unchecked_asks_nobody_and_says_so() {
    let world = world(LIBRARY, &["1.0"], &["1.0"]);
    let digest = format!("sha256:{}", "a".repeat(64));
    let more = ["--unchecked", "--digest", &digest];
    let ran = world.waive(&["version-unannounced", "3.0"], &more).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.out.contains("nobody looked"), "{}", ran.out);
    assert!(world.text().contains(&digest));
    world
        .waive(&["version-unannounced", "not a version"], &["--unchecked"])
        .run()
        .refuses(&["would not be valid", "is a version of no line"]);
}

#[test]
fn somebody_approves_as_named_or_as_git_knows_them() {
    let world = world(LIBRARY, &["1.0"], &["1.0", "1.1"]);
    let soon = soon();
    let waive = || {
        Run::new(&[
            "waive",
            &world.policy,
            "version-unannounced",
            "1.1",
            "--reason",
            "x",
            "--expires",
            &soon,
            "--evidence",
            &world.evidence,
        ])
    };
    waive()
        .run()
        .refuses(&["nobody approves this waiver", "--approved-by NAME"]);
    let config = world
        .folder
        .file("gitconfig", "[user]\nname = Zoë Example\n");
    let ran = waive()
        .env("PATH", &std::env::var("PATH").unwrap())
        .env("GIT_CONFIG_GLOBAL", &config)
        .run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.err.contains("approved by Zoë Example"), "{}", ran.err);
    assert!(
        world.text().contains("approved-by = \"Zoë Example\""),
        "{}",
        world.text()
    );
}
