//! What a channel says about one name, and about the project above its names: facts, not judged.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ArtifactDigest, Commit, Digest, Time};

/// Everything that one channel said about one name (a tag, a release, an index version).
///
/// A field that the channel cannot state stays empty: empty is "not stated", never "equal".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Entry {
    /// The version that the channel itself states, where that is not the name: what a manifest
    /// declares, what the metadata inside a file says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The commit behind the name, annotated tags peeled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    /// The digest of the whole: an image index, an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Manifest digest for each platform of an image (`linux/amd64`), attestation children left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub platforms: BTreeMap<String, Digest>,
    /// The files of a release, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, FileFact>,
    /// When the server says that this name was published; never a date that a client can set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Time>,
    /// A release that only writers can see.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// What the channel says about pre-release; empty where it cannot say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prerelease: Option<bool>,
    /// Whether the channel says that tag and files are locked; empty where it cannot say. A record,
    /// not compared: what has changed nevertheless is found by its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable: Option<bool>,
    /// Who the channel says has published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// Branches that were asked whether they contain the commit, with the answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub branches: BTreeMap<String, bool>,
    /// Which version of each object was looked at, by its key, where the server keeps versions (the
    /// `VersionId` of S3). A record, not compared: the same bytes may be uploaded again.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub object_versions: BTreeMap<String, String>,
}

/// One file of a release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct FileFact {
    /// SHA-256 of its bytes, where the channel states it or the bytes were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Its digest as the channel states it in another algorithm: npm's SHA-512.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated: Option<ArtifactDigest>,
    /// Whether the channel says that something is attested about it; empty where it cannot say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attested: Option<bool>,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When the server says that it was uploaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uploaded: Option<Time>,
    /// The server's own number for it: another number under one name is another upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Withdrawn but still there (PEP 592).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub yanked: bool,
}

/// A list of names, with what the channel says about each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Listing {
    /// By exact name.
    pub entries: BTreeMap<String, Entry>,
    /// Things that are there although no name could be given to them, such as a distribution file
    /// whose version cannot be told: a version that one might be is not called missing.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub unnamed: BTreeSet<String>,
    /// Names that move from release to release, with the name of the release that each shows now,
    /// where the channel itself says so (dist-tags of npm).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub moving: BTreeMap<String, String>,
    /// What the same answer said about the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectFact>,
}

/// What a channel says about the repository or project above its names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ProjectFact {
    /// The host's own number for it; survives a rename, differs after a re-registration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The name under which the host knows it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// PEP 792: `active`, `archived`, `deprecated` or `quarantined`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// A number that grows with every change of the project, for telling stale copies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<u64>,
}

impl Entry {
    /// The earliest time that the server asserts for this name: its own, else its first file's.
    ///
    /// The files of a release that began as a draft are older than the release: nobody could follow
    /// it before it was published.
    pub fn earliest_time(&self) -> Option<Time> {
        let files = || self.files.values().filter_map(|file| file.uploaded).min();
        self.published.or_else(files)
    }

    /// True where there are files and all of them are withdrawn.
    pub fn is_yanked(&self) -> bool {
        !self.files.is_empty() && self.files.values().all(|file| file.yanked)
    }
}
