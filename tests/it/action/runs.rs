//! The script of the action, run as a runner does, with the binary of this build.

use std::path::Path;
use std::process::{Command, Output};

use super::root;

/// Runs the script with inputs, in a folder, with nothing else of this process's environment.
fn run(folder: &Path, inputs: &[(&str, &str)]) -> Output {
    run_with(folder, inputs, &[])
}

/// The same with variables of the job.
fn run_with(folder: &Path, inputs: &[(&str, &str)], job: &[(&str, &str)]) -> Output {
    let mut command = Command::new("bash");
    command
        .arg(root().join("scripts/action.sh"))
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder)
        .env("RUNNER_TEMP", folder)
        .env("GITHUB_OUTPUT", folder.join("output"))
        .env("INPUT_BINARY", env!("CARGO_BIN_EXE_lockstep"));
    for (name, value) in inputs {
        command.env(format!("INPUT_{name}"), value);
    }
    command.envs(job.iter().copied());
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).unwrap()
}

#[test]
fn check_gives_the_verdict_and_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let done = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b"])
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", said(&done));
    };
    git(&["init", "-q", "-b", "main"]);
    std::fs::write(
        folder.path().join("pyproject.toml"),
        "[project]\nname = \"acme\"\nversion = \"1.0.0\"\n",
    )
    .unwrap();
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "one"]);
    git(&["tag", "v1.0.0"]);
    let policy = r#"[component]
name = "acme"
announced-by = "tag"
[line.release]
scheme = "pep440"
[channel.tag]
kind = "git-tag"
path = "."
tag = "v{version}"
[channel.declared]
kind = "manifest"
file = "pyproject.toml"
key = "project.version"
"#;
    std::fs::write(folder.path().join("policy.toml"), policy).unwrap();
    let summary = folder.path().join("summary.md");
    let inputs = [
        ("MODE", "check"),
        ("POLICY", "policy.toml"),
        ("LOCAL", "true"),
        ("VERSION", "v1.0.0"),
    ];
    let allowed = run(folder.path(), &inputs);
    assert_eq!(allowed.status.code(), Some(0), "{}", said(&allowed));
    let output = std::fs::read_to_string(folder.path().join("output")).unwrap();
    assert_eq!(output, "verdict=allow\n");
    assert!(!summary.exists());

    std::fs::write(
        folder.path().join("pyproject.toml"),
        "[project]\nname = \"acme\"\nversion = \"1.0.1\"\n",
    )
    .unwrap();
    git(&["commit", "-qam", "two"]);
    git(&["tag", "-f", "v1.0.0"]);
    let denied = run(folder.path(), &inputs);
    assert_eq!(denied.status.code(), Some(1), "{}", said(&denied));
    let output = std::fs::read_to_string(folder.path().join("output")).unwrap();
    assert_eq!(output, "verdict=allow\nverdict=deny\n");
}

/// What a job of GitHub's sets, as far as provenance is made of it.
const JOB: &[(&str, &str)] = &[
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_SERVER_URL", "https://github.com"),
    ("GITHUB_REPOSITORY", "acme/api"),
    ("GITHUB_REPOSITORY_ID", "1000"),
    ("GITHUB_REPOSITORY_OWNER_ID", "2000"),
    ("GITHUB_REF", "refs/tags/v1.2.3"),
    ("GITHUB_SHA", "08802efe1f8e5fec4ad842d6b8ce97656092ee72"),
    (
        "GITHUB_WORKFLOW_REF",
        "acme/api/.github/workflows/release.yml@refs/tags/v1.2.3",
    ),
    ("GITHUB_EVENT_NAME", "push"),
    ("GITHUB_RUN_ID", "1"),
    ("GITHUB_RUN_ATTEMPT", "1"),
    ("RUNNER_ENVIRONMENT", "github-hosted"),
];

#[test]
fn what_a_key_attests_in_a_job_the_next_job_verifies_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let password = [("LOCKSTEP_KEY_PASSWORD", "correct horse")];
    let key = Command::new(env!("CARGO_BIN_EXE_lockstep"))
        .args(["key", "generate"])
        .current_dir(folder.path())
        .env_clear()
        .envs(password)
        .output()
        .unwrap();
    assert!(key.status.success(), "{}", said(&key));
    std::fs::create_dir(folder.path().join("dist")).unwrap();
    std::fs::write(folder.path().join("dist/a.whl"), "wheel").unwrap();
    std::fs::write(folder.path().join("dist/a.tar.gz"), "source").unwrap();
    let attest = [
        ("MODE", "attest"),
        ("SUBJECT_PATH", "dist/*.whl\n  dist/*.tar.gz\n"),
        ("KEY", "lockstep.key"),
        ("NO_LOG", "true"),
    ];
    let attested = run_with(folder.path(), &attest, &[JOB, &password].concat());
    assert_eq!(attested.status.code(), Some(0), "{}", said(&attested));
    let output = std::fs::read_to_string(folder.path().join("output")).unwrap();
    let bundle = output.trim().strip_prefix("bundle-path=").unwrap();

    let verify = |more: &[(&str, &str)]| {
        let inputs = [
            ("MODE", "verify"),
            ("SUBJECT_PATH", "dist/a.whl"),
            ("BUNDLE", bundle),
            ("KEY", "lockstep.pub"),
            ("UNSAFE_NO_LOG", "true"),
        ];
        run(folder.path(), &[&inputs[..], more].concat())
    };
    let source = [
        ("SOURCE_REPOSITORY", "acme/api"),
        ("SOURCE_TAG", "v1.2.3"),
        ("SOURCE_COMMIT", "08802efe1f8e5fec4ad842d6b8ce97656092ee72"),
        ("WORKFLOW", "release.yml"),
    ];
    let verified = verify(&source);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    // As docs/workflows/python-publish.yml has it: every file that fits is verified.
    let both = [("SUBJECT_PATH", "dist/*.whl\ndist/*.tar.gz\n")];
    let verified = verify(&both);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    assert!(said(&verified).contains("a.tar.gz"), "{}", said(&verified));
    std::fs::write(folder.path().join("dist/b.whl"), "nobody built it").unwrap();
    let refused = verify(&both);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    std::fs::remove_file(folder.path().join("dist/b.whl")).unwrap();
    let digest = lockstep::model::Digest::of(b"source").to_string();
    let image = [
        ("SUBJECT_NAME", "ghcr.io/acme/api"),
        ("SUBJECT_DIGEST", digest.as_str()),
    ];
    let verified = verify(&image);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    for (name, value) in [
        ("SOURCE_REPOSITORY", "acme/api2"),
        ("SOURCE_TAG", "v1.2"),
        ("WORKFLOW", "other.yml"),
        ("UNSAFE_NO_LOG", "false"),
        ("PREDICATE_TYPE", "publish"),
    ] {
        let refused = verify(&[(name, value)]);
        assert_eq!(refused.status.code(), Some(1), "{name}: {}", said(&refused));
    }
    std::fs::write(folder.path().join("dist/a.whl"), "another wheel").unwrap();
    let refused = verify(&source);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    // A wrong password signs nothing.
    let wrong = [("LOCKSTEP_KEY_PASSWORD", "incorrect")];
    let refused = run_with(folder.path(), &attest, &[JOB, &wrong].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(!said(&refused).contains("incorrect"));
}

#[test]
fn inputs_that_do_not_fit_end_with_2_and_a_word() {
    let folder = tempfile::tempdir().unwrap();
    for (inputs, word) in [
        (&[("MODE", "deploy")][..], "mode is attest, verify or check"),
        (&[("MODE", "check")][..], "needs the input policy"),
        (
            &[("MODE", "attest"), ("SUBJECT_DIGEST", "sha256:00")][..],
            "subject-name",
        ),
        (
            &[("MODE", "check"), ("POLICY", "p"), ("LOCAL", "yes")][..],
            "neither true nor false",
        ),
        (
            &[("MODE", "attest"), ("BUNDLE", "a\nb")][..],
            "bundle has more than one line",
        ),
    ] {
        let output = run(folder.path(), inputs);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(word), "{}", said(&output));
    }
    // What cannot be written is no deny, and no verdict is given out.
    let sarif = [
        ("MODE", "check"),
        ("POLICY", "p"),
        ("SARIF_FILE", "none/a.sarif"),
    ];
    let outputs = folder.path().join("outputs");
    let told = [("GITHUB_OUTPUT", outputs.to_str().unwrap())];
    let output = run_with(folder.path(), &sarif, &told);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("sarif-file"), "{}", said(&output));
    assert!(!outputs.exists());
    // An input in an error is no line of its own, which the runner could take for a command.
    let binary = [("MODE", "attest"), ("BINARY", "no\n::warning::planted%")];
    let output = run(folder.path(), &binary);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let told = "no%0A::warning::planted%25";
    assert!(said(&output).contains(told), "{}", said(&output));
}

/// An input is an argument, whatever it holds.
#[test]
fn an_input_is_never_part_of_a_script() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "$(touch planted)`touch planted`; touch planted #";
    for name in ["POLICY", "VERSION", "ENVIRONMENT", "WAIT", "FAIL_ON"] {
        let mut inputs = vec![("MODE", "check"), ("POLICY", "p.toml")];
        inputs.push((name, hostile));
        let output = run(folder.path(), &inputs);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    }
    for name in ["SUBJECT_PATH", "SUBJECT_NAME", "KEY", "BUNDLE"] {
        for mode in ["attest", "verify"] {
            let output = run(folder.path(), &[("MODE", mode), (name, hostile)]);
            assert!(!output.status.success(), "{}", said(&output));
        }
    }
    assert!(!folder.path().join("planted").exists());
}
