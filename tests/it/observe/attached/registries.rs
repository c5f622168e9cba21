//! Referrers, the fallback tag and cosign's legacy tags, as real registries keep them.

use lockstep::model::{Digest, FailureKind};
use lockstep::observe::attached::of_image;
use lockstep::observe::http::Limits;
use serde_json::{Value, json};

use super::{ask, attested, bundle, documents, image, read_whole, reference, wanted};
use crate::observe::asking::{World, configure, runtime};
use crate::observe::oci::pusher::{IMAGE, Pusher};
use crate::observe::oci::registries::{Demand, Registry};
use lockstep::attest::deliver::Referrer;

fn registries() -> Vec<Registry> {
    let distribution = Registry::distribution(Demand::Nothing);
    distribution.into_iter().chain(Registry::ferro()).collect()
}

#[test]
fn what_is_attached_to_an_index_and_to_its_platforms_is_found_byte_for_byte() {
    for registry in registries() {
        let pusher = Pusher::new(registry.port());
        let amd64 = pusher.image("acme/api", None, "linux/amd64", "one");
        let buildkit = pusher.attestation("acme/api", "signed by nobody");
        let index = pusher.index("acme/api", "1.4.2", &[amd64.clone(), buildkit]);
        let name = registry.image("acme/api");
        let (of_index, of_amd64) = (bundle(&index.digest, "i"), bundle(&amd64.digest, "a"));
        let world = World::new(Limits::default());
        let tagged = reference(&format!("{name}:1.4.2"));
        runtime().block_on(async {
            let none = of_image(&world.client, &tagged, true).await.unwrap();
            let none = read_whole(&none.places[0]);
            assert_eq!(none.attached.artifacts.len(), 2);
            assert!(none.documents.is_empty());

            let referrer = Referrer::new(&image(&name)).unwrap();
            for (digest, bundle) in [(index.digest, &of_index), (amd64.digest, &of_amd64)] {
                let delivered = referrer
                    .deliver(&world.client, &digest.into(), bundle)
                    .await;
                assert!(!delivered.unwrap().already);
            }
            let found = of_image(&world.client, &tagged, false).await.unwrap();
            assert_eq!(found.artifacts[""], index.digest.into());
            assert_eq!(documents(&found.places[0]), [&of_index.json]);
            let found = of_image(&world.client, &tagged, true).await.unwrap();
            let both = read_whole(&found.places[0]);
            assert_eq!(both.documents.len(), 2);
            let of = |digest: Digest| &both.attached.artifacts[&digest.into()];
            assert!(of(amd64.digest).contains(&Digest::of(of_amd64.json.as_bytes())));
            assert_eq!(of(amd64.digest).len(), 1);
            assert_eq!(of(index.digest).len(), 1);
        });

        let keys = [("image", name.as_str()), ("tag", "{version}")];
        let channel = configure("oci", None, &keys).unwrap();
        let artifacts = [
            ("", index.digest.into()),
            ("linux/amd64", amd64.digest.into()),
        ];
        let attached = ask(&world, &channel, &[wanted("1.4.2", &artifacts)]);
        assert_eq!(attached.observations.len(), 1);
        let facts = attested(&attached.observations[0]);
        assert_eq!(facts.artifacts.len(), 2);
        for documents in facts.artifacts.values().flatten() {
            assert!(attached.bundles.contains_key(documents));
        }
    }
}

/// What cosign before version 3 left: one layer for each signature, and what signs it beside it.
#[test]
fn a_legacy_tag_becomes_a_document_with_its_payload_and_what_signs_it() {
    for registry in registries() {
        let pusher = Pusher::new(registry.port());
        let pushed = pusher.image("acme/api", Some("1.0"), "linux/amd64", "one");
        let payload = json!({"critical": {"image": {"docker-manifest-digest": pushed.digest}}});
        let (payload, config) = (payload.to_string(), b"{\"config\":1}");
        let layer = pusher.blob("acme/api", payload.as_bytes());
        let envelope = pusher.blob("acme/api", b"{\"payloadType\":\"x\"}");
        let config = pusher.blob("acme/api", config);
        let tag = format!("sha256-{}", pushed.digest.hex());
        let manifest = |layer: &(Digest, usize), media: &str| {
            json!({"schemaVersion": 2, "mediaType": IMAGE,
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                    "digest": config.0, "size": config.1},
                "layers": [{"mediaType": media, "digest": layer.0, "size": layer.1,
                    "annotations": {"dev.cosignproject.cosign/signature": "c2ln",
                        "dev.sigstore.cosign/certificate": "PEM", "other": "left out"}}]})
            .to_string()
        };
        let simple = "application/vnd.dev.cosign.simplesigning.v1+json";
        let dsse = "application/vnd.dsse.envelope.v1+json";
        for (suffix, layer, media) in [("sig", &layer, simple), ("att", &envelope, dsse)] {
            let manifest = manifest(layer, media);
            let tag = format!("{tag}.{suffix}");
            pusher.manifest("acme/api", Some(&tag), IMAGE, manifest);
        }
        let world = World::new(Limits::default());
        let name = reference(&format!("{}:1.0", registry.image("acme/api")));
        let found = runtime().block_on(of_image(&world.client, &name, false));
        let found = found.unwrap();
        let mut read: Vec<Value> = documents(&found.places[0])
            .iter()
            .map(|it| serde_json::from_str(it).unwrap())
            .collect();
        read.sort_by_key(|it| it["layer-media-type"].to_string());
        assert_eq!(read.len(), 2);
        let wrapper = "application/vnd.lockstep.cosign-legacy.v1+json";
        assert_eq!(read[0]["mediaType"], wrapper);
        assert_eq!(read[0]["layer-media-type"], simple);
        use base64::Engine;
        let coded = base64::engine::general_purpose::STANDARD.encode(&payload);
        assert_eq!(read[0]["payload"], coded);
        assert_eq!(
            read[0]["annotations"],
            json!({"dev.cosignproject.cosign/signature": "c2ln",
                "dev.sigstore.cosign/certificate": "PEM"})
        );
        assert_eq!(read[1]["layer-media-type"], dsse);
    }
}

/// A repository that this login may not see says "not found" to everything.
#[test]
fn nothing_is_attached_only_to_what_is_there() {
    for registry in registries() {
        Pusher::new(registry.port()).image("acme/api", Some("1.0"), "linux/amd64", "one");
        let world = World::new(Limits::default());
        let keys = [
            ("image", &*registry.image("acme/api")),
            ("tag", "{version}"),
        ];
        let channel = configure("oci", None, &keys).unwrap();
        let absent = wanted("1.0", &[("", Digest::of(b"absent").into())]);
        let attached = ask(&world, &channel, &[absent]);
        let why = super::unknown(&attached.observations[0]).unwrap();
        assert_eq!(why.kind, FailureKind::NotFound);
    }
}
