//! The certificate authority: roots, intermediates, and leaves with Fulcio's extensions and a
//! signed certificate timestamp (RFC 5280, RFC 6962).

use super::der::{
    bits, boolean_true, context, element, integer, octets, oid, sequence, set, utc_time, utf8,
};
use super::{Claims, Key, sha256};

/// A certificate and the key it is for.
pub(crate) struct Certified {
    pub(crate) key: Key,
    pub(crate) name: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) der: Vec<u8>,
}

/// How a leaf's signed certificate timestamp is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sct {
    /// By the CT log of the trusted root.
    Good,
    /// The same, and the log adds something that nobody reads.
    Extended,
    /// The same, before all other extensions.
    First,
    /// By a log that nobody trusts.
    Foreign,
    /// By the log of the trusted root, but not as RFC 6962 wants it.
    Flawed(Flaw),
    /// Not at all.
    Missing,
}

/// What is wrong with a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Signed for a certificate of another authority.
    OtherIssuer,
    /// Signed for another certificate.
    OtherCertificate,
    /// Says another time than was signed.
    OtherTime,
    /// Says that it is by another log.
    OtherLog,
    /// Says more than was signed.
    OtherExtensions,
    /// Names the algorithm of another key.
    OtherAlgorithm,
    /// Is of a version that nobody has defined.
    OtherVersion,
    /// Stands twice.
    Twice,
    /// The list is empty.
    Nothing,
    /// Something follows it in its place of the list.
    MoreInPlace,
    /// Something follows the list.
    MoreAfterList,
}

/// What a leaf is for.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
}

/// A name of an organisation and a common name.
pub(crate) fn name(organisation: &str, common: &str) -> Vec<u8> {
    let part = |kind: &str, text: &str| set(vec![sequence(&[oid(kind), utf8(text)])]);
    sequence(&[part("2.5.4.10", organisation), part("2.5.4.3", common)])
}

/// A certificate of an authority, signed by its issuer or by itself.
pub(crate) fn authority(
    key: Key,
    name: Vec<u8>,
    issuer: Option<&Certified>,
    usage: Option<&str>,
    times: Times,
) -> Certified {
    let mut extensions = vec![
        extension("2.5.29.19", true, &sequence(&[boolean_true()])),
        extension("2.5.29.15", true, &element(0x03, &[1, 0x06])),
    ];
    if let Some(usage) = usage {
        extensions.push(extension("2.5.29.37", false, &sequence(&[oid(usage)])));
    }
    certified(key, name, issuer, &extensions, times)
}

/// The end certificate of a timestamp authority (RFC 3161 section 2.3).
pub(crate) fn stamping(key: Key, name: Vec<u8>, issuer: &Certified, times: Times) -> Certified {
    let extensions = [
        extension("2.5.29.15", true, &element(0x03, &[7, 0x80])),
        extension("2.5.29.37", true, &sequence(&[oid("1.3.6.1.5.5.7.3.8")])),
    ];
    certified(key, name, Some(issuer), &extensions, times)
}

/// A signing certificate as Fulcio issues it
/// (<https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md>).
pub(crate) fn signing(
    spki: &[u8],
    claims: &Claims,
    issuer: &Certified,
    ct_log: &Key,
    sct: Sct,
    times: Times,
) -> Vec<u8> {
    let mut extensions = vec![
        extension("2.5.29.15", true, &element(0x03, &[7, 0x80])),
        extension("2.5.29.37", false, &sequence(&[oid("1.3.6.1.5.5.7.3.3")])),
    ];
    let named = |name: &String| {
        let tag = if name.contains("://") { 0x86 } else { 0x81 };
        element(tag, name.as_bytes())
    };
    let names = std::iter::once(&claims.identity).chain(&claims.further_names);
    let alternative = sequence(&names.map(named).collect::<Vec<_>>());
    extensions.push(extension("2.5.29.17", true, &alternative));
    let fulcio = |arc: u8| format!("1.3.6.1.4.1.57264.1.{arc}");
    let older = claims.older_issuer.as_ref().unwrap_or(&claims.issuer);
    extensions.push(extension(&fulcio(1), false, older.as_bytes()));
    extensions.push(extension(&fulcio(8), false, &utf8(&claims.issuer)));
    for (arc, value) in claims.numbered().into_iter().chain(claims.again.clone()) {
        extensions.push(extension(&fulcio(arc), false, &utf8(&value)));
    }
    let seed = [spki, &times.not_before.to_be_bytes()].concat();
    let body = |extensions: &[Vec<u8>]| {
        to_be_signed(
            &serial(&seed),
            &sequence(&[]),
            &issuer.name,
            spki,
            extensions,
            times,
        )
    };
    if sct != Sct::Missing {
        let list = timestamp_list(&body(&extensions), issuer, ct_log, sct, times.not_before);
        let place = if sct == Sct::First {
            0
        } else {
            extensions.len()
        };
        let list = extension("1.3.6.1.4.1.11129.2.4.2", false, &octets(&list));
        extensions.insert(place, list);
    }
    signed(&body(&extensions), &issuer.key)
}

/// RFC 6962 sections 3.2 and 3.3, over the certificate without its timestamps.
fn timestamp_list(
    precertificate: &[u8],
    issuer: &Certified,
    log: &Key,
    sct: Sct,
    seconds: i64,
) -> Vec<u8> {
    let flawed = |flaw| sct == Sct::Flawed(flaw);
    let unless = |flaw, sound: &[u8], flaw_instead: &[u8]| match flawed(flaw) {
        true => flaw_instead.to_vec(),
        false => sound.to_vec(),
    };
    let vector = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat();
    let (time, later) = (seconds as u64 * 1000, seconds as u64 * 1000 + 1);
    let said: &[u8] = if sct == Sct::Extended { b"more" } else { b"" };
    let other = [precertificate, b"other"].concat();
    let certificate = unless(Flaw::OtherCertificate, precertificate, &other);
    let entry = [
        &[0, 0][..],
        &time.to_be_bytes(),
        &[0, 1],
        &sha256(&unless(Flaw::OtherIssuer, &issuer.key.spki(), &log.spki())),
        &(certificate.len() as u32).to_be_bytes()[1..],
        &certificate,
        &vector(said),
    ];
    let timestamp = [
        unless(Flaw::OtherVersion, &[0], &[1]),
        unless(Flaw::OtherLog, &sha256(&log.spki()), &sha256(b"other")),
        unless(Flaw::OtherTime, &time.to_be_bytes(), &later.to_be_bytes()),
        unless(Flaw::OtherExtensions, &vector(said), &vector(b"unsigned")),
        unless(Flaw::OtherAlgorithm, &[4, 3], &[5, 3]),
        vector(&log.sign(&entry.concat())),
        unless(Flaw::MoreInPlace, &[], &[0]),
    ];
    let one = vector(&timestamp.concat());
    let list = match sct {
        Sct::Flawed(Flaw::Twice) => [&one[..], &one].concat(),
        Sct::Flawed(Flaw::Nothing) => Vec::new(),
        _ => one,
    };
    [vector(&list), unless(Flaw::MoreAfterList, &[], &[0])].concat()
}

fn certified(
    key: Key,
    name: Vec<u8>,
    issuer: Option<&Certified>,
    extensions: &[Vec<u8>],
    times: Times,
) -> Certified {
    let serial = serial(&key.spki());
    let issuer_name = issuer.map_or(&name, |issuer| &issuer.name);
    let body = to_be_signed(&serial, &name, issuer_name, &key.spki(), extensions, times);
    let der = signed(&body, issuer.map_or(&key, |issuer| &issuer.key));
    Certified {
        key,
        name,
        serial,
        der,
    }
}

fn serial(seed: &[u8]) -> Vec<u8> {
    let mut bytes = sha256(seed)[..16].to_vec();
    bytes[0] = (bytes[0] & 0x3f) | 0x40;
    integer(&bytes)
}

fn to_be_signed(
    serial: &[u8],
    subject: &[u8],
    issuer: &[u8],
    spki: &[u8],
    extensions: &[Vec<u8>],
    times: Times,
) -> Vec<u8> {
    sequence(&[
        context(0, &integer(&[2])),
        serial.to_vec(),
        ecdsa_with_sha256(),
        issuer.to_vec(),
        sequence(&[utc_time(times.not_before), utc_time(times.not_after)]),
        subject.to_vec(),
        spki.to_vec(),
        context(3, &sequence(extensions)),
    ])
}

fn signed(body: &[u8], key: &Key) -> Vec<u8> {
    sequence(&[body.to_vec(), ecdsa_with_sha256(), bits(&key.sign(body))])
}

fn extension(kind: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![oid(kind)];
    if critical {
        parts.push(boolean_true());
    }
    parts.push(octets(value));
    sequence(&parts)
}

pub(crate) fn ecdsa_with_sha256() -> Vec<u8> {
    sequence(&[oid("1.2.840.10045.4.3.2")])
}
