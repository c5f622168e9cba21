//! What verification gives: values that nothing else can make and that are never read from a file.

use std::sync::{Arc, OnceLock};

use serde::{Serialize, Serializer};

use super::Signer;
use super::formats::SimpleSigning;
use crate::model::{ArtifactDigest, Digest, Leniency, Statement, Time, TrustDomain};

/// A bundle whose signature verified.
#[derive(Debug, Clone)]
pub enum Verified {
    /// It signs an in-toto Statement.
    Statement(VerifiedStatement),
    /// It signs the artifact itself.
    Artifact(VerifiedArtifact),
}

/// A Statement whose signature, signer, log entries and times verified.
///
/// Only the verifier makes it:
///
/// ```
/// fn decides(_: &lockstep::verify::VerifiedStatement) {}
/// ```
/// It is not read from a file, has no default, no constructor, no fields to fill in, and nothing
/// converts into it:
/// ```compile_fail,E0277
/// let forged: lockstep::verify::VerifiedStatement = serde_json::from_str("{}").unwrap();
/// ```
/// ```compile_fail,E0277
/// let forged: lockstep::verify::VerifiedStatement = Default::default();
/// ```
/// ```compile_fail,E0624
/// use lockstep::{model::Statement, verify::{VerifiedSignature, VerifiedStatement}};
/// fn forged(statement: Statement, signature: VerifiedSignature) -> VerifiedStatement {
///     VerifiedStatement::new(statement, signature)
/// }
/// ```
/// ```compile_fail,E0451
/// use lockstep::{model::Statement, verify::VerifiedStatement};
/// fn forged(statement: Statement, one: VerifiedStatement) -> VerifiedStatement {
///     VerifiedStatement { statement, ..one }
/// }
/// ```
/// ```compile_fail,E0277
/// fn forged(statement: lockstep::model::Statement) -> lockstep::verify::VerifiedStatement {
///     statement.into()
/// }
/// ```
#[derive(Debug, Clone)]
pub struct VerifiedStatement {
    statement: Statement,
    signature: VerifiedSignature,
}

/// An artifact whose signature verified: the digest that was signed, with who signed it. Neither is
/// to be had without the other, so that no signature passes for one over something else.
///
/// Only the verifier makes it, as it does a [`VerifiedStatement`]:
/// ```
/// fn shows(_: &lockstep::verify::VerifiedArtifact) {}
/// ```
/// ```compile_fail,E0277
/// let forged: lockstep::verify::VerifiedArtifact = serde_json::from_str("{}").unwrap();
/// ```
/// ```compile_fail,E0624
/// use lockstep::{model::ArtifactDigest, verify::{VerifiedArtifact, VerifiedSignature}};
/// fn forged(other: ArtifactDigest, signature: VerifiedSignature) -> VerifiedArtifact {
///     VerifiedArtifact::new(other, signature)
/// }
/// ```
/// ```compile_fail,E0451
/// use lockstep::{model::ArtifactDigest, verify::VerifiedArtifact};
/// fn forged(digest: ArtifactDigest, one: VerifiedArtifact) -> VerifiedArtifact {
///     VerifiedArtifact { digest, ..one }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct VerifiedArtifact {
    digest: ArtifactDigest,
    signature: VerifiedSignature,
}

/// Who signed, when, and how that is known.
///
/// It is written to results and never read from anywhere, has no default and no fields to fill in:
/// ```
/// fn shows(_: &lockstep::verify::VerifiedSignature) {}
/// ```
/// ```compile_fail,E0277
/// let forged: lockstep::verify::VerifiedSignature = serde_json::from_str("{}").unwrap();
/// ```
/// ```compile_fail,E0277
/// let forged: lockstep::verify::VerifiedSignature = Default::default();
/// ```
/// ```compile_fail,E0451
/// use lockstep::verify::{Signer, VerifiedSignature};
/// fn forged(signer: Signer, one: VerifiedSignature) -> VerifiedSignature {
///     VerifiedSignature { signer, ..one }
/// }
/// ```
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct VerifiedSignature {
    pub(super) signer: Signer,
    /// Every time that a log or a timestamp authority vouches for, earliest first.
    pub(super) times: Vec<Time>,
    /// How many distinct transparency log entries were proved.
    pub(super) log_entries: usize,
    /// What the trust domain forgave.
    pub(super) leniency: Leniency,
    /// The trust domain.
    pub(super) domain: DomainId,
    /// SHA-256 of the bundle's bytes.
    pub(super) bundle: Digest,
}

/// The id of a trust domain, worked out when it is first asked for: few results show it.
#[derive(Debug, Clone)]
pub(super) struct DomainId(Arc<(TrustDomain, OnceLock<Digest>)>);

impl DomainId {
    pub(super) fn of(domain: &TrustDomain) -> Self {
        Self(Arc::new((domain.clone(), OnceLock::new())))
    }

    fn get(&self) -> Digest {
        let (domain, id) = &*self.0;
        *id.get_or_init(|| domain.id())
    }
}

impl Serialize for DomainId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(to)
    }
}

impl VerifiedStatement {
    /// Only for the verifier: the statement is what was read from the payload that was verified.
    pub(super) fn new(statement: Statement, signature: VerifiedSignature) -> Self {
        Self {
            statement,
            signature,
        }
    }

    /// The statement.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Who signed it, when.
    pub fn signature(&self) -> &VerifiedSignature {
        &self.signature
    }
}

impl VerifiedArtifact {
    /// Only for the verifier: the digest is the one that the signature verified over.
    pub(super) fn new(digest: ArtifactDigest, signature: VerifiedSignature) -> Self {
        Self { digest, signature }
    }

    /// The image that a payload names, where this signature is over that payload.
    pub(super) fn named_by(self, payload: &SimpleSigning) -> Option<Self> {
        (self.digest == payload.digest.into()).then_some(Self {
            digest: payload.image,
            ..self
        })
    }

    /// The digest that was signed.
    pub fn digest(&self) -> &ArtifactDigest {
        &self.digest
    }

    /// Who signed it, when.
    pub fn signature(&self) -> &VerifiedSignature {
        &self.signature
    }
}

impl VerifiedSignature {
    /// Who signed.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Every time that a log or a timestamp authority vouches for, earliest first.
    pub fn times(&self) -> &[Time] {
        &self.times
    }

    /// How many distinct transparency log entries were proved.
    pub fn log_entries(&self) -> usize {
        self.log_entries
    }

    /// What the trust domain forgave.
    pub fn leniency(&self) -> Leniency {
        self.leniency
    }

    /// The trust domain that it verified under.
    pub fn domain(&self) -> Digest {
        self.domain.get()
    }

    /// SHA-256 of the bundle's bytes.
    pub fn bundle(&self) -> Digest {
        self.bundle
    }
}

impl Verified {
    /// Who signed, when.
    pub fn signature(&self) -> &VerifiedSignature {
        match self {
            Self::Statement(statement) => statement.signature(),
            Self::Artifact(artifact) => artifact.signature(),
        }
    }

    /// Whether it is about this artifact: signs it, or a statement of which it is a subject.
    pub fn is_about(&self, artifact: &ArtifactDigest) -> bool {
        match self {
            Self::Statement(verified) => {
                let mut subjects = verified.statement().subjects_with(artifact);
                subjects.next().is_some()
            }
            Self::Artifact(verified) => verified.digest() == artifact,
        }
    }

    /// The statement, where it signs one.
    pub fn statement(&self) -> Option<&VerifiedStatement> {
        match self {
            Self::Statement(statement) => Some(statement),
            Self::Artifact(_) => None,
        }
    }
}
