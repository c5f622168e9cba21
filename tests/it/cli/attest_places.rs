//! `lockstep attest --to …`: real registries and GitHub's store get each bundle once, and whoever
//! cannot be asked is told from whoever refuses.

use serde_json::Value;

use super::{Folder, Ran, Run};
use crate::observe::github_fake::Github;
use crate::observe::loopback::{Loopback, answer};
use crate::observe::oci::pusher::Pusher;
use crate::observe::oci::registries::{Demand, Registry};
use crate::observe::peers::free_port;

const ATTEST: &[&str] = &[
    "attest",
    "--key",
    "lockstep.key",
    "--no-log",
    "--format",
    "json",
    "--builder-id",
    "https://builder.example/one",
];

fn world() -> Folder {
    let folder = Folder::new();
    let ran = Run::new(&["key", "generate", "--unencrypted"]);
    assert_eq!(ran.within(folder.path()).run().code, Some(0));
    folder
}

fn run(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let cache = folder.path().join("cache");
    let mut run = Run::new(arguments)
        .env("PATH", &std::env::var("PATH").unwrap())
        .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap());
    for (name, value) in variables {
        run = run.env(name, value);
    }
    run.within(folder.path()).run()
}

fn attest(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    run(folder, &[ATTEST, arguments].concat(), variables)
}

/// What became of each place.
#[track_caller]
fn outcomes(ran: &Ran) -> Vec<String> {
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let told = ran.json();
    let places = told["attestations"].as_array().unwrap().iter();
    let outcome = |it: &Value| it["outcome"].as_str().unwrap().to_owned();
    places.map(outcome).collect()
}

/// The one bundle that is attached to a subject, and that it verifies under the key.
#[track_caller]
fn one_that_verifies(
    folder: &Folder,
    subject: &[&str],
    digest: &str,
    variables: &[(&str, &str)],
) -> Vec<u8> {
    let saved = folder.path().join("saved");
    let arguments = [&["download", "--output", "saved"], subject].concat();
    let ran = run(folder, &arguments, variables);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let files: Vec<_> = std::fs::read_dir(&saved).unwrap().flatten().collect();
    assert_eq!(files.len(), 1, "{ran:#?}");
    let file = files[0].path();
    let arguments = [
        "verify",
        "--key",
        "lockstep.pub",
        "--unsafe-no-log",
        "--bundle",
        file.to_str().unwrap(),
        digest,
    ];
    let ran = run(folder, &arguments, &[]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let bytes = std::fs::read(file).unwrap();
    std::fs::remove_dir_all(saved).unwrap();
    bytes
}

#[test]
fn a_registry_with_and_without_referrers_gets_a_bundle_once_and_images_in_one_statement() {
    let distribution = Registry::distribution(Demand::Nothing);
    for registry in distribution.into_iter().chain(Registry::ferro()) {
        let pusher = Pusher::new(registry.port());
        let pushed = pusher.image("acme/api", Some("1.0"), "linux/amd64", "one");
        let other = pusher.image("acme/web", Some("1.0"), "linux/amd64", "two");
        let folder = world();
        let api = format!("oci:{}:1.0", registry.image("acme/api"));
        let web = format!("oci:{}:1.0", registry.image("acme/web"));
        let arguments = [&*api, "--to", "registry"];
        assert_eq!(outcomes(&attest(&folder, &arguments, &[])), ["attested"]);
        let subject = api.strip_prefix("oci:").unwrap();
        let digest = pushed.digest.to_string();
        let first = one_that_verifies(&folder, &[subject], &digest, &[]);

        let again = attest(&folder, &arguments, &[]);
        assert_eq!(outcomes(&again), ["already-attested"]);
        // Neither is anything pushed that is signed anew: the bytes are those of the first run.
        let second = one_that_verifies(&folder, &[subject], &digest, &[]);
        assert_eq!(first, second);

        let both = attest(&folder, &[&*web, &*api, "--to", "registry"], &[]);
        assert_eq!(outcomes(&both), ["attested", "attested"]);
        assert_eq!(both.json()["subjects"].as_array().unwrap().len(), 2);
        let web = web.strip_prefix("oci:").unwrap();
        one_that_verifies(&folder, &[web], &other.digest.to_string(), &[]);
    }
}

#[test]
fn githubs_store_gets_one_bundle_about_several_files_once() {
    let github = Github::with(&["acme/api"]);
    github.state().token("writer", true);
    github.state().token("reader", false);
    let host = github.host();
    let of = |token: &'static str| {
        [
            ("GITHUB_SERVER_URL", host.clone()),
            ("GITHUB_REPOSITORY", "acme/api".to_owned()),
            ("GITHUB_TOKEN", token.to_owned()),
        ]
    };
    let folder = world();
    folder.file("dist/a.zip", "one");
    folder.file("dist/b.zip", "two");
    let attest = |token: &'static str| {
        let variables = of(token);
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, it)| (*name, &**it)).collect();
        attest(&folder, &["dist", "--to", "github"], &variables)
    };
    let refused = attest("reader");
    refused.refuses(&["attestations: write", &host]);
    assert_eq!(outcomes(&attest("writer")), ["attested"]);
    assert_eq!(outcomes(&attest("writer")), ["already-attested"]);
    let posts = github.heard().into_iter().filter(|it| it.method == "POST");
    assert_eq!(
        posts.count(),
        2,
        "the refused one and the one that was kept"
    );
    let variables = of("writer");
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, it)| (*name, &**it)).collect();
    for name in ["dist/a.zip", "dist/b.zip"] {
        let subject = [name, "--repo", "acme/api"];
        one_that_verifies(&folder, &subject, name, &variables);
    }
}

#[test]
fn whoever_cannot_be_asked_ends_a_run_with_3_and_whoever_refuses_with_2() {
    let folder = world();
    let statuses = [
        ("401 Unauthorized", 2),
        ("403 Forbidden", 2),
        ("404 Not Found", 2),
        ("503 Unavailable", 3),
        ("429 Too Many Requests", 3),
    ];
    for (status, code) in statuses {
        let later = [("retry-after", "900")];
        let headers = if code == 3 { &later[..] } else { &[] };
        let refusal = answer(status, headers, b"{}");
        let server = Loopback::start(move |_| refusal.clone());
        let address = server.url("");
        let host = address.strip_prefix("http://").unwrap();
        let image = format!("oci:{host}/acme/api:1.0");
        let ran = attest(&folder, &[&image, "--to", "registry"], &[]);
        assert_eq!(ran.code, Some(code), "{status}: {ran:#?}");
        assert_eq!(ran.out, "");
        assert!(ran.err.contains(host), "{ran:#?}");
    }
    // Nobody listens there.
    let closed = format!("127.0.0.1:{}", free_port());
    let image = format!("oci:{closed}/acme/api:1.0");
    let ran = attest(&folder, &[&image, "--to", "registry"], &[]);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    folder.file("a.zip", "one");
    let variables = [
        ("GITHUB_SERVER_URL", &*format!("http://{closed}")),
        ("GITHUB_REPOSITORY", "acme/api"),
        ("GITHUB_TOKEN", "writer"),
    ];
    let ran = attest(&folder, &["a.zip", "--to", "github"], &variables);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
}
