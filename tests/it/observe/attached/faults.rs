//! Every fault, in each question to each place: unknown, never "none" (THREATS rows 3, 11, 13).

use std::time::Duration;

use lockstep::model::{ArtifactDigest, Digest};
use lockstep::observe::attached::{PackageFile, PackageVersion, Place, of_npm, of_pypi_file};
use lockstep::observe::attached::{of_digest_on_github, of_image};
use serde_json::json;

use super::reference;
use crate::observe::asking::{World, runtime, short};
use crate::observe::loopback::{Heard, Loopback, Step, answer, head};
use crate::observe::oci::pusher::{IMAGE, INDEX};

/// A place that is asked.
#[derive(Debug, Clone, Copy)]
enum Which {
    Registry,
    Github,
    PyPi,
    Npm,
}

/// Each question by its place and what its target holds.
const QUESTIONS: [(Which, &str, &str); 12] = [
    (Which::Registry, "HEAD", "/v2/x/manifests/sha256:"),
    (Which::Registry, "GET", "/v2/x/referrers/"),
    (Which::Registry, "GET", "sha256-SUBJECT"),
    (Which::Registry, "GET", "sha256-SUBJECT.sig"),
    (Which::Registry, "GET", "sha256-SUBJECT.att"),
    (Which::Registry, "GET", "/v2/x/manifests/sha256:REFERRER"),
    (Which::Registry, "GET", "/v2/x/blobs/"),
    (Which::Github, "GET", "/attestations/sha256:"),
    (Which::Github, "GET", "/bundle"),
    (Which::PyPi, "GET", "/integrity/"),
    (Which::Npm, "GET", "/npm/ui"),
    (Which::Npm, "GET", "/npm/-/npm/v1/attestations/"),
];

const BUNDLE: &[u8] = b"{\"a bundle\":1}";

fn subject() -> Vec<u8> {
    json!({"schemaVersion": 2, "mediaType": IMAGE,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json",
            "digest": Digest::of(b"{}"), "size": 2}, "layers": []})
    .to_string()
    .into_bytes()
}

fn referrer() -> Vec<u8> {
    let media = "application/vnd.dev.sigstore.bundle.v0.3+json";
    json!({"schemaVersion": 2, "mediaType": IMAGE,
        "subject": {"mediaType": IMAGE, "digest": Digest::of(&subject()), "size": 1},
        "layers": [{"mediaType": media, "digest": Digest::of(BUNDLE), "size": BUNDLE.len()}]})
    .to_string()
    .into_bytes()
}

fn matches(question: &(Which, &str, &str), heard: &Heard) -> bool {
    let part = question
        .2
        .replace("SUBJECT", &Digest::of(&subject()).hex())
        .replace("REFERRER", &Digest::of(&referrer()).hex());
    let whole = part.starts_with("sha256-");
    heard.method == question.1
        && match whole {
            true => heard.target.ends_with(&part),
            false => heard.target.contains(&part),
        }
}

/// What all places answer where all is well.
fn well(heard: &Heard, server: &str) -> Vec<Step> {
    let path = heard.target.split('?').next().unwrap();
    let json = |document: serde_json::Value| {
        let media = [("content-type", "application/json")];
        answer("200 OK", &media, document.to_string().as_bytes())
    };
    let (of_subject, of_referrer) = (Digest::of(&subject()), Digest::of(&referrer()));
    let image = [("content-type", IMAGE)];
    if path == format!("/v2/x/manifests/{of_subject}") {
        return match heard.method.as_str() {
            "HEAD" => vec![Step::Send(head("200 OK", &image))],
            _ => answer("200 OK", &image, &subject()),
        };
    }
    if path == format!("/v2/x/manifests/{of_referrer}") {
        return answer("200 OK", &image, &referrer());
    }
    if path.starts_with("/v2/x/referrers/") {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
            {"mediaType": IMAGE, "digest": of_referrer, "size": 1}]});
        let media = [("content-type", INDEX)];
        return answer("200 OK", &media, index.to_string().as_bytes());
    }
    if path.starts_with("/v2/x/blobs/") {
        return answer("200 OK", &[], BUNDLE);
    }
    if path.contains("/attestations/sha256:") {
        let url = format!("{server}/bundle?sig=x");
        return json(json!({"attestations": [{"bundle": null, "bundle_url": url}]}));
    }
    if path == "/bundle" {
        let block = snap::raw::Encoder::new().compress_vec(BUNDLE).unwrap();
        return answer("200 OK", &[], &block);
    }
    if path == "/simple/x/" {
        let file = json!({"filename": "x-1.0.zip", "url": "u", "provenance": "p",
            "hashes": {"sha256": Digest::of(b"x").hex()}});
        return json(
            json!({"meta": {"api-version": "1.3"}, "name": "x", "versions": ["1.0"],
            "files": [file]}),
        );
    }
    if path.starts_with("/integrity/") {
        return json(json!({"version": 1, "attestation_bundles": [{"attestations": [{"a": 1}]}]}));
    }
    if path == "/npm/ui" {
        let dist = json!({"tarball": "https://h/ui-1.0.0.tgz", "attestations": {},
            "integrity": format!("sha512-{}", "A".repeat(86) + "==")});
        return json(json!({"name": "ui", "versions": {"1.0.0": {"dist": dist}}}));
    }
    if path.starts_with("/npm/-/npm/v1/attestations/") {
        return json(json!({"attestations": [{"bundle": {"a": 1}}]}));
    }
    answer(
        "404 Not Found",
        &[("content-type", "application/json")],
        b"{}",
    )
}

/// Asks a place; nothing where its artifact itself could not be seen, which says enough.
fn ask(which: Which, server: &Loopback) -> Option<Place> {
    let world = World::new(short());
    let url = |path: &str| server.url(path).parse().unwrap();
    let found = runtime().block_on(async {
        match which {
            Which::Registry => {
                let address = server.url("/x");
                let name = address.strip_prefix("http://").unwrap();
                let name = reference(&format!("{name}@{}", Digest::of(&subject())));
                of_image(&world.client, &name, false).await
            }
            Which::Github => {
                let artifact: ArtifactDigest = Digest::of(b"x").into();
                Ok(of_digest_on_github(&world.client, &url("/acme/api"), &artifact).await)
            }
            Which::PyPi => {
                let file = PackageFile {
                    project: "x".to_owned(),
                    version: "1.0".to_owned(),
                    file: None,
                    index: Some(url("/simple/")),
                };
                of_pypi_file(&world.client, &file).await
            }
            Which::Npm => {
                let version = PackageVersion {
                    package: "ui".to_owned(),
                    version: "1.0.0".to_owned(),
                    registry: Some(url("/npm/")),
                };
                of_npm(&world.client, &version).await
            }
        }
    });
    found.ok().map(|it| it.places.into_iter().next().unwrap())
}

fn whole(place: Option<&Place>) -> bool {
    place.is_some_and(|it| it.answer.as_ref().is_ok_and(|it| it.stopped.is_none()))
}

fn start(
    question: Option<usize>,
    fault: impl Fn() -> Vec<Step> + Send + Sync + 'static,
) -> Loopback {
    Loopback::start(move |heard| {
        let server = format!("http://{}", heard.header("host").unwrap());
        match question {
            Some(number) if matches(&QUESTIONS[number], heard) => fault(),
            _ => well(heard, &server),
        }
    })
}

#[test]
fn without_a_fault_every_place_is_read_whole() {
    for which in [Which::Registry, Which::Github, Which::PyPi, Which::Npm] {
        let server = start(None, Vec::new);
        let place = ask(which, &server);
        assert!(whole(place.as_ref()), "{which:?}: {place:?}");
        let found = place.unwrap().answer.unwrap();
        assert_eq!(found.documents.len(), 1, "{which:?}");
        // Each question of the table was asked.
        let heard = server.heard();
        for question in &QUESTIONS {
            let same = std::mem::discriminant(&question.0) == std::mem::discriminant(&which);
            let asked = heard.iter().any(|it| matches(question, it));
            assert!(asked || !same, "{question:?}");
        }
    }
}

#[test]
fn every_fault_in_every_question_is_unknown_and_never_none() {
    let status = |status: &'static str| move || answer(status, &[], b"");
    let faults: Vec<(&str, Box<dyn Fn() -> Vec<Step> + Send + Sync>)> = vec![
        (
            "silence",
            Box::new(|| vec![Step::Sleep(Duration::from_secs(3))]),
        ),
        ("reset", Box::new(|| vec![Step::Reset])),
        ("nothing", Box::new(Vec::new)),
        ("401", Box::new(status("401 Unauthorized"))),
        ("403", Box::new(status("403 Forbidden"))),
        ("429", Box::new(status("429 Too Many Requests"))),
        ("500", Box::new(status("500 Oh"))),
        ("206", Box::new(status("206 Partial Content"))),
        (
            "shorter than it says",
            Box::new(|| {
                let mut bytes = head("200 OK", &[("content-length", "1000")]);
                bytes.extend_from_slice(b"{\"attestations\":[]}");
                vec![Step::Send(bytes)]
            }),
        ),
        (
            "redirect to plain http",
            Box::new(|| answer("302 Found", &[("location", "http://h.example/")], b"")),
        ),
    ];
    for (name, fault) in faults {
        let fault = std::sync::Arc::new(fault);
        std::thread::scope(|scope| {
            for number in 0..QUESTIONS.len() {
                let fault = fault.clone();
                scope.spawn(move || {
                    let server = start(Some(number), move || fault());
                    let place = ask(QUESTIONS[number].0, &server);
                    // To a HEAD, a status and its fields are a whole answer, however the body ends.
                    let head = QUESTIONS[number].1 == "HEAD" && name == "shorter than it says";
                    let read = whole(place.as_ref());
                    assert!(!read || head, "{name}, {:?}: {place:?}", QUESTIONS[number]);
                });
            }
        });
    }
}
