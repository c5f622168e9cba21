//! One exact name that a decision needs to know more about than a listing says.

use std::collections::BTreeMap;

use super::{ArtifactDigest, Commit, Name};

/// A name to be looked up in one channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// The exact name there, as listed or as the policy's template writes it.
    pub name: String,
    /// The release that it belongs to, as a template writes it in the line's scheme.
    pub version: String,
    /// Whether this channel announces the release: what is only asked of the leading channel, such
    /// as the branches that contain a commit, is not asked of followers.
    pub leads: bool,
    /// The release line; none for a name that moves from release to release.
    pub line: Option<Name>,
    /// The commit behind the leading channel's name of that release, where it states one.
    pub commit: Option<Commit>,
}

/// A name of one channel about whose artifacts a decision needs to know what is attached to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedAttestations {
    /// The exact name there.
    pub name: String,
    /// Its artifacts: the path or platform that the channel's entry has it under (empty for the
    /// whole), and its digest where the entry states one.
    pub artifacts: BTreeMap<String, ArtifactDigest>,
}
