//! What cosign wrote before it wrote Sigstore bundles: layers of `.sig` and `.att` images with their
//! annotations, and the bundle file of signed blobs
//! (<https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md>).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{base64, envelope, malformed, pem_certificate, to_base64, unfit};
use crate::model::{ArtifactDigest, Digest};
use crate::verify::{Fault, VerifyError};

/// Media type of the document that a layer and its annotations are kept in.
const WRAPPER: &str = "application/vnd.lockstep.cosign-legacy.v1+json";
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const DSSE: &str = "application/vnd.dsse.envelope.v1+json";

/// What a legacy signature is over, and the image that this names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::verify) struct SimpleSigning {
    pub(in crate::verify) digest: Digest,
    pub(in crate::verify) image: ArtifactDigest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Layer {
    #[serde(rename = "mediaType")]
    media_type: String,
    #[serde(rename = "layer-media-type")]
    layer_media_type: String,
    payload: String,
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: ArtifactDigest,
}

/// A Rekor entry with its promise.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Promise {
    signed_entry_timestamp: String,
    payload: Logged,
}

#[derive(Deserialize)]
struct Logged {
    body: String,
    #[serde(rename = "integratedTime")]
    integrated_time: i64,
    #[serde(rename = "logIndex")]
    log_index: u64,
    /// In hexadecimal digits.
    #[serde(rename = "logID")]
    log_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    api_version: String,
    kind: String,
}

#[derive(Deserialize)]
struct Stamp {
    #[serde(rename = "SignedRFC3161Timestamp")]
    token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    base64_signature: String,
    #[serde(default)]
    cert: Option<String>,
    #[serde(default)]
    rekor_bundle: Option<Promise>,
}

/// A layer of a `.sig` or `.att` image.
pub(super) fn layer(
    text: &str,
) -> Result<(&'static str, String, Option<SimpleSigning>), VerifyError> {
    let layer: Layer = serde_json::from_str(text).map_err(malformed)?;
    if layer.media_type != WRAPPER {
        return Err(unfit(
            "mediaType",
            format!("`{}` is not known", layer.media_type),
        ));
    }
    let payload = base64("payload", &layer.payload)?;
    let material = annotated(&layer.annotations)?;
    match layer.layer_media_type.as_str() {
        DSSE => {
            let text = super::text(&payload)?;
            let json = envelope::bundle(text, Some(material))?;
            Ok(("cosign legacy attestation", json, None))
        }
        SIMPLE_SIGNING => {
            let read: Payload = serde_json::from_slice(&payload).map_err(malformed)?;
            // <https://github.com/containers/image/blob/main/docs/containers-signature.5.md>
            let kind = &read.critical.kind;
            if ![
                "cosign container image signature",
                "atomic container signature",
            ]
            .contains(&kind.as_str())
            {
                return Err(unfit(
                    "critical.type",
                    format!("`{kind}` is no signature of an image"),
                ));
            }
            let name = "dev.cosignproject.cosign/signature";
            let signature = layer.annotations.get(name);
            let signature = signature.ok_or_else(|| unfit(name, "there is no such annotation"))?;
            let digest = Digest::of(&payload);
            let json = signed(signature, Some(digest), material)?;
            let image = read.critical.image.digest;
            Ok((
                "cosign legacy signature",
                json,
                Some(SimpleSigning { digest, image }),
            ))
        }
        other => {
            let message = format!(
                "a layer of the type `{}`",
                crate::model::visible_line(other)
            );
            Err(VerifyError::new(Fault::Unsupported, message))
        }
    }
}

/// The bundle file that cosign 1 and 2 write beside a blob.
pub(super) fn blob(text: &str) -> Result<String, VerifyError> {
    let blob: Blob = serde_json::from_str(text).map_err(malformed)?;
    let certificate = match &blob.cert {
        // A key's PEM stands here too, in base64 as the certificate's.
        Some(text) => {
            let pem = base64("cert", text)?;
            let pem = super::text(&pem)?.to_owned();
            pem.contains("BEGIN CERTIFICATE").then_some(pem)
        }
        None => None,
    };
    let material = material(certificate.as_deref(), blob.rekor_bundle, None)?;
    signed(&blob.base64_signature, None, material)
}

fn signed(signature: &str, digest: Option<Digest>, material: Value) -> Result<String, VerifyError> {
    let signature = base64("signature", signature)?;
    let mut message = json!({"signature": to_base64(&signature)});
    if let Some(digest) = digest {
        let bytes = bytes_of(&digest)?;
        message["messageDigest"] = json!({"algorithm": "SHA2_256", "digest": to_base64(&bytes)});
    }
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "verificationMaterial": material,
        "messageSignature": message,
    });
    Ok(bundle.to_string())
}

fn annotated(annotations: &BTreeMap<String, String>) -> Result<Value, VerifyError> {
    let get = |name: &str| annotations.get(name).filter(|it| !it.is_empty());
    let certificate = get("dev.sigstore.cosign/certificate").map(String::as_str);
    let promise = get("dev.sigstore.cosign/bundle").map(|it| serde_json::from_str(it));
    let stamp = get("dev.sigstore.cosign/rfc3161timestamp").map(|it| serde_json::from_str(it));
    let promise = promise.transpose().map_err(malformed)?;
    material(certificate, promise, stamp.transpose().map_err(malformed)?)
}

/// The chain is left away: only the trusted root says which authorities there are.
fn material(
    certificate: Option<&str>,
    promise: Option<Promise>,
    stamp: Option<Stamp>,
) -> Result<Value, VerifyError> {
    let mut material = match certificate {
        Some(pem) => {
            let der = pem_certificate("certificate", pem)?;
            json!({"x509CertificateChain": {"certificates": [{"rawBytes": to_base64(&der)}]}})
        }
        None => json!({"publicKey": {"hint": ""}}),
    };
    if let Some(promise) = promise {
        let logged = promise.payload;
        let body = base64("body", &logged.body)?;
        let kind: Body = serde_json::from_slice(&body).map_err(malformed)?;
        let promise = base64("SignedEntryTimestamp", &promise.signed_entry_timestamp)?;
        let log = Digest::from_hex(&logged.log_id).map_err(|error| unfit("logID", error))?;
        material["tlogEntries"] = json!([{
            "logIndex": logged.log_index.to_string(),
            "logId": {"keyId": to_base64(&bytes_of(&log)?)},
            "kindVersion": {"kind": kind.kind, "version": kind.api_version},
            "integratedTime": logged.integrated_time.to_string(),
            "inclusionPromise": {"signedEntryTimestamp": to_base64(&promise)},
            "canonicalizedBody": to_base64(&body),
        }]);
    }
    if let Some(stamp) = stamp {
        let token = base64("SignedRFC3161Timestamp", &stamp.token)?;
        let stamps = json!([{"signedTimestamp": to_base64(&token)}]);
        material["timestampVerificationData"] = json!({"rfc3161Timestamps": stamps});
    }
    Ok(material)
}

fn bytes_of(digest: &Digest) -> Result<Vec<u8>, VerifyError> {
    let hex = digest.hex();
    let value = sigstore_types::DigestBytes::from_hex(&hex);
    Ok(value.map_err(malformed)?.as_bytes().to_vec())
}
