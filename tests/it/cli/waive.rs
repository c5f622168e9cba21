//! `lockstep waive`: what it writes, what it refuses, and that a check then sees it.

use super::{Folder, LIBRARY, Ran, Run, library_evidence, root};

pub(super) struct World {
    pub(super) folder: Folder,
    pub(super) policy: String,
    pub(super) evidence: String,
}

/// In thirty days, by the clock of this machine: no waiver of these tests is over, and none is
/// long.
pub(super) fn soon() -> String {
    let now = std::time::SystemTime::now();
    let seconds = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 30 * 86_400;
    let time = lockstep::model::Time::from_unix_seconds(i64::try_from(seconds).unwrap());
    time.to_string()[..10].to_owned()
}

pub(super) fn world(policy: &str, tags: &[&str], versions: &[&str]) -> World {
    let folder = Folder::new();
    let policy = folder.file("lib.toml", policy);
    let evidence = folder.file("evidence.json", library_evidence(tags, versions));
    World {
        folder,
        policy,
        evidence,
    }
}

impl World {
    pub(super) fn waive(&self, what: &[&str], more: &[&str]) -> Run {
        let soon = soon();
        let mut arguments = vec!["waive", &self.policy];
        arguments.extend(what);
        for (option, value) in [
            ("--reason", "cut by hand"),
            ("--approved-by", "release team"),
            ("--expires", soon.as_str()),
            ("--evidence", self.evidence.as_str()),
        ] {
            let given = |it: &&str| *it == option || *it == "--unchecked";
            if !more
                .iter()
                .any(|it| given(it) && (option == "--evidence" || *it == option))
            {
                arguments.extend([option, value]);
            }
        }
        arguments.extend(more);
        Run::new(&arguments)
    }

    fn check(&self, version: &str) -> Ran {
        let named = ["--version", version, "--format", "json"];
        let from = ["check", &self.policy, "--evidence", &self.evidence];
        Run::new(&[&from[..], &named[..]].concat()).run()
    }

    pub(super) fn text(&self) -> String {
        std::fs::read_to_string(&self.policy).unwrap()
    }
}

#[test]
fn an_open_finding_is_waived_with_all_its_digests_and_nothing_else_changes() {
    let commented = format!("# mine\n{LIBRARY}\n# the end\n");
    let world = world(&commented, &["1.0"], &["1.0", "1.1"]);
    assert_eq!(world.check("1.1").code, Some(1));
    let ran = world.waive(&["version-unannounced", "1.1"], &[]).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(
        ran.out.contains("`version-unannounced` is waived until"),
        "{}",
        ran.out
    );
    let text = world.text();
    let added = text.strip_prefix(&commented).expect("what was there stays");
    let expected = format!(
        "\n[[waiver]]\ncode = \"version-unannounced\"\nversion = \"1.1\"\n\
         digests = [\"sha256:{:064x}\"]\nreason = \"cut by hand\"\n\
         approved-by = \"release team\"\nexpires = {}\n",
        1,
        soon(),
    );
    assert_eq!(added, expected);
    let lint = Run::new(&["policy", "lint", &world.policy]).run();
    assert_eq!((lint.code, lint.err.as_str()), (Some(0), ""));
    let after = world.check("1.1");
    assert_eq!(after.code, Some(0), "{after:#?}");
    assert_eq!(
        after.json()["findings"][0]["disposition"]["waived"]["approved-by"],
        "release team"
    );
}

#[test]
fn other_bytes_fire_again() {
    let world = world(LIBRARY, &["1.0"], &["1.0", "1.1"]);
    assert_eq!(
        world.waive(&["version-unannounced", "1.1"], &[]).run().code,
        Some(0)
    );
    let other = library_evidence(&["1.0"], &["1.0", "1.1"])
        .replace(&format!("{:064x}", 1), &"e".repeat(64));
    std::fs::write(&world.evidence, other).unwrap();
    assert_eq!(world.check("1.1").code, Some(1));
}

#[test]
fn denied_incidents_can_be_waived_finding_by_finding_and_are_then_no_deny() {
    for (incident, evidence, version) in [
        ("kics", "evidence-T+60.json", "2.1.20"),
        ("webmin", "evidence-T+60.json", "1.920"),
        ("upload-failed", "evidence-T+90.json", "1.3.0"),
        ("tj-actions", "after.json", "45.0.7"),
    ] {
        let folder = Folder::new();
        let home = root().join("fixtures/incidents").join(incident);
        let policy = folder.file(
            "policy.toml",
            std::fs::read(home.join("policy.toml")).unwrap(),
        );
        let evidence = home.join(evidence).display().to_string();
        let mut waived = 0;
        loop {
            let mut arguments = vec![
                "check",
                &policy,
                "--evidence",
                &evidence,
                "--format",
                "json",
            ];
            if !version.is_empty() {
                arguments.extend(["--version", version]);
            }
            let ran = Run::new(&arguments).run();
            let json = ran.json();
            let denied = json["findings"].as_array().unwrap().iter().find(|it| {
                it["severity"] == "deny" && it["disposition"] == "open" && it["version"].is_string()
            });
            let Some(finding) = denied else { break };
            let (code, version) = (finding["code"].as_str(), finding["version"].as_str());
            let soon = soon();
            let ran = Run::new(&[
                "waive",
                &policy,
                code.unwrap(),
                version.unwrap(),
                "--reason",
                "a drill",
                "--approved-by",
                "nobody",
                "--expires",
                &soon,
                "--evidence",
                &evidence,
            ])
            .run();
            assert_eq!(ran.code, Some(0), "{incident}: {ran:#?}");
            waived += 1;
            assert!(waived < 20, "{incident} does not end");
        }
        assert!(waived > 0, "{incident} was not denied");
    }
}

#[test]
fn a_dry_run_shows_a_difference_that_git_applies_and_writes_nothing() {
    let mut world = world(LIBRARY, &["1.0"], &["1.0", "1.1"]);
    let whole = std::mem::replace(&mut world.policy, "lib.toml".to_owned());
    let waive = |more: &[&str]| {
        let ran = world.waive(&["version-unannounced", "1.1"], more);
        let ran = ran.within(world.folder.path()).run();
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        ran.out
    };
    let text = || std::fs::read_to_string(&whole).unwrap();
    let shown = waive(&["--dry-run"]);
    assert_eq!(text(), LIBRARY);
    let difference = world.folder.file("waiver.diff", &shown);
    let git = std::process::Command::new("git")
        .args(["apply", &difference])
        .current_dir(world.folder.path())
        .output()
        .unwrap();
    assert!(git.status.success(), "{shown}\n{git:?}");
    let applied = text();
    assert_ne!(applied, LIBRARY);
    std::fs::write(&whole, LIBRARY).unwrap();
    waive(&[]);
    assert_eq!(text(), applied);
}

#[test]
fn what_would_hold_for_nothing_is_refused_and_the_file_stays() {
    let world = world(LIBRARY, &["1.0"], &["1.0", "1.1"]);
    let digest = format!("sha256:{}", "a".repeat(64));
    for (what, more, words) in [
        (
            ["version-unannounced", "1.0"],
            vec![],
            "nothing that can be waived is open",
        ),
        (
            ["version-missing", "1.1"],
            vec![],
            "open: `version-unannounced` in pypi",
        ),
        (
            ["version-unanounced", "1.1"],
            vec![],
            "did you mean `version-unannounced`?",
        ),
        (["version-pending", "1.1"], vec![], "cannot be waived"),
        (
            ["version-unannounced", "1.1"],
            vec!["--digest", &digest],
            "no open finding",
        ),
        (
            ["version-unannounced", "1.1"],
            vec!["--digest", "abc"],
            "is no digest",
        ),
        (
            ["version-unannounced", "1.1"],
            vec!["--expires", "2020-01-01"],
            "is over",
        ),
        (
            ["version-unannounced", "1.1"],
            vec!["--expires", "soon"],
            "2026-01-31",
        ),
        (
            ["version-unannounced", "1.1"],
            vec!["--reason", " "],
            "--reason is empty",
        ),
        (
            ["version-unannounced", "1.1"],
            vec!["--channel", "tag"],
            "in tag is open",
        ),
        (
            ["version-unannounced", "1.1"],
            vec!["--channel", "npm"],
            "declared: tag, pypi",
        ),
        (["version-unannounced", "x y"], vec![], "x y"),
    ] {
        world.waive(&what, &more).run().refuses(&[words]);
        assert_eq!(world.text(), LIBRARY, "{what:?} {more:?}");
    }
    assert_eq!(
        world.waive(&["version-unannounced", "1.1"], &[]).run().code,
        Some(0)
    );
    let once = world.text();
    world
        .waive(&["version-unannounced", "1.1"], &[])
        .run()
        .refuses(&["it is waived until"]);
    assert_eq!(world.text(), once);
}

#[cfg(unix)]
#[test]
fn a_read_only_policy_stays_and_a_link_is_followed() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = world(LIBRARY, &["1.0"], &["1.0", "1.1"]);
    let mode = |mode| std::fs::set_permissions(&world.policy, PermissionsExt::from_mode(mode));
    mode(0o444).unwrap();
    world
        .waive(&["version-unannounced", "1.1"], &[])
        .run()
        .refuses(&["it is read-only", "--dry-run"]);
    assert_eq!(world.text(), LIBRARY);
    mode(0o640).unwrap();
    let link = world.folder.path().join("link.toml");
    std::os::unix::fs::symlink("lib.toml", &link).unwrap();
    let real = std::mem::replace(&mut world.policy, link.display().to_string());
    let ran = world.waive(&["version-unannounced", "1.1"], &[]).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    let kept = std::fs::metadata(&real).unwrap().permissions().mode();
    assert_eq!(kept & 0o777, 0o640);
    assert!(
        std::fs::read_to_string(&real)
            .unwrap()
            .contains("[[waiver]]")
    );
}

#[test]
fn a_family_and_what_it_extends_get_one_waiver_in_the_file_that_is_named() {
    let folder = Folder::new();
    let (above, below) = LIBRARY.split_once("[channel.pypi]").unwrap();
    let base = format!("[channel.pypi]{below}");
    let base = folder.file("base.toml", &base);
    let family = above.replace(
        "name = \"lib\"",
        "names = [\"lib\", \"two\"]\nextends = \"base.toml\"",
    );
    let policy = folder.file("family.toml", family);
    let evidence = library_evidence(&["1.0"], &["1.0", "1.1"]);
    let evidence = folder.file("evidence.json", evidence);
    let untouched = std::fs::read_to_string(&base).unwrap();
    let world = World {
        folder,
        policy,
        evidence,
    };
    let ran = world.waive(&["version-unannounced", "1.1"], &[]).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(
        ran.err.contains("all 2 components of the family"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("extends other files"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&base).unwrap(), untouched);
    assert!(world.text().contains("[[waiver]]"));
}
