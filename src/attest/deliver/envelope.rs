//! A bundle as the bare DSSE envelope in it, for readers that have the key and look at nothing else.

use serde_json::{Value, json};

use crate::attest::{SignError, SignedBundle};

/// The envelope of a bundle that a key signed
/// (<https://github.com/secure-systems-lab/dsse/blob/master/envelope.md>). Its `keyid` is the hint
/// of the bundle: the SHA-256 of the public key (DER, SubjectPublicKeyInfo) in base64.
///
/// # Errors
/// [`SignError`] for a bundle of a certificate, for which the form has no room.
pub fn envelope(bundle: &SignedBundle) -> Result<String, SignError> {
    let refuse = |message: &str| SignError {
        unanswered: false,
        message: message.to_owned(),
        hint: Some("an envelope that stands alone takes the signature of a key".to_owned()),
    };
    let read: Value =
        serde_json::from_str(&bundle.json).map_err(|_| refuse("the bundle is no JSON"))?;
    let text = |pointer: &str| read.pointer(pointer).and_then(Value::as_str);
    let hint = text("/verificationMaterial/publicKey/hint")
        .ok_or_else(|| refuse("no key signed the bundle"))?;
    let part = |name: &str| {
        text(&format!("/dsseEnvelope/{name}")).ok_or_else(|| refuse("it has no envelope"))
    };
    let envelope = json!({
        "payloadType": part("payloadType")?,
        "payload": part("payload")?,
        "signatures": [{"keyid": hint, "sig": part("signatures/0/sig")?}],
    });
    Ok(envelope.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificates_signature_has_no_room_in_an_envelope() {
        let of = |material: Value| {
            let bundle = json!({"verificationMaterial": material, "dsseEnvelope": {
                "payload": "e30=", "payloadType": "application/vnd.in-toto+json",
                "signatures": [{"sig": "c2ln"}]}});
            let bundle = SignedBundle {
                json: bundle.to_string(),
            };
            envelope(&bundle).map(|text| serde_json::from_str::<Value>(&text).unwrap())
        };
        assert_eq!(
            of(json!({"publicKey": {"hint": "a2V5"}})).unwrap(),
            json!({"payloadType": "application/vnd.in-toto+json", "payload": "e30=",
                "signatures": [{"keyid": "a2V5", "sig": "c2ln"}]})
        );
        let refused = of(json!({"certificate": {"rawBytes": "Yw=="}}));
        assert!(refused.unwrap_err().message.contains("no key"));
    }
}
