//! The Sigstore instances whose roots can be refreshed.

use std::sync::Arc;

use url::Url;

use super::{TrustRootError, TrustRootFault};
use crate::model::{Digest, Leniency};

/// `root.json` of Sigstore's public-good instance, version 16 (github.com/sigstore/root-signing).
const PUBLIC_GOOD: &str = include_str!("roots/public-good.json");

/// `root.json` of GitHub's instance, version 9 (tuf-repo.github.com).
const GITHUB: &str = include_str!("roots/github.json");

/// The longest first root that is read, in bytes.
const ROOT_BYTES: usize = 512_000;

/// A Sigstore instance: where its repository is, and where trust in it begins.
#[derive(Debug, Clone)]
pub struct Instance {
    pub(super) label: String,
    pub(super) mirror: String,
    pub(super) root: Arc<str>,
    pub(super) leniency: Leniency,
    /// The name of its file in the store.
    pub(super) file: String,
}

impl Instance {
    /// Sigstore's public-good instance.
    pub fn public_good() -> Self {
        Self {
            label: "sigstore".to_owned(),
            mirror: "https://tuf-repo-cdn.sigstore.dev".to_owned(),
            root: PUBLIC_GOOD.into(),
            leniency: Leniency::default(),
            file: "sigstore.json".to_owned(),
        }
    }

    /// GitHub's own instance, which attests private repositories.
    pub fn github() -> Self {
        Self {
            label: "github".to_owned(),
            mirror: "https://tuf-repo.github.com".to_owned(),
            root: GITHUB.into(),
            // As its embedded root is used: no log, no signed certificate timestamps.
            leniency: Leniency {
                unsafe_no_log: true,
                unsafe_set_only: false,
                unsafe_no_sct: true,
            },
            file: "github.json".to_owned(),
        }
    }

    /// A private instance whose first root somebody names. It is known by the digest of that root.
    ///
    /// # Errors
    /// [`TrustRootError`] for a root that is too long, or not signed by its own keys.
    pub fn private(mirror: &Url, root: &str) -> Result<Self, TrustRootError> {
        let invalid = |why: String| TrustRootError {
            fault: TrustRootFault::Invalid,
            message: format!("the first TUF root cannot be used: {why}"),
            hint: Some("it is the instance's `root.json`, from whom you trust".to_owned()),
        };
        if root.len() > ROOT_BYTES {
            return Err(invalid("longer than 512000 bytes".to_owned()));
        }
        sigstore_tuf::TrustedMetadataSet::from_root(root.as_bytes())
            .map_err(|error| invalid(super::refresh::words(&error)))?;
        let digest = Digest::of(root.as_bytes()).to_string();
        let hex = digest.trim_start_matches("sha256:");
        Ok(Self {
            label: format!("private-{}", hex.get(..12).unwrap_or(hex)),
            mirror: mirror.as_str().to_owned(),
            root: root.into(),
            leniency: Leniency::default(),
            file: format!("{hex}.json"),
        })
    }

    /// The same from another mirror. Whom to trust stays as it is.
    #[must_use]
    pub fn at(mut self, mirror: &Url) -> Self {
        mirror.as_str().clone_into(&mut self.mirror);
        self
    }

    /// What reports call it.
    pub fn label(&self) -> &str {
        &self.label
    }
}
