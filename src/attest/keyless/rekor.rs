//! Puts signatures of envelopes into transparency logs: Rekor v1 (`dsse` 0.0.1) and Rekor v2
//! (`hashedrekord` 0.0.2).

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sigstore_sign::rekor::LogEntry;
use sigstore_types::{
    DerCertificate, DerPublicKey, DsseEnvelope, KindVersion, TransparencyLogEntry,
};
use url::Url;

use super::services::{LogService, RekorVersion};
use super::{WitnessKey, ask};
use crate::attest::SignError;
use crate::observe::http::{Client, Request, same_origin};

/// The service, in messages.
const WHAT: &str = "the transparency log (Rekor)";

/// What a log verifies the signature with.
pub(super) enum LogVerifier<'a> {
    Certificate(&'a DerCertificate),
    Key(&'a DerPublicKey),
}

/// An entry for this envelope.
pub(super) async fn log(
    client: &Client,
    service: &LogService,
    envelope: &DsseEnvelope,
    verifier: &LogVerifier<'_>,
) -> Result<TransparencyLogEntry, SignError> {
    match service.version {
        RekorVersion::V1 => first(client, &service.url, envelope, verifier).await,
        RekorVersion::V2 => second(client, &service.url, envelope, verifier).await,
    }
}

/// Rekor v1: the log verifies the whole envelope and answers with a promise and a proof.
async fn first(
    client: &Client,
    log: &Url,
    envelope: &DsseEnvelope,
    verifier: &LogVerifier<'_>,
) -> Result<TransparencyLogEntry, SignError> {
    let url = ask::method(log, "api/v1/log/entries")?;
    let text = serde_json::to_string(envelope).map_err(|_| SignError {
        unanswered: false,
        message: "the envelope cannot be written as JSON".to_owned(),
        hint: None,
    })?;
    let pem = match verifier {
        LogVerifier::Certificate(certificate) => certificate.to_pem(),
        LogVerifier::Key(key) => key.to_pem(),
    };
    let body = json!({
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": {"proposedContent": {"envelope": text, "verifiers": [STANDARD.encode(pem)]}},
    });
    let request = ask::json(url, body.to_string().into_bytes());
    let reply = match client.send(&request).await {
        Ok(reply) => reply,
        // It is there already: a try whose answer was lost, or somebody who repeats a signature.
        Err(unanswered) if unanswered.status == Some(409) => {
            let place = unanswered.headers.get("location");
            let place = place.and_then(|place| place.to_str().ok());
            let place = place.and_then(|place| log.join(place).ok());
            let place = place.filter(|place| same_origin(place, log));
            let Some(place) = place else {
                let why = "the entry exists, and it does not say where";
                return Err(ask::malformed(WHAT, log, why));
            };
            let existing = Request::get(place, "application/json")
                .confidential()
                .explained();
            ask::send(client, &existing, WHAT).await?
        }
        Err(unanswered) => return Err(ask::refused(&unanswered, request.url(), WHAT)),
    };
    let malformed = |why: String| ask::malformed(WHAT, log, why);
    let entries: BTreeMap<String, LogEntry> =
        serde_json::from_slice(&reply.body).map_err(|error| malformed(error.to_string()))?;
    let mut entries = entries.into_values();
    match (entries.next(), entries.next()) {
        (Some(entry), None) => entry
            .to_bundle_entry(KindVersion::DsseV001)
            .map_err(|error| malformed(error.to_string())),
        _ => Err(malformed("not exactly one entry".to_owned())),
    }
}

/// Rekor v2: the log verifies the signature over the digest of what was signed and answers with a
/// proof; its time comes from elsewhere.
async fn second(
    client: &Client,
    log: &Url,
    envelope: &DsseEnvelope,
    verifier: &LogVerifier<'_>,
) -> Result<TransparencyLogEntry, SignError> {
    let url = ask::method(log, "api/v2/log/entries")?;
    let verifier = match verifier {
        LogVerifier::Certificate(certificate) => {
            json!({"x509Certificate": {"rawBytes": certificate.to_base64()}})
        }
        LogVerifier::Key(key) => match WitnessKey::of(key)? {
            WitnessKey::EcdsaP256 => json!({"publicKey": {"rawBytes": key.to_base64()}}),
            WitnessKey::Ed25519 => return Err(no_ed25519(log)),
        },
    };
    let body = entry_request(envelope, verifier);
    let request = ask::json(url, body.to_string().into_bytes());
    let reply = ask::send(client, &request, WHAT).await?;
    let malformed = |why: String| ask::malformed(WHAT, log, why);
    let entry: TransparencyLogEntry =
        serde_json::from_slice(&reply.body).map_err(|error| malformed(error.to_string()))?;
    match entry.kind_version == KindVersion::HashedRekordV002 {
        true => Ok(entry),
        false => Err(malformed("an entry of another kind".to_owned())),
    }
}

fn entry_request(envelope: &DsseEnvelope, mut verifier: Value) -> Value {
    let signed = digest(&SHA256, &envelope.pae());
    verifier["keyDetails"] = json!("PKIX_ECDSA_P256_SHA_256");
    json!({"hashedRekordRequestV002": {
        "digest": STANDARD.encode(signed.as_ref()),
        "signature": {"content": envelope.signature.sig.to_base64(), "verifier": verifier},
    }})
}

fn no_ed25519(log: &Url) -> SignError {
    SignError {
        unanswered: false,
        message: format!(
            "Rekor v2 at {} takes no pure Ed25519 signatures",
            crate::model::RedactedUrl::of(log)
        ),
        hint: Some(
            "sign with an ECDSA P-256 key, or log to Rekor v1 with --rekor-version 1".to_owned(),
        ),
    }
}
