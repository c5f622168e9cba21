//! Writes private keys as PEM: PKCS#8 plain or encrypted, or cosign's own form.

use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::pem::{self, LineEnding};
use pkcs8::der::zeroize::Zeroizing;
use pkcs8::pkcs5::{pbes2, scrypt};
use sigstore::crypto::signing_key::{SIGSTORE_PRIVATE_KEY_PEM_LABEL, kdf};

use super::{KeyError, Password, PrivateKey};

/// The form of a private key's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFormat {
    /// PKCS#8 (RFC 5958); encrypted by scrypt and AES-256-CBC (RFC 8018, RFC 7914), as OpenSSL
    /// reads it.
    Pkcs8,
    /// cosign's: scrypt and NaCl's secretbox. Always with a password, an empty one too.
    Cosign,
}

/// log2(N) of scrypt: the most that OpenSSL reads without further settings.
const LOG_N: u8 = 14;

impl PrivateKey {
    /// The key as PEM, encrypted where there is a password.
    ///
    /// # Errors
    /// [`KeyError`] for cosign's form without a password, and where encryption fails.
    pub fn to_pem(
        &self,
        format: KeyFormat,
        password: Option<&Password>,
    ) -> Result<Zeroizing<String>, KeyError> {
        let broken = || KeyError::new("the key cannot be encrypted", "try again");
        let (label, body) = match (format, password) {
            (KeyFormat::Pkcs8, None) => ("PRIVATE KEY", self.pkcs8.clone()),
            (KeyFormat::Pkcs8, Some(password)) => {
                let (mut salt, mut first) = ([0_u8; 16], [0_u8; 16]);
                aws_lc_rs::rand::fill(&mut salt).map_err(|_| broken())?;
                aws_lc_rs::rand::fill(&mut first).map_err(|_| broken())?;
                let cost = scrypt::Params::new(LOG_N, 8, 1).map_err(|_| broken())?;
                let scheme = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, first);
                let key = PrivateKeyInfoRef::try_from(self.pkcs8.as_slice());
                let sealed = key
                    .map_err(|_| broken())?
                    .encrypt_with_params(scheme.map_err(|_| broken())?, password.bytes())
                    .map_err(|_| broken())?;
                let sealed = Zeroizing::new(sealed.as_bytes().to_vec());
                ("ENCRYPTED PRIVATE KEY", sealed)
            }
            (KeyFormat::Cosign, Some(password)) => {
                let sealed = kdf::encrypt(&self.pkcs8, password.bytes()).map_err(|_| broken())?;
                (SIGSTORE_PRIVATE_KEY_PEM_LABEL, Zeroizing::new(sealed))
            }
            (KeyFormat::Cosign, None) => {
                return Err(KeyError::new(
                    "cosign's form is always encrypted, and there is no password",
                    "set LOCKSTEP_KEY_PASSWORD or COSIGN_PASSWORD, or take --format pkcs8",
                ));
            }
        };
        let text = pem::encode_string(label, LineEnding::LF, &body).map_err(|_| broken())?;
        Ok(Zeroizing::new(text))
    }
}
