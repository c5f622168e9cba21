//! Every format in which bundles come verifies as what it was made from, and nothing else does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::{ArtifactDigest, Digest, Leniency, Time, TrustDomain};
use lockstep::verify::{
    DOCUMENT_BUNDLES, Fault, UnverifiedBundle, Verified, Verifier, VerifyError, public_good,
    read_all,
};
use serde_json::{Value, json};

use crate::authority::legacy::simple_signing;
use crate::authority::{Authority, Claims, Options, pep_740, statement};

const TIME: i64 = 1_750_000_000;
const COMMIT: &str = "08802efe1f8e5fec4ad842d6b8ce97656092ee72";

fn now() -> Time {
    // Later than everything that the fixtures were signed at.
    Time::from_unix_seconds(1_790_000_000)
}

fn claims() -> Claims {
    Claims::github("acme/api", "refs/tags/v1", COMMIT)
}

fn artifact() -> Digest {
    Digest::of(b"artifact")
}

fn said() -> String {
    statement(
        "a.whl",
        artifact(),
        "https://docs.pypi.org/attestations/publish/v1",
        &Value::Null,
    )
}

fn bundle(authority: &Authority) -> Value {
    let text = authority.sign(&said(), &claims(), &Options::at(TIME));
    serde_json::from_str(&text).unwrap()
}

fn verified(
    document: &[u8],
    domain: &TrustDomain,
    artifact: ArtifactDigest,
) -> Vec<Result<Verified, VerifyError>> {
    let verifier = Verifier::new(domain).unwrap();
    let verify = |it: Result<lockstep::verify::UnverifiedDocument, VerifyError>| {
        it.and_then(|document| document.verify(&verifier, &artifact, now()))
    };
    read_all(document)
        .unwrap()
        .into_iter()
        .map(verify)
        .collect()
}

/// All formats of several bundles, or of one, with how many there are.
fn documents(authority: &Authority) -> Vec<(&'static str, String, usize)> {
    let (one, other) = (bundle(authority), bundle(authority));
    let attestation = pep_740(&one);
    vec![
        ("bundle", one.to_string(), 1),
        ("PEP 740", attestation.to_string(), 1),
        (
            "PyPI's answer",
            json!({"version": 1, "attestation_bundles": [
                {"publisher": {"kind": "GitHub"}, "attestations": [attestation, pep_740(&other)]}]})
            .to_string(),
            2,
        ),
        (
            "npm's answer",
            json!({"attestations": [{"predicateType": "x", "bundle": one}, {"predicateType": "y", "bundle": other}]}).to_string(),
            2,
        ),
        (
            "GitHub's answer",
            json!({"attestations": [{"repository_id": 1, "bundle_url": "https://x.example/", "bundle": one}]}).to_string(),
            1,
        ),
        ("JSON Lines", format!("{one}\n\n{other}\n{attestation}\n"), 3),
        ("a list", json!([one, other]).to_string(), 2),
    ]
}

#[test]
fn every_format_verifies_as_what_it_was_made_from() {
    let authority = Authority::new("formats");
    let domain = authority.domain("authority");
    for (what, document, count) in documents(&authority) {
        let results = verified(document.as_bytes(), &domain, artifact().into());
        assert_eq!(results.len(), count, "{what}");
        for result in results {
            let verified = result.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(verified.statement().is_some(), "{what}");
        }
        let others = verified(document.as_bytes(), &domain, Digest::of(b"other").into());
        assert!(
            others
                .iter()
                .all(|it| it.as_ref().unwrap_err().fault == Fault::Subject),
            "{what}"
        );
        if count == 1 {
            let bundle = UnverifiedBundle::read(document.as_bytes()).unwrap();
            assert_eq!(bundle.digest(), Digest::of(document.as_bytes()), "{what}");
        } else {
            assert!(
                UnverifiedBundle::read(document.as_bytes()).is_err(),
                "{what}"
            );
        }
    }
}

#[test]
fn each_of_several_attestations_is_verified_by_itself() {
    let authority = Authority::new("formats");
    let domain = authority.domain("authority");
    for tampered in 0..3 {
        let mut attestations = vec![pep_740(&bundle(&authority)); 3];
        let forged = said().replace("a.whl", "b.whl");
        attestations[tampered]["envelope"]["statement"] = STANDARD.encode(forged).into();
        let document = json!({"attestation_bundles": [{"attestations": attestations}]});
        let results = verified(document.to_string().as_bytes(), &domain, artifact().into());
        for (at, result) in results.iter().enumerate() {
            assert_eq!(result.is_err(), at == tampered, "{tampered} {at}");
        }
    }
}

#[test]
fn what_others_published_verifies_under_the_public_instance() {
    for (text, artifact, count) in [
        (
            &include_bytes!(
                "../../../fixtures/attestations/pypi_attestations-0.0.19.tar.gz.provenance"
            )[..],
            "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3",
            1,
        ),
        (
            include_bytes!(
                "../../../fixtures/attestations/pypi_attestations-0.0.19.tar.gz.slsa.attestation"
            ),
            "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3",
            1,
        ),
        (
            include_bytes!(
                "../../../fixtures/attestations/gitlab_oidc_project-0.0.3.tar.gz.publish.attestation"
            ),
            "c1ca9b0d85df1606451098233018534497bf584362e10e4a8c21dfaea92c02a8",
            1,
        ),
        (
            include_bytes!(
                "../../../fixtures/attestations/circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl.provenance"
            ),
            "8cb34da1e27336f11a2c43f3f9c7433bd76f24f470c904724f06ad7f131d9e9f",
            1,
        ),
    ] {
        let artifact = Digest::from_hex(artifact).unwrap();
        let results = verified(text, &public_good(), artifact.into());
        assert_eq!(results.len(), count);
        for result in results {
            let verified = result.unwrap();
            lockstep::verify::Build::of(verified.statement().unwrap()).unwrap();
        }
    }
}

fn lenient(authority: &Authority) -> TrustDomain {
    let leniency = Leniency {
        unsafe_set_only: true,
        unsafe_no_log: true,
        ..Leniency::default()
    };
    authority.lenient("authority", leniency)
}

fn legacy_signature(authority: &Authority, image: Digest) -> Value {
    let layer = authority.legacy_signature(image, &claims(), TIME);
    layer.document()
}

#[test]
fn a_legacy_signature_is_about_the_image_that_its_payload_names() {
    let authority = Authority::new("formats");
    let image = Digest::of(b"image");
    let document = legacy_signature(&authority, image).to_string();
    let results = verified(document.as_bytes(), &lenient(&authority), image.into());
    assert!(
        matches!(results[0], Ok(Verified::Artifact(_))),
        "{results:?}"
    );
    // The payload itself is not the image.
    for other in [Digest::of(b"other"), Digest::of(&simple_signing(image))] {
        let results = verified(document.as_bytes(), &lenient(&authority), other.into());
        assert_eq!(results[0].as_ref().unwrap_err().fault, Fault::Subject);
    }
    // A payload that names another image was not signed.
    let mut forged: Value = serde_json::from_str(&document).unwrap();
    forged["payload"] = STANDARD.encode(simple_signing(Digest::of(b"other"))).into();
    let results = verified(
        forged.to_string().as_bytes(),
        &lenient(&authority),
        Digest::of(b"other").into(),
    );
    assert!(results[0].is_err());
}

#[test]
fn a_legacy_promise_counts_only_where_somebody_says_that_it_does() {
    let authority = Authority::new("formats");
    let image = Digest::of(b"image");
    let document = legacy_signature(&authority, image).to_string();
    let strict = verified(
        document.as_bytes(),
        &authority.domain("authority"),
        image.into(),
    );
    assert!(strict[0].is_err());
}

#[test]
fn a_legacy_attestation_is_its_statement() {
    let authority = Authority::new("formats");
    let layer = authority.legacy_attestation(&said(), &claims(), TIME);
    let document = layer.document().to_string();
    let results = verified(document.as_bytes(), &lenient(&authority), artifact().into());
    assert!(
        matches!(results[0], Ok(Verified::Statement(_))),
        "{results:?}"
    );
}

#[test]
fn what_is_no_bundle_is_told_and_never_passed_over() {
    let authority = Authority::new("formats");
    let one = bundle(&authority);
    let mut attestation = pep_740(&one);
    for document in [
        "",
        "[]",
        "{}",
        "nonsense",
        "[[]]",
        "{\"attestations\":[]}",
        "\u{feff}{}",
    ] {
        let result = read_all(document.as_bytes());
        assert!(
            !matches!(&result, Ok(found) if found.iter().any(Result::is_ok)),
            "{document}"
        );
    }
    let addresses = json!({"attestations": [{"bundle": null, "bundle_url": "https://x.example/"}, {"bundle": one}]});
    let found = read_all(addresses.to_string().as_bytes()).unwrap();
    assert!(found[0].is_err() && found[1].is_ok());
    attestation["version"] = 2.into();
    assert!(read_all(attestation.to_string().as_bytes()).unwrap()[0].is_err());
    let twice =
        r#"{"version":1,"verification_material":{},"verification_material":{},"envelope":{}}"#;
    assert!(read_all(twice.as_bytes()).is_err());
    let many = "{}".repeat(DOCUMENT_BUNDLES + 1);
    assert_eq!(
        read_all(many.as_bytes()).unwrap_err().fault,
        Fault::TooLarge
    );
    let deep = "[".repeat(100_000);
    assert!(read_all(deep.as_bytes()).is_err());
}

#[test]
fn an_envelope_with_two_signatures_is_refused() {
    let authority = Authority::new("formats");
    let mut envelope = bundle(&authority)["dsseEnvelope"].clone();
    let signature = envelope["signatures"][0].clone();
    assert!(read_all(envelope.to_string().as_bytes()).unwrap()[0].is_ok());
    envelope["signatures"] = json!([signature, signature]);
    assert!(read_all(envelope.to_string().as_bytes()).unwrap()[0].is_err());
}

/// THREATS row 16: what one reader takes for one format, another takes for the other.
#[test]
fn row_16_a_document_of_two_formats_is_none() {
    let authority = Authority::new("formats");
    let (one, other) = (bundle(&authority), bundle(&authority));
    let marks = [
        ("verificationMaterial", one["verificationMaterial"].clone()),
        (
            "verification_material",
            pep_740(&one)["verification_material"].clone(),
        ),
        (
            "attestation_bundles",
            json!([{"attestations": [pep_740(&other)]}]),
        ),
        ("attestations", json!([{"bundle": other}])),
        ("layer-media-type", json!("x")),
        ("base64Signature", json!("")),
        ("payloadType", json!("application/vnd.in-toto+json")),
    ];
    for (_, document, _) in documents(&authority).into_iter().take(5) {
        let whole: Value = serde_json::from_str(&document).unwrap();
        for (mark, value) in &marks {
            let mut both = whole.clone();
            if both.get(mark).is_some() {
                continue;
            }
            both[*mark] = value.clone();
            let text = both.to_string();
            let read = read_all(text.as_bytes());
            let sound = read.is_ok_and(|found| found.iter().any(Result::is_ok));
            assert!(!sound, "{mark} in {document}");
            assert!(UnverifiedBundle::read(text.as_bytes()).is_err(), "{mark}");
        }
    }
}
