//! `lockstep check --local`: a checkout before anything of it is published.

use std::process::Command;

use super::{Folder, Ran, Run};

/// A checkout whose HEAD is tagged, with a wheel and an sdist in `dist`, built by Python's own
/// `zipfile` and `tarfile`.
struct Checkout(Folder);

/// How its parts say the version.
struct Says<'s> {
    tag: Option<&'s str>,
    manifest: &'s str,
    wheel: [&'s str; 2],
    sdist: [&'s str; 2],
}

const AGREEING: Says<'_> = Says {
    tag: Some("v1.4.2"),
    manifest: "1.4.2",
    wheel: ["1.4.2"; 2],
    sdist: ["1.4.2"; 2],
};

const BUILD: &str = r#"
import io, sys, tarfile, zipfile
wheel, inside, sdist, there = sys.argv[1:]
with zipfile.ZipFile(f'dist/lib-{wheel}-py3-none-any.whl', 'w') as z:
    z.writestr(f'lib-{inside}.dist-info/METADATA', f'Metadata-Version: 2.1\nName: lib\nVersion: {inside}\n')
with tarfile.open(f'dist/lib-{sdist}.tar.gz', 'w:gz') as t:
    text = f'Metadata-Version: 2.1\nName: lib\nVersion: {there}\n'.encode()
    info = tarfile.TarInfo(f'lib-{sdist}/PKG-INFO'); info.size = len(text)
    t.addfile(info, io.BytesIO(text))
"#;

/// A library that would go to PyPI and to an image registry.
const POLICY: &str = r#"
[component]
name = "lib"
source = "https://github.com/acme/lib"
announced-by = "release"
branches = ["main"]
repository-id = 7

[line.release]
scheme = "pep440"

[channel.release]
kind = "github-release"
tag = "v{version}"

[channel.declared]
kind = "manifest"
file = "pyproject.toml"
key = "project.version"

[channel.pypi]
kind = "pypi"

[channel.image]
kind = "oci"
image = "ghcr.io/acme/lib"
tag = "{version}"

[[provenance]]
channels = ["pypi"]
kind = "publish"

[environment.production]
requires = ["pypi", "image"]
"#;

impl Checkout {
    fn new(says: &Says<'_>) -> Self {
        let checkout = Self(Folder::new());
        checkout.0.file("policy.toml", POLICY);
        checkout.commit(says.manifest);
        if let Some(tag) = says.tag {
            checkout.git(&["tag", "-a", "-m", "release", tag]);
        }
        checkout.0.file("source/dist/.gitignore", "*");
        let [wheel, inside] = says.wheel;
        let [sdist, there] = says.sdist;
        let built = Command::new("python3")
            .args(["-c", BUILD, wheel, inside, sdist, there])
            .current_dir(checkout.0.path().join("source"))
            .status();
        assert!(built.unwrap().success());
        checkout
    }

    fn commit(&self, version: &str) {
        let text = format!("[project]\nname = \"lib\"\nversion = \"{version}\"\n");
        self.0.file("source/pyproject.toml", text);
        self.git(&["init", "-q"]);
        self.git(&["add", "pyproject.toml"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    }

    fn git(&self, arguments: &[&str]) {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
        let source = self.0.path().join("source");
        std::fs::create_dir_all(&source).unwrap();
        let git = Command::new("git")
            .args(who)
            .args(arguments)
            .current_dir(source)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .status();
        assert!(git.unwrap().success(), "{arguments:?}");
    }

    fn check(&self, targets: &[&str], more: &[(&str, &str)]) -> Ran {
        let source = self.0.path().join("source");
        let mut arguments = vec!["check", "--local", "--path", source.to_str().unwrap()];
        let policy = self.0.path().join("policy.toml");
        match targets {
            ["policy", rest @ ..] => {
                arguments.push(policy.to_str().unwrap());
                arguments.extend(rest);
            }
            rest => arguments.extend(rest),
        }
        let cache = self.0.path().join("cache");
        let mut run = Run::new(&arguments)
            .env("PATH", &std::env::var("PATH").unwrap())
            .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap());
        for (name, value) in more {
            run = run.env(name, value);
        }
        run.run()
    }
}

fn codes(ran: &Ran) -> Vec<String> {
    let findings = ran.json()["findings"].as_array().unwrap().clone();
    let code = |finding: &serde_json::Value| finding["code"].as_str().unwrap().to_owned();
    findings.iter().map(code).collect()
}

#[test]
fn tag_manifest_and_files_that_agree_are_allowed_and_the_rest_is_not_asked() {
    let checkout = Checkout::new(&AGREEING);
    let ran = checkout.check(&["policy", "--format", "json"], &[]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let verdict = ran.json();
    let channels: Vec<&str> = verdict["cells"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| cell["channel"].as_str().unwrap())
        .collect();
    assert_eq!(channels, ["release", "declared", "pypi-dist"]);
    let endpoints = verdict["endpoints"].to_string();
    assert!(!endpoints.contains("://"), "{endpoints}");
    assert!(
        ran.err.contains("not asked") && ran.err.contains("image"),
        "{}",
        ran.err
    );
    assert_eq!(verdict["cells"][0]["version"], "1.4.2");
    // The approved bytes are those of the files.
    assert!(verdict["digests"].to_string().contains("sha256:"));
}

#[test]
fn each_part_that_says_another_version_denies() {
    for (says, code) in [
        (
            Says {
                manifest: "1.4.1",
                ..AGREEING
            },
            "declared-version-mismatch",
        ),
        (
            Says {
                wheel: ["1.4.2", "1.4.1"],
                ..AGREEING
            },
            "declared-version-mismatch",
        ),
        (
            Says {
                sdist: ["1.4.2", "1.4.1"],
                ..AGREEING
            },
            "declared-version-mismatch",
        ),
        // One of two files, the other is right: both would be uploaded.
        (
            Says {
                sdist: ["1.4.3.dev0"; 2],
                ..AGREEING
            },
            "version-unannounced",
        ),
        (
            Says {
                wheel: ["1.4.1"; 2],
                ..AGREEING
            },
            "version-unannounced",
        ),
        // What setuptools-scm builds from a dirty tree.
        (
            Says {
                wheel: ["1.4.3.dev0"; 2],
                sdist: ["1.4.3.dev0"; 2],
                ..AGREEING
            },
            "version-missing",
        ),
    ] {
        let ran = Checkout::new(&says).check(&["policy", "--format", "json"], &[]);
        assert_eq!(ran.code, Some(1), "{code}: {ran:#?}");
        assert!(codes(&ran).contains(&code.to_owned()), "{ran:#?}");
    }
}

#[test]
fn without_a_tag_at_head_there_is_no_release_to_judge() {
    let untagged = Checkout::new(&Says {
        tag: None,
        ..AGREEING
    });
    untagged
        .check(&["policy"], &[])
        .refuses(&["no tag is at HEAD", "--version"]);
    let foreign = Checkout::new(&Says {
        tag: Some("docs-1"),
        ..AGREEING
    });
    foreign
        .check(&["policy"], &[])
        .refuses(&["none of the tags at HEAD", "docs-1"]);
    // A version that is named and not tagged is announced by nobody.
    let ran = untagged.check(&["policy", "--version", "1.4.2", "--format", "json"], &[]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(
        codes(&ran).contains(&"version-unannounced".to_owned()),
        "{ran:#?}"
    );
}

#[test]
fn the_tag_of_a_workflow_must_be_the_one_that_is_checked_out() {
    let checkout = Checkout::new(&AGREEING);
    let ran = checkout.check(&["policy"], &[("GITHUB_REF", "refs/tags/v1.4.2")]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let ran = checkout.check(&["policy"], &[("GITHUB_REF", "refs/tags/v1.4.3")]);
    ran.refuses(&["GITHUB_REF names the tag `v1.4.3`", "not at HEAD"]);
}

/// The tag stands where it stood when the version was another one: the working tree is right, the
/// tagged commit is not.
#[test]
fn what_counts_is_the_tagged_commit() {
    let checkout = Checkout::new(&Says {
        manifest: "1.4.1",
        ..AGREEING
    });
    checkout.commit("1.4.2");
    let ran = checkout.check(&["policy", "--version", "1.4.2", "--format", "json"], &[]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert_eq!(codes(&ran), ["declared-version-mismatch"]);
}

#[test]
fn without_anything_built_the_files_are_not_compared_and_that_is_said() {
    let checkout = Checkout::new(&AGREEING);
    std::fs::remove_dir_all(checkout.0.path().join("source/dist")).unwrap();
    let ran = checkout.check(&["policy"], &[]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let words = "not compared, for nothing is built in `dist`: pypi";
    assert!(ran.err.contains(words), "{}", ran.err);
}

/// Of a monorepo only some packages are tagged at a time; the others are not judged.
#[test]
fn of_a_family_only_what_is_tagged_at_head_is_judged() {
    let family = POLICY
        .replace("name = \"lib\"", "names = [\"lib\", \"other\"]")
        .replace("tag = \"v{version}\"", "tag = \"{name}@{version}\"");
    let checkout = Checkout::new(&Says {
        tag: Some("lib@1.4.2"),
        ..AGREEING
    });
    checkout.0.file("policy.toml", family);
    let ran = checkout.check(&["policy", "--format", "json"], &[]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(ran.json()["component"], "lib");
    // The wheel of the other one was forgotten.
    checkout.git(&["tag", "other@1.4.2"]);
    let ran = checkout.check(&["policy", "--format", "json"], &[]);
    assert_ne!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(ran.out.lines().count(), 2, "{ran:#?}");
}

#[test]
fn a_guess_denies_and_never_allows() {
    let ran = Checkout::new(&AGREEING).check(&[], &[]);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(
        ran.err.contains("guessed from pyproject.toml"),
        "{}",
        ran.err
    );
    // Nor does any report: whoever reads one may not look at the exit code.
    let json = Checkout::new(&AGREEING)
        .check(&["--format", "json"], &[])
        .json();
    assert_eq!(json["verdict"], "indeterminate", "{json:#}");
    assert!(
        json["guessed"][0]
            .as_str()
            .unwrap()
            .contains("pyproject.toml")
    );
    for format in ["human", "markdown", "junit", "sarif", "csv"] {
        let ran = Checkout::new(&AGREEING).check(&["--format", format], &[]);
        assert_eq!(ran.code, Some(3), "{ran:#?}");
        for allow in [
            "lib: allow",
            "✅ allow",
            "value=\"allow\"",
            "\"verdict\": \"allow\"",
            "lib,allow",
        ] {
            assert!(!ran.out.contains(allow), "{format}: {}", ran.out);
        }
    }
    let wrong = Says {
        manifest: "1.4.1",
        ..AGREEING
    };
    let ran = Checkout::new(&wrong).check(&["--format", "json"], &[]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert_eq!(codes(&ran), ["declared-version-mismatch"]);
    let nothing = Checkout::new(&AGREEING);
    std::fs::remove_file(nothing.0.path().join("source/pyproject.toml")).unwrap();
    nothing
        .check(&[], &[])
        .refuses(&["no manifest there", "pyproject.toml, setup.cfg"]);
}

#[test]
fn a_checkout_that_is_none_is_an_error_and_a_broken_file_is_unknown() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let path = std::env::var("PATH").unwrap();
    let at = |place: &str| {
        let arguments = ["check", "--local", "--path", place, &policy];
        Run::new(&arguments).env("PATH", &path).run()
    };
    at("/nowhere").refuses(&["/nowhere: cannot be read", "--path"]);
    at(folder.path().to_str().unwrap()).refuses(&["git says"]);
    let checkout = Checkout::new(&AGREEING);
    checkout
        .0
        .file("source/dist/lib-1.4.2-py3-none-any.whl", "no zip");
    let ran = checkout.check(&["policy"], &[]);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(ran.out.contains("broken zip"), "{ran:#?}");
    Run::new(&["check", "--path", ".", &policy])
        .run()
        .refuses(&["--local"]);
    Run::new(&["check", "--local", "--all", &policy])
        .run()
        .refuses(&["--all"]);
}
