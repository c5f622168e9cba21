//! Private keys that sign: ECDSA on P-256 and Ed25519.

mod password;
mod read;
mod write;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use pkcs8::der::pem::{self, LineEnding};
use pkcs8::der::zeroize::Zeroizing;
use pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};

pub use password::Password;
pub use read::KEY_BYTES;
pub use write::KeyFormat;

use crate::model::Digest;

/// What a key signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256, which every Sigstore client and log knows.
    EcdsaP256,
    /// Ed25519 (RFC 8032), which version 2 of the log does not take.
    Ed25519,
}

/// A private key. Never printed; its bytes are overwritten when it goes.
pub struct PrivateKey {
    kind: Kind,
    /// PKCS#8, version 1.
    pkcs8: Zeroizing<Vec<u8>>,
    /// SubjectPublicKeyInfo.
    public: Vec<u8>,
}

enum Kind {
    P256(EcdsaKeyPair),
    Ed25519(SigningKey),
}

/// Why there is no key. Never holds a password or a part of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct KeyError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl KeyError {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl PrivateKey {
    /// A new key of the system's random numbers.
    ///
    /// # Errors
    /// [`KeyError`] where there are none.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let broken = || KeyError::new("no key can be generated", "has this system random numbers?");
        match algorithm {
            Algorithm::EcdsaP256 => {
                let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
                let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new())
                    .map_err(|_| broken())?;
                Self::of_pkcs8(Zeroizing::new(document.as_ref().to_vec()))
            }
            Algorithm::Ed25519 => {
                let mut seed = Zeroizing::new([0_u8; 32]);
                aws_lc_rs::rand::fill(&mut *seed).map_err(|_| broken())?;
                let key = ed25519_dalek::pkcs8::KeypairBytes {
                    secret_key: *seed,
                    // Version 1, which every reader takes.
                    public_key: None,
                };
                let document = key.to_pkcs8_der().map_err(|_| broken())?;
                Self::of_pkcs8(Zeroizing::new(document.as_bytes().to_vec()))
            }
        }
    }

    /// A key of its PKCS#8 form in DER (RFC 5958).
    ///
    /// # Errors
    /// [`KeyError`] for another algorithm or curve, and for what is no key.
    pub fn of_pkcs8(pkcs8: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        let unfit = || {
            KeyError::new(
                "the key is neither one of ECDSA on P-256 nor of Ed25519",
                "make one with `lockstep key generate`",
            )
        };
        if let Ok(key) = SigningKey::from_pkcs8_der(&pkcs8) {
            let public = key.verifying_key().to_public_key_der();
            let public = public.map_err(|_| unfit())?.into_vec();
            return Ok(Self {
                kind: Kind::Ed25519(key),
                pkcs8,
                public,
            });
        }
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8)
            .map_err(|_| unfit())?;
        let public = AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(key.public_key());
        let public = public.map_err(|_| unfit())?.as_ref().to_vec();
        Ok(Self {
            kind: Kind::P256(key),
            pkcs8,
            public,
        })
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        match self.kind {
            Kind::P256(_) => Algorithm::EcdsaP256,
            Kind::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// The signature of a message: ASN.1 for ECDSA, 64 bytes for Ed25519.
    ///
    /// # Errors
    /// [`KeyError`] where the system has no random numbers.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.kind {
            Kind::P256(key) => match key.sign(&SystemRandom::new(), message) {
                Ok(signature) => Ok(signature.as_ref().to_vec()),
                Err(_) => Err(KeyError::new(
                    "the key cannot sign",
                    "has this system random numbers?",
                )),
            },
            Kind::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
        }
    }

    /// The public key in DER (SubjectPublicKeyInfo, RFC 5280).
    pub fn public_der(&self) -> &[u8] {
        &self.public
    }

    /// The public key as PEM (RFC 7468), with a line end.
    ///
    /// # Errors
    /// Never in practice: any bytes can stand in PEM.
    pub fn public_pem(&self) -> Result<String, KeyError> {
        pem::encode_string("PUBLIC KEY", LineEnding::LF, &self.public)
            .map_err(|_| KeyError::new("the public key cannot be written", "report this as a bug"))
    }

    /// Whether this key made a signature of a message.
    pub fn made(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.kind {
            Kind::P256(key) => {
                let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.public_key());
                public.verify(message, signature).is_ok()
            }
            Kind::Ed25519(key) => {
                ed25519_dalek::Signature::from_slice(signature).is_ok_and(|signature| {
                    key.verifying_key()
                        .verify_strict(message, &signature)
                        .is_ok()
                })
            }
        }
    }

    /// SHA-256 of the public key in DER.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.public)
    }

    /// The hint by which bundles name it: base64 of the fingerprint, as cosign writes it.
    pub fn hint(&self) -> String {
        hint(&self.public)
    }
}

/// The hint of a public key in DER.
pub(super) fn hint(public: &[u8]) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, public);
    STANDARD.encode(hash.as_ref())
}
