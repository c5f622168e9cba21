//! Turns untrusted evidence and bundles into checked evidence and verified statements: the only
//! things that a decision takes.
//!
//! Synchronous, without network; what depends on time takes it as an argument.

mod bundle;
mod checked;
mod der;
mod error;
mod failure;
mod json;
mod logs;
mod material;
mod roots;
mod shape;
mod signer;
mod strict;
mod verified;
mod verifier;
mod vsa;

pub use bundle::{BUNDLE_BYTES, UnverifiedBundle};
pub use checked::{CheckedEvidence, EvidenceFault, Origin, check};
pub use error::{Fault, VerifyError};
pub use material::TrustError;
pub use roots::{github, public_good};
pub use signer::{CertificateClaims, Signer};
pub use verified::{Verified, VerifiedSignature, VerifiedStatement};
pub use verifier::Verifier;
pub use vsa::{SummaryExpectations, VerifiedSummary};
