//! Which files of a release an agreement compares.

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::model::FileFact;

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
