//! What `lockstep verify --vsa` expects of a verification summary.

use clap::Args;

use crate::model::{Digest, Duration};
use crate::verify::SummaryExpectations;

// What a verifier that is trusted must have decided before.
#[derive(Debug, Args)]
#[command(next_help_heading = "Verification summary")]
pub(super) struct VerifySummaryArguments {
    /// Expect a SLSA Verification Summary Attestation that says PASSED, as
    /// `lockstep check --emit-vsa` writes it, and no provenance.
    #[arg(
        long,
        requires = "vsa_verifier",
        conflicts_with_all = ["predicate_type", "unsafe_any_identity"]
    )]
    pub(super) vsa: bool,
    /// Who must have decided: its `verifier.id`, exactly. Whoever signs can write any: it counts
    /// from the signer that is expected.
    #[arg(long, value_name = "URI", requires = "vsa")]
    vsa_verifier: Option<String>,
    /// What must have been decided about: its `resourceUri`, exactly.
    #[arg(long, value_name = "URI", requires = "vsa")]
    vsa_resource: Option<String>,
    /// A level that its `verifiedLevels` must hold, such as LOCKSTEP_CHANNELS_AGREE. May be
    /// repeated.
    #[arg(long, value_name = "LEVEL", requires = "vsa")]
    vsa_level: Vec<String>,
    /// The digest of the policy that must have been applied, as the JSON of a verdict gives it:
    /// `sha256:…`.
    #[arg(long, value_name = "DIGEST", requires = "vsa")]
    vsa_policy: Option<Digest>,
    /// How long ago it may have been decided, such as 24h.
    #[arg(long, value_name = "DURATION", requires = "vsa")]
    vsa_max_age: Option<Duration>,
}

impl VerifySummaryArguments {
    /// What a summary must say; nothing where none is asked for.
    pub(super) fn expectations(&self) -> Option<SummaryExpectations> {
        let verifier = self.vsa_verifier.as_ref().filter(|_| self.vsa)?;
        Some(SummaryExpectations {
            verifier: verifier.clone(),
            resource: self.vsa_resource.clone(),
            levels: self.vsa_level.clone(),
            policy: self.vsa_policy,
            max_age: self.vsa_max_age,
        })
    }
}
