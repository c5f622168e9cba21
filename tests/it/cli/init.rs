//! `lockstep init` on real checkouts: what is guessed, that it lints, that nothing is overwritten.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Folder, Ran, Run, root};

/// A checkout of a fixture: a real repository with a remote and tags.
struct Checkout {
    folder: Folder,
}

impl Checkout {
    fn of(fixture: &str, remote: Option<&str>, tags: &[&str]) -> Self {
        let checkout = Self {
            folder: Folder::new(),
        };
        let fixtures = root().join("fixtures/checkouts");
        copy(&fixtures.join(fixture), &checkout.path());
        checkout.git(&["init", "-q", "-b", "main"]);
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
        checkout.git(&[&who[..], &["commit", "-q", "--allow-empty", "-m", "x"]].concat());
        if let Some(remote) = remote {
            checkout.git(&["remote", "add", "origin", remote]);
        }
        for tag in tags {
            checkout.git(&["tag", tag]);
        }
        checkout
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("checkout")
    }

    fn git(&self, arguments: &[&str]) {
        let git = Command::new("git")
            .arg("-C")
            .arg(self.path())
            .args(arguments)
            .status();
        assert!(git.unwrap().success());
    }

    fn init(&self, more: &[&str]) -> Ran {
        let path = self.path();
        let arguments = [&["init", path.to_str().unwrap()], more].concat();
        run(&arguments)
    }
}

fn run(arguments: &[&str]) -> Ran {
    let path = std::env::var("PATH").unwrap();
    Run::new(arguments).env("PATH", &path).run()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            std::fs::copy(&entry, &target).unwrap();
        }
    }
}

/// The policy of a fixture's checkout is the one beside it, and `policy lint` has nothing to say
/// against it.
#[track_caller]
fn guesses(fixture: &str, remote: &str, tags: &[&str]) -> String {
    let checkout = Checkout::of(fixture, Some(remote), tags);
    let ran = checkout.init(&["--output", "-"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let text = ran.out;
    let expected = root().join(format!("fixtures/checkouts/{fixture}.toml"));
    if std::env::var_os("LOCKSTEP_WRITE_DOCS").is_some() {
        std::fs::write(&expected, &text).unwrap();
    }
    let expected = std::fs::read_to_string(expected).unwrap_or_default();
    assert_eq!(
        text, expected,
        "run this test with LOCKSTEP_WRITE_DOCS=1 and look at the change"
    );
    let written = checkout.folder.file("guessed.toml", &text);
    let lint = Run::new(&["policy", "lint", &written]).run();
    assert_eq!(lint.code, Some(0), "{lint:#?}");
    // A tag alone has nothing to be compared with, and the lint says so too.
    let alone = lint.err.contains("nothing to compare");
    assert_eq!(alone, fixture == "tag-only-library", "{lint:#?}");
    assert!(alone || lint.err.is_empty(), "{lint:#?}");
    text
}

#[test]
fn a_python_library_is_a_release_and_an_index_with_the_same_files() {
    let text = guesses(
        "python-library",
        "git@github.com:acme/acme-client.git",
        &["v2.0.0", "v2.1.0"],
    );
    for words in [
        "name = \"acme-client\"",
        "source = \"https://github.com/acme/acme-client\"",
        "kind = \"github-release\"\ntag = \"v{version}\"",
        "# .github/workflows/publish.yml line 19: uses pypa/gh-action-pypi-publish\n[channel.pypi]",
        "on = \"same-files\"",
        "key = \"project.version\"",
    ] {
        assert!(text.contains(words), "no `{words}` in {text}");
    }
}

#[test]
fn a_service_is_two_registries_fed_by_two_workflows() {
    let tags = ["v1.5.0", "1.4.0", "1.3.0"];
    let text = guesses("service", "https://github.com/acme/api.git", &tags);
    for words in [
        "tag = [\"v{version}\", \"{version}\"]",
        "image = \"docker.io/acme/api\"\ntag = \"{version}\"\nfloating = [\"{major}.{minor}\", \"latest\"]",
        "image = \"111122223333.dkr.ecr.eu-west-1.amazonaws.com/api\"",
        "on = \"same-commit\"\nbecause = \"several workflows build it\"",
        "# Not used: what to write for `image` cannot be told from there",
    ] {
        assert!(text.contains(words), "no `{words}` in {text}");
    }
}

#[test]
fn a_service_for_flux_has_development_builds_beside_releases() {
    let text = guesses(
        "flux-service",
        "https://github.com/acme/orders",
        &["v1.4.0"],
    );
    for words in [
        "[line.development]\nscheme = \"dev-build\"",
        "image = \"ghcr.io/acme/orders\"\ntag = \"{version}\"\nlines = [\"release\", \"development\"]",
        "image = \"ghcr.io/acme/charts/orders\"",
        "plus = \"underscore\"",
        "tag = \"v{version}\"\nlines = [\"release\"]",
    ] {
        assert!(text.contains(words), "no `{words}` in {text}");
    }
}

#[test]
fn a_data_task_is_an_image_a_function_and_objects() {
    let tags = ["ingest-2026.11.1", "ingest-2026.11.2"];
    let text = guesses("data-task", "https://github.com/acme/ingest", &tags);
    for words in [
        "tag = \"{name}-{version}\"",
        "function = \"ingest-trigger\"\nregion = \"eu-west-1\"",
        "bucket = \"acme-airflow-dags\"\nkey = \"ingest/{version}/dags.zip\"",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/ingest",
        "222233334444.dkr.ecr.eu-west-1.amazonaws.com/ingest",
    ] {
        assert!(text.contains(words), "no `{words}` in {text}");
    }
}

#[test]
fn a_monorepo_is_a_family_without_its_private_packages() {
    let tags = ["@acme/core@1.3.0", "@acme/ui@0.9.1"];
    let text = guesses("changesets-monorepo", "https://github.com/acme/web", &tags);
    for words in [
        "names = [\"@acme/core\", \"@acme/ui\"]",
        "tag = \"{name}@{version}\"",
        "package = \"{name}\"\nregistry = \"https://npm.pkg.github.com\"",
    ] {
        assert!(text.contains(words), "no `{words}` in {text}");
    }
    assert!(!text.contains("@acme/internal"), "{text}");
}

#[test]
fn a_library_by_tag_alone_says_that_nothing_compares_it() {
    let text = guesses(
        "tag-only-library",
        "https://github.com/acme/tf-network",
        &["v1.0.0"],
    );
    assert!(text.contains("nothing to compare"), "{text}");
}

#[test]
fn without_a_remote_the_folder_itself_announces_and_a_check_asks_it() {
    let checkout = Checkout::of("tag-only-library", None, &["1.0.0"]);
    let ran = checkout.init(&[]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let policy = checkout.path().join("lockstep.toml");
    let text = std::fs::read_to_string(&policy).unwrap();
    assert!(text.contains("path = \".\""), "{text}");
    let checked = run(&["check", policy.to_str().unwrap()]);
    assert_eq!(
        checked.code,
        Some(3),
        "a tag alone is no allow: {checked:#?}"
    );
    assert!(checked.out.contains("nothing-to-compare"), "{checked:#?}");
}

#[test]
fn without_a_remote_the_declared_version_is_read_in_the_folder_too() {
    let checkout = Checkout::of("python-library", None, &[]);
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
    checkout.git(&["add", "--all"]);
    checkout.git(&[&who[..], &["commit", "-q", "-m", "y"]].concat());
    checkout.git(&["tag", "v2.1.0"]);
    let ran = checkout.init(&[]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let policy = checkout.path().join("lockstep.toml");
    let text = std::fs::read_to_string(&policy).unwrap();
    let declared =
        "kind = \"manifest\"\nfile = \"pyproject.toml\"\nkey = \"project.version\"\npath = \".\"";
    assert!(text.contains(declared), "{text}");
    let only = format!("{text}\n[environment.here]\nrequires = [\"declared\"]\n");
    std::fs::write(&policy, only).unwrap();
    let checked = run(&[
        "check",
        policy.to_str().unwrap(),
        "--environment",
        "here",
        "--version",
        "2.1.0",
    ]);
    assert_eq!(checked.code, Some(0), "{checked:#?}");
}

/// A name that nobody can have keeps the others in their agreement: two images without one would
/// be held to one digest.
#[test]
fn images_agree_without_the_one_that_cannot_be_used() {
    let checkout = Checkout::of(
        "tag-only-library",
        Some("https://github.com/acme/net"),
        &["v1.0.0"],
    );
    let steps = ["ghcr.io/acme/api", "quay.io/acme/web", "ghcr.io/acme/_x_"]
        .map(|image| format!("      - run: docker push {image}:${{GITHUB_REF_NAME}}\n"));
    let workflow = format!("on: push\njobs:\n  a:\n    steps:\n{}", steps.concat());
    let folder = checkout.path().join(".github/workflows");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("images.yml"), workflow).unwrap();
    let ran = checkout.init(&["-o", "-"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let agreement = "\n[[agree]]\nchannels = [\"ghcr\", \"quay\"]\non = \"same-commit\"\n";
    assert!(ran.out.contains(agreement), "{}", ran.out);
    assert!(
        ran.out.contains("`ghcr.io/acme/_x_` is no image name"),
        "{}",
        ran.out
    );
}

#[test]
fn a_file_that_is_there_is_not_overwritten_without_force() {
    let checkout = Checkout::of("tag-only-library", None, &[]);
    let policy = checkout.path().join("lockstep.toml");
    std::fs::write(&policy, "mine").unwrap();
    checkout
        .init(&[])
        .refuses(&["lockstep.toml is there already", "--force"]);
    assert_eq!(std::fs::read_to_string(&policy).unwrap(), "mine");
    let forced = checkout.init(&["--force"]);
    assert_eq!(forced.code, Some(0), "{forced:#?}");
    assert!(
        std::fs::read_to_string(&policy)
            .unwrap()
            .contains("[component]")
    );
    assert!(
        forced.err.contains("lockstep policy lint"),
        "{}",
        forced.err
    );
}

#[test]
fn what_cannot_be_read_or_written_is_said_with_what_to_do() {
    run(&["init", "/nowhere/at/all", "-o", "-"]).refuses(&["/nowhere/at/all", "this is no folder"]);
    run(&["init", "cargo:serde", "-o", "-"]).refuses(&["cargo:serde", "pypi:graphene-pynamodb"]);
    let checkout = Checkout::of("tag-only-library", None, &[]);
    checkout
        .init(&["-o", "/nowhere/policy.toml"])
        .refuses(&["/nowhere/policy.toml cannot be written"]);
}

/// THREATS rows 12, 13 and 28: a checkout is a stranger's.
#[test]
fn hostile_checkouts_give_a_policy_that_loads_or_an_error_never_a_panic() {
    let bomb = "a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\njobs: *c\n";
    let deep = format!("jobs: {}", "[".repeat(20_000));
    let escape = "jobs:\n  a:\n    steps:\n      - run: docker push \"evil\\u001b[2J\\nannounced-by = 1/x:1\"\n";
    let huge = "x".repeat(3 << 20);
    for (at, text) in [bomb, &deep, escape, &huge, "\u{0}"].iter().enumerate() {
        let checkout = Checkout::of(
            "tag-only-library",
            Some("https://github.com/acme/x"),
            &["v1.0.0"],
        );
        std::fs::write(checkout.path().join(".github/workflows/evil.yml"), text).unwrap();
        std::fs::write(checkout.path().join("package.json"), text).unwrap();
        std::fs::write(checkout.path().join("pyproject.toml"), text).unwrap();
        let ran = checkout.init(&["-o", "-"]);
        assert_eq!(ran.code, Some(0), "{at}: {ran:#?}");
        assert!(
            !ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'),
            "{at}"
        );
        let written = checkout.folder.file("guessed.toml", &ran.out);
        let lint = Run::new(&["policy", "lint", &written]).run();
        assert_eq!(lint.code, Some(0), "{at}: {lint:#?}");
    }
}

/// A link in a checkout leads nowhere: what it points to is not read.
#[cfg(unix)]
#[test]
fn links_out_of_a_checkout_are_not_followed() {
    let checkout = Checkout::of("tag-only-library", None, &[]);
    let secret = checkout
        .folder
        .file("secret.toml", "[project]\nname = \"stolen\"\n");
    std::os::unix::fs::symlink(secret, checkout.path().join("pyproject.toml")).unwrap();
    let ran = checkout.init(&["-o", "-"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(!ran.out.contains("stolen"), "{}", ran.out);
}

#[test]
fn a_login_in_the_remote_stays_there() {
    let remote = "https://me:hunter2@github.com/acme/x.git";
    let checkout = Checkout::of("tag-only-library", Some(remote), &["v1.0.0"]);
    let ran = checkout.init(&["-o", "-"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(
        ran.out.contains("source = \"https://github.com/acme/x\""),
        "{}",
        ran.out
    );
    assert!(!format!("{ran:?}").contains("hunter2"), "{ran:#?}");
}

/// Where objects are missing, git would fetch them by whatever command the repository names.
#[cfg(unix)]
#[test]
fn a_checkout_that_lacks_objects_has_no_command_of_its_own_run() {
    let remote = "https://github.com/acme/x";
    let checkout = Checkout::of("tag-only-library", Some(remote), &[]);
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
    checkout.git(&[&who[..], &["tag", "-a", "-m", "x", "v1.0.0"]].concat());
    let reference = checkout.path().join(".git/refs/tags/v1.0.0");
    let object = std::fs::read_to_string(reference).unwrap();
    let (folder, file) = object.trim().split_at(2);
    std::fs::remove_file(checkout.path().join(".git/objects").join(folder).join(file)).unwrap();
    let trace = checkout.folder.path().join("trace");
    let command = format!("ext::sh -c touch% {}", trace.display());
    for (key, value) in [
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "evil"),
        ("remote.evil.promisor", "true"),
        ("remote.evil.url", &command),
        ("protocol.ext.allow", "always"),
    ] {
        checkout.git(&["config", key, value]);
    }
    let ran = checkout.init(&["-o", "-"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.err.contains("git gives no tags here"), "{ran:#?}");
    let path = checkout.path();
    let local = run(&["check", "--local", "--path", path.to_str().unwrap()]);
    assert_eq!(local.code, Some(2), "{local:#?}");
    assert!(!trace.exists(), "a command of the repository was run");
}

/// What a stranger's workflow costs has an end: places, and values that multiply.
#[test]
fn workflows_that_grow_by_being_read_end_soon() {
    let lines =
        |count: usize, line: &dyn Fn(usize) -> String| -> String { (0..count).map(line).collect() };
    let pushes = |count| {
        let push = |at| format!("          docker push ghcr.io/acme/x{at}:1\n");
        format!(
            "jobs:\n  a:\n    steps:\n      - run: |\n{}",
            lines(count, &push)
        )
    };
    let variables = format!(
        "env:\n  A: {}\n{}jobs:\n  a:\n    steps:\n{}",
        "x".repeat(7_000),
        lines(20_000, &|at| format!("  B{at}: $A\n")),
        "      - run: b\n".repeat(1_900)
    );
    for (text, words) in [
        (pushes(20_000), "it publishes to more than 200 places"),
        (pushes(150), "103 more places were found, and are left out"),
        (variables, "No publishing step was recognised"),
    ] {
        let remote = Some("https://github.com/acme/x");
        let checkout = Checkout::of("tag-only-library", remote, &["v1.0.0"]);
        std::fs::write(checkout.path().join(".github/workflows/evil.yml"), text).unwrap();
        let begun = std::time::Instant::now();
        let ran = checkout.init(&["-o", "-"]);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        assert!(ran.err.contains(words), "no `{words}` in {}", ran.err);
        assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    }
}
