//! The shape that each version of the bundle format demands, checked before its parts are parsed
//! (<https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto>).

use super::json::Shape;
use super::{Fault, VerifyError};
use crate::model::visible;

/// The most transparency log entries of one bundle.
const ENTRIES: usize = 16;
/// The most timestamps of one bundle.
const STAMPS: usize = 16;
/// The most certificates of one bundle.
const CERTIFICATES: usize = 10;
/// The most hashes of an inclusion proof: a tree has at most 2^64 leaves.
const HASHES: usize = 64;

/// A version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V0_1,
    V0_2,
    V0_3,
}

impl Version {
    fn of(media_type: &str) -> Option<Self> {
        match media_type {
            "application/vnd.dev.sigstore.bundle+json;version=0.1" => Some(Self::V0_1),
            "application/vnd.dev.sigstore.bundle+json;version=0.2" => Some(Self::V0_2),
            "application/vnd.dev.sigstore.bundle+json;version=0.3"
            | "application/vnd.dev.sigstore.bundle.v0.3+json" => Some(Self::V0_3),
            _ => None,
        }
    }
}

/// The version of a bundle whose every member is one that the format has, once, within caps.
pub(super) fn check(bundle: &Shape<'_>) -> Result<Version, VerifyError> {
    let top = [
        "mediaType",
        "verificationMaterial",
        "messageSignature",
        "dsseEnvelope",
    ];
    only(bundle, "the bundle", &top)?;
    let version = match bundle.member("mediaType") {
        Some(Shape::Text(text)) => Version::of(text).ok_or_else(|| {
            let message = format!("unknown media type `{}`", visible(text, 100));
            VerifyError::new(Fault::Unsupported, message)
                .hint("Sigstore bundles of versions 0.1, 0.2 and 0.3 are read")
        })?,
        _ => return Err(malformed("the bundle has no `mediaType`")),
    };
    content(bundle)?;
    let material = bundle.member("verificationMaterial");
    let material = material.ok_or_else(|| malformed("it has no `verificationMaterial`"))?;
    signer(material, version)?;
    for entry in list(material, "tlogEntries", ENTRIES)? {
        log_entry(entry)?;
    }
    match material.member("timestampVerificationData") {
        None | Some(Shape::Null) => {}
        Some(data) => {
            only(data, "timestampVerificationData", &["rfc3161Timestamps"])?;
            for stamp in list(data, "rfc3161Timestamps", STAMPS)? {
                only(stamp, "rfc3161Timestamps", &["signedTimestamp"])?;
            }
        }
    }
    Ok(version)
}

fn content(bundle: &Shape<'_>) -> Result<(), VerifyError> {
    match (
        bundle.member("messageSignature"),
        bundle.member("dsseEnvelope"),
    ) {
        (Some(message), None) => {
            only(message, "messageSignature", &["messageDigest", "signature"])?;
            message.member("messageDigest").map_or(Ok(()), |digest| {
                only(digest, "messageDigest", &["algorithm", "digest"])
            })
        }
        (None, Some(envelope)) => {
            only(
                envelope,
                "dsseEnvelope",
                &["payload", "payloadType", "signatures"],
            )?;
            match envelope.member("signatures") {
                Some(Shape::Array(signatures)) => match signatures.as_slice() {
                    [one] => only(one, "signatures", &["sig", "keyid"]),
                    several => Err(malformed(&format!(
                        "the envelope has {} signatures: exactly one can be verified",
                        several.len()
                    ))),
                },
                _ => Err(malformed("the envelope has no `signatures`")),
            }
        }
        (None, None) => Err(malformed(
            "it has neither `dsseEnvelope` nor `messageSignature`",
        )),
        (Some(_), Some(_)) => Err(malformed(
            "it has both `dsseEnvelope` and `messageSignature`",
        )),
    }
}

fn signer(material: &Shape<'_>, version: Version) -> Result<(), VerifyError> {
    let kinds = ["certificate", "x509CertificateChain", "publicKey"];
    let others = ["tlogEntries", "timestampVerificationData"];
    only(
        material,
        "verificationMaterial",
        &[&kinds[..], &others].concat(),
    )?;
    let given: Vec<&str> = kinds
        .into_iter()
        .filter(|it| material.member(it).is_some())
        .collect();
    let [kind] = given[..] else {
        return Err(malformed(&format!(
            "it must name one signer as `certificate`, `x509CertificateChain` or `publicKey`, and \
             has {}",
            given.len()
        )));
    };
    match (kind, version, material.member(kind)) {
        ("certificate", Version::V0_3, Some(it)) => only(it, "certificate", &["rawBytes"]),
        ("x509CertificateChain", Version::V0_1 | Version::V0_2, Some(chain)) => {
            only(chain, "x509CertificateChain", &["certificates"])?;
            let certificates = list(chain, "certificates", CERTIFICATES)?;
            if certificates.is_empty() {
                let message = "its certificate chain is empty";
                return Err(VerifyError::new(Fault::Certificate, message));
            }
            certificates
                .iter()
                .try_for_each(|it| only(it, "certificates", &["rawBytes"]))
        }
        ("publicKey", _, Some(key)) => only(key, "publicKey", &["hint"]),
        _ => Err(malformed(&format!(
            "a bundle of version 0.{} cannot have `{kind}`: 0.1 and 0.2 have \
             `x509CertificateChain`, 0.3 has `certificate`",
            match version {
                Version::V0_1 => 1,
                Version::V0_2 => 2,
                Version::V0_3 => 3,
            }
        ))),
    }
}

fn log_entry(entry: &Shape<'_>) -> Result<(), VerifyError> {
    let names = [
        "logIndex",
        "logId",
        "kindVersion",
        "integratedTime",
        "inclusionPromise",
        "inclusionProof",
        "canonicalizedBody",
    ];
    only(entry, "tlogEntries", &names)?;
    let inner = |name: &str, names: &[&str]| {
        entry
            .member(name)
            .map_or(Ok(()), |it| only(it, name, names))
    };
    inner("logId", &["keyId"])?;
    inner("kindVersion", &["kind", "version"])?;
    inner("inclusionPromise", &["signedEntryTimestamp"])?;
    let proof_names = ["logIndex", "rootHash", "treeSize", "hashes", "checkpoint"];
    inner("inclusionProof", &proof_names)?;
    if let Some(proof) = entry.member("inclusionProof") {
        list(proof, "hashes", HASHES)?;
        if let Some(checkpoint) = proof.member("checkpoint") {
            only(checkpoint, "checkpoint", &["envelope"])?;
        }
    }
    let text = |name: &str| match entry.member("kindVersion").and_then(|it| it.member(name)) {
        Some(Shape::Text(text)) => visible(text, 40),
        _ => String::new(),
    };
    let (kind, version) = (text("kind"), text("version"));
    match (kind.as_str(), version.as_str()) {
        ("hashedrekord", "0.0.1" | "0.0.2") | ("dsse", "0.0.1") | ("intoto", "0.0.2") => Ok(()),
        _ => {
            let message = format!(
                "a log entry of kind `{kind}` version `{version}`: hashedrekord 0.0.1 and 0.0.2, \
                 dsse 0.0.1 and intoto 0.0.2 can be verified"
            );
            Err(VerifyError::new(Fault::Unsupported, message))
        }
    }
}

/// Refuses what is no object and every member that the format has not: what would be ignored here
/// may be obeyed elsewhere.
fn only(value: &Shape<'_>, place: &str, names: &[&str]) -> Result<(), VerifyError> {
    let Shape::Object(members) = value else {
        return Err(malformed(&format!("{place} is not an object")));
    };
    match members
        .iter()
        .find(|(name, _)| !names.contains(&name.as_ref()))
    {
        Some((name, _)) => {
            let name = visible(name, 60);
            Err(malformed(&format!(
                "{place} has a member `{name}`, which the format has not"
            )))
        }
        None => Ok(()),
    }
}

fn list<'s, 't>(
    value: &'s Shape<'t>,
    name: &str,
    most: usize,
) -> Result<&'s [Shape<'t>], VerifyError> {
    match value.member(name) {
        None => Ok(&[]),
        Some(Shape::Array(items)) if items.len() > most => {
            let message = format!("`{name}` has {} members, more than {most}", items.len());
            Err(VerifyError::new(Fault::TooLarge, message))
        }
        Some(Shape::Array(items)) => Ok(items),
        Some(_) => Err(malformed(&format!("`{name}` is not an array"))),
    }
}

fn malformed(why: &str) -> VerifyError {
    VerifyError::new(Fault::Malformed, why)
}
