//! Recognises by its content every format that bundles come in, and reads it as Sigstore bundles.
//! A conversion rewrites text only; nothing is believed here, and what it gives is verified like
//! any other bundle.

mod contents;
mod cosign;
mod envelope;
mod pep_740;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::{self, Caps};
use super::{BUNDLE_BYTES, Fault, UnverifiedBundle, Verified, Verifier, VerifyError};
use crate::model::{ArtifactDigest, Digest, Time, visible, visible_line};

pub use contents::{UnverifiedContents, UnverifiedLogEntry, UnverifiedSigner};
pub(super) use cosign::SimpleSigning;

/// The most bytes that a document of several bundles may have.
pub const DOCUMENT_BYTES: usize = 4 * BUNDLE_BYTES;

/// The most bundles that one document may have.
pub const DOCUMENT_BUNDLES: usize = 1_000;

/// An answer wraps bundles two or three deep.
const DOCUMENT: Caps = Caps {
    depth: 24,
    values: 2_000_000,
};

/// One bundle of a document.
#[derive(Debug, Clone)]
pub struct UnverifiedDocument {
    /// What it was before: `Sigstore bundle`, `PEP 740 attestation`.
    pub format: &'static str,
    /// The bundle.
    pub bundle: UnverifiedBundle,
    /// What cosign's legacy signatures sign in the place of the image.
    simple_signing: Option<SimpleSigning>,
}

impl UnverifiedDocument {
    /// Verifies it as a signature over, or a statement about, the artifact.
    ///
    /// # Errors
    /// As [`Verifier::verify`]; [`Fault::Subject`] where a legacy signature is over a payload that
    /// names another image.
    pub fn verify(
        &self,
        verifier: &Verifier,
        artifact: &ArtifactDigest,
        now: Time,
    ) -> Result<Verified, VerifyError> {
        let Some(payload) = &self.simple_signing else {
            return verifier.verify(&self.bundle, artifact, now);
        };
        let signed = match verifier.verify(&self.bundle, &payload.digest.into(), now)? {
            Verified::Artifact(signed) => signed.named_by(payload),
            Verified::Statement(_) => None,
        };
        match signed {
            Some(signed) if signed.digest() == artifact => Ok(Verified::Artifact(signed)),
            _ => {
                let message = format!(
                    "the signature is about the image {}, not {artifact}",
                    payload.image
                );
                Err(VerifyError::new(Fault::Subject, message))
            }
        }
    }
}

/// Reads every bundle of a document: one in any format, a list of them, JSON Lines, or the answer
/// of PyPI's, npm's or GitHub's API. Each comes with its position, from 1.
///
/// # Errors
/// [`Fault::TooLarge`] or [`Fault::Malformed`] for the document as a whole; what is wrong with one
/// bundle stands in its place, so that none is passed over.
pub fn read_all(bytes: &[u8]) -> Result<Vec<Result<UnverifiedDocument, VerifyError>>, VerifyError> {
    if bytes.len() > DOCUMENT_BYTES {
        let message = format!("a document of more than {DOCUMENT_BYTES} bytes");
        return Err(VerifyError::new(Fault::TooLarge, message));
    }
    // Nearly always it is one; why something is none is told by what follows.
    if is_sigstore_bundle(bytes)
        && let Ok(bundle) = UnverifiedBundle::read_sigstore(bytes)
    {
        return Ok(vec![Ok(UnverifiedDocument {
            format: "Sigstore bundle",
            bundle,
            simple_signing: None,
        })]);
    }
    let text = text(bytes)?;
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        collect(value.map_err(malformed)?.get(), 0, &mut found)?;
    }
    match found.len() {
        0 => Err(VerifyError::new(
            Fault::Malformed,
            "there is no bundle in it",
        )),
        // One bundle is named by the bytes that it came in, as evidence keeps them.
        1 => {
            if let Some(Ok(document)) = found.first_mut() {
                document.bundle.digest = Digest::of(bytes);
            }
            Ok(found)
        }
        _ => Ok(found),
    }
}

/// Whether bytes are for the reader of Sigstore bundles itself.
pub(super) fn is_sigstore_bundle(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return true;
    };
    text.trim_start().starts_with('{')
        && text.contains("\"verificationMaterial\"")
        && !text.contains("\"attestations\"")
        && !text.contains("\"layer-media-type\"")
}

/// Reads the one bundle of a document of another format.
pub(super) fn read_one(bytes: &[u8]) -> Result<UnverifiedBundle, VerifyError> {
    let mut found = read_all(bytes)?;
    match found.pop() {
        Some(last) if found.is_empty() => last.map(|it| it.bundle),
        _ => {
            let message = format!("it holds {} bundles, not one", found.len() + 1);
            Err(VerifyError::new(Fault::Malformed, message))
        }
    }
}

type Found = Vec<Result<UnverifiedDocument, VerifyError>>;

/// The keys by which the formats are told apart. A key that stands there twice is an error.
#[derive(Deserialize)]
#[serde(expecting = "a bundle or a list of them")]
struct Shape<'a> {
    #[serde(borrow, rename = "verificationMaterial")]
    sigstore: Option<&'a RawValue>,
    #[serde(borrow, rename = "verification_material")]
    pep_740: Option<&'a RawValue>,
    #[serde(borrow)]
    attestation_bundles: Option<Vec<Attested<'a>>>,
    #[serde(borrow)]
    attestations: Option<Vec<Held<'a>>>,
    #[serde(borrow, rename = "layer-media-type")]
    layer: Option<&'a RawValue>,
    #[serde(borrow, rename = "base64Signature")]
    legacy_blob: Option<&'a RawValue>,
    #[serde(borrow, rename = "payloadType")]
    envelope: Option<&'a RawValue>,
}

impl Shape<'_> {
    /// How many formats it could be one of.
    fn formats(&self) -> usize {
        let marks = [
            self.sigstore.is_some(),
            self.pep_740.is_some(),
            self.attestation_bundles.is_some(),
            self.attestations.is_some(),
            self.layer.is_some(),
            self.legacy_blob.is_some(),
            self.envelope.is_some(),
        ];
        marks.into_iter().filter(|it| *it).count()
    }
}

/// What one publisher attests, as PyPI's integrity API gives it.
#[derive(Deserialize)]
struct Attested<'a> {
    #[serde(borrow)]
    attestations: Vec<&'a RawValue>,
}

/// One bundle of npm's or GitHub's answer.
#[derive(Deserialize)]
struct Held<'a> {
    #[serde(borrow)]
    bundle: Option<&'a RawValue>,
}

fn collect(text: &str, depth: usize, found: &mut Found) -> Result<(), VerifyError> {
    if text.starts_with('[') {
        if depth > 0 {
            return Err(VerifyError::new(Fault::Malformed, "a list within a list"));
        }
        let values: Vec<&RawValue> = serde_json::from_str(text).map_err(malformed)?;
        for value in values {
            collect(value.get(), depth + 1, found)?;
        }
        return Ok(());
    }
    if !is_sigstore_bundle(text.as_bytes()) {
        json::shape("the document", text.as_bytes(), DOCUMENT)?;
    }
    let shape: Shape<'_> = serde_json::from_str(text).map_err(malformed)?;
    if shape.formats() > 1 {
        // Whichever is read here, another reader may read the other.
        let message = "it has the marks of more than one format";
        return add(Err(VerifyError::new(Fault::Malformed, message)), found);
    }
    if let Some(bundles) = shape.attestation_bundles {
        for text in bundles.iter().flat_map(|it| &it.attestations) {
            add(
                one("PEP 740 attestation", pep_740::bundle(text.get()), None),
                found,
            )?;
        }
        return Ok(());
    }
    if let Some(held) = shape.attestations {
        for it in held {
            add(inner(it.bundle), found)?;
        }
        return Ok(());
    }
    let document = if shape.sigstore.is_some() {
        one("Sigstore bundle", Ok(text.to_owned()), None)
    } else if shape.pep_740.is_some() {
        one("PEP 740 attestation", pep_740::bundle(text), None)
    } else if shape.layer.is_some() {
        cosign::layer(text).and_then(|(format, json, payload)| one(format, Ok(json), payload))
    } else if shape.legacy_blob.is_some() {
        one("cosign legacy bundle", cosign::blob(text), None)
    } else if shape.envelope.is_some() {
        one("DSSE envelope", envelope::bundle(text, None), None)
    } else {
        let message = "no format of a bundle that is known here";
        Err(VerifyError::new(Fault::Unsupported, message).hint(
            "a Sigstore bundle has `verificationMaterial`, a PEP 740 attestation \
                   `verification_material`",
        ))
    };
    add(document, found)
}

fn inner(bundle: Option<&RawValue>) -> Result<UnverifiedDocument, VerifyError> {
    match bundle.map(RawValue::get) {
        None | Some("null") => {
            let message = "the answer holds the address of a bundle, not the bundle";
            Err(VerifyError::new(Fault::Unsupported, message)
                .hint("fetch its `bundle_url`, which is compressed with snappy"))
        }
        Some(text) => one("Sigstore bundle", Ok(text.to_owned()), None),
    }
}

fn one(
    format: &'static str,
    json: Result<String, VerifyError>,
    simple_signing: Option<SimpleSigning>,
) -> Result<UnverifiedDocument, VerifyError> {
    let json = json?;
    if !is_sigstore_bundle(json.as_bytes()) {
        let message = "a bundle within another document is none of Sigstore's";
        return Err(VerifyError::new(Fault::Malformed, message));
    }
    Ok(UnverifiedDocument {
        format,
        bundle: UnverifiedBundle::read_sigstore(json.as_bytes())?,
        simple_signing,
    })
}

fn add(
    document: Result<UnverifiedDocument, VerifyError>,
    found: &mut Found,
) -> Result<(), VerifyError> {
    if found.len() == DOCUMENT_BUNDLES {
        let message = format!("a document of more than {DOCUMENT_BUNDLES} bundles");
        return Err(VerifyError::new(Fault::TooLarge, message));
    }
    found.push(document);
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, VerifyError> {
    std::str::from_utf8(bytes).map_err(malformed)
}

fn malformed(error: impl std::fmt::Display) -> VerifyError {
    VerifyError::new(Fault::Malformed, visible(&error.to_string(), 300))
}

/// A field of a document that cannot be read.
fn unfit(field: &str, why: impl std::fmt::Display) -> VerifyError {
    let message = format!("`{field}`: {}", visible_line(&why.to_string()));
    VerifyError::new(Fault::Malformed, message)
}

/// Standard base64 decoded and written anew: PEP 740 and PEM break its lines.
fn base64(field: &str, text: &str) -> Result<Vec<u8>, VerifyError> {
    use base64::Engine as _;
    let joined: String = text.split_ascii_whitespace().collect();
    base64::engine::general_purpose::STANDARD
        .decode(joined)
        .map_err(|error| unfit(field, error))
}

fn to_base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The first certificate of a PEM text, in DER.
fn pem_certificate(field: &str, text: &str) -> Result<Vec<u8>, VerifyError> {
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let inner = text
        .split_once(begin)
        .and_then(|(_, rest)| rest.split_once(end))
        .ok_or_else(|| unfit(field, "no certificate in PEM"))?;
    base64(field, inner.0)
}
