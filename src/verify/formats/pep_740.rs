//! PEP 740 attestation objects as Sigstore bundles
//! (<https://peps.python.org/pep-0740/#attestation-objects>).

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::{base64, malformed, to_base64, unfit};
use crate::model::STATEMENT_PAYLOAD_TYPE;
use crate::verify::VerifyError;

#[derive(Deserialize)]
struct Attestation<'a> {
    version: u64,
    #[serde(borrow)]
    verification_material: Material<'a>,
    envelope: Envelope,
}

#[derive(Deserialize)]
struct Material<'a> {
    certificate: String,
    #[serde(borrow)]
    transparency_entries: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Envelope {
    statement: String,
    signature: String,
}

/// A bundle of version 0.3. The log entries stay as they are written; all of them, where other
/// readers take the first alone.
pub(super) fn bundle(text: &str) -> Result<String, VerifyError> {
    let attestation: Attestation<'_> = serde_json::from_str(text).map_err(malformed)?;
    if attestation.version != 1 {
        let why = format!(
            "{} is no version of PEP 740, which has 1",
            attestation.version
        );
        return Err(unfit("version", why));
    }
    let material = attestation.verification_material;
    let certificate = base64("certificate", &material.certificate)?;
    let statement = base64("statement", &attestation.envelope.statement)?;
    let signature = base64("signature", &attestation.envelope.signature)?;
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "certificate": {"rawBytes": to_base64(&certificate)},
            "tlogEntries": "@",
        },
        "dsseEnvelope": {
            "payloadType": STATEMENT_PAYLOAD_TYPE,
            "payload": to_base64(&statement),
            "signatures": [{"sig": to_base64(&signature)}],
        },
    });
    let entries: Vec<&str> = material
        .transparency_entries
        .iter()
        .map(|it| it.get())
        .collect();
    // Base64 has no `@`, so this stands there once.
    Ok(bundle
        .to_string()
        .replace("\"@\"", &format!("[{}]", entries.join(","))))
}
