//! `lockstep verify`: keys and the public logs, escapes, and what a newcomer names by mistake.

use serde_json::json;

use super::Run;
use super::attest::{BUILDER, attest, fine, world};
use super::verify::{COMMIT, Scene, TIME, denies, provenance, proves};
use crate::authority::{Claims, Kind, Logged, Options, Version};

#[test]
fn a_key_is_verified_against_the_logs_that_are_known_without_any_option_about_trust() {
    let folder = world("ecdsa-p256");
    let artifact = "dist/lib-1.0.tar.gz";
    fine(&attest(&folder, &[&[artifact], BUILDER].concat()).run());
    let verify = |more: &[&str]| {
        let all = [&["verify", artifact, "--key", "lockstep.pub"], more].concat();
        Run::new(&all).within(folder.path()).run()
    };
    // It is in no log, which is a verdict and no error of whoever asks.
    denies(&verify(&[]), &["log"]);
    proves(&verify(&["--unsafe-no-log"]));
    fine(
        &Run::new(&[
            "key",
            "generate",
            "--unencrypted",
            "--output-prefix",
            "other",
        ])
        .within(folder.path())
        .run(),
    );
    let other = ["verify", artifact, "--key", "other.pub", "--unsafe-no-log"];
    denies(&Run::new(&other).within(folder.path()).run(), &[]);
    Run::new(&["verify", artifact, "--key", "lockstep.key"])
        .within(folder.path())
        .run()
        .refuses(&["lockstep.key", "lockstep key public"]);
}

#[test]
fn of_several_roots_those_without_a_log_say_nothing_of_a_key() {
    let scene = Scene::new();
    let said = scene.said(&provenance());
    let signed = scene
        .authority
        .sign_with(&scene.key, &said, &Options::at(TIME));
    scene.folder.file("ours.json", signed);
    let root: serde_json::Value =
        serde_json::from_str(&scene.authority.trusted_root_json()).unwrap();
    let mut unlogged = root.clone();
    unlogged["tlogs"] = json!([]);
    scene
        .folder
        .file("both.jsonl", format!("{unlogged}\n{root}\n"));
    scene
        .folder
        .file("none.jsonl", format!("{unlogged}\n{unlogged}\n"));
    let verify = |roots: &str| {
        let all = [
            "verify",
            "--trusted-root",
            roots,
            "--key",
            "key.pub",
            "--bundle",
            "ours.json",
            "a.zip",
        ];
        Run::new(&all).within(scene.folder.path()).run()
    };
    proves(&verify("both.jsonl"));
    verify("none.jsonl").refuses(&["no transparency log"]);
}

#[test]
fn runners_of_the_users_own_are_denied_where_that_is_said() {
    let scene = Scene::new();
    let mut predicate = provenance();
    predicate["buildDefinition"]["internalParameters"]["github"]["runner_environment"] =
        json!("self-hosted");
    let mut claims = Claims::github("acme/api", "refs/tags/v1.2.3", COMMIT);
    claims.runner_environment = Some("self-hosted".to_owned());
    let signed = scene
        .authority
        .sign(&scene.said(&predicate), &claims, &Options::at(TIME));
    scene.folder.file("own.json", signed);
    proves(&scene.by_us(&["--bundle", "own.json", "a.zip"]));
    denies(
        &scene.by_us(&[
            "--deny-self-hosted-runners",
            "--bundle",
            "own.json",
            "a.zip",
        ]),
        &["self-hosted", "github-hosted"],
    );
    proves(&scene.by_us(&["--deny-self-hosted-runners", "a.zip"]));
}

#[test]
fn a_promise_without_proof_counts_only_when_that_is_said() {
    let scene = Scene::new();
    let claims = Claims::github("acme/api", "refs/tags/v1.2.3", COMMIT);
    let options = Options {
        version: Version::V0_1,
        logged: Logged::PromiseOnly(Kind::Intoto),
        ..Options::at(TIME)
    };
    let signed = scene
        .authority
        .sign(&scene.said(&provenance()), &claims, &options);
    scene.folder.file("promise.json", signed);
    let arguments = ["--bundle", "promise.json", "--format", "json", "a.zip"];
    denies(&scene.by_us(&arguments), &["proof"]);
    let ran = scene.by_us(&[&["--unsafe-set-only"][..], &arguments].concat());
    proves(&ran);
    assert_eq!(ran.json()["unsafe-options"], json!(["unsafe-set-only"]));
}

#[test]
fn what_is_named_by_mistake_is_told_with_what_to_do() {
    let scene = Scene::new();
    scene.folder.file("empty", "");
    scene.folder.file("garbage", [0, 159, 146, 150]);
    std::fs::create_dir(scene.folder.path().join("folder")).unwrap();
    for (arguments, words) in [
        (&["nothing"][..], &["nothing", "no such file"][..]),
        (&["*.whl", "a.zip"], &["*.whl", "no file fits"]),
        (
            &["folder"],
            &["folder", "this is a folder", "files in the folder"],
        ),
        (
            &["--bundle", "folder", "a.zip"],
            &["folder", "directory", "hint"],
        ),
        (
            &["--bundle", "empty", "a.zip"],
            &["empty", "no bundle in it"],
        ),
        (&["--bundle", "garbage", "a.zip"], &["garbage", "utf-8"]),
        (&["--bundle", "new\nline", "a.zip"], &["new\\u{a}line"]),
    ] {
        scene.by_us(arguments).refuses(words);
    }
    let inspect = |name: &str| {
        Run::new(&["inspect", name])
            .within(scene.folder.path())
            .run()
    };
    for name in ["folder", "empty", "garbage", "nothing"] {
        let ran = inspect(name);
        ran.refuses(&[name, "hint"]);
        assert!(!ran.err.contains("--bundle"), "{ran:#?}");
    }
}
