//! Which files of a release an agreement compares.

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::model::{Channel, Content, Digest, Entry, FileFact};

use super::standing::Standing;

/// Endings of files that describe other files: checksums, signatures, bundles, bills of materials.
const DESCRIBING: &[&str] = &[
    ".sha256",
    ".sha512",
    ".sha256sum",
    ".sha512sum",
    ".md5",
    ".asc",
    ".sig",
    ".pem",
    ".crt",
    ".sigstore",
    ".sigstore.json",
    ".intoto.jsonl",
    ".attestation",
    ".spdx.json",
    ".cdx.json",
    ".sbom",
    ".sbom.json",
];

/// Whole names of files that describe other files, in lower case.
const CHECKSUM_FILES: &[&str] = &[
    "checksums.txt",
    "sha256sums",
    "sha256sums.txt",
    "sha512sums",
    "md5sums",
    "checksums",
];

/// The files that agreements look at: those of the channel's `assets` globs, else all but those
/// that describe others.
pub(crate) fn compared<'s>(
    standing: &'s Standing<'_>,
) -> impl Iterator<Item = (&'s str, &'s FileFact)> {
    let globs = chosen(&standing.channel.assets);
    let files = standing
        .found()
        .into_iter()
        .flat_map(|found| found.entry.files.iter());
    files
        .map(|(name, file)| (name.as_str(), file))
        .filter(move |(name, _)| match &globs {
            Some(globs) => globs.is_match(name),
            None => !describes_others(name),
        })
}

/// The one digest of a release in a channel: of the image, of the object, or of the only file that
/// agreements look at.
pub(crate) fn one_digest(standing: &Standing<'_>) -> Option<Digest> {
    let found = standing.found()?;
    if standing.channel.traits.content != Content::Files {
        return found.entry.digest;
    }
    let mut files = compared(standing);
    let (only, more) = (files.next(), files.next());
    only.filter(|_| more.is_none())?.1.digest
}

/// The files of one channel that agreements look at: those of its `assets` globs, else all but
/// those that describe others.
pub(crate) struct Selection(Option<GlobSet>);

impl Selection {
    /// What the policy says for a channel.
    pub(crate) fn of(channel: &Channel) -> Self {
        Self(chosen(&channel.assets))
    }

    /// The files of an entry that count.
    pub(crate) fn of_entry<'e>(
        &self,
        entry: &'e Entry,
    ) -> impl Iterator<Item = (&'e str, &'e FileFact)> {
        let files = entry.files.iter();
        files
            .map(|(name, file)| (name.as_str(), file))
            .filter(move |(name, _)| match &self.0 {
                Some(globs) => globs.is_match(name),
                None => !describes_others(name),
            })
    }

    /// The files of an entry whose history counts: what the globs leave out is published all the
    /// same, so only files that describe others are left out, unless a glob names them.
    pub(crate) fn watched<'e>(
        &self,
        entry: &'e Entry,
    ) -> impl Iterator<Item = (&'e str, &'e FileFact)> {
        let files = entry.files.iter();
        files
            .map(|(name, file)| (name.as_str(), file))
            .filter(move |(name, _)| {
                let named = self.0.as_ref().is_some_and(|globs| globs.is_match(name));
                named || !describes_others(name)
            })
    }
}

fn chosen(assets: &[String]) -> Option<GlobSet> {
    if assets.is_empty() {
        return None;
    }
    let mut builder = GlobSetBuilder::new();
    for glob in assets.iter().filter_map(|glob| Glob::new(glob).ok()) {
        builder.add(glob);
    }
    builder.build().ok()
}

fn describes_others(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    CHECKSUM_FILES.contains(&lower.as_str()) || DESCRIBING.iter().any(|end| lower.ends_with(end))
}
