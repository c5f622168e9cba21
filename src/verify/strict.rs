//! The strict profile: what is demanded of a bundle beyond what `sigstore-verify` demands.
//!
//! Each demand is here because the crate accepts what it refuses: a log entry without proof beside
//! one with a proof, entries and timestamps that stand twice, roots inside the chain, a log entry
//! that names one log and is proved by another, an `intoto` entry for another certificate of the
//! same key, times after the time that is asked about, a certificate that names two holders.

use std::collections::HashSet;

use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_types::{DerCertificate, KindVersion, TransparencyLogEntry};
use sigstore_verify::rekor::RekorEntryBody;

use super::logs::Logs;
use super::shape::Version;
use super::{Fault, UnverifiedBundle, VerifyError, der, holder};
use crate::model::{Leniency, Time};

/// Demands that need no cryptography, before anything is verified.
pub(super) fn before(
    bundle: &UnverifiedBundle,
    logs: &Logs,
    domain: &str,
    leniency: Leniency,
    now: Time,
) -> Result<(), VerifyError> {
    let material = &bundle.bundle.verification_material;
    if let VerificationMaterialContent::X509CertificateChain { certificates } = &material.content {
        let chain: Vec<&DerCertificate> = certificates.iter().map(|it| &it.raw_bytes).collect();
        ordered(&chain)?;
    }
    if let Some(leaf) = bundle.bundle.signing_certificate() {
        no_root(leaf)?;
        holder::one_holder(leaf)?;
    }
    let entries = &material.tlog_entries;
    if entries.is_empty() && !leniency.unsafe_no_log {
        let message = "it is entered in no transparency log";
        return Err(VerifyError::new(Fault::Log, message)
            .hint("trust that needs no log must say so: `unsafe-no-log`"));
    }
    distinct(entries)?;
    for entry in entries {
        proved(entry, bundle.version, leniency)?;
        logs.check(entry, domain, now)?;
        same_certificate(entry, bundle.bundle.signing_certificate())?;
    }
    let stamps = &material.timestamp_verification_data.rfc3161_timestamps;
    let tokens = stamps.iter().map(|stamp| stamp.signed_timestamp.as_bytes());
    if twice(tokens) {
        let message = "a timestamp stands twice";
        return Err(VerifyError::new(Fault::Timestamp, message));
    }
    let keyed = matches!(material.content, VerificationMaterialContent::PublicKey(_));
    if entries.is_empty() && stamps.is_empty() && !keyed {
        let message = "no log and no timestamp authority says when it was signed, and a signing \
                       certificate is valid for minutes";
        return Err(VerifyError::new(Fault::Timestamp, message));
    }
    Ok(())
}

/// Demands on what was verified: no time after `now`, every log's key in force.
pub(super) fn after(
    bundle: &UnverifiedBundle,
    logs: &Logs,
    times: &[Time],
    now: Time,
) -> Result<(), VerifyError> {
    if let Some(time) = times.iter().find(|time| **time > now) {
        let message = format!("signed at {time}, after {now}");
        return Err(VerifyError::new(Fault::Timestamp, message));
    }
    let entries = &bundle.bundle.verification_material.tlog_entries;
    entries
        .iter()
        .try_for_each(|entry| logs.in_force(entry, times))
}

/// Roots belong to who verifies; one in a bundle proves nothing
/// (sigstore_common.proto, `X509CertificateChain`).
fn no_root(certificate: &DerCertificate) -> Result<(), VerifyError> {
    let fault = |message: &str| Err(VerifyError::new(Fault::Certificate, message));
    match der::names(certificate.as_bytes()) {
        Some((issuer, subject)) if issuer == subject => {
            fault("a self-signed certificate stands in the bundle")
        }
        Some(_) => Ok(()),
        None => fault("what should be a certificate is none"),
    }
}

/// Each certificate of a chain is that of the issuer of the one before it, and none is a root: what
/// stands there without need would be carried along unverified.
fn ordered(chain: &[&DerCertificate]) -> Result<(), VerifyError> {
    chain
        .iter()
        .try_for_each(|certificate| no_root(certificate))?;
    let names = |certificate: &DerCertificate| {
        let names = der::names(certificate.as_bytes());
        names.map(|(issuer, subject)| (issuer.to_vec(), subject.to_vec()))
    };
    for pair in chain.windows(2) {
        let issued = names(pair[0]).zip(names(pair[1]));
        if issued.is_none_or(|(one, next)| one.0 != next.1) {
            let message = "a certificate of the chain is not that of the issuer of the one before";
            return Err(VerifyError::new(Fault::Certificate, message));
        }
    }
    Ok(())
}

/// One entry counts once: not twice by its place, nor twice by what it records.
fn distinct(entries: &[TransparencyLogEntry]) -> Result<(), VerifyError> {
    if entries.len() < 2 {
        return Ok(());
    }
    let id = |entry: &TransparencyLogEntry| entry.log_id.key_id.as_bytes().to_vec();
    let places = entries.iter().map(|entry| (id(entry), entry.log_index));
    let records = entries
        .iter()
        .map(|entry| (id(entry), entry.canonicalized_body.as_bytes()));
    match twice(places) || twice(records) {
        true => Err(VerifyError::new(Fault::Log, "a log entry stands twice")),
        false => Ok(()),
    }
}

fn twice<T: std::hash::Hash + Eq>(items: impl Iterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    items.into_iter().any(|item| !seen.insert(item))
}

/// Every entry has its inclusion proof with a checkpoint; in version 0.1 its promise, which alone
/// is enough where the domain says so.
fn proved(
    entry: &TransparencyLogEntry,
    version: Version,
    leniency: Leniency,
) -> Result<(), VerifyError> {
    let fault = |message: &str| VerifyError::new(Fault::Log, message);
    let promised = entry.inclusion_promise.is_some();
    if version == Version::V0_1 && !promised {
        return Err(fault(
            "a log entry of a version 0.1 bundle has no inclusion promise",
        ));
    }
    if let Some(proof) = &entry.inclusion_proof {
        return match proof.checkpoint.is_empty() {
            true => Err(fault("the inclusion proof has no checkpoint")),
            false => Ok(()),
        };
    }
    if version == Version::V0_1 && leniency.unsafe_set_only {
        return Ok(());
    }
    let error = fault("a log entry has no inclusion proof");
    Err(match version {
        Version::V0_1 => error.hint(
            "it has the log's promise alone, as signatures before bundle version 0.2: trust that \
             takes those must say so: `unsafe-set-only`",
        ),
        Version::V0_2 | Version::V0_3 => error,
    })
}

/// `sigstore-verify` compares the key alone where an `intoto` entry has a certificate: two
/// certificates of one key may name different holders.
fn same_certificate(
    entry: &TransparencyLogEntry,
    certificate: Option<&DerCertificate>,
) -> Result<(), VerifyError> {
    let (KindVersion::IntotoV002, Some(certificate)) = (entry.kind_version, certificate) else {
        return Ok(());
    };
    let body = RekorEntryBody::parse(&entry.canonicalized_body, entry.kind_version);
    let Ok(RekorEntryBody::IntotoV002(body)) = body else {
        return Err(VerifyError::new(
            Fault::Log,
            "the log entry is no intoto entry",
        ));
    };
    let logged = body.spec.content.envelope.signatures.first();
    match logged.map(|signature| signature.parse_certificate()) {
        Some(Ok(logged)) if logged == *certificate => Ok(()),
        _ => {
            let message = "the log entry is for another certificate than the bundle's";
            Err(VerifyError::new(Fault::Log, message))
        }
    }
}
