//! Turns untrusted evidence and bundles into checked evidence and verified statements: the only
//! things that a decision takes.
//!
//! Synchronous, without network; what depends on time takes it as an argument.

mod bundle;
mod checked;
mod error;
mod provenance;
mod roots;
mod signer;
mod verified;
mod verifier;

pub use bundle::{BUNDLE_BYTES, UnverifiedBundle};
pub use checked::{CheckedEvidence, EvidenceFault, Origin, check};
pub use error::{Fault, VerifyError};
pub(crate) use provenance::Facts as StatedFacts;
pub use provenance::{
    Build, BuildKind, NPM_PUBLISH, PYPI_PUBLISH, RepositoryAddress, RepositoryAddressError,
    SLSA_PROVENANCE_V0_2, SLSA_PROVENANCE_V1, VouchedBy, Workflow, is_slsa_provenance,
};
pub use roots::{github, public_good};
pub use signer::{CertificateClaims, Signer};
pub use verified::{Verified, VerifiedSignature, VerifiedStatement};
pub use verifier::{TrustError, Verifier};
