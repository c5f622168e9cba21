//! Reads private keys: PKCS#8 plain and encrypted, and cosign's own encrypted form, as PEM.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::pem;
use pkcs8::der::zeroize::Zeroizing;
use sigstore::crypto::signing_key::kdf;

use super::{KeyError, Password, PrivateKey};
use crate::model::visible;

/// The longest key file in bytes.
pub const KEY_BYTES: usize = 64 << 10;

impl PrivateKey {
    /// Reads PEM; asks for the password only where one is needed.
    ///
    /// # Errors
    /// [`KeyError`] for another form, another kind of key, a wrong password or none.
    pub fn of_pem(
        text: &[u8],
        password: impl FnOnce() -> Option<Password>,
    ) -> Result<Self, KeyError> {
        let hint = "PKCS#8 (`PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`) and cosign's keys are read";
        if text.len() > KEY_BYTES {
            let message = format!("more than {KEY_BYTES} bytes: no private key");
            return Err(KeyError::new(message, hint));
        }
        let no_pem = |_| KeyError::new("no private key as PEM (RFC 7468)", hint);
        let label = pem::decode_label(text).map_err(no_pem)?;
        let label = match label {
            "EC PRIVATE KEY" => {
                return Err(KeyError::new(
                    "the key is in the form SEC1 (`EC PRIVATE KEY`)",
                    "convert it: `openssl pkcs8 -topk8 -in KEY -out NEW`",
                ));
            }
            "PUBLIC KEY" | "CERTIFICATE" => {
                let message = format!("it holds a {}, not a private key", label.to_lowercase());
                return Err(KeyError::new(message, "name the file of the private key"));
            }
            "PRIVATE KEY"
            | "ENCRYPTED PRIVATE KEY"
            | "ENCRYPTED SIGSTORE PRIVATE KEY"
            | "ENCRYPTED COSIGN PRIVATE KEY" => label,
            other => {
                let message = format!("PEM of the kind `{}`", visible(other, 60));
                return Err(KeyError::new(message, hint));
            }
        };
        let (_, body) = pem::decode_vec(text).map_err(no_pem)?;
        let body = Zeroizing::new(body);
        if label == "PRIVATE KEY" {
            return Self::of_pkcs8(body);
        }
        let password = password().ok_or_else(|| {
            KeyError::new(
                "the key is encrypted, and there is no password",
                "set LOCKSTEP_KEY_PASSWORD or COSIGN_PASSWORD; empty where it has an empty one. At a \
                 terminal it is asked for",
            )
        })?;
        let wrong = || {
            KeyError::new(
                "the key cannot be decrypted with this password",
                "LOCKSTEP_KEY_PASSWORD comes before COSIGN_PASSWORD",
            )
        };
        let plain = match label {
            "ENCRYPTED PRIVATE KEY" => {
                let sealed = EncryptedPrivateKeyInfoRef::try_from(body.as_slice());
                let sealed = sealed.map_err(|_| {
                    KeyError::new(
                        "the encrypted key is malformed or of an unknown scheme",
                        hint,
                    )
                })?;
                let plain = sealed.decrypt(password.bytes()).map_err(|_| wrong())?;
                Zeroizing::new(plain.as_bytes().to_vec())
            }
            _ => Zeroizing::new(kdf::decrypt(&body, password.bytes()).map_err(|_| wrong())?),
        };
        Self::of_pkcs8(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Algorithm, KeyFormat};
    use super::*;

    fn password(text: &str) -> Option<Password> {
        Some(Password::new(text.to_owned()))
    }

    #[test]
    fn every_form_reads_back_to_the_same_key_and_no_other_password_opens_it() {
        for algorithm in [Algorithm::EcdsaP256, Algorithm::Ed25519] {
            let key = PrivateKey::generate(algorithm).unwrap();
            let secret = Password::new("s3cret".to_owned());
            for (format, password_used) in [
                (KeyFormat::Pkcs8, None),
                (KeyFormat::Pkcs8, Some(&secret)),
                (KeyFormat::Cosign, Some(&secret)),
            ] {
                let pem = key.to_pem(format, password_used).unwrap();
                let again = PrivateKey::of_pem(pem.as_bytes(), || password("s3cret")).unwrap();
                assert_eq!(again.public_der(), key.public_der());
                assert_eq!(again.algorithm(), algorithm);
                if password_used.is_some() {
                    let wrong = PrivateKey::of_pem(pem.as_bytes(), || password("other"));
                    let error = wrong.err().unwrap();
                    assert!(error.message.contains("cannot be decrypted"), "{error:?}");
                    assert!(!format!("{error:?}").contains("other"));
                    assert!(PrivateKey::of_pem(pem.as_bytes(), || None).is_err());
                }
            }
        }
    }

    #[test]
    fn what_is_no_private_key_gets_its_own_words() {
        let pem = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        for (text, words) in [
            (pem("EC PRIVATE KEY"), "SEC1"),
            (pem("PUBLIC KEY"), "not a private key"),
            (pem("RSA PRIVATE KEY"), "RSA PRIVATE KEY"),
            (pem("PRIVATE KEY"), "neither"),
            ("nothing".to_owned(), "no private key"),
        ] {
            let error = PrivateKey::of_pem(text.as_bytes(), || None).err().unwrap();
            assert!(error.message.contains(words), "{error:?}");
        }
    }
}
