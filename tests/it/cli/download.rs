//! `lockstep download`: what is attached, byte for byte, and what it says where that is unknown.

use lockstep::attest::SignedBundle;
use lockstep::attest::deliver::{GithubStore, Referrer};
use lockstep::model::Digest;
use lockstep::observe::Environment;
use lockstep::observe::http::Limits;
use lockstep::observe::oci::Image;

use super::{Folder, Ran, Run};
use crate::observe::asking::{World, runtime};
use crate::observe::attached::bundle;
use crate::observe::github_fake::Github;
use crate::observe::loopback::{Loopback, answer};
use crate::observe::oci::pusher::Pusher;
use crate::observe::oci::registries::{Demand, Registry};

fn download(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let cache = folder.path().join("cache");
    let mut run = Run::new(&[&["download"], arguments].concat())
        .env("PATH", &std::env::var("PATH").unwrap())
        .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap());
    for (name, value) in variables {
        run = run.env(name, value);
    }
    run.within(folder.path()).run()
}

/// The files that were saved, by name, with their bytes.
fn saved(folder: &Folder, name: &str) -> Vec<(String, String)> {
    let Ok(files) = std::fs::read_dir(folder.path().join(name)) else {
        return Vec::new();
    };
    let mut files: Vec<(String, String)> = files
        .flatten()
        .filter(|it| it.path().is_file())
        .map(|it| {
            let name = it.file_name().into_string().unwrap();
            (name, std::fs::read_to_string(it.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn named(bundle: &SignedBundle) -> (String, String) {
    let digest = Digest::of(bundle.json.as_bytes());
    (format!("sha256-{}.json", digest.hex()), bundle.json.clone())
}

#[test]
fn what_is_attached_to_an_image_is_saved_byte_for_byte_and_called_unverified() {
    let Some(registry) = Registry::distribution(Demand::Nothing) else {
        return;
    };
    let pusher = Pusher::new(registry.port());
    let amd64 = pusher.image("acme/api", None, "linux/amd64", "one");
    let index = pusher.index("acme/api", "1.0", std::slice::from_ref(&amd64));
    let name = registry.image("acme/api");
    let (of_index, of_amd64) = (bundle(&index.digest, "i"), bundle(&amd64.digest, "a"));
    let folder = Folder::new();
    let subject = format!("{name}:1.0");
    let none = download(&folder, &[&subject, "--output", "none"], &[]);
    assert_eq!(none.code, Some(1), "{none:#?}");
    assert!(none.err.contains("nothing is attached"), "{}", none.err);
    assert!(saved(&folder, "none").is_empty());

    let world = World::new(Limits::default());
    let referrer = Referrer::new(&Image::read(&name).unwrap()).unwrap();
    for (digest, bundle) in [(index.digest, &of_index), (amd64.digest, &of_amd64)] {
        let subject = digest.into();
        let delivered = referrer.deliver(&world.client, &subject, bundle);
        runtime().block_on(delivered).unwrap();
    }
    // The second time the files are there already.
    for _ in 0..2 {
        let ran = download(&folder, &[&subject, "--output", "one"], &[]);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        assert!(ran.out.contains("UNVERIFIED"), "{}", ran.out);
        assert_eq!(saved(&folder, "one"), [named(&of_index)]);
        // As readable as any file that is written here: what is attached is no secret.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: std::path::PathBuf| path.metadata().unwrap().permissions().mode();
            let plain = folder.path().join("plain");
            std::fs::write(&plain, "").unwrap();
            let file = folder.path().join("one").join(named(&of_index).0);
            assert_eq!(mode(file), mode(plain));
        }
    }
    let arguments = [&*subject, "--platforms", "--output", "both"];
    let ran = download(&folder, &arguments, &[]);
    assert!(ran.out.contains("linux/amd64"), "{}", ran.out);
    let mut both = [named(&of_index), named(&of_amd64)];
    both.sort();
    assert_eq!(saved(&folder, "both"), both);
    let ran = download(&folder, &[&subject, "--output", "-"], &[]);
    assert_eq!(ran.out, format!("{}\n", of_index.json));

    // What is no JSON would be whatever it likes to who reads the lines, as a runner does.
    let command = SignedBundle {
        json: "::stop-commands::pwned\n".to_owned(),
    };
    let subject_of_odd = amd64.digest.into();
    let delivered = referrer.deliver(&world.client, &subject_of_odd, &command);
    runtime().block_on(delivered).unwrap();
    let ran = download(&folder, &[&subject, "--platforms", "--output", "-"], &[]);
    assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{ran:#?}");
    assert!(ran.err.contains("is no JSON"), "{ran:#?}");

    std::fs::write(folder.path().join("one").join(named(&of_index).0), "x").unwrap();
    let ran = download(&folder, &[&subject, "--output", "one"], &[]);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
}

#[test]
fn a_file_and_a_digest_are_asked_for_in_githubs_store() {
    let github = Github::with(&["acme/api"]);
    github.state().token("writer", true);
    let digest = Digest::of(b"artifact");
    let one = bundle(&digest, "1");
    let host = github.host();
    let variables = [("GITHUB_SERVER_URL", &*host), ("GITHUB_TOKEN", "writer")];
    let environment = Environment::empty()
        .with("GITHUB_SERVER_URL", &*host)
        .with("GITHUB_TOKEN", "writer");
    let world = World::with(Limits::default(), environment);
    let store = GithubStore::new(github.source("acme/api").parse().unwrap());
    let subject = digest.into();
    let kept = store.deliver(&world.client, &subject, &one);
    runtime().block_on(kept).unwrap();
    github.state().attestations().elsewhere = true;
    let folder = Folder::new();
    folder.file("a.zip", b"artifact");
    let digest_text = digest.to_string();
    for (subject, store, name) in [
        ("./a.zip", "--repo", "acme/api"),
        (&digest_text, "--repo", "acme/api"),
        (&digest_text, "--owner", "acme"),
    ] {
        let arguments = [subject, store, name, "--output", "-"];
        let ran = download(&folder, &arguments, &variables);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        let read: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let wanted: serde_json::Value = serde_json::from_str(&one.json).unwrap();
        assert_eq!(read, wanted);
    }
    // Where the store cannot be asked, nobody can say that there is none.
    let arguments = [&*digest.to_string(), "-R", "acme/other"];
    let ran = download(&folder, &arguments, &variables);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(!ran.err.contains("nothing is attached"), "{}", ran.err);
}

#[test]
fn what_names_nothing_is_a_usage_error_with_a_hint() {
    let folder = Folder::new();
    let digest = Digest::of(b"x").to_string();
    for (arguments, words) in [
        (&["api"][..], "names no host"),
        (&["ghcr.io/acme/api"], "neither a tag nor a digest"),
        (&["pypi:x"], "pypi:NAME==VERSION"),
        (&["npm:x@latest"], "npm:NAME@VERSION"),
        (&[&digest], "--repo"),
        (&[&digest, "--repo", "acme"], "OWNER/NAME"),
        (&[&digest, "--owner", "a/b"], "no account of GitHub"),
        (&[&digest, "--repo", "a/b", "--platforms"], "for images"),
        (
            &[&digest, "--repo", "a/b", "--index", "https://h/"],
            "pypi:",
        ),
        (&["pypi:x==1", "--registry", "https://h/"], "npm:"),
    ] {
        let ran = download(&folder, arguments, &[]);
        assert_eq!(ran.code, Some(2), "{ran:#?}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
}

#[test]
fn the_index_and_the_registry_that_are_named_are_asked() {
    let server = Loopback::start(|_| answer("404 Not Found", &[], b""));
    let folder = Folder::new();
    for (subject, option, path, asked) in [
        ("pypi:lib==1.0", "--index", "/simple/", "/simple/lib/"),
        ("npm:lib@1.0.0", "--registry", "/npm/", "/npm/lib"),
    ] {
        let before = server.heard().len();
        let ran = download(&folder, &[subject, option, &server.url(path)], &[]);
        assert!([Some(1), Some(2), Some(3)].contains(&ran.code), "{ran:#?}");
        let heard = server.heard();
        assert!(heard.len() > before, "{ran:#?}");
        assert!(
            heard[before].target.starts_with(asked),
            "{}",
            heard[before].target
        );
    }
    assert!(
        saved(&folder, ".")
            .iter()
            .all(|it| !it.0.starts_with("sha256-"))
    );
}
