//! The pipelines that Lockstep was begun for, each from its policy in `policies/`, of which nothing
//! but hosts is replaced: as they should be, and as they go wrong.
//!
//! - a draft, the release, the same files on the index (`python-library.toml`): `library`, and
//!   with provenance `attested_library`
//! - two workflows feeding two registries (`service.toml`, `two-workflows.toml`): `service`,
//!   with provenance `attested_service`, and
//!   `observe::oci::checked`
//! - development builds beside releases, and a chart (`flux-service.toml`): `service`, and
//!   `observe::oci::checked`
//! - an image for each environment, a Lambda zip and DAGs (`data-task.toml`): `cli::aws`
//! - a changesets monorepo (`changesets-monorepo.toml`): `cli::monorepo`
//! - a library by git tag only (`tag-only-library.toml`): `tag_only`

mod attested_library;
mod attested_service;
mod attesting;
mod library;
mod service;
mod tag_only;

use std::process::Command;

use super::{Folder, Ran, Run, root};

/// An example policy with these texts replaced, each of which it has.
fn example(name: &str, replaced: &[(&str, &str)]) -> String {
    let text = std::fs::read_to_string(root().join("policies").join(name)).unwrap();
    let replace = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "no `{from}` in {name}");
        text.replace(from, to)
    };
    replaced.iter().fold(text, replace)
}

/// A policy without its tables of this header.
fn without(policy: &str, header: &str) -> String {
    let tables = policy.split("\n[");
    let kept: Vec<&str> = tables
        .filter(|table| !table.starts_with(&format!("{}]", &header[1..header.len() - 1])))
        .collect();
    let text = kept.join("\n[");
    assert_ne!(text, policy, "no {header}");
    text
}

/// Runs a check with JSON on standard output.
fn check(folder: &Folder, policy: &str, more: &[&str], environment: &[(&str, &str)]) -> Ran {
    let policy = folder.file("policy.toml", policy);
    let cache = folder.path().join("cache");
    let run = Run::new(&[&["check", &policy, "--format", "json"], more].concat())
        .env("PATH", &std::env::var("PATH").unwrap())
        .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap());
    let set = |run: Run, (name, value): &(&str, &str)| run.env(name, value);
    environment.iter().fold(run, set).run()
}

/// The verdict and the codes of its findings, each once.
#[track_caller]
fn judged(ran: &Ran) -> (Option<i32>, Vec<String>) {
    let json = ran.json();
    let findings = json["findings"].as_array().unwrap().iter();
    let codes = findings.map(|it| it["code"].as_str().unwrap().to_owned());
    let codes: std::collections::BTreeSet<String> = codes.collect();
    (ran.code, codes.into_iter().collect())
}

#[track_caller]
fn assert_judged(ran: &Ran, code: i32, codes: &[&str]) {
    let codes = codes.iter().map(|code| (*code).to_owned()).collect();
    assert_eq!(judged(ran), (Some(code), codes), "{ran:#?}");
}

/// Runs git in the folder `repository`, which is made where it is not there.
fn git(folder: &Folder, arguments: &[&str]) {
    let repository = folder.path().join("repository");
    std::fs::create_dir_all(&repository).unwrap();
    let git = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
        .args(arguments)
        .envs([
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
        ])
        .current_dir(repository)
        .status();
    assert!(git.unwrap().success(), "git {arguments:?}");
}
