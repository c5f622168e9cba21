//! Registries that flood, lie, and change their answer at every call: bounded, and never "none".

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lockstep::model::{Digest, FailureKind};
use lockstep::observe::attached::{Place, of_image};
use serde_json::{Value, json};

use super::reference;
use crate::observe::asking::{World, patient, runtime};
use crate::observe::loopback::{Heard, Loopback, Step, answer, head};
use crate::observe::oci::pusher::{IMAGE, INDEX};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

fn subject() -> Vec<u8> {
    json!({"schemaVersion": 2, "mediaType": IMAGE,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json",
            "digest": Digest::of(b"{}"), "size": 2}, "layers": []})
    .to_string()
    .into_bytes()
}

fn descriptor(digest: Digest) -> Value {
    json!({"mediaType": IMAGE, "digest": digest, "size": 1, "artifactType": BUNDLE})
}

fn index(descriptors: &[Value]) -> Vec<u8> {
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": descriptors});
    index.to_string().into_bytes()
}

/// A referrer's manifest of one bundle of these bytes.
fn referrer(of: Digest, bundle: &[u8], size: usize) -> Vec<u8> {
    json!({"schemaVersion": 2, "mediaType": IMAGE, "artifactType": BUNDLE,
        "subject": {"mediaType": IMAGE, "digest": of, "size": 1},
        "layers": [{"mediaType": BUNDLE, "digest": Digest::of(bundle), "size": size}]})
    .to_string()
    .into_bytes()
}

/// A registry that has the subject and nothing else but what the script says.
fn registry(
    script: impl Fn(&Heard, &str) -> Option<Vec<Step>> + Send + Sync + 'static,
) -> Loopback {
    Loopback::start(move |heard| {
        let path = heard.target.strip_prefix("/v2/x/").unwrap_or_default();
        let subject = subject();
        let digest = Digest::of(&subject).to_string();
        if let Some(steps) = script(heard, path) {
            return steps;
        }
        if path == format!("manifests/{digest}") {
            return match heard.method.as_str() {
                "HEAD" => vec![Step::Send(head("200 OK", &[("content-type", IMAGE)]))],
                _ => answer("200 OK", &[("content-type", IMAGE)], &subject),
            };
        }
        answer(
            "404 Not Found",
            &[("content-type", "application/json")],
            b"{}",
        )
    })
}

fn ask(server: &Loopback) -> Place {
    let world = World::new(patient());
    let address = server.url("/x");
    let name = address.strip_prefix("http://").unwrap();
    let name = reference(&format!("{name}@{}", Digest::of(&subject())));
    let found = runtime().block_on(of_image(&world.client, &name, false));
    found.unwrap().places.remove(0)
}

fn stopped(server: &Loopback) -> (FailureKind, usize) {
    let found = ask(server).answer.unwrap();
    (found.stopped.unwrap().1.kind, found.documents.len())
}

fn listed(descriptors: Vec<Value>) -> Loopback {
    let body = index(&descriptors);
    registry(move |_, path| {
        let media = [("content-type", INDEX)];
        path.starts_with("referrers/")
            .then(|| answer("200 OK", &media, &body))
    })
}

/// THREATS row 11.
#[test]
fn a_hundred_thousand_referrers_are_bounded_and_not_none() {
    let all: Vec<Value> = (0..100_000_u32)
        .map(|it| descriptor(Digest::of(&it.to_be_bytes())))
        .collect();
    let begun = Instant::now();
    assert_eq!(stopped(&listed(all)), (FailureKind::TooLarge, 0));
    // On pages of a thousand, so that no single answer is too large.
    let paged = registry(|_, path| {
        let page = path.strip_prefix("referrers/")?;
        let page: u32 = page
            .split_once("page=")
            .map_or(0, |(_, it)| it.parse().unwrap());
        let entries = (0..1_000_u32).map(|it| {
            let digest = Digest::of(&(page * 1_000 + it).to_be_bytes());
            let mut other = descriptor(digest);
            other["artifactType"] = "application/spdx+json".into();
            other
        });
        let path = path.split('?').next().unwrap();
        let next = format!("</v2/x/{path}?page={}>; rel=\"next\"", page + 1);
        let media = [("content-type", INDEX), ("link", &*next)];
        Some(answer(
            "200 OK",
            &media,
            &index(&entries.collect::<Vec<_>>()),
        ))
    });
    assert_eq!(stopped(&paged), (FailureKind::TooLarge, 0));
    assert!(paged.heard().len() < 30, "{}", paged.heard().len());
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_list_that_never_ends_or_goes_elsewhere_is_bounded_and_not_none() {
    let empty = index(&[]);
    let of = |link: fn(&str) -> String| {
        let empty = empty.clone();
        registry(move |_, path| {
            let rest = path.strip_prefix("referrers/")?;
            let next = format!("<{}>; rel=\"next\"", link(rest));
            let media = [("content-type", INDEX), ("link", &*next)];
            Some(answer("200 OK", &media, &empty))
        })
    };
    let endless = of(|rest| {
        let (digest, page) = rest.split_once("?p=").unwrap_or((rest, "0"));
        let page: u32 = page.parse().unwrap();
        format!("/v2/x/referrers/{digest}?p={}", page + 1)
    });
    assert_eq!(stopped(&endless).0, FailureKind::TooLarge);
    let circle = of(|rest| format!("/v2/x/referrers/{rest}"));
    assert_eq!(stopped(&circle).0, FailureKind::Malformed);
    let elsewhere = of(|_| "https://evil.example/v2/x/referrers/1".to_owned());
    assert_eq!(stopped(&elsewhere).0, FailureKind::Redirect);
}

/// THREATS row 12.
#[test]
fn large_bundles_are_kept_up_to_the_cap_and_refused_beyond() {
    let of = Digest::of(&subject());
    let serve = |bundle: Vec<u8>, stated: usize| {
        let manifest = referrer(of, &bundle, stated);
        let list = index(&[descriptor(Digest::of(&manifest))]);
        registry(move |_, path| {
            let manifest_path = format!("manifests/{}", Digest::of(&manifest));
            let blob = format!("blobs/{}", Digest::of(&bundle));
            match path {
                it if it.starts_with("referrers/") => {
                    Some(answer("200 OK", &[("content-type", INDEX)], &list))
                }
                it if it == manifest_path => {
                    Some(answer("200 OK", &[("content-type", IMAGE)], &manifest))
                }
                it if it == blob => Some(answer("200 OK", &[], &bundle)),
                _ => None,
            }
        })
    };
    let ten = vec![b' '; 10 << 20];
    let found = ask(&serve(ten.clone(), ten.len())).answer.unwrap();
    assert_eq!(found.stopped, None);
    assert_eq!(found.documents.len(), 1);
    let large = vec![b' '; (16 << 20) + 1];
    // Where the manifest owns up to it, and where it does not.
    for stated in [large.len(), 1] {
        let server = serve(large.clone(), stated);
        assert_eq!(stopped(&server), (FailureKind::TooLarge, 0));
    }
    let odd = serve(vec![0xff, 0xfe], 2);
    assert_eq!(stopped(&odd), (FailureKind::Malformed, 0));
}

#[test]
fn answers_that_are_no_lists_are_never_none() {
    let deep = "[".repeat(200_000);
    for body in [
        "{}",
        "[]",
        "null",
        "<html>",
        r#"{"schemaVersion":1,"manifests":[]}"#,
        &deep,
    ] {
        let body = body.to_owned();
        let server = registry(move |_, path| {
            let media = [("content-type", INDEX)];
            path.starts_with("referrers/")
                .then(|| answer("200 OK", &media, body.as_bytes()))
        });
        assert_eq!(stopped(&server), (FailureKind::Malformed, 0));
    }
    for (status, kind) in [
        ("401 Unauthorized", FailureKind::Unauthorized),
        ("403 Forbidden", FailureKind::Forbidden),
        ("429 Too Many Requests", FailureKind::RateLimited),
        ("500 Oh", FailureKind::ServerError),
    ] {
        // The list of the API, the tag that stands for it, and each of the legacy tags.
        for part in ["referrers/", "manifests/sha256-"] {
            let server =
                registry(move |_, path| path.starts_with(part).then(|| answer(status, &[], b"")));
            assert_eq!(stopped(&server).0, kind, "{part}");
        }
    }
}

/// THREATS rows 6 and 27: whatever it answers at each call, the digest that was asked about stays,
/// and no bytes pass for those of another digest.
#[test]
fn a_registry_that_changes_its_answer_replaces_no_digest() {
    let of = Digest::of(&subject());
    let calls = AtomicUsize::new(0);
    let server = registry(move |_, path| {
        let call = calls.fetch_add(1, Ordering::SeqCst);
        let bundle = format!("{{\"call\":{call}}}").into_bytes();
        let manifest = referrer(of, &bundle, bundle.len());
        if path.starts_with("referrers/") {
            let list = index(&[
                descriptor(Digest::of(b"one")),
                descriptor(Digest::of(b"two")),
            ]);
            return Some(answer("200 OK", &[("content-type", INDEX)], &list));
        }
        let other = path.starts_with("manifests/") && !path.contains(&of.hex());
        other.then(|| answer("200 OK", &[("content-type", IMAGE)], &manifest))
    });
    assert_eq!(stopped(&server), (FailureKind::Malformed, 0));

    let other = Digest::of(b"other").to_string();
    let server = registry(move |heard, _| {
        let stated = [("content-type", IMAGE), ("docker-content-digest", &*other)];
        (heard.method == "HEAD").then(|| vec![Step::Send(head("200 OK", &stated))])
    });
    let unanswered = ask(&server).answer.unwrap_err();
    assert_eq!(unanswered.failure.kind, FailureKind::Malformed);
}

/// The list may name anything: what refers to another image is not attached to this one.
#[test]
fn a_referrer_of_another_image_is_not_attached() {
    let manifest = referrer(Digest::of(b"another"), b"{}", 2);
    let list = index(&[descriptor(Digest::of(&manifest))]);
    let server = registry(move |_, path| {
        if path.starts_with("referrers/") {
            return Some(answer("200 OK", &[("content-type", INDEX)], &list));
        }
        let own = format!("manifests/{}", Digest::of(&manifest));
        (path == own).then(|| answer("200 OK", &[("content-type", IMAGE)], &manifest))
    });
    let found = ask(&server).answer.unwrap();
    assert_eq!((found.stopped, found.documents.len()), (None, 0));
}
