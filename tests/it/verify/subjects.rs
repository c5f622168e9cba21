//! What a statement is about is told by digests that are written as they must be, and by nothing else.

use lockstep::model::{ArtifactDigest, Digest};
use lockstep::verify::{Fault, UnverifiedBundle, Verifier};
use serde_json::{Value, json};

use super::sound::{TIME, artifact, claims, now};
use crate::authority::{Authority, Options};

#[test]
fn row_5_what_is_named_by_another_digest_is_another_artifact() {
    let authority = Authority::new("subjects");
    let verifier = Verifier::new(&authority.domain("authority")).unwrap();
    let hex = artifact().hex();
    let other = Digest::of(b"another").hex();
    let long = format!("{hex}{hex}");
    let named = |digest: Value| json!({"name": "api-1.2.3.whl", "digest": digest});
    for (subjects, is_about_it) in [
        (vec![named(json!({"sha256": hex}))], true),
        (
            vec![
                named(json!({"sha256": other})),
                named(json!({"sha256": hex})),
            ],
            true,
        ),
        (
            vec![named(json!({"sha256": hex})), named(json!({"sha256": hex}))],
            true,
        ),
        (
            vec![named(json!({"sha256": hex.to_ascii_uppercase()}))],
            false,
        ),
        (vec![named(json!({"sha256": format!(" {hex}")}))], false),
        (vec![named(json!({"sha256": &hex[..63]}))], false),
        (vec![named(json!({"SHA256": hex}))], false),
        (vec![named(json!({"sha1": &hex[..40]}))], false),
        (vec![named(json!({"sha512": long}))], false),
        (vec![named(json!({"sha256": other}))], false),
        (vec![named(json!({}))], false),
        (vec![json!({"name": "api-1.2.3.whl"})], false),
        (
            vec![json!({"name": format!("sha256:{hex}"), "digest": {"sha256": other}})],
            false,
        ),
    ] {
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": subjects,
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {},
        });
        let text = authority.sign(&statement.to_string(), &claims(), &Options::at(TIME));
        let bundle = UnverifiedBundle::read(text.as_bytes()).unwrap();
        let result = verifier.verify(&bundle, &artifact().into(), now());
        assert_eq!(result.is_ok(), is_about_it, "{statement}");
        if let Err(error) = result {
            assert_eq!(error.fault, Fault::Subject, "{error}");
        }
        // Nor is it found by the other algorithm's name.
        let sha512: ArtifactDigest = format!("sha512:{other}{other}").parse().unwrap();
        assert!(verifier.verify(&bundle, &sha512, now()).is_err());
    }
}
