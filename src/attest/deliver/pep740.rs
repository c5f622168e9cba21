//! A bundle in the form that package indexes take: the attestation object of PEP 740.

use serde_json::{Value, json};

use crate::attest::{SignError, SignedBundle};

/// The attestation object of a bundle, as `twine` and `uv` find it beside a distribution
/// (PEP 740, "Attestation objects").
///
/// # Errors
/// [`SignError`] for a bundle without a certificate, a log entry or an envelope: the form has no
/// room for keys and for timestamps.
pub fn pep740(bundle: &SignedBundle) -> Result<String, SignError> {
    let refuse = |message: &str| SignError {
        unanswered: false,
        message: message.to_owned(),
        hint: Some("PEP 740 takes keyless signatures that a log of version 1 holds".to_owned()),
    };
    let read: Value =
        serde_json::from_str(&bundle.json).map_err(|_| refuse("the bundle is no JSON"))?;
    let text = |pointer: &str| read.pointer(pointer).and_then(Value::as_str);
    let material = "/verificationMaterial";
    let certificate = text(&format!("{material}/certificate/rawBytes"))
        .ok_or_else(|| refuse("the signature has no certificate, and PEP 740 takes no key"))?;
    let entries = read
        .pointer(&format!("{material}/tlogEntries"))
        .filter(|entries| entries.as_array().is_some_and(|it| !it.is_empty()))
        .ok_or_else(|| refuse("no log holds the signature, and PEP 740 demands an entry"))?;
    // A log of version 2 promises nothing and says no time; the timestamp that does is left behind.
    let is_promised = |entry: &Value| entry.get("inclusionPromise").is_some();
    if !entries
        .as_array()
        .is_some_and(|it| it.iter().all(is_promised))
    {
        return Err(refuse(
            "the log says no time, and PEP 740 has no room for a timestamp",
        ));
    }
    let statement = text("/dsseEnvelope/payload").ok_or_else(|| refuse("it has no envelope"))?;
    let signature = text("/dsseEnvelope/signatures/0/sig")
        .ok_or_else(|| refuse("the envelope has no signature"))?;
    let attestation = json!({
        "version": 1,
        "verification_material": {
            "certificate": certificate,
            "transparency_entries": entries,
        },
        "envelope": {"statement": statement, "signature": signature},
    });
    Ok(attestation.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(material: Value) -> SignedBundle {
        let bundle = json!({"verificationMaterial": material, "dsseEnvelope": {
            "payload": "e30=", "payloadType": "application/vnd.in-toto+json",
            "signatures": [{"sig": "c2ln"}]}});
        SignedBundle {
            json: bundle.to_string(),
        }
    }

    #[test]
    fn certificate_entries_statement_and_signature_stand_where_the_pep_says() {
        let entry = json!({"logIndex": "1", "logId": {"keyId": "aw=="}, "inclusionPromise": {}});
        let given = json!({"certificate": {"rawBytes": "Yw=="}, "tlogEntries": [entry]});
        let read: Value = serde_json::from_str(&pep740(&bundle(given)).unwrap()).unwrap();
        assert_eq!(
            read,
            json!({"version": 1,
                "verification_material": {"certificate": "Yw==", "transparency_entries": [entry]},
                "envelope": {"statement": "e30=", "signature": "c2ln"}})
        );
    }

    #[test]
    fn what_the_form_has_no_room_for_is_refused() {
        let key = json!({"publicKey": {"hint": "a"}, "tlogEntries": [{}]});
        assert!(pep740(&bundle(key)).unwrap_err().message.contains("no key"));
        let unlogged = json!({"certificate": {"rawBytes": "Yw=="}, "tlogEntries": []});
        assert!(
            pep740(&bundle(unlogged))
                .unwrap_err()
                .message
                .contains("no log")
        );
        let timeless =
            json!({"certificate": {"rawBytes": "Yw=="}, "tlogEntries": [{"logIndex": "1"}]});
        let why = pep740(&bundle(timeless)).unwrap_err();
        assert!(why.message.contains("no time"), "{why:?}");
    }
}
