//! Versions: when are two names the same release? (Interim shape until the room itself lands.)

/// Scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Semantic versioning.
    Semver,
    /// PEP 440.
    Pep440,
}
/// Version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version;
/// Naming.
#[derive(Debug, Clone)]
pub struct Naming;
/// Template.
#[derive(Debug, Clone)]
pub struct Template;
/// Plus.
#[derive(Debug, Clone, Copy)]
pub enum Plus {
    /// Reject.
    Reject,
}
