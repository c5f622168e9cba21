//! Which release a file belongs to: by the policy's templates, by the folder that it is in, or by
//! how wheels, sdists and npm tarballs are named.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::model::version::Template;
use crate::observe::pypi::{normalised_name, version_of_file};

/// How the files of a component are named.
pub(super) struct Naming {
    /// The component.
    pub(super) component: String,
    /// As the policy says; empty where it does not.
    pub(super) templates: Vec<Template>,
}

/// A file's place: its release and its name there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) version: String,
    pub(super) file: String,
}

impl Naming {
    /// Where a file belongs, by its path with `/` between the parts; nothing where that cannot be
    /// told.
    pub(super) fn place(&self, path: &str) -> Option<Placed> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let placed = |version: &str, file: &str| {
            Some(Placed {
                version: version.to_owned(),
                file: file.to_owned(),
            })
        };
        for template in &self.templates {
            let read = |text| {
                let version = template.read(&self.component, text)?;
                (!version.contains('/')).then_some(version)
            };
            if let Some(version) = read(path).or_else(|| read(name)) {
                return placed(version, name);
            }
            let mut folders = path.match_indices('/');
            let below = folders.find_map(|(at, _)| Some((read(&path[..at])?, &path[at + 1..])));
            if let Some((version, file)) = below {
                return placed(version, file);
            }
        }
        if let Some(version) = self.version_of(name) {
            return placed(&version, name);
        }
        // Without templates: a folder for each version.
        let (folder, file) = path.split_once('/').filter(|_| self.templates.is_empty())?;
        let numbered = folder.starts_with(|first: char| first.is_ascii_digit());
        numbered.then(|| placed(folder, file)).flatten()
    }

    /// The version in the name of a wheel, an sdist or an npm tarball of this component.
    fn version_of(&self, name: &str) -> Option<String> {
        let (scope, bare) = match self.component.strip_prefix('@') {
            Some(scoped) => scoped.split_once('/')?,
            None => ("", self.component.as_str()),
        };
        let packed = match scope {
            "" => bare.to_owned(),
            scope => format!("{scope}-{bare}"),
        };
        let stem = name.strip_suffix(".tgz");
        // `npm pack` writes `acme-ui-1.0.0.tgz` for `@acme/ui`, a registry `ui-1.0.0.tgz`.
        let of_npm = [packed.as_str(), bare].into_iter().find_map(|package| {
            let version = stem?.strip_prefix(package)?.strip_prefix('-')?;
            semver::Version::parse(version).ok()?;
            Some(version.to_owned())
        });
        of_npm.or_else(|| version_of_file(&normalised_name(bare), name))
    }
}

/// One spelling for each version of Python's: a wheel and an sdist of one release may write it
/// differently.
#[derive(Default)]
pub(super) struct Spellings(BTreeMap<pep440_rs::Version, String>);

impl Spellings {
    /// The spelling that came first.
    pub(super) fn of(&mut self, placed: &Placed) -> String {
        let text = placed.version.clone();
        let of_python = placed.file.ends_with(".whl") || placed.file.ends_with(".tar.gz");
        match pep440_rs::Version::from_str(&text) {
            Ok(version) if of_python => self.0.entry(version).or_insert(text).clone(),
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(component: &str, templates: &[&str], path: &str) -> Option<(String, String)> {
        let naming = Naming {
            component: component.to_owned(),
            templates: templates.iter().map(|it| it.parse().unwrap()).collect(),
        };
        let placed = naming.place(path)?;
        Some((placed.version, placed.file))
    }

    #[test]
    fn a_file_belongs_to_the_release_that_its_name_or_folder_says() {
        for (component, templates, path, version, file) in [
            (
                "api",
                &["api-{version}.zip"][..],
                "api-1.2.zip",
                "1.2",
                "api-1.2.zip",
            ),
            (
                "api",
                &["api-{version}.zip"],
                "out/api-1.2.zip",
                "1.2",
                "api-1.2.zip",
            ),
            ("api", &["v{version}"], "v1.2/linux/api", "1.2", "linux/api"),
            (
                "api",
                &["{name}/{version}"],
                "api/1.2/a.bin",
                "1.2",
                "a.bin",
            ),
            ("api", &[], "1.2/a.bin", "1.2", "a.bin"),
            (
                "a-b",
                &[],
                "a_b-1.2-py3-none-any.whl",
                "1.2",
                "a_b-1.2-py3-none-any.whl",
            ),
            (
                "a-b",
                &["x-{version}"],
                "a_b-1.2.tar.gz",
                "1.2",
                "a_b-1.2.tar.gz",
            ),
            (
                "@acme/ui",
                &[],
                "acme-ui-1.2.0-next.1.tgz",
                "1.2.0-next.1",
                "acme-ui-1.2.0-next.1.tgz",
            ),
            ("@acme/ui", &[], "ui-1.2.0.tgz", "1.2.0", "ui-1.2.0.tgz"),
        ] {
            let expected = Some((version.to_owned(), file.to_owned()));
            assert_eq!(place(component, templates, path), expected, "{path}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        for (component, path) in [
            ("api", "README.md"),
            ("api", "docs/index.html"),
            ("api", "other-1.2.0-py3-none-any.whl"),
            ("ui", "ui-kit-1.2.0.tgz"),
        ] {
            assert_eq!(place(component, &[], path), None, "{path}");
        }
    }
}
