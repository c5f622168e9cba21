//! Keys that a seed decides: the same in every run.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};

use super::der::{self, bits, integer, octets, oid, sequence};
use super::sha256;

/// A private key.
pub(crate) enum Key {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Key {
    /// ECDSA on P-256 with SHA-256.
    pub(crate) fn p256(seed: &str) -> Self {
        let scalar = sha256(format!("p256 {seed}").as_bytes());
        let private = sequence(&[integer(&[1]), octets(&scalar)]);
        let pkcs8 = sequence(&[integer(&[0]), p256_algorithm(), octets(&private)]);
        Self::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8).unwrap())
    }

    /// Ed25519, not prehashed.
    pub(crate) fn ed25519(seed: &str) -> Self {
        let seed = sha256(format!("ed25519 {seed}").as_bytes());
        Self::Ed25519(Ed25519KeyPair::from_seed_unchecked(&seed).unwrap())
    }

    /// ECDSA signatures are drawn anew each time.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(key) => {
                let signature = key.sign(&SystemRandom::new(), message).unwrap();
                signature.as_ref().to_vec()
            }
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    pub(crate) fn public(&self) -> &[u8] {
        match self {
            Self::P256(key) => key.public_key().as_ref(),
            Self::Ed25519(key) => key.public_key().as_ref(),
        }
    }

    /// DER SubjectPublicKeyInfo.
    pub(crate) fn spki(&self) -> Vec<u8> {
        let algorithm = match self {
            Self::P256(_) => p256_algorithm(),
            Self::Ed25519(_) => sequence(&[oid("1.3.101.112")]),
        };
        sequence(&[algorithm, bits(self.public())])
    }

    /// PEM SubjectPublicKeyInfo, as `--key` takes it.
    pub(crate) fn pem(&self) -> String {
        der::pem("PUBLIC KEY", &self.spki())
    }

    /// The name of its kind in Sigstore's protocol buffers.
    pub(crate) fn details(&self) -> &'static str {
        match self {
            Self::P256(_) => "PKIX_ECDSA_P256_SHA_256",
            Self::Ed25519(_) => "PKIX_ED25519",
        }
    }
}

fn p256_algorithm() -> Vec<u8> {
    sequence(&[oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")])
}
