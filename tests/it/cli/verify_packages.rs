//! `lockstep verify` of packages, and of what GitHub's store has; and which trusted roots count.

use lockstep::attest::SignedBundle;
use lockstep::attest::deliver::{GithubStore, pep740};
use lockstep::model::Digest;
use lockstep::observe::Environment;
use lockstep::observe::http::Limits;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

use super::root;
use super::verify_image::Signers;
use crate::authority::statement;
use crate::observe::asking::{World, runtime};
use crate::observe::github_fake::Github;
use crate::observe::loopback::{Loopback, answer};
use crate::schemas::verification::describes;

const PUBLISH: &str = "https://docs.pypi.org/attestations/publish/v1";
const FILES: [&str; 2] = ["x-1.0-py3-none-any.whl", "x-1.0.tar.gz"];

/// An index with two files of a version, and what is attested to of each.
fn index(attested: [Option<String>; 2]) -> Loopback {
    Loopback::start(move |heard| {
        if heard.target == "/simple/x/" {
            let file = |(name, attested): (&str, &Option<String>)| {
                json!({"filename": name, "url": name, "hashes": {"sha256": Digest::of(name.as_bytes()).hex()},
                    "provenance": attested.as_ref().map(|_| "https://h/x")})
            };
            let files: Vec<Value> = FILES.into_iter().zip(&attested).map(file).collect();
            let page = json!({"meta": {"api-version": "1.3"}, "name": "x", "versions": ["1.0"], "files": files});
            let media = [("content-type", "application/vnd.pypi.simple.v1+json")];
            return answer("200 OK", &media, page.to_string().as_bytes());
        }
        for (name, attested) in FILES.into_iter().zip(&attested) {
            if heard.target == format!("/integrity/x/1.0/{name}/provenance")
                && let Some(attested) = attested
            {
                let body = format!(
                    r#"{{"version":1,"attestation_bundles":[{{"publisher":{{"kind":"GitHub"}},"attestations":[{attested}]}}]}}"#
                );
                let media = [("content-type", "application/vnd.pypi.integrity.v1+json")];
                return answer("200 OK", &media, body.as_bytes());
            }
        }
        answer(
            "404 Not Found",
            &[("content-type", "application/json")],
            b"{}",
        )
    })
}

fn published(signers: &Signers, name: &str) -> String {
    let said = statement(name, Digest::of(name.as_bytes()), PUBLISH, &Value::Null);
    let bundle = SignedBundle {
        json: signers.signed(&said),
    };
    pep740(&bundle).unwrap()
}

#[test]
fn every_file_of_a_version_on_an_index_must_verify() {
    let signers = Signers::new();
    let each = FILES.map(|name| published(&signers, name));
    let of = |server: &Loopback, subject: &str| {
        let address = server.url("/simple/");
        signers.verify(&[subject, "--index", &address, "--format", "json"], &[])
    };
    let [wheel, sdist] = each.clone();
    let whole = index(each.map(Some));
    let ran = of(&whole, "pypi:x==1.0");
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let document = ran.json();
    describes(&document);
    let subjects = document["subjects"].as_array().unwrap();
    let names: Vec<&str> = subjects
        .iter()
        .map(|it| it["subject"].as_str().unwrap())
        .collect();
    assert_eq!(names, FILES.map(|name| format!("pypi:x==1.0/{name}")));
    assert_eq!(
        subjects[1]["digests"][0],
        Digest::of(FILES[1].as_bytes()).to_string()
    );

    // Neither is said to lie where the other does.
    for (proved, name) in subjects.iter().zip(FILES) {
        let found = proved["proofs"][0]["found"].as_str().unwrap();
        let other = FILES.iter().find(|it| **it != name).unwrap();
        assert!(
            found.contains("/integrity/x/1.0/") && !found.contains(other),
            "{found}"
        );
    }

    let partly = index([Some(wheel.clone()), None]);
    let ran = of(&partly, "pypi:x==1.0");
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert_eq!(ran.json()["subjects"][0]["verified"], true);
    assert_eq!(ran.json()["subjects"][1]["verified"], false);
    assert_eq!(
        of(&partly, &format!("pypi:x==1.0/{}", FILES[0])).code,
        Some(0)
    );
    assert_eq!(
        of(&partly, &format!("pypi:x==1.0/{}", FILES[1])).code,
        Some(1)
    );
    // Another file's attestation is none of this one.
    assert_eq!(
        of(&index([Some(sdist), Some(wheel)]), "pypi:x==1.0").code,
        Some(1)
    );
    let address = whole.url("/simple/");
    let shown = signers.run(&["inspect", "pypi:x==1.0", "--index", &address], &[]);
    assert_eq!(shown.code, Some(0), "{shown:#?}");
    assert!(shown.out.contains("UNVERIFIED"), "{}", shown.out);
    // What is not listed is not known.
    assert_eq!(of(&whole, "pypi:x==2.0").code, Some(3));
}

#[test]
fn a_version_of_an_npm_package_is_verified_by_the_sha512_of_its_tarball() {
    let signers = Signers::new();
    let sha512 = Sha512::digest(b"tarball");
    let hex: String = sha512.iter().map(|it| format!("{it:02x}")).collect();
    let said = json!({"_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "pkg:npm/%40acme/ui@1.0.0", "digest": {"sha512": hex}}],
        "predicateType": "https://example.com/built", "predicate": {}});
    let bundle = signers.signed(&said.to_string());
    let integrity = {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(sha512);
        format!("sha512-{text}")
    };
    let server = Loopback::start(move |heard| {
        let body = match heard.target.as_str() {
            "/npm/@acme%2fui" => {
                json!({"name": "@acme/ui", "versions": {"1.0.0": {"version": "1.0.0", "dist": {
                "tarball": "https://cdn.example/ui-1.0.0.tgz", "integrity": integrity,
                "attestations": {"url": "https://r/x", "provenance": {}}}}}})
                .to_string()
            }
            "/npm/-/npm/v1/attestations/@acme%2fui@1.0.0" => {
                format!(r#"{{"attestations":[{{"predicateType":"p","bundle":{bundle}}}]}}"#)
            }
            _ => return answer("404 Not Found", &[], b""),
        };
        answer(
            "200 OK",
            &[("content-type", "application/json")],
            body.as_bytes(),
        )
    });
    let address = server.url("/npm/");
    let document = signers.document(&["npm:@acme/ui@1.0.0", "--registry", &address]);
    assert_eq!(document["verified"], true, "{document:#}");
    assert_eq!(
        document["subjects"][0]["digests"],
        json!([format!("sha512:{hex}")])
    );
    let shown = signers.run(
        &["inspect", "npm:@acme/ui@1.0.0", "--registry", &address],
        &[],
    );
    assert_eq!(shown.code, Some(0), "{shown:#?}");
    assert!(shown.out.contains("UNVERIFIED"), "{}", shown.out);
    let other = signers.verify(&["npm:@acme/ui@2.0.0", "--registry", &address], &[]);
    assert_eq!(other.code, Some(3), "{other:#?}");
}

#[test]
fn files_and_digests_are_verified_with_what_githubs_store_has() {
    let signers = Signers::new();
    let github = Github::with(&["acme/api"]);
    github.state().token("writer", true);
    let digest = Digest::of(b"artifact");
    let bundle = SignedBundle {
        json: signers.bundle("a.zip", digest),
    };
    let host = github.host();
    let variables = [("GITHUB_SERVER_URL", &*host), ("GITHUB_TOKEN", "writer")];
    let environment = Environment::empty()
        .with("GITHUB_SERVER_URL", &*host)
        .with("GITHUB_TOKEN", "writer");
    let world = World::with(Limits::default(), environment);
    let store = GithubStore::new(github.source("acme/api").parse().unwrap());
    let subject = digest.into();
    let kept = store.deliver(&world.client, &subject, &bundle);
    runtime().block_on(kept).unwrap();
    signers.folder.file("a.zip", "artifact");
    signers.folder.file("b.zip", "another");
    // Nothing beside the file is read where the store is asked.
    signers.folder.file("a.zip.sigstore.json", "{}");
    let verify = |subject: &str, repository: &str| {
        signers.verify(&[subject, "--repo", repository], &variables)
    };
    for subject in ["a.zip", &digest.to_string()] {
        let ran = verify(subject, "acme/api");
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        assert!(ran.out.contains(&digest.to_string()), "{}", ran.out);
    }
    let ran = verify("b.zip", "acme/api");
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.out.contains("no attestation"), "{}", ran.out);
    // Where the store cannot be asked, nobody knows; the worst of several subjects counts.
    let ran = verify("a.zip", "acme/other");
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(!ran.out.contains("no attestation"), "{}", ran.out);
    for (store, name) in [("--repo", "acme/api"), ("--owner", "acme")] {
        let shown = signers.run(&["inspect", &digest.to_string(), store, name], &variables);
        assert_eq!(shown.code, Some(0), "{shown:#?}");
        assert!(shown.out.contains("UNVERIFIED"), "{}", shown.out);
    }

    // Of an account, what is not shown is unknown.
    let of = |owner| signers.verify(&["a.zip", "b.zip", "--owner", owner], &variables);
    let ran = of("acme");
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(ran.out.contains("verified: a.zip"), "{}", ran.out);
    assert!(ran.out.contains("unknown: b.zip"), "{}", ran.out);
    let ran = signers.verify(&["a.zip", "--owner", &github.source("acme")], &variables);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    // Where it lies says nothing of whose signature counts.
    let arguments = ["verify", "a.zip", "--owner", "acme"];
    let ran = signers.run(&arguments, &variables);
    ran.refuses(&["whose signature counts"]);
    for (arguments, words) in [
        (&["--owner", "acme", "--repo", "acme/api"][..], "--repo"),
        (&["--owner", "acme", "--offline"], "--offline"),
        (&["--owner", "acme", "--bundle", "x"], "--bundle"),
        (&["--owner", "acme/api"], "no account of GitHub"),
    ] {
        let arguments = [&["a.zip"], arguments].concat();
        signers.verify(&arguments, &variables).refuses(&[words]);
    }
}

#[test]
fn results_say_which_root_was_trusted_and_a_damaged_store_is_an_error_that_names_its_file() {
    let signers = Signers::new();
    signers.folder.file("a.zip", "artifact");
    let bundle = signers.bundle("a.zip", Digest::of(b"artifact"));
    signers.folder.file("a.zip.sigstore.json", bundle);
    let named = signers.document(&["a.zip"]);
    assert_eq!(named["trust"][0]["source"], "file");
    let bytes = std::fs::read(signers.folder.path().join("root.json")).unwrap();
    assert_eq!(named["trust"][0]["root"], Digest::of(&bytes).to_string());

    let store = signers.folder.path().join("trust");
    let store = [("LOCKSTEP_TRUST_DIR", store.to_str().unwrap())];
    let verify = [
        "verify",
        "a.zip",
        "--unsafe-any-identity",
        "--format",
        "json",
    ];
    let ran = signers.run(&verify, &store);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let document = ran.json();
    describes(&document);
    let trust = document["trust"].as_array().unwrap();
    let shown = signers
        .run(&["trust", "show", "--format", "json"], &store)
        .json();
    for (at, name) in ["sigstore", "github"].into_iter().enumerate() {
        assert_eq!(trust[at]["trust"], name);
        assert_eq!(trust[at]["source"], "embedded");
        assert_eq!(trust[at]["root"], shown["trust"][at]["digest"]);
    }

    std::fs::create_dir(store[0].1).unwrap();
    signers.folder.file("trust/sigstore.json", "{}");
    let policy = root().join("policies/service.toml").display().to_string();
    for arguments in [&verify[..], &["check", &policy]] {
        signers
            .run(arguments, &store)
            .refuses(&["sigstore.json", "lockstep trust update"]);
    }
    // Signing without a key would be verified with it too.
    let attest = [
        "attest",
        "a.zip",
        "--predicate",
        "root.json",
        "--type",
        "https://example.com/x",
    ];
    let ran = signers.run(&attest, &store);
    ran.refuses(&["sigstore.json"]);
    // Who names a root does not read the store.
    assert_eq!(signers.verify(&["a.zip"], &store).code, Some(0));
}
