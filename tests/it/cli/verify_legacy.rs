//! What cosign before version 3 left at a registry, from there to `lockstep verify`, `inspect` and
//! `download`.

use lockstep::model::Digest;
use serde_json::{Value, json};

use super::verify_image::{PREDICATE, Signers, count};
use crate::authority::legacy::Layer;
use crate::authority::statement;
use crate::observe::oci::pusher::{IMAGE, Pusher};
use crate::observe::oci::registries::{Demand, Registry};

/// Puts layers where cosign looks for them: `sha256-HEX.sig` and `.att`.
fn push(pusher: &Pusher, image: Digest, suffix: &str, layers: &[&Layer]) {
    let config = pusher.blob("acme/api", b"{\"config\":1}");
    let layers: Vec<Value> = layers
        .iter()
        .map(|it| {
            let blob = pusher.blob("acme/api", &it.payload);
            json!({"mediaType": it.media_type, "digest": blob.0, "size": blob.1,
                "annotations": it.annotations})
        })
        .collect();
    let manifest = json!({"schemaVersion": 2, "mediaType": IMAGE,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": config.0, "size": config.1},
        "layers": layers});
    let tag = format!("sha256-{}.{suffix}", image.hex());
    pusher.manifest("acme/api", Some(&tag), IMAGE, manifest.to_string());
}

fn about(signers: &Signers, image: Digest) -> Layer {
    signers.legacy_attestation(&statement("api", image, PREDICATE, &json!({})))
}

/// One registry of each kind, with an image `1.0`.
fn registries() -> impl Iterator<Item = (Registry, Pusher, Digest)> {
    let distribution = Registry::distribution(Demand::Nothing);
    let all = distribution.into_iter().chain(Registry::ferro());
    all.map(|registry| {
        let pusher = Pusher::new(registry.port());
        let image = pusher.image("acme/api", Some("1.0"), "linux/amd64", "one");
        (registry, pusher, image.digest)
    })
}

#[test]
fn a_legacy_signature_and_attestation_verify_where_a_promise_is_accepted() {
    for (registry, pusher, image) in registries() {
        let signers = Signers::new();
        let subject = format!("oci:{}:1.0", registry.image("acme/api"));
        push(&pusher, image, "sig", &[&signers.legacy_signature(image)]);
        let att = about(&signers, image);
        push(&pusher, image, "att", &[&att]);

        // A promise is no proof: that has to be said.
        let strict = signers.verify(&[&subject], &[]);
        assert_eq!(strict.code, Some(1), "{strict:#?}");
        assert!(strict.out.contains("unsafe-set-only"), "{}", strict.out);

        let both = signers.document(&[&subject, "--unsafe-set-only"]);
        assert_eq!(both["verified"], true, "{both:#}");
        let proofs = &both["subjects"][0]["proofs"];
        assert_eq!(count(proofs), 2, "{both:#}");
        for proof in proofs.as_array().unwrap() {
            assert_eq!(proof["artifact"], image.to_string());
        }
        // The one is a signature, the other a statement of its type: neither is taken for both.
        for (kind, proved) in [("signature", 1), (PREDICATE, 1), ("slsa", 0)] {
            let arguments = ["verify", "--trusted-root", "root.json", "--format", "json"];
            let issuer = "https://token.actions.githubusercontent.com";
            let source = "https://github.com/acme/api";
            let expected = [
                "--certificate-oidc-issuer",
                issuer,
                "--source-repository",
                source,
            ];
            let more = ["--predicate-type", kind, "--unsafe-set-only", &subject];
            let ran = signers.run(&[&arguments[..], &expected, &more].concat(), &[]);
            let document = ran.json();
            assert_eq!(document["verified"], proved == 1, "{kind}: {document:#}");
            assert_eq!(count(&document["subjects"][0]["proofs"]), proved, "{kind}");
        }
    }
}

/// Whoever may push copies the tags of one image to another.
#[test]
fn what_was_signed_of_one_image_proves_nothing_of_another() {
    for (registry, pusher, image) in registries() {
        let signers = Signers::new();
        let other = pusher.image("acme/api", Some("2.0"), "linux/amd64", "two");
        let (sig, att) = (signers.legacy_signature(image), about(&signers, image));
        push(&pusher, other.digest, "sig", &[&sig]);
        push(&pusher, other.digest, "att", &[&att]);
        let subject = format!("oci:{}:2.0", registry.image("acme/api"));
        let document = signers.document(&[&subject, "--unsafe-set-only"]);
        assert_eq!(document["verified"], false, "{document:#}");
        let rejections = document["subjects"][0]["rejections"].as_array().unwrap();
        assert_eq!(rejections.len(), 2);
        assert!(rejections.iter().all(|it| it["fault"] == "subject"));

        // Of several layers the one that is about the image counts.
        let own = signers.legacy_signature(other.digest);
        push(&pusher, other.digest, "sig", &[&sig, &own]);
        let document = signers.document(&[&subject, "--unsafe-set-only"]);
        assert_eq!(document["verified"], true, "{document:#}");
        assert_eq!(count(&document["subjects"][0]["proofs"]), 1);
        assert_eq!(count(&document["subjects"][0]["rejections"]), 2);
    }
}

#[test]
fn what_is_inspected_and_downloaded_is_what_verifies() {
    for (registry, pusher, image) in registries() {
        let signers = Signers::new();
        let name = format!("{}:1.0", registry.image("acme/api"));
        push(&pusher, image, "sig", &[&signers.legacy_signature(image)]);
        push(&pusher, image, "att", &[&about(&signers, image)]);

        let shown = signers.run(&["inspect", &format!("oci:{name}")], &[]);
        assert_eq!(shown.code, Some(0), "{shown:#?}");
        for words in ["UNVERIFIED", PREDICATE, "cosign", &image.hex()] {
            assert!(shown.out.contains(words), "{words}: {}", shown.out);
        }

        let saved = signers.run(&["download", &name, "--output", "saved"], &[]);
        assert_eq!(saved.code, Some(0), "{saved:#?}");
        let folder = signers.folder.path().join("saved");
        let files = std::fs::read_dir(folder).unwrap().flatten();
        let files: Vec<String> = files.map(|it| it.path().display().to_string()).collect();
        assert_eq!(files.len(), 2, "{files:?}");
        let digest = image.to_string();
        for file in files {
            let arguments = [
                &*digest,
                "--bundle",
                &file,
                "--unsafe-set-only",
                "--offline",
            ];
            let document = signers.document(&arguments);
            assert_eq!(document["verified"], true, "{file}: {document:#}");
        }
    }
}
