//! Which objects are those of a release: the templates of a channel's `key`.

use std::collections::BTreeMap;

use crate::model::version::Template;

/// The keys of the objects of one component.
pub(super) struct Keys {
    component: String,
    templates: Vec<Template>,
}

impl Keys {
    /// Nothing without a template.
    pub(super) fn new(component: &str, templates: Vec<Template>) -> Option<Self> {
        let component = component.to_owned();
        (!templates.is_empty()).then_some(Self {
            component,
            templates,
        })
    }

    /// True where a release is one object.
    pub(super) fn is_one(&self) -> bool {
        self.templates.len() == 1
    }

    /// What every key of every release begins with: the least that must be listed. One prefix that
    /// begins another stands for both.
    pub(super) fn prefixes(&self) -> Vec<String> {
        let mut prefixes: Vec<String> = self.templates.iter().map(|it| self.prefix(it)).collect();
        prefixes.sort();
        prefixes.dedup_by(|later, earlier| later.starts_with(earlier.as_str()));
        prefixes
    }

    /// The text before the version.
    fn prefix(&self, template: &Template) -> String {
        // A version is filled in once; two of them part where it stands.
        let (one, other) = (self.fill(template, "0"), self.fill(template, "1"));
        let same = one.bytes().zip(other.bytes());
        let length = same.take_while(|(a, b)| a == b).count();
        one.get(..length).unwrap_or_default().to_owned()
    }

    /// The versions that have an object among these keys, each with its files by name. One that
    /// lacks some is there too: a stray object must not stay unseen.
    pub(super) fn releases<'k, T>(
        &self,
        keys: &'k BTreeMap<String, T>,
    ) -> BTreeMap<String, BTreeMap<String, &'k T>> {
        let read = |key: &'k String| {
            let templates = self.templates.iter();
            templates.filter_map(|template| template.read(&self.component, key))
        };
        let versions = keys.keys().flat_map(read);
        let mut releases = BTreeMap::new();
        for version in versions {
            if releases.contains_key(version) {
                continue;
            }
            let files = self.of_version(version).into_iter();
            let files = files.filter_map(|(name, key)| Some((name, keys.get(&key)?)));
            releases.insert(version.to_owned(), files.collect());
        }
        releases
    }

    /// The keys of a version by the names of its files: the keys below the folder that all of them
    /// are in.
    pub(super) fn of_version(&self, version: &str) -> BTreeMap<String, String> {
        let keys: Vec<String> = self
            .templates
            .iter()
            .map(|template| self.fill(template, version))
            .collect();
        let folder = common_folder(&keys);
        let names = keys.iter().map(|key| {
            let name = key.get(folder..).unwrap_or(key);
            (name.to_owned(), key.clone())
        });
        names.collect()
    }

    fn fill(&self, template: &Template, version: &str) -> String {
        template.render(&self.component, version)
    }
}

/// Length of the longest common beginning that ends in `/`.
fn common_folder(keys: &[String]) -> usize {
    let Some((first, others)) = keys.split_first() else {
        return 0;
    };
    let ends = first.match_indices('/').map(|(at, _)| at + 1);
    let common = ends.filter(|end| {
        let folder = &first[..*end];
        others.iter().all(|key| key.starts_with(folder))
    });
    common.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(templates: &[&str]) -> Keys {
        let templates = templates.iter().map(|it| it.parse().unwrap()).collect();
        Keys::new("x", templates).unwrap()
    }

    #[test]
    fn the_prefix_is_what_stands_before_the_version() {
        let prefixes = |templates: &[&str]| keys(templates).prefixes();
        assert_eq!(prefixes(&["dags/{name}-{version}.zip"]), ["dags/x-"]);
        assert_eq!(prefixes(&["{version}/{name}.zip"]), [""]);
        assert_eq!(
            prefixes(&["{name}/{version}/a", "{name}/{version}/b", "p/{version}"]),
            ["p/", "x/"]
        );
        assert_eq!(prefixes(&["a/{version}", "a/b/{version}"]), ["a/"]);
    }

    #[test]
    fn a_release_is_noticed_by_any_of_its_objects() {
        let keys = keys(&[
            "{name}/{version}/dags.zip",
            "{name}/{version}/sub/plugins.zip",
        ]);
        let there: BTreeMap<String, u8> = [
            "x/1.0/dags.zip",
            "x/1.0/sub/plugins.zip",
            "x/1.1/dags.zip",
            "x/1.2/readme",
            "x/dags.zip",
        ]
        .map(|key| (key.to_owned(), 1))
        .into();
        let releases = keys.releases(&there);
        assert_eq!(releases.keys().collect::<Vec<_>>(), ["1.0", "1.1"]);
        let files = |version: &str| releases[version].keys().cloned().collect::<Vec<_>>();
        assert_eq!(files("1.0"), ["dags.zip", "sub/plugins.zip"]);
        assert_eq!(files("1.1"), ["dags.zip"]);
    }

    #[test]
    fn files_are_named_below_the_folder_that_holds_them_all() {
        let names = |templates: &[&str]| {
            let found = keys(templates).of_version("1");
            found.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(names(&["{name}/{version}/a.zip"]), ["a.zip"]);
        assert_eq!(
            names(&["d/{version}.zip", "p/{version}.zip"]),
            ["d/1.zip", "p/1.zip"]
        );
        assert_eq!(names(&["{version}-a", "{version}-b"]), ["1-a", "1-b"]);
    }
}
