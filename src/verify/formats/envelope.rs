//! DSSE envelopes that stand alone as Sigstore bundles
//! (<https://github.com/secure-systems-lab/dsse/blob/master/envelope.md>).

use serde::Deserialize;
use serde_json::{Value, json};

use super::{base64, malformed, pem_certificate, to_base64, unfit};
use crate::verify::VerifyError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    sig: String,
    #[serde(default)]
    keyid: Option<String>,
    /// slsa-github-generator puts the certificate here.
    #[serde(default)]
    cert: Option<String>,
}

/// A bundle of version 0.1 with the material that was found beside the envelope; without any, the
/// one of a key that the verifier has, and of no log.
pub(super) fn bundle(text: &str, material: Option<Value>) -> Result<String, VerifyError> {
    let envelope: Envelope = serde_json::from_str(text).map_err(malformed)?;
    let [signature] = envelope.signatures.as_slice() else {
        let why = format!(
            "{} signatures, where exactly one is verified",
            envelope.signatures.len()
        );
        return Err(unfit("signatures", why));
    };
    let material = match (material, &signature.cert) {
        (Some(material), _) => material,
        (None, Some(pem)) => {
            let der = pem_certificate("cert", pem)?;
            json!({"x509CertificateChain": {"certificates": [{"rawBytes": to_base64(&der)}]}})
        }
        (None, None) => {
            json!({"publicKey": {"hint": signature.keyid.as_deref().unwrap_or_default()}})
        }
    };
    let payload = base64("payload", &envelope.payload)?;
    let sig = base64("sig", &signature.sig)?;
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "verificationMaterial": material,
        "dsseEnvelope": {
            "payloadType": envelope.payload_type,
            "payload": to_base64(&payload),
            "signatures": [{"sig": to_base64(&sig)}],
        },
    });
    Ok(bundle.to_string())
}
