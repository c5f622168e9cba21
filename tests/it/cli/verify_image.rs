//! `lockstep verify oci:…`: what a registry has attached is believed only where it is about the image
//! that is named, as a whole or by its platform.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockstep::attest::SignedBundle;
use lockstep::attest::deliver::Referrer;
use lockstep::model::Digest;
use lockstep::observe::http::Limits;
use lockstep::observe::oci::Image;
use serde_json::{Value, json};

use super::{Folder, Ran, Run};
use crate::authority::legacy::Layer;
use crate::authority::{Authority, Claims, Options, statement};
use crate::observe::asking::{World, runtime};
use crate::observe::oci::pusher::Pusher;
use crate::observe::oci::registries::{Demand, Registry};
use crate::schemas::verification::describes;

const TIME: i64 = 1_750_000_000;
const COMMIT: &str = "08802efe1f8e5fec4ad842d6b8ce97656092ee72";
pub(super) const PREDICATE: &str = "https://example.com/built";

fn claims() -> Claims {
    Claims::github("acme/api", "refs/tags/v1.2.3", COMMIT)
}

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
        self.authority
            .sign(statement, &claims(), &Options::at(TIME))
    }

    /// What cosign before version 3 writes: a signature of an image.
    pub(super) fn legacy_signature(&self, image: Digest) -> Layer {
        self.authority.legacy_signature(image, &claims(), TIME)
    }

    /// The same of a statement.
    pub(super) fn legacy_attestation(&self, statement: &str) -> Layer {
        self.authority
            .legacy_attestation(statement, &claims(), TIME)
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

pub(super) fn count(list: &Value) -> usize {
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
