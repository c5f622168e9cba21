//! The trusted roots that this program carries with it.

use crate::model::{Leniency, TrustDomain, TrustMaterial};
use sigstore_trust_root::{SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT};

/// Sigstore's public-good instance.
pub fn public_good() -> TrustDomain {
    TrustDomain {
        label: "sigstore".to_owned(),
        material: TrustMaterial::TrustedRoot(SIGSTORE_PRODUCTION_TRUSTED_ROOT.into()),
        leniency: Leniency::default(),
    }
}

/// GitHub's own instance, which attests private repositories: no log, no signed certificate
/// timestamps, timestamps required.
pub fn github() -> TrustDomain {
    TrustDomain {
        label: "github".to_owned(),
        material: TrustMaterial::TrustedRoot(SIGSTORE_GITHUB_TRUSTED_ROOT.into()),
        leniency: Leniency {
            unsafe_no_log: true,
            unsafe_set_only: false,
            unsafe_no_sct: true,
        },
    }
}
