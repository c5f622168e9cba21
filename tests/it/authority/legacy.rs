//! What cosign before version 3 left at a registry: a layer, and as its annotations what signs it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::Digest;
use serde_json::{Value, json};

use super::{Authority, Claims, Kind, Logged, Options, Version};

/// A layer of a `.sig` or `.att` image.
pub(crate) struct Layer {
    pub(crate) media_type: &'static str,
    pub(crate) payload: Vec<u8>,
    pub(crate) annotations: Value,
}

/// What a legacy signature is over.
pub(crate) fn simple_signing(image: Digest) -> Vec<u8> {
    json!({
        "critical": {
            "identity": {"docker-reference": "registry.example/acme/api"},
            "image": {"docker-manifest-digest": image.to_string()},
            "type": "cosign container image signature",
        },
        "optional": null,
    })
    .to_string()
    .into_bytes()
}

impl Authority {
    /// A signature of an image, with a log's promise and no proof.
    pub(crate) fn legacy_signature(&self, image: Digest, claims: &Claims, at: i64) -> Layer {
        let payload = simple_signing(image);
        let text = self.sign_artifact(&payload, claims, &promised(Kind::HashedRekord, at));
        let bundle: Value = serde_json::from_str(&text).unwrap();
        let signature = &bundle["messageSignature"]["signature"];
        Layer {
            media_type: "application/vnd.dev.cosign.simplesigning.v1+json",
            payload,
            annotations: annotations(signature, &bundle),
        }
    }

    /// An attestation, likewise.
    pub(crate) fn legacy_attestation(&self, statement: &str, claims: &Claims, at: i64) -> Layer {
        let text = self.sign(statement, claims, &promised(Kind::Dsse, at));
        let bundle: Value = serde_json::from_str(&text).unwrap();
        Layer {
            media_type: "application/vnd.dsse.envelope.v1+json",
            payload: bundle["dsseEnvelope"].to_string().into_bytes(),
            annotations: annotations(&json!(""), &bundle),
        }
    }
}

impl Layer {
    /// The document that a layer and its annotations are kept in.
    pub(crate) fn document(&self) -> Value {
        json!({
            "mediaType": "application/vnd.lockstep.cosign-legacy.v1+json",
            "layer-media-type": self.media_type,
            "payload": STANDARD.encode(&self.payload),
            "annotations": self.annotations,
        })
    }
}

fn promised(kind: Kind, at: i64) -> Options {
    Options {
        version: Version::V0_1,
        logged: Logged::PromiseOnly(kind),
        ..Options::at(at)
    }
}

/// From a bundle that has a promise alone.
fn annotations(signature: &Value, bundle: &Value) -> Value {
    let material = &bundle["verificationMaterial"];
    let der = material["x509CertificateChain"]["certificates"][0]["rawBytes"]
        .as_str()
        .unwrap();
    let entry = &material["tlogEntries"][0];
    let log = STANDARD
        .decode(entry["logId"]["keyId"].as_str().unwrap())
        .unwrap();
    let log: String = log.iter().map(|byte| format!("{byte:02x}")).collect();
    let number = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
    let promise = json!({
        "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
        "Payload": {
            "body": entry["canonicalizedBody"],
            "integratedTime": number(&entry["integratedTime"]),
            "logIndex": number(&entry["logIndex"]),
            "logID": log,
        },
    });
    json!({
        "dev.cosignproject.cosign/signature": signature,
        "dev.sigstore.cosign/certificate":
            format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n"),
        "dev.sigstore.cosign/chain": "",
        "dev.sigstore.cosign/bundle": promise.to_string(),
    })
}
