//! One exact name that a decision needs to know more about than a listing says.

use super::{Commit, Name};

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
