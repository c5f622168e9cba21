//! Whether a log of certificate transparency vouches for a signing certificate: its signed
//! certificate timestamp, SCT (RFC 6962 sections 3.2 and 3.3).
//!
//! `sigstore-verify` checks the same by decoding the whole certificate once more, copying it and
//! encoding it anew, a twentieth of the time of a verification. Here the signed bytes are cut out of
//! the certificate as they stand. What is not of the plain form, or does not hold, is left to the
//! crate, which then tells why: this can spare its check and not replace its refusal.

use jiff::Timestamp;
use sigstore_trust_root::TrustedRoot;
use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_types::{DerCertificate, Sha256Hash, SignatureBytes};
use sigstore_verify::crypto::{Keyring, SigningScheme, sha256};

use super::der::{self, Elements, OCTET_STRING, SEQUENCE, inside};

/// 1.3.6.1.4.1.11129.2.4.2, the list of timestamps in a certificate (RFC 6962 section 3.3).
const TIMESTAMPS: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02];
/// The extensions in a certificate (RFC 5280 section 4.1).
const EXTENSIONS: u8 = 0xa3;
/// `precert_entry` of `LogEntryType`.
const PRECERTIFICATE: [u8; 2] = [0, 1];

/// Hash and signature algorithm (RFC 5246 section 7.4.1.4.1) of those that the crate verifies.
const SCHEMES: [([u8; 2], SigningScheme); 5] = [
    ([4, 3], SigningScheme::EcdsaP256Sha256),
    ([5, 3], SigningScheme::EcdsaP384Sha384),
    ([4, 1], SigningScheme::RsaPkcs1Sha256),
    ([5, 1], SigningScheme::RsaPkcs1Sha384),
    ([6, 1], SigningScheme::RsaPkcs1Sha512),
];

/// The certificate transparency logs that a trusted root names, and the authorities that they
/// vouch for.
pub(super) struct CertificateLogs {
    keys: Vec<([u8; 2], Keyring)>,
    authorities: Vec<Authority>,
}

struct Authority {
    name: Vec<u8>,
    key: Sha256Hash,
}

impl CertificateLogs {
    /// Keys that cannot be read are left out. Where a certificate of an authority cannot be read,
    /// none is known to be the only one of its name.
    pub(super) fn of(root: &TrustedRoot) -> Self {
        let keys = SCHEMES.iter().filter_map(|(algorithm, scheme)| {
            let keys = root.ctfe_keys(*scheme).ok()?;
            Some((*algorithm, keys))
        });
        let chains = root.certificate_authorities.iter().map(|it| &it.cert_chain);
        let certificates = chains.flat_map(|chain| &chain.certificates);
        let authorities = certificates.map(|certificate| {
            let bytes = certificate.raw_bytes.as_bytes();
            Some(Authority {
                name: der::names(bytes)?.1.to_vec(),
                key: sha256(der::key(bytes)?),
            })
        });
        Self {
            keys: keys.collect(),
            authorities: authorities.collect::<Option<_>>().unwrap_or_default(),
        }
    }

    /// Whether a trusted log vouches for the certificate of a bundle, as one that the only trusted
    /// authority of its issuer's name issued. A certificate that comes with others may be issued by
    /// one of them: this is not said of it.
    pub(super) fn vouch_for(&self, material: &VerificationMaterialContent) -> bool {
        let certificate = match material {
            VerificationMaterialContent::Certificate(it) => &it.raw_bytes,
            VerificationMaterialContent::X509CertificateChain { certificates } => {
                match &certificates[..] {
                    [only] => &only.raw_bytes,
                    _ => return false,
                }
            }
            _ => return false,
        };
        self.vouched(certificate).is_some()
    }

    fn vouched(&self, certificate: &DerCertificate) -> Option<()> {
        let (issuer, _) = der::names(certificate.as_bytes())?;
        let issuer = self.only(issuer)?;
        let (precertificate, list) = without_timestamps(certificate.as_bytes())?;
        let timestamp = CertificateTimestamp::only(list)?;
        let (_, keys) = self.keys.iter().find(|it| it.0 == timestamp.algorithm)?;
        let milliseconds = i64::try_from(timestamp.milliseconds).ok()?;
        keys.verify_with_key_id_at(
            &Sha256Hash::new(timestamp.log),
            Timestamp::from_millisecond(milliseconds).ok()?,
            timestamp.signed(issuer, &precertificate)?,
            &SignatureBytes::new(timestamp.signature.to_vec()),
        )
        .ok()
    }

    /// The key of the authority of a name, where all of that name have the same.
    fn only(&self, name: &[u8]) -> Option<&Sha256Hash> {
        let mut named = self.authorities.iter().filter(|it| it.name == name);
        let first = &named.next()?.key;
        named.all(|other| other.key == *first).then_some(first)
    }
}

/// One timestamp (`SignedCertificateTimestamp`).
struct CertificateTimestamp<'d> {
    log: [u8; 32],
    milliseconds: u64,
    extensions: &'d [u8],
    algorithm: [u8; 2],
    signature: &'d [u8],
}

impl<'d> CertificateTimestamp<'d> {
    /// The one timestamp of an extension's value, of version 1.
    fn only(value: &'d [u8]) -> Option<Self> {
        let mut list = Fields(inside(OCTET_STRING, value)?);
        let mut timestamps = Fields(list.vector()?);
        let mut fields = Fields(timestamps.vector()?);
        let [0] = fields.array()? else {
            return None;
        };
        let timestamp = Self {
            log: fields.array()?,
            milliseconds: u64::from_be_bytes(fields.array()?),
            extensions: fields.vector()?,
            algorithm: fields.array()?,
            signature: fields.vector()?,
        };
        [list, timestamps, fields]
            .iter()
            .all(|it| it.0.is_empty())
            .then_some(timestamp)
    }

    /// What the log signed: the certificate before the log had answered, and whose it is.
    fn signed(&self, issuer: &Sha256Hash, precertificate: &[u8]) -> Option<Vec<u8>> {
        let length = u32::try_from(precertificate.len()).ok()?.to_be_bytes();
        let [0, length @ ..] = length else {
            return None;
        };
        let extensions = u16::try_from(self.extensions.len()).ok()?;
        // Version 1, `certificate_timestamp`.
        let mut signed = vec![0, 0];
        signed.extend_from_slice(&self.milliseconds.to_be_bytes());
        signed.extend_from_slice(&PRECERTIFICATE);
        signed.extend_from_slice(issuer.as_bytes());
        signed.extend_from_slice(&length);
        signed.extend_from_slice(precertificate);
        signed.extend_from_slice(&extensions.to_be_bytes());
        signed.extend_from_slice(self.extensions);
        Some(signed)
    }
}

/// Fields one after the other, as TLS writes them (RFC 5246 section 4).
struct Fields<'d>(&'d [u8]);

impl<'d> Fields<'d> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    /// A vector of up to 65,535 bytes.
    fn vector(&mut self) -> Option<&'d [u8]> {
        let length = u16::from_be_bytes(self.array()?);
        let (vector, rest) = self.0.split_at_checked(length.into())?;
        self.0 = rest;
        Some(vector)
    }
}

/// The part of a certificate that is signed, without the list of timestamps, and that list.
fn without_timestamps(certificate: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let signed = inside(SEQUENCE, Elements(inside(SEQUENCE, certificate)?).next()?)?;
    let tagged = Elements(signed).last()?;
    let fields = signed.strip_suffix(tagged)?;
    let mut extensions = Elements(inside(SEQUENCE, inside(EXTENSIONS, tagged)?)?);
    let mut kept = Vec::with_capacity(signed.len());
    let mut lists = Vec::new();
    for extension in extensions.by_ref() {
        let (kind, value) = der::extension(extension)?;
        match kind == TIMESTAMPS {
            true => lists.push(value),
            false => kept.extend_from_slice(extension),
        }
    }
    let ([list], b"") = (&lists[..], extensions.0) else {
        return None;
    };
    let extensions = element(EXTENSIONS, &[&element(SEQUENCE, &[&kept])?])?;
    let precertificate = element(SEQUENCE, &[fields, &extensions])?;
    Some((precertificate, list))
}

/// An element that holds these, one after the other (X.690 section 10.1: the shortest length).
fn element(tag: u8, parts: &[&[u8]]) -> Option<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let short = u16::try_from(length).ok()?;
    let mut element = Vec::with_capacity(4 + length);
    element.push(tag);
    match short.to_be_bytes() {
        [0, low @ ..=0x7f] => element.push(low),
        [0, low] => element.extend([0x81, low]),
        [high, low] => element.extend([0x82, high, low]),
    }
    parts
        .iter()
        .for_each(|part| element.extend_from_slice(part));
    Some(element)
}

#[cfg(test)]
mod tests {
    use sigstore_trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT;

    use super::super::UnverifiedBundle;
    use super::*;

    /// A certificate of the public-good instance.
    fn real() -> VerificationMaterialContent {
        let attestation = include_bytes!(
            "../../fixtures/attestations/gitlab_oidc_project-0.0.3.tar.gz.publish.attestation"
        );
        let bundle = UnverifiedBundle::read(attestation).unwrap();
        bundle.bundle.verification_material.content
    }

    fn certificate(material: &mut VerificationMaterialContent) -> &mut DerCertificate {
        match material {
            VerificationMaterialContent::Certificate(it) => &mut it.raw_bytes,
            other => panic!("{other:?}"),
        }
    }

    fn root() -> TrustedRoot {
        TrustedRoot::from_json(SIGSTORE_PRODUCTION_TRUSTED_ROOT).unwrap()
    }

    #[test]
    fn the_public_instance_vouches_for_every_bit_that_its_authority_signed() {
        let logs = CertificateLogs::of(&root());
        let mut material = real();
        assert!(logs.vouch_for(&material));
        let sound = certificate(&mut material).as_bytes().to_vec();
        let signed = Elements(der::content(&sound).unwrap()).next().unwrap();
        let begins = sound.len() - der::content(&sound).unwrap().len();
        for bit in 8 * begins..8 * (begins + signed.len()) {
            let mut flipped = sound.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            *certificate(&mut material) = DerCertificate::new(flipped);
            assert!(!logs.vouch_for(&material), "byte {}", bit / 8);
        }
    }

    #[test]
    fn an_issuer_that_is_not_known_beyond_doubt_is_left_to_the_crate() {
        let mut root = root();
        let authorities = &mut root.certificate_authorities;
        let all = std::mem::take(authorities);
        assert!(!CertificateLogs::of(&root).vouch_for(&real()), "unknown");
        // Another key under the same name.
        root.certificate_authorities = all;
        let logs = CertificateLogs::of(&root);
        let names = |it: &Authority| it.name.clone();
        let issuer = der::names(certificate(&mut real()).as_bytes())
            .unwrap()
            .0
            .to_vec();
        assert!(logs.authorities.iter().any(|it| names(it) == issuer));
        let mut doubted = logs;
        doubted.authorities.push(Authority {
            name: issuer.to_vec(),
            key: sha256(b"another key"),
        });
        assert!(!doubted.vouch_for(&real()));
    }

    #[test]
    fn a_certificate_that_comes_with_others_is_left_to_the_crate() {
        let leaf = certificate(&mut real()).clone();
        let chain = |certificates: usize| VerificationMaterialContent::X509CertificateChain {
            certificates: vec![
                sigstore_types::bundle::X509Certificate::new(leaf.clone());
                certificates
            ],
        };
        let logs = CertificateLogs::of(&root());
        assert!(!logs.vouch_for(&chain(0)));
        assert!(logs.vouch_for(&chain(1)));
        assert!(!logs.vouch_for(&chain(2)));
    }
}
