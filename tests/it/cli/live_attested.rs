//! `lockstep check --wait` while the step that attests has not ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lockstep::attest::SignedBundle;
use lockstep::attest::deliver::pep740;
use lockstep::model::Digest;
use serde_json::{Value, json};

use super::Folder;
use super::live::{Live, serving};
use crate::authority::{Authority, Claims, Options, statement};
use crate::observe::loopback::{Loopback, answer};

const FILE: &str = "lib-1.0.tar.gz";

/// A release that is as old as said, whose file is attested once that is switched on.
fn uploaded(at: &str) -> (Live, Arc<AtomicBool>) {
    let authority = Authority::new("late");
    let folder = Folder::new();
    folder.file("root.json", authority.trusted_root_json());
    let digest = Digest::of(FILE.as_bytes());
    let publish = "https://docs.pypi.org/attestations/publish/v1";
    let said = statement(FILE, digest, publish, &Value::Null);
    let claims = Claims::github("acme/lib", "refs/tags/1.0", &"a".repeat(40));
    let json = authority.sign(&said, &claims, &Options::at(1_750_000_000));
    let attestation = pep740(&SignedBundle { json }).unwrap();
    let provenance = format!(
        r#"{{"version":1,"attestation_bundles":[{{"publisher":{{"kind":"GitHub"}},"attestations":[{attestation}]}}]}}"#
    );
    let at = at.to_owned();
    let is_attested = Arc::new(AtomicBool::new(false));
    let known = Arc::clone(&is_attested);
    let index = Loopback::start(move |heard| {
        let known = known.load(Ordering::SeqCst);
        let page = json!({
            "meta": {"api-version": "1.3"}, "name": "lib", "versions": ["1.0"],
            "files": [{"filename": FILE, "url": FILE, "size": 3, "upload-time": at,
                "hashes": {"sha256": digest.hex()},
                "provenance": known.then_some("https://h/provenance")}],
        });
        let (media, body) = match heard.target.as_str() {
            "/simple/lib/" => ("application/vnd.pypi.simple.v1+json", page.to_string()),
            "/integrity/lib/1.0/lib-1.0.tar.gz/provenance" if known => {
                ("application/vnd.pypi.integrity.v1+json", provenance.clone())
            }
            _ => return answer("404 Not Found", &[], b""),
        };
        answer("200 OK", &[("content-type", media)], body.as_bytes())
    });
    let table = "\n[[provenance]]\nchannels = [\"pypi\"]\nkind = \"publish\"\n\
                 source = \"https://github.com/acme/lib\"\ntrusted-root = \"root.json\"\n";
    let live = serving(folder, index, table);
    live.git(&["-C", "repository", "tag", "1.0"]);
    (live, is_attested)
}

#[test]
fn waiting_asks_again_until_the_release_is_attested() {
    let now = lockstep::observe::now().to_string();
    let (live, is_attested) = uploaded(&now);
    let pending = live.check(&["--format", "json"]).run();
    assert_eq!(pending.code, Some(3), "{pending:#?}");
    let verdict = pending.json();
    assert_eq!(verdict["verdict"], "indeterminate", "{verdict:#}");
    assert_eq!(verdict["findings"][0]["code"], "provenance-missing");
    assert!(verdict["retry-at"].is_string(), "{verdict:#}");
    let shown = live.check(&[]).run();
    assert!(shown.out.contains("may still come"), "{}", shown.out);

    let over = live.check(&["--wait", "1s"]).run();
    assert_eq!(over.code, Some(3), "{over:#?}");
    let late = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| live.check(&["--wait", "30s"]).run());
        std::thread::sleep(Duration::from_secs(2));
        is_attested.store(true, Ordering::SeqCst);
        waiting.join().unwrap()
    });
    assert_eq!(late.code, Some(0), "{late:#?}");
}

#[test]
fn after_the_window_nothing_is_awaited() {
    let (live, is_attested) = uploaded("2026-01-01T00:00:00Z");
    let denied = live.check(&["--wait", "30s"]).run();
    assert_eq!(denied.code, Some(1), "{denied:#?}");
    assert!(denied.out.contains("provenance-missing"), "{}", denied.out);
    is_attested.store(true, Ordering::SeqCst);
    let allowed = live.check(&[]).run();
    assert_eq!(allowed.code, Some(0), "{allowed:#?}");
}
