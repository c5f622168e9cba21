//! Digests of bytes (SHA-256) and git commits, parsed once and compared as bytes.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};

/// A SHA-256 digest, written `sha256:<64 lower-case hexadecimal digits>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Why a text is not a digest or a commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct DigestError {
    text: String,
    wanted: &'static str,
}

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut of = [0; 32];
        of.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(of)
    }

    /// The digest whose 32 bytes are already known, as a streaming hasher gives them.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits without the `sha256:` prefix, as indexes publish them.
    ///
    /// # Errors
    /// [`DigestError`] for anything else.
    pub fn from_hex(hex: &str) -> Result<Self, DigestError> {
        let error = || DigestError {
            text: super::visible(hex, 80),
            wanted: "64 hexadecimal digits (SHA-256)",
        };
        if hex.len() != 64 {
            return Err(error());
        }
        let mut bytes = [0u8; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let digit = |c: u8| char::from(c).to_digit(16).ok_or_else(error);
            *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
        }
        Ok(Self(bytes))
    }

    /// The 64 lower-case hexadecimal digits.
    pub fn hex(&self) -> String {
        String::from_utf8_lossy(&self.digits()).into_owned()
    }

    fn digits(&self) -> [u8; 64] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        digits
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        text.strip_prefix("sha256:")
            .and_then(|hex| Self::from_hex(hex).ok())
            .ok_or_else(|| DigestError {
                text: super::visible(text, 80),
                wanted: "`sha256:` and 64 hexadecimal digits",
            })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As one piece: an allow may name a million of them.
        let mut text = *b"sha256:0000000000000000000000000000000000000000000000000000000000000000";
        text[7..].copy_from_slice(&self.digits());
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A full git commit id: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit(String);

impl Commit {
    /// The hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, for people.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl FromStr for Commit {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let hexadecimal = text.bytes().all(|b| b.is_ascii_hexdigit());
        if hexadecimal && (text.len() == 40 || text.len() == 64) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(DigestError {
            text: super::visible(text, 80),
            wanted: "a full git commit (40 or 64 hexadecimal digits)",
        })
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::model::as_text!(Digest, Commit);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_what_it_writes_and_nothing_else() {
        let digest = Digest::of(b"lockstep");
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        assert_eq!(
            Digest::from_hex(&digest.hex().to_uppercase()).unwrap(),
            digest
        );
        for wrong in ["", "sha256:", "sha1:abcd", "sha256:zz", &digest.hex()] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
        assert!(Digest::from_hex(&"é".repeat(32)).is_err());
    }

    #[test]
    fn a_commit_is_whole_and_lower_case() {
        let commit: Commit = "0E58ED8671D6B60D0890C21B07F8835ACE038E67".parse().unwrap();
        assert_eq!(commit.short(), "0e58ed8671d6");
        assert!("0e58ed8".parse::<Commit>().is_err());
    }
}
