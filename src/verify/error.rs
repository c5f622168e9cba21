//! Why a bundle does not verify: the reason that matters most, with the compared values.

/// Why a bundle does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct VerifyError {
    /// The class, for rules and exit codes.
    pub fault: Fault,
    /// What is wrong, with the compared values; safe to show.
    pub message: String,
    /// What to do about it, where something can be done.
    pub hint: Option<String>,
}

/// Classes of failure, in the order in which verification meets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Not a bundle, or one of an unknown or contradictory shape.
    Malformed,
    /// Over a cap.
    TooLarge,
    /// A format, entry kind or key that cannot be verified.
    Unsupported,
    /// The certificate is not one of this trust domain, or was not valid when it signed.
    Certificate,
    /// The transparency log's evidence is missing or wrong.
    Log,
    /// A timestamp is missing or wrong.
    Timestamp,
    /// The signature is not that key's over these bytes.
    Signature,
    /// It is about another artifact.
    Subject,
    /// Signed by somebody else.
    Identity,
    /// What was signed is not the statement that is wanted.
    Statement,
    /// Signed and consistent, but something stated differs from what is expected.
    Expectation,
}

impl VerifyError {
    /// An error without a hint.
    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self {
            fault,
            message: message.into(),
            hint: None,
        }
    }

    /// The same with what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
