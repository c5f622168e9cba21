//! `lockstep verify oci:…`: what a registry has attached is believed only where it is about the digest
//! that was resolved, and what it does not answer is unknown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockstep::attest::SignedBundle;
use lockstep::attest::deliver::Referrer;
use lockstep::model::Digest;
use lockstep::observe::http::Limits;
use lockstep::observe::oci::Image;
use serde_json::{Value, json};

use super::{Folder, Ran, Run};
use crate::authority::{Authority, Claims, Options, statement};
use crate::observe::asking::{World, runtime};
use crate::observe::loopback::{Heard, Loopback, Step, answer, head};
use crate::observe::oci::pusher::{IMAGE, INDEX, Pusher};
use crate::observe::oci::registries::{Demand, Registry};
use crate::schemas::verification::describes;

const TIME: i64 = 1_750_000_000;
const COMMIT: &str = "08802efe1f8e5fec4ad842d6b8ce97656092ee72";
const PREDICATE: &str = "https://example.com/built";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A folder with the root of an authority that signs.
pub(super) struct Signers {
    pub(super) folder: Folder,
    authority: Authority,
}

impl Signers {
    pub(super) fn new() -> Self {
        let (folder, authority) = (Folder::new(), Authority::new("elsewhere"));
        folder.file("root.json", authority.trusted_root_json());
        Self { folder, authority }
    }

    /// A bundle about a digest, different for each name.
    pub(super) fn bundle(&self, name: &str, digest: Digest) -> String {
        self.signed(&statement(name, digest, PREDICATE, &json!({})))
    }

    pub(super) fn signed(&self, statement: &str) -> String {
        let claims = Claims::github("acme/api", "refs/tags/v1.2.3", COMMIT);
        self.authority.sign(statement, &claims, &Options::at(TIME))
    }

    /// Runs and expects what the bundles above state.
    pub(super) fn verify(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let head = [
            "verify",
            "--trusted-root",
            "root.json",
            "--certificate-oidc-issuer",
            "https://token.actions.githubusercontent.com",
            "--source-repository",
            "https://github.com/acme/api",
            "--predicate-type",
            "any",
        ];
        self.run(&[&head, arguments].concat(), variables)
    }

    pub(super) fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut run = Run::new(arguments).env("LOCKSTEP_TIMEOUT", "3s");
        for (name, value) in variables {
            run = run.env(name, value);
        }
        run.within(self.folder.path()).run()
    }

    /// The document, which its schema describes.
    pub(super) fn document(&self, arguments: &[&str]) -> Value {
        let ran = self.verify(&[arguments, &["--format", "json"]].concat(), &[]);
        let document = ran.json();
        describes(&document);
        document
    }
}

fn deliver(name: &str, digest: Digest, bundle: &str) {
    let world = World::new(Limits::default());
    let referrer = Referrer::new(&Image::read(name).unwrap()).unwrap();
    let bundle = SignedBundle {
        json: bundle.to_owned(),
    };
    let subject = digest.into();
    let delivered = referrer.deliver(&world.client, &subject, &bundle);
    runtime().block_on(delivered).unwrap();
}

fn registries() -> Vec<Registry> {
    let distribution = Registry::distribution(Demand::Nothing);
    distribution.into_iter().chain(Registry::ferro()).collect()
}

#[test]
fn an_index_is_verified_as_a_whole_and_one_platform_where_it_is_named() {
    for registry in registries() {
        let pusher = Pusher::new(registry.port());
        let amd64 = pusher.image("acme/api", None, "linux/amd64", "one");
        let arm64 = pusher.image("acme/api", None, "linux/arm64", "two");
        let index = pusher.index("acme/api", "1.0", &[amd64.clone(), arm64.clone()]);
        let name = registry.image("acme/api");
        let signers = Signers::new();
        let subject = format!("oci:{name}:1.0");

        let none = signers.verify(&[&subject], &[]);
        assert_eq!(none.code, Some(1), "{none:#?}");
        assert!(none.out.contains("no attestation"), "{}", none.out);
        assert!(none.out.contains(&index.digest.to_string()), "{}", none.out);

        deliver(&name, amd64.digest, &signers.bundle("a", amd64.digest));
        assert_eq!(signers.verify(&[&subject], &[]).code, Some(1));
        let platform = |it| signers.verify(&[&subject, "--platform", it], &[]);
        let one = platform("linux/amd64");
        assert_eq!(one.code, Some(0), "{one:#?}");
        assert!(one.out.contains(&amd64.digest.to_string()), "{}", one.out);
        assert_eq!(platform("linux/arm64").code, Some(1));
        platform("linux/s390x").refuses(&["linux/s390x", "linux/amd64, linux/arm64"]);

        // What is signed of the index holds for what it names.
        deliver(&name, index.digest, &signers.bundle("i", index.digest));
        let whole = signers.document(&[&subject]);
        assert_eq!(whole["verified"], true);
        let digests = &whole["subjects"][0]["digests"];
        assert_eq!(digests, &json!([index.digest.to_string()]));
        assert_eq!(whole["subjects"][0]["proofs"][0]["artifact"], digests[0]);
        let arm = signers.document(&[&subject, "--platform", "linux/arm64"]);
        assert_eq!(arm["verified"], true);
        let both = json!([arm64.digest.to_string(), index.digest.to_string()]);
        assert_eq!(arm["subjects"][0]["digests"], both);
        assert_eq!(arm["subjects"][0]["proofs"][0]["artifact"], both[1]);

        let by_digest = format!("oci:{name}@{}", index.digest);
        assert_eq!(signers.verify(&[&by_digest], &[]).code, Some(0));
        let shown = signers.run(&["inspect", &subject], &[]);
        assert_eq!(shown.code, Some(0), "{shown:#?}");
        assert!(shown.out.contains("UNVERIFIED"), "{}", shown.out);
        assert!(shown.out.contains(&index.digest.hex()), "{}", shown.out);
        let one = ["inspect", &subject, "--platform", "linux/amd64"];
        let shown = signers.run(&one, &[]);
        assert!(shown.out.contains(&amd64.digest.hex()), "{}", shown.out);
    }
}

/// THREATS row 5.
#[test]
fn each_of_several_attestations_is_verified_and_a_tampered_one_is_never_a_proof() {
    for registry in registries() {
        let pusher = Pusher::new(registry.port());
        let name = registry.image("acme/api");
        let signers = Signers::new();
        for tampered in 0..3 {
            let tag = format!("t{tampered}");
            let image = pusher.image("acme/api", Some(&tag), "linux/amd64", &tag);
            let stranger = Digest::of(b"another image");
            let other = signers.bundle("other", stranger);
            deliver(&name, image.digest, &other);
            for at in 0..2 {
                let mut bundle = signers.bundle(&format!("b{at}"), image.digest);
                if tampered == 2 || at == tampered {
                    bundle = with_another_signature(&bundle);
                }
                deliver(&name, image.digest, &bundle);
            }
            let subject = format!("oci:{name}:{tag}");
            let document = signers.document(&[&subject]);
            let found = &document["subjects"][0];
            let (proofs, rejections) = (count(&found["proofs"]), count(&found["rejections"]));
            let wanted = if tampered == 2 { (0, 3) } else { (1, 2) };
            assert_eq!((proofs, rejections), wanted, "{document:#}");
            assert_eq!(document["verified"], tampered != 2);
            let faults = found["rejections"].as_array().unwrap();
            assert!(faults.iter().any(|it| it["fault"] == "subject"));
        }
    }
}

fn count(list: &Value) -> usize {
    list.as_array().unwrap().len()
}

fn with_another_signature(bundle: &str) -> String {
    let mut bundle: Value = serde_json::from_str(bundle).unwrap();
    let signature = bundle
        .pointer_mut("/dsseEnvelope/signatures/0/sig")
        .unwrap();
    let mut bytes = STANDARD.decode(signature.as_str().unwrap()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    *signature = STANDARD.encode(bytes).into();
    bundle.to_string()
}

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
