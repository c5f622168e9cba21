//! The digest of one artifact in the algorithm that its place states, and what attests to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Digest, as_text, visible};

/// A digest with its algorithm: `sha256:…`, or `sha512:…` as npm states it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArtifactDigest {
    /// SHA-256.
    Sha256(Digest),
    /// SHA-512.
    Sha512([u8; 64]),
}

/// Why a text is no digest of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a digest: `sha256:` with 64 or `sha512:` with 128 lower-case hexadecimal digits"
)]
pub struct ArtifactDigestError(String);

impl ArtifactDigest {
    /// The algorithm as in-toto and OCI write it.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "sha256",
            Self::Sha512(_) => "sha512",
        }
    }

    /// The lower-case hexadecimal digits.
    pub fn hex(&self) -> String {
        match self {
            Self::Sha256(digest) => digest.hex(),
            Self::Sha512(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    /// The SHA-256, where it is one.
    pub fn sha256(&self) -> Option<Digest> {
        match self {
            Self::Sha256(digest) => Some(*digest),
            Self::Sha512(_) => None,
        }
    }
}

impl From<Digest> for ArtifactDigest {
    fn from(digest: Digest) -> Self {
        Self::Sha256(digest)
    }
}

impl fmt::Display for ArtifactDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.algorithm(), self.hex())
    }
}

impl fmt::Debug for ArtifactDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for ArtifactDigest {
    type Err = ArtifactDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ArtifactDigestError(visible(text, 160));
        let Some(hex) = text.strip_prefix("sha512:") else {
            return text.parse().map(Self::Sha256).map_err(|_| error());
        };
        if hex.len() != 128 {
            return Err(error());
        }
        let digit = |c: u8| match c {
            b'0'..=b'9' => Some(c - b'0'),
            b'a'..=b'f' => Some(c - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0u8; 64];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let (high, low) = (digit(pair[0]), digit(pair[1]));
            *byte = high.zip(low).map(|(h, l)| h * 16 + l).ok_or_else(error)?;
        }
        Ok(Self::Sha512(bytes))
    }
}

as_text!(ArtifactDigest);

/// What a place says is attached to the artifacts of one name: facts, nothing of it verified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Attestations {
    /// For each artifact that was asked about, the SHA-256 of each document attached to it, byte for
    /// byte as it was fetched. An artifact with none is here with an empty set.
    pub artifacts: BTreeMap<ArtifactDigest, BTreeSet<Digest>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_algorithms_are_read_and_nothing_else() {
        for text in [
            format!("sha256:{}", "a1".repeat(32)),
            format!("sha512:{}", "0f".repeat(64)),
        ] {
            let read: ArtifactDigest = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
        }
        for text in [
            "sha512:".to_owned() + &"A".repeat(128),
            "sha512:".to_owned() + &"é".repeat(64),
            "sha512:00".to_owned(),
            "md5:00".to_owned(),
        ] {
            assert!(text.parse::<ArtifactDigest>().is_err(), "{text}");
        }
    }
}
