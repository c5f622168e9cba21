//! The full packument of a package: every version with its tarball, time and publisher.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, de};

use crate::model::{
    ArtifactDigest, Entry, Failure, FailureKind, FileFact, Listing, ProjectFact, Time, visible,
};
use crate::observe::malformed;

/// More versions than any package has; more are refused.
const MAXIMUM_VERSIONS: usize = 200_000;

/// What a registry says of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packument {
    /// The package's name.
    pub name: String,
    /// What is published, by version.
    pub versions: BTreeMap<String, Published>,
    /// Its dist-tags, each with the version that it shows.
    pub dist_tags: BTreeMap<String, String>,
}

/// What a registry says of one version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Published {
    /// The version that the manifest itself declares.
    pub declared: Option<String>,
    /// Address of the tarball.
    pub tarball: Option<String>,
    /// Subresource Integrity of the tarball, usually `sha512-…`.
    pub integrity: Option<String>,
    /// When the registry says that it was published.
    pub published: Option<Time>,
    /// Who the registry says has published it.
    pub publisher: Option<String>,
    /// Whether the registry says that something is attested about it.
    pub attested: bool,
}

/// Only what is needed is kept: a packument holds a manifest and a readme for each version.
#[derive(Deserialize)]
struct Page {
    name: Option<String>,
    versions: Option<Distinct<Manifest>>,
    #[serde(default)]
    time: Option<Distinct<TimeOf>>,
    #[serde(rename = "dist-tags", default)]
    dist_tags: Option<Distinct<String>>,
}

#[derive(Deserialize)]
struct Manifest {
    version: Option<String>,
    #[serde(default)]
    dist: Option<Dist>,
    #[serde(rename = "_npmUser", default)]
    user: Option<User>,
}

#[derive(Deserialize)]
struct Dist {
    tarball: Option<String>,
    integrity: Option<String>,
    #[serde(default)]
    attestations: Option<de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum User {
    Table { name: Option<String> },
    Other(de::IgnoredAny),
}

/// A time, or the table that `unpublished` holds.
#[derive(Deserialize)]
#[serde(untagged)]
enum TimeOf {
    Text(String),
    Other(de::IgnoredAny),
}

/// A table without repeated keys: which of two counts would be for the reader to choose.
struct Distinct<T>(BTreeMap<String, T>);

/// Reads a packument.
///
/// # Errors
/// A [`Failure`] of the kind `malformed` where it is none, `too-large` for more versions than any
/// package has.
pub fn parse_packument(bytes: &[u8]) -> Result<Packument, Failure> {
    let page: Page = serde_json::from_slice(bytes).map_err(|error| not_a_packument(&error))?;
    let Some(name) = page.name else {
        return Err(malformed("the answer has no `name`: it is no package"));
    };
    let times = page.time.map(|times| times.0).unwrap_or_default();
    // A package that was unpublished as a whole keeps its name and times, and has no versions.
    let unpublished = times.contains_key("unpublished");
    let versions = match page.versions {
        Some(versions) => versions.0,
        None if unpublished => BTreeMap::new(),
        None => return Err(malformed("the answer has no `versions`: it is no package")),
    };
    let mut packument = Packument {
        name,
        versions: BTreeMap::new(),
        dist_tags: page.dist_tags.map(|tags| tags.0).unwrap_or_default(),
    };
    for (version, manifest) in versions {
        let published = match times.get(&version) {
            Some(TimeOf::Text(text)) => text.parse().ok(),
            _ => None,
        };
        let (tarball, integrity, attested) = match manifest.dist {
            Some(dist) => (dist.tarball, dist.integrity, dist.attestations.is_some()),
            None => (None, None, false),
        };
        let publisher = match manifest.user {
            Some(User::Table { name }) => name,
            Some(User::Other(_)) | None => None,
        };
        let published = Published {
            declared: manifest.version,
            tarball,
            integrity,
            published,
            publisher,
            attested,
        };
        packument.versions.insert(version, published);
    }
    Ok(packument)
}

fn not_a_packument(error: &serde_json::Error) -> Failure {
    let words = visible(&error.to_string(), 160);
    let kind = match words.contains(TOO_MANY) {
        true => FailureKind::TooLarge,
        false => FailureKind::Malformed,
    };
    Failure {
        kind,
        detail: format!("the answer is no package of an npm registry: {words}"),
    }
}

const TOO_MANY: &str = "more versions than any package has";

impl Packument {
    /// What it says as a listing. `gitHead` is whatever the uploader wrote and is no commit.
    pub(super) fn listing(&self, package: &str) -> Listing {
        let entries = self.versions.iter().map(|(version, published)| {
            let entry = Entry {
                version: published.declared.clone().filter(|it| it != version),
                files: published.file(package, version).into_iter().collect(),
                published: published.published,
                publisher: published.publisher.clone(),
                ..Entry::default()
            };
            (version.clone(), entry)
        });
        Listing {
            entries: entries.collect(),
            moving: self.dist_tags.clone(),
            project: Some(ProjectFact {
                name: Some(self.name.clone()),
                ..ProjectFact::default()
            }),
            ..Listing::default()
        }
    }
}

impl Published {
    /// The tarball under its file name; the registry states no SHA-256 of it.
    fn file(&self, package: &str, version: &str) -> Option<(String, FileFact)> {
        let name = file_name(package, version, self.tarball.as_deref()?);
        let fact = FileFact {
            stated: self.sha512(),
            attested: Some(self.attested),
            ..FileFact::default()
        };
        Some((name, fact))
    }

    /// The SHA-512 of the tarball, where the registry states it once (Subresource Integrity).
    pub(super) fn sha512(&self) -> Option<ArtifactDigest> {
        let mut words = self.integrity.as_deref()?.split_ascii_whitespace();
        let stated = words.by_ref().find_map(|it| it.strip_prefix("sha512-"))?;
        // Of two, either would do to a client: which one is meant nobody can say.
        if words.any(|it| it.starts_with("sha512-")) {
            return None;
        }
        let bytes = STANDARD.decode(stated.split('?').next()?).ok()?;
        Some(ArtifactDigest::Sha512(bytes.try_into().ok()?))
    }
}

/// The last part of the tarball's address; GitHub Packages has a hash there, and then it is the
/// name that npm gives the file.
pub(super) fn file_name(package: &str, version: &str, tarball: &str) -> String {
    let path = tarball.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.ends_with(".tgz") || last.ends_with(".tar.gz") {
        return last.to_owned();
    }
    let bare = package.rsplit('/').next().unwrap_or(package);
    format!("{bare}-{version}.tgz")
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Distinct<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DistinctVisitor(PhantomData))
    }
}

struct DistinctVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for DistinctVisitor<T> {
    type Value = Distinct<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table by version")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut all = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, T>()? {
            if all.len() >= MAXIMUM_VERSIONS {
                return Err(A::Error::custom(TOO_MANY));
            }
            if all.contains_key(&key) {
                let shown = visible(&key, 80);
                return Err(A::Error::custom(format_args!(
                    "`{shown}` stands there twice"
                )));
            }
            all.insert(key, value);
        }
        Ok(Distinct(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_its_tarball_its_time_and_its_publisher_and_no_commit() {
        let packument = parse_packument(
            br#"{"name":"@acme/ui","dist-tags":{"latest":"1.0.0"},"readme":"x",
               "time":{"created":"2026-01-01T00:00:00.000Z","1.0.0":"2026-01-02T03:04:05.678Z"},
               "versions":{"1.0.0":{"version":"1.0.0","gitHead":"aa","_npmUser":{"name":"bot"},
                 "dist":{"tarball":"https://r/@acme/ui/-/ui-1.0.0.tgz","integrity":"sha512-AA=="}},
                 "1.0.1":{"version":"9.9.9","_npmUser":"bot <b@example>"}}}"#,
        )
        .unwrap();
        let listing = packument.listing("@acme/ui");
        assert_eq!(listing.moving["latest"], "1.0.0");
        let entry = &listing.entries["1.0.0"];
        assert_eq!(
            entry.published,
            Some("2026-01-02T03:04:05Z".parse().unwrap())
        );
        assert_eq!(entry.publisher.as_deref(), Some("bot"));
        assert_eq!(entry.files["ui-1.0.0.tgz"], FileFact::default());
        assert_eq!((&entry.version, &entry.commit), (&None, &None));
        let other = &listing.entries["1.0.1"];
        assert_eq!(other.version.as_deref(), Some("9.9.9"));
        assert!(other.files.is_empty() && other.publisher.is_none());
    }

    #[test]
    fn an_unpublished_package_has_no_versions_and_nothing_else_may_lack_them() {
        let gone = br#"{"name":"x","time":{"1.0.0":"2026-01-01T00:00:00Z",
            "unpublished":{"time":"2026-01-02T00:00:00Z","versions":["1.0.0"]}}}"#;
        assert!(parse_packument(gone).unwrap().versions.is_empty());
        for none in [
            &br#"{"name":"x"}"#[..],
            br#"{"versions":{}}"#,
            br#"{"error":"not_found"}"#,
            br#"{"name":"x","versions":[]}"#,
            br#"{"name":"x","versions":{"1.0.0":{},"1.0.0":{}}}"#,
        ] {
            assert_eq!(
                parse_packument(none).unwrap_err().kind,
                FailureKind::Malformed
            );
        }
    }

    #[test]
    fn a_tarball_without_a_file_name_has_the_one_that_npm_gives_it() {
        let address = "https://npm.pkg.github.com/download/@acme/ui/1.0.0/3b0c44298fc1";
        assert_eq!(file_name("@acme/ui", "1.0.0", address), "ui-1.0.0.tgz");
        let address = "https://r/x/-/x-1.tgz?sig=y";
        assert_eq!(file_name("x", "1", address), "x-1.tgz");
    }
}
