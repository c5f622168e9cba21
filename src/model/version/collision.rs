//! The injectivity guard: two versions of a line that one channel cannot tell apart.

use std::collections::BTreeMap;

use super::{Naming, Version};

/// Distinct releases of the line that become one in the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collision {
    /// The key that they share, or the exact name where only that is shared.
    pub key: String,
    /// The releases, in the order in which they came.
    pub versions: Vec<Version>,
}

/// Every group of distinct source versions (by their key in the line's scheme) with one image in
/// the channel: one key there, or one exact name, variants included.
///
/// A version without a form in the channel collides with nothing. Two spellings of one source
/// version are no collision here. Deterministic: sorted by key.
pub fn collisions<'a>(
    naming: &Naming,
    versions: impl IntoIterator<Item = &'a Version>,
) -> Vec<Collision> {
    let mut images: BTreeMap<Image, Vec<&Version>> = BTreeMap::new();
    let mut seen: BTreeMap<&str, ()> = BTreeMap::new();
    for version in versions {
        if version.scheme() != naming.line_scheme() || seen.insert(version.key(), ()).is_some() {
            continue;
        }
        let Ok(key) = naming.key(version) else {
            continue;
        };
        images.entry(Image::Key(key)).or_default().push(version);
        // One template without variants gives equal names to equal keys only.
        if naming.templates().len() < 2 && naming.variants().is_empty() {
            continue;
        }
        let mut names = naming.exact(version).unwrap_or_default();
        let variants = naming.variant_names(version).unwrap_or_default();
        names.extend(variants.into_iter().map(|variant| variant.name));
        for name in names {
            images.entry(Image::Name(name)).or_default().push(version);
        }
    }
    let mut found: Vec<Collision> = Vec::new();
    for (image, versions) in images {
        let known = |collision: &Collision| {
            versions
                .iter()
                .all(|version| collision.versions.contains(version))
        };
        if versions.len() > 1 && !found.iter().any(known) {
            found.push(Collision {
                key: image.into_text(),
                versions: versions.into_iter().cloned().collect(),
            });
        }
    }
    found
}

/// What two releases may share; keys come first, as they say more than names.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Image {
    Key(String),
    Name(String),
}

impl Image {
    fn into_text(self) -> String {
        match self {
            Self::Key(text) | Self::Name(text) => text,
        }
    }
}
