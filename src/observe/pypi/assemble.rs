//! From an index's pages to a listing: which file belongs to which version.

use std::collections::BTreeMap;
use std::str::FromStr;

use pep440_rs::Version;

use super::filename::version_of_file;
use super::project_json::ProjectPage;
use crate::model::{Digest, Failure, FileFact, Listing, ProjectFact, Time, visible};
use crate::observe::malformed;

/// A page of the Simple API, JSON or HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SimplePage {
    /// The project's name, where the page says it.
    pub name: Option<String>,
    /// Its versions, those without files included (PEP 700); empty in HTML.
    pub versions: Vec<String>,
    /// PEP 792 status.
    pub status: Option<String>,
    /// A number that grows with each change.
    pub serial: Option<u64>,
    /// Its files.
    pub files: Vec<SimpleFile>,
    /// False where the page was cut off.
    pub whole: bool,
}

/// A file as an index lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SimpleFile {
    /// Its name.
    pub filename: String,
    /// SHA-256, where stated.
    pub sha256: Option<Digest>,
    /// Bytes, where stated (PEP 700).
    pub size: Option<u64>,
    /// When it was uploaded, where stated (PEP 700).
    pub uploaded: Option<Time>,
    /// Withdrawn (PEP 592).
    pub yanked: bool,
    /// Whether there is provenance; nothing where the page does not say (PEP 740).
    pub attested: Option<bool>,
}

/// A project's name as indexes compare it (PEP 503): lower case, one `-` for each run of `. _ -`.
pub fn normalised_name(name: &str) -> String {
    let mut normalised = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '.' | '_' | '-' if normalised.ends_with('-') => {}
            '.' | '_' | '-' => normalised.push('-'),
            other => normalised.push(other.to_ascii_lowercase()),
        }
    }
    normalised
}

/// The listing of a Simple page. A file's version is what the JSON API says of it, else what its
/// name says; what neither tells stays unnamed.
pub(super) fn of_simple(
    page: &SimplePage,
    project: &str,
    known: Option<&ProjectPage>,
) -> Result<Listing, Failure> {
    let mut by_file = BTreeMap::new();
    let mut spellings = Spellings::default();
    for (version, files) in known.into_iter().flat_map(|page| &page.releases) {
        spellings.add(version);
        by_file.extend(files.iter().map(|file| (file.filename.as_str(), version)));
    }
    let mut listing = Listing {
        project: Some(ProjectFact {
            id: None,
            name: page.name.clone(),
            status: page.status.clone(),
            serial: page.serial,
        }),
        ..Listing::default()
    };
    for version in &page.versions {
        spellings.add(version);
        listing.entries.entry(version.clone()).or_default();
    }
    for file in &page.files {
        let version = match by_file.get(file.filename.as_str()) {
            Some(version) => spellings.listed(version, &listing),
            None => match version_of_file(project, &file.filename) {
                Some(version) => spellings.listed(&version, &listing),
                None => {
                    listing.unnamed.insert(file.filename.clone());
                    continue;
                }
            },
        };
        add_file(&mut listing, version, file)?;
    }
    Ok(listing)
}

/// The listing of a project page of the JSON API.
pub(super) fn of_project(page: ProjectPage) -> Result<Listing, Failure> {
    let mut listing = Listing {
        project: Some(ProjectFact {
            id: None,
            name: Some(page.name),
            status: page.status,
            serial: page.serial,
        }),
        ..Listing::default()
    };
    for (version, files) in page.releases {
        listing.entries.entry(version.clone()).or_default();
        for file in &files {
            add_file(&mut listing, version.clone(), file)?;
        }
    }
    Ok(listing)
}

fn add_file(listing: &mut Listing, version: String, file: &SimpleFile) -> Result<(), Failure> {
    let fact = FileFact {
        digest: file.sha256,
        size: file.size,
        uploaded: file.uploaded,
        id: None,
        yanked: file.yanked,
        attested: file.attested,
        ..FileFact::default()
    };
    let files = &mut listing.entries.entry(version).or_default().files;
    match files.insert(file.filename.clone(), fact.clone()) {
        Some(other) if other != fact => Err(malformed(format!(
            "`{}` is listed twice with different facts",
            visible(&file.filename, 120)
        ))),
        _ => Ok(()),
    }
}

/// How the index writes each version, so that a file whose name says `1.0.0` joins a listed `1.0`.
#[derive(Default)]
struct Spellings {
    texts: BTreeMap<Version, String>,
}

impl Spellings {
    fn add(&mut self, text: &str) {
        if let Ok(version) = Version::from_str(text) {
            self.texts.entry(version).or_insert_with(|| text.to_owned());
        }
    }

    fn listed(&mut self, text: &str, listing: &Listing) -> String {
        if listing.entries.contains_key(text) {
            return text.to_owned();
        }
        match Version::from_str(text) {
            Ok(version) => {
                let normalised = version.to_string();
                self.texts.entry(version).or_insert(normalised).clone()
            }
            Err(_) => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> SimpleFile {
        SimpleFile {
            filename: name.to_owned(),
            ..SimpleFile::default()
        }
    }

    fn page(versions: &[&str], files: &[&str]) -> SimplePage {
        SimplePage {
            versions: versions.iter().map(|v| (*v).to_owned()).collect(),
            files: files.iter().map(|name| file(name)).collect(),
            ..SimplePage::default()
        }
    }

    #[test]
    fn names_are_compared_as_pep_503_says() {
        assert_eq!(normalised_name("Friendly-.Bard_2"), "friendly-bard-2");
    }

    #[test]
    fn files_join_the_version_as_the_index_writes_it() {
        let page = page(
            &["2024.1.5", "0.9"],
            &["x-2024.01.05.tar.gz", "x-1.0-py3-none-any.whl"],
        );
        let listing = of_simple(&page, "x", None).unwrap();
        let names: Vec<_> = listing.entries.keys().collect();
        assert_eq!(names, ["0.9", "1.0", "2024.1.5"]);
        assert!(listing.entries["0.9"].files.is_empty());
        assert_eq!(listing.entries["2024.1.5"].files.len(), 1);
    }

    #[test]
    fn the_json_api_knows_better_and_what_nobody_knows_is_unnamed() {
        let known = ProjectPage {
            releases: [("1.0".to_owned(), vec![file("odd.zip")])].into(),
            ..ProjectPage::default()
        };
        let page = page(&[], &["odd.zip", "odder.zip"]);
        let listing = of_simple(&page, "x", Some(&known)).unwrap();
        assert!(listing.entries["1.0"].files.contains_key("odd.zip"));
        assert_eq!(listing.unnamed.iter().collect::<Vec<_>>(), ["odder.zip"]);
    }

    #[test]
    fn one_file_with_two_hashes_is_a_contradiction() {
        let mut page = page(&[], &["x-1.0.zip", "x-1.0.zip"]);
        assert!(of_simple(&page, "x", None).is_ok());
        page.files[1].sha256 = Some(Digest::of(b"other"));
        assert!(of_simple(&page, "x", None).is_err());
    }
}
