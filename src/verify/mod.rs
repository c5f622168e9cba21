//! Turns untrusted evidence and bundles into checked evidence and verified statements: the only
//! things that a decision takes.
//!
//! Synchronous, without network; what depends on time takes it as an argument.

mod batch;
mod bundle;
mod certificate_timestamp;
mod checked;
mod der;
mod error;
mod expect;
mod failure;
mod formats;
mod holder;
mod json;
mod logs;
mod material;
mod provenance;
mod roots;
mod shape;
mod signer;
mod strict;
mod verified;
mod verifier;
mod vsa;

pub use bundle::{BUNDLE_BYTES, UnverifiedBundle, check_statement};
pub use checked::{CheckedEvidence, EvidenceFault, Origin, check};
pub use error::{Fault, VerifyError};
pub use expect::{
    Expectations, Matching, MatchingError, Met, Pattern, PredicateWanted, VersionedTag,
    VersionedTagError,
};
pub use formats::{
    DOCUMENT_BUNDLES, DOCUMENT_BYTES, UnverifiedContents, UnverifiedDocument, UnverifiedLogEntry,
    UnverifiedSigner, read_all,
};
pub use material::TrustError;
pub use provenance::{
    Build, BuildKind, NPM_PUBLISH, PYPI_PUBLISH, RepositoryAddress, RepositoryAddressError,
    SLSA_PROVENANCE_V0_2, SLSA_PROVENANCE_V1, VouchedBy, Workflow, is_publish, is_slsa_provenance,
};
pub use roots::{github, public_good};
pub use signer::{CertificateClaims, Signer};
pub use verified::{Verified, VerifiedArtifact, VerifiedSignature, VerifiedStatement};
pub use verifier::Verifier;
pub use vsa::{SUMMARY_PREDICATE, SummaryExpectations, VerifiedSummary};
