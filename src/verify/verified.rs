//! What verification gives: values that nothing else can make and that are never read from a file.

use serde::Serialize;

use super::Signer;
use crate::model::{Digest, Leniency, Statement, Time};

/// A bundle whose signature verified.
#[derive(Debug, Clone)]
pub enum Verified {
    /// It signs an in-toto Statement.
    Statement(VerifiedStatement),
    /// It signs the artifact itself.
    Artifact(VerifiedSignature),
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
    pub(super) domain: Digest,
    /// SHA-256 of the bundle's bytes.
    pub(super) bundle: Digest,
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
        self.domain
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
            Self::Artifact(signature) => signature,
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
