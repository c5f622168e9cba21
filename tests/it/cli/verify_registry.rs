//! `lockstep verify oci:…` at a registry that lies, is silent or sends elsewhere: what was resolved
//! once is what is verified, and what it does not answer is unknown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::Digest;
use serde_json::json;

use super::verify_image::{Signers, count};
use crate::observe::loopback::{Heard, Loopback, Step, answer, head};
use crate::observe::oci::pusher::{IMAGE, INDEX};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

fn index(turn: usize) -> Vec<u8> {
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "annotations": {"turn": turn.to_string()}})
        .to_string()
        .into_bytes()
}

fn referrer(of: Digest, bundle: &str) -> Vec<u8> {
    json!({"schemaVersion": 2, "mediaType": IMAGE, "artifactType": BUNDLE,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": Digest::of(b"{}"), "size": 2},
        "subject": {"mediaType": INDEX, "digest": of, "size": index(0).len()},
        "layers": [{"mediaType": BUNDLE, "digest": Digest::of(bundle.as_bytes()), "size": bundle.len()}]})
    .to_string()
    .into_bytes()
}

/// A registry whose tag is another image at each call, and which says of each that the bundle is
/// attached to it.
fn fickle(
    bundle: String,
    other: impl Fn(&Heard) -> Option<Vec<Step>> + Send + Sync + 'static,
) -> Loopback {
    let turn = AtomicUsize::new(0);
    Loopback::start(move |heard| {
        if let Some(steps) = other(heard) {
            return steps;
        }
        let path = heard.target.strip_prefix("/v2/x/").unwrap_or_default();
        let ok = |media: &str, body: &[u8]| match heard.method.as_str() {
            "HEAD" => vec![Step::Send(head("200 OK", &[("content-type", media)]))],
            _ => answer("200 OK", &[("content-type", media)], body),
        };
        let turns = (0..10).map(index);
        let mut turns = turns.map(|it| (Digest::of(&it), it));
        if path == "manifests/1.0" {
            return ok(INDEX, &index(turn.fetch_add(1, Ordering::SeqCst)));
        }
        let (kind, name) = path.split_once('/').unwrap_or_default();
        let found = turns.find_map(|(digest, body)| {
            let by = referrer(digest, &bundle);
            let own = Digest::of(&by).to_string();
            match kind {
                "manifests" if name == digest.to_string() => Some(ok(INDEX, &body)),
                "manifests" if name == own => Some(ok(IMAGE, &by)),
                "referrers" if name == digest.to_string() => {
                    let entry = json!({"mediaType": IMAGE, "digest": own, "size": by.len(), "artifactType": BUNDLE});
                    let list = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]});
                    Some(ok(INDEX, list.to_string().as_bytes()))
                }
                _ => None,
            }
        });
        match found {
            Some(steps) => steps,
            None if path == format!("blobs/{}", Digest::of(bundle.as_bytes())) => {
                ok("application/octet-stream", bundle.as_bytes())
            }
            None => answer(
                "404 Not Found",
                &[("content-type", "application/json")],
                b"{}",
            ),
        }
    })
}

fn subject_at(server: &Loopback) -> String {
    let address = server.url("/x");
    format!("oci:{}:1.0", address.strip_prefix("http://").unwrap())
}

/// THREATS rows 6 and 27.
#[test]
fn a_registry_with_another_digest_at_each_call_cannot_choose_what_was_verified() {
    let signers = Signers::new();
    let (first, second) = (Digest::of(&index(0)), Digest::of(&index(1)));
    // The image of the first call is attested to: its digest is the one that is said.
    let server = fickle(signers.bundle("first", first), |_| None);
    let document = signers.document(&[&subject_at(&server)]);
    assert_eq!(document["verified"], true, "{document:#}");
    let found = &document["subjects"][0];
    assert_eq!(found["digests"], json!([first.to_string()]));
    assert_eq!(found["proofs"][0]["artifact"], first.to_string());
    let asked: Vec<String> = server.heard().into_iter().map(|it| it.target).collect();
    let by_tag = asked.iter().filter(|it| it.ends_with("/manifests/1.0"));
    assert_eq!(by_tag.count(), 1, "{asked:?}");

    // Only what comes at the second call is: what was resolved first is not verified by it.
    let server = fickle(signers.bundle("second", second), |_| None);
    let document = signers.document(&[&subject_at(&server)]);
    assert_eq!(document["verified"], false, "{document:#}");
    let found = &document["subjects"][0];
    assert_eq!(found["digests"], json!([first.to_string()]));
    assert_eq!(found["rejections"][0]["fault"], "subject");
}

#[test]
fn a_registry_that_does_not_answer_is_unknown_and_never_without_attestations() {
    let signers = Signers::new();
    let bundle = signers.bundle("first", Digest::of(&index(0)));
    let broken = |what: &'static str| {
        fickle(bundle.clone(), move |heard| {
            let is = heard.target.contains(what);
            is.then(|| {
                answer(
                    "403 Forbidden",
                    &[("content-type", "application/json")],
                    b"{}",
                )
            })
        })
    };
    for what in ["/referrers/", "/blobs/", "/manifests/"] {
        let server = broken(what);
        let subject = subject_at(&server);
        let ran = signers.verify(&[&subject], &[]);
        assert_eq!(ran.code, Some(3), "{what}: {ran:#?}");
        assert!(ran.out.contains("unknown"), "{}", ran.out);
        assert!(!ran.out.contains("no attestation"), "{}", ran.out);
        let document = signers.document(&[&subject]);
        assert_eq!(document["verified"], false);
        assert!(count(&document["subjects"][0]["unread"]) > 0);
    }
    let nobody = signers.verify(&["oci:127.0.0.1:1/x:1.0"], &[]);
    assert_eq!(nobody.code, Some(3), "{nobody:#?}");
    // One that has nothing to say of the tag that older clients use proves what the others say.
    let server = broken(".att");
    let ran = signers.verify(&[&subject_at(&server)], &[]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
}

/// THREATS row 19.
#[test]
fn no_login_follows_a_registry_to_another_host() {
    let signers = Signers::new();
    let bundle = signers.bundle("first", Digest::of(&index(0)));
    let body = bundle.clone();
    let foreign = Arc::new(Loopback::start(move |_| {
        answer(
            "200 OK",
            &[("content-type", "application/json")],
            body.as_bytes(),
        )
    }));
    let there = foreign.clone();
    let server = fickle(bundle, move |heard| {
        if heard.header("authorization").is_none() {
            let realm = "Basic realm=\"registry\"";
            return Some(answer(
                "401 Unauthorized",
                &[("www-authenticate", realm)],
                b"{}",
            ));
        }
        let to = there.url(&heard.target);
        let is_blob = heard.target.contains("/blobs/");
        is_blob.then(|| answer("307 Temporary Redirect", &[("location", &to)], b""))
    });
    let subject = subject_at(&server);
    let host = subject
        .trim_start_matches("oci:")
        .split('/')
        .next()
        .unwrap();
    let auth = STANDARD.encode("m:s3cr3t-planted");
    let config = json!({"auths": {host: {"auth": auth}}}).to_string();
    std::fs::create_dir(signers.folder.path().join(".docker")).unwrap();
    signers.folder.file(".docker/config.json", config);
    let home = signers.folder.path().display().to_string();
    let ran = signers.verify(&[&subject, "--format", "json"], &[("HOME", &home)]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let heard = foreign.heard();
    assert!(!heard.is_empty(), "the redirect was not followed");
    assert!(heard.iter().all(|it| it.header("authorization").is_none()));
    assert!(!format!("{ran:?}").contains("s3cr3t"), "{ran:#?}");

    // Nor does it follow a challenge that names another host.
    let realm = format!("Basic realm=\"{}\"", foreign.url("/token"));
    let bearer = format!("Bearer realm=\"{}\",service=\"x\"", foreign.url("/token"));
    for challenge in [realm, bearer] {
        let server = Loopback::start(move |_| {
            answer(
                "401 Unauthorized",
                &[("www-authenticate", &challenge)],
                b"{}",
            )
        });
        let subject = subject_at(&server);
        let host = subject
            .trim_start_matches("oci:")
            .split('/')
            .next()
            .unwrap();
        let config = json!({"auths": {host: {"auth": auth}}}).to_string();
        signers.folder.file(".docker/config.json", config);
        let ran = signers.verify(&[&subject], &[("HOME", &home)]);
        assert_eq!(ran.code, Some(3), "{ran:#?}");
        let heard = foreign.heard();
        assert!(heard.iter().all(|it| it.header("authorization").is_none()));
        assert!(!format!("{ran:?}{heard:?}").contains("s3cr3t"), "{ran:#?}");
    }
}

#[test]
fn what_cannot_be_asked_so_is_refused_before_anybody_is() {
    let signers = Signers::new();
    signers.folder.file("a.zip", "artifact");
    let server = fickle(String::new(), |_| None);
    let image = subject_at(&server);
    for (arguments, words) in [
        (
            &[&*image, "--offline"][..],
            &["--offline", "lies elsewhere", "lockstep download"][..],
        ),
        (&["pypi:x==1", "--offline"], &["--offline"]),
        (&[&image, "--bundle", "root.json"], &["brings its own"]),
        (
            &[&image, "--index", "https://h/simple/"],
            &["--index", "pypi:"],
        ),
        (
            &["pypi:x==1", "--platform", "linux/amd64"],
            &["--platform", "oci:"],
        ),
        (
            &["a.zip", "--platform", "linux/amd64"],
            &["--platform", "oci:"],
        ),
        (&[&image, "pypi:x"], &["pypi:NAME==VERSION"]),
        (&["oci:ghcr.io/acme/api"], &["neither a tag nor a digest"]),
        (&["ghcr.io/acme/api:1.0"], &["`oci:HOST/NAME:TAG`"]),
        (&[&image, "--repo", "acme"], &["OWNER/NAME"]),
    ] {
        signers.verify(arguments, &[]).refuses(words);
    }
    let inspected = signers.run(&["inspect", &image, "--offline"], &[]);
    inspected.refuses(&["--offline"]);
    assert_eq!(server.heard().len(), 0);
}
