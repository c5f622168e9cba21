//! Reads the trust material of a domain: what is malformed, contradictory or empty is refused here
//! and not when a bundle fails.

use sigstore_trust_root::TrustedRoot;
use sigstore_types::DerPublicKey;
use sigstore_verify::Verifier;
use sigstore_verify::crypto::KeyAlgorithm;

use super::json::{self, Caps};
use crate::model::{TrustDomain, TrustMaterial, visible};

/// The most bytes that a trusted root may have.
const ROOT_BYTES: usize = 4 * 1024 * 1024;

const ROOT: Caps = Caps {
    depth: 16,
    values: 50_000,
};

/// A trusted root without anything in it.
const NOTHING: &str =
    r#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#;

/// Why trust material cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("trust material `{label}`: {why}")]
pub struct TrustError {
    /// The domain.
    pub label: String,
    /// What is wrong with it.
    pub why: String,
}

pub(super) struct Material {
    pub(super) verifier: Verifier,
    pub(super) root: TrustedRoot,
    pub(super) key: Option<DerPublicKey>,
}

impl Material {
    pub(super) fn read(domain: &TrustDomain) -> Result<Self, TrustError> {
        parse(domain).map_err(|why| TrustError {
            label: visible(&domain.label, 100),
            why: visible(&why, 300),
        })
    }
}

fn parse(domain: &TrustDomain) -> Result<Material, String> {
    let (text, key) = match &domain.material {
        TrustMaterial::TrustedRoot(root) => (&**root, None),
        TrustMaterial::Key { pem, root } => {
            let key = DerPublicKey::from_pem(pem).map_err(|why| why.to_string())?;
            KeyAlgorithm::from_spki(&key).map_err(|why| why.to_string())?;
            (root.as_deref().unwrap_or(NOTHING), Some(key))
        }
    };
    let root = read_root(text)?;
    let unlogged = domain.leniency.unsafe_no_log;
    if root.tlogs.is_empty() && !unlogged {
        return Err(match (&key, text == NOTHING) {
            (Some(_), true) => {
                "a key without a trusted root, whose logs prove when it signed; a key \
                                that never logs must be trusted with `unsafe-no-log`"
                    .to_owned()
            }
            _ => "the trusted root names no transparency log".to_owned(),
        });
    }
    if key.is_none() {
        if root.certificate_authorities.is_empty() {
            return Err("the trusted root names no certificate authority".to_owned());
        }
        if root.tlogs.is_empty() && root.timestamp_authorities.is_empty() {
            let why = "the trusted root names neither a transparency log nor a timestamp authority: \
                       nothing could say when something was signed";
            return Err(why.to_owned());
        }
    }
    Ok(Material {
        verifier: Verifier::new(&root).map_err(|why| why.to_string())?,
        root,
        key,
    })
}

fn read_root(text: &str) -> Result<TrustedRoot, String> {
    if text.len() > ROOT_BYTES {
        return Err(format!("more than {ROOT_BYTES} bytes"));
    }
    json::shape("the trusted root", text.as_bytes(), ROOT).map_err(|error| error.message)?;
    let root = TrustedRoot::from_json(text).map_err(|why| why.to_string())?;
    match root.media_type.as_str() {
        "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
        | "application/vnd.dev.sigstore.trustedroot.v0.1+json"
        | "application/vnd.dev.sigstore.trustedroot.v0.2+json" => Ok(root),
        other => Err(format!(
            "`{other}` is no known media type of a trusted root"
        )),
    }
}
