//! Whom to trust: the material that signatures are verified against, as somebody who decides names
//! it. Never taken from evidence.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Digest, canonical_json};

/// One set of trust material, and what is forgiven under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustDomain {
    /// What reports call it: `sigstore`, `github`, a file's name.
    pub label: String,
    /// The material.
    pub material: TrustMaterial,
    /// What the strict profile demands and this domain does without.
    pub leniency: Leniency,
}

/// Material that signatures are verified against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustMaterial {
    /// A Sigstore `trusted_root.json`, byte for byte.
    TrustedRoot(Arc<str>),
    /// A public key as PEM, with the trusted root whose logs and timestamp authorities count.
    Key {
        /// SubjectPublicKeyInfo (RFC 7468).
        pem: Arc<str>,
        /// Where its log entries and timestamps are verified; none where nothing is logged.
        root: Option<Arc<str>>,
    },
}

/// What is forgiven: each is unsafe outside of the place it is made for, and shows in every result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Leniency {
    /// No transparency log entry is needed (GitHub's instance for private repositories, a managed
    /// key that never logs).
    pub unsafe_no_log: bool,
    /// A signed entry timestamp without inclusion proof is enough (bundles before v0.2, cosign's
    /// legacy `.sig` and `.att`).
    pub unsafe_set_only: bool,
    /// No signed certificate timestamp is needed (certificate authorities without a CT log).
    pub unsafe_no_sct: bool,
}

impl TrustDomain {
    /// SHA-256 over the material and what is forgiven: two domains with one id verify alike.
    pub fn id(&self) -> Digest {
        let (kind, first, second) = match &self.material {
            TrustMaterial::TrustedRoot(root) => ("trusted-root", Digest::of(root.as_bytes()), None),
            TrustMaterial::Key { pem, root } => (
                "key",
                Digest::of(pem.as_bytes()),
                root.as_ref().map(|root| Digest::of(root.as_bytes())),
            ),
        };
        let text = canonical_json(&(kind, first, second, self.leniency)).unwrap_or_default();
        Digest::of(&text)
    }

    /// The texts that it stands on, by their SHA-256: what evidence keeps of it.
    pub fn texts(&self) -> Vec<(Digest, &str)> {
        let texts: Vec<&str> = match &self.material {
            TrustMaterial::TrustedRoot(root) => vec![root],
            TrustMaterial::Key { pem, root } => [Some(pem), root.as_ref()]
                .into_iter()
                .flatten()
                .map(|it| &**it)
                .collect(),
        };
        texts
            .into_iter()
            .map(|text| (Digest::of(text.as_bytes()), text))
            .collect()
    }
}
