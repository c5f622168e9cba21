//! The injectivity guard: two versions of a line that one channel cannot tell apart.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Naming, Plus, Version};

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
/// version are no collision here. Deterministic: sorted by key, then by name; a group is reported once.
pub fn collisions<'a>(
    naming: &Naming,
    versions: impl IntoIterator<Item = &'a Version>,
) -> Vec<Collision> {
    if !may_collide(naming) {
        return Vec::new();
    }
    let mut sources: Vec<&Version> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut images = Images::default();
    for version in versions {
        if version.scheme() != naming.line_scheme() || !seen.insert(version.key()) {
            continue;
        }
        let Ok(key) = naming.key(version) else {
            continue;
        };
        let position = sources.len();
        sources.push(version);
        images.add(Image::Key(key.into_owned()), position);
        // One template without variants gives equal names to equal keys only.
        if naming.templates().len() < 2 && naming.variants().is_empty() {
            continue;
        }
        let variants = naming.variant_names(version).unwrap_or_default();
        let variants = variants.into_iter().map(|variant| variant.name);
        let names: BTreeSet<String> = naming
            .exact(version)
            .unwrap_or_default()
            .into_iter()
            .chain(variants)
            .collect();
        for name in names {
            images.add(Image::Name(name), position);
        }
    }
    let mut reported: BTreeSet<Vec<usize>> = BTreeSet::new();
    images
        .shared
        .into_iter()
        .filter(|(_, group)| reported.insert(group.clone()))
        .map(|(image, group)| Collision {
            key: image.into_text(),
            versions: group.iter().map(|&at| sources[at].clone()).collect(),
        })
        .collect()
}

/// Whether versions with different keys of the line's scheme may have one key or one name.
fn may_collide(naming: &Naming) -> bool {
    naming.channel_scheme() != naming.line_scheme()
        || (naming.has_oci_tags() && naming.plus() != Plus::Reject)
        || naming.templates().len() > 1
        || !naming.variants().is_empty()
}

/// Who has which image; only those that several have are sorted.
#[derive(Default)]
struct Images {
    first: HashMap<Image, usize>,
    shared: BTreeMap<Image, Vec<usize>>,
}

impl Images {
    fn add(&mut self, image: Image, position: usize) {
        match self.first.entry(image) {
            Entry::Vacant(vacant) => {
                vacant.insert(position);
            }
            Entry::Occupied(first) => {
                let group = self.shared.entry(first.key().clone());
                group.or_insert_with(|| vec![*first.get()]).push(position);
            }
        }
    }
}

/// What two releases may share; keys come first, as they say more than names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::version::Scheme;

    fn found(naming: &Naming, texts: &[&str]) -> Vec<(String, Vec<String>)> {
        let scheme = naming.line_scheme();
        let versions: Vec<Version> = texts
            .iter()
            .map(|text| Version::parse(text, scheme).unwrap())
            .collect();
        let text = |version: &Version| version.text().to_owned();
        collisions(naming, &versions)
            .into_iter()
            .map(|c| (c.key, c.versions.iter().map(text).collect()))
            .collect()
    }

    fn images(plus: Plus, templates: &[&str], variants: &[&str]) -> Naming {
        let templates = templates.iter().map(|t| t.parse().unwrap()).collect();
        let variants = variants.iter().map(|&v| v.to_owned()).collect();
        let semver = Scheme::Semver;
        Naming::new(
            semver,
            semver,
            "api",
            templates,
            plus,
            variants,
            vec![],
            true,
        )
    }

    #[test]
    fn two_semver_versions_with_one_pep440_form_collide() {
        let template = vec!["{version}".parse().unwrap()];
        let (semver, pep440) = (Scheme::Semver, Scheme::Pep440);
        let pypi = Naming::new(
            semver,
            pep440,
            "api",
            template,
            Plus::Reject,
            vec![],
            vec![],
            false,
        );
        for (a, b) in [
            ("1.2.3-rc", "1.2.3-rc.0"),
            ("1.2.3-pre.1", "1.2.3-rc.1"),
            ("1.2.3-RC.1", "1.2.3-rc.1"),
        ] {
            let collision = found(&pypi, &[a, "1.2.3", b, "1.2.3-alpine"]);
            assert_eq!(collision.len(), 1, "{a} {b}");
            assert_eq!(collision[0].1, [a, b]);
        }
        assert_eq!(found(&pypi, &["1.2.3", "1.2.3", "1.2.4"]), []);
    }

    #[test]
    fn only_the_underscore_keeps_build_metadata_apart() {
        let texts = ["1.0.0", "1.0.0+a", "1.0.0-a", "1.0.0+b"];
        let with = |plus| found(&images(plus, &["{version}"], &[]), &texts);
        assert_eq!(with(Plus::Underscore), []);
        assert_eq!(with(Plus::Reject), []);
        let dash = vec!["1.0.0+a".to_owned(), "1.0.0-a".to_owned()];
        assert_eq!(with(Plus::Dash), [("1.0.0-a".to_owned(), dash)]);
        let dropped = ["1.0.0", "1.0.0+a", "1.0.0+b"].map(str::to_owned).to_vec();
        assert_eq!(with(Plus::Drop), [("1.0.0".to_owned(), dropped)]);
    }

    #[test]
    fn a_pre_release_that_is_spelled_like_a_variant_collides() {
        let naming = images(Plus::Reject, &["{version}"], &["alpine"]);
        let group = vec!["1.0.0".to_owned(), "1.0.0-alpine".to_owned()];
        let collision = ("1.0.0-alpine".to_owned(), group);
        assert_eq!(found(&naming, &["1.0.0", "1.0.0-alpine"]), [collision]);
        let both = images(
            Plus::Reject,
            &["{version}", "{version}-alpine"],
            &["alpine"],
        );
        assert_eq!(
            found(&both, &["1.0.0", "1.0.1"]),
            [],
            "a version never collides with itself"
        );
    }
}
