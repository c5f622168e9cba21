//! The JSON API's page of a project (`/pypi/<project>/json`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::SimpleFile;
use super::simple_json::{is_yanked, not_json, sha256};
use crate::model::Failure;

/// What the JSON API says of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectPage {
    /// The project's name.
    pub name: String,
    /// PEP 792 status, where served.
    pub status: Option<String>,
    /// A number that grows with each change.
    pub serial: Option<u64>,
    /// Files by version; without `releases` in the answer, those of the newest version only.
    pub releases: BTreeMap<String, Vec<SimpleFile>>,
    /// Whether the answer has `releases`.
    pub has_releases: bool,
}

#[derive(Deserialize)]
struct Page {
    info: Info,
    last_serial: Option<i64>,
    releases: Option<BTreeMap<String, Vec<File>>>,
    #[serde(default)]
    urls: Vec<File>,
    #[serde(alias = "project-status")]
    project_status: Option<Status>,
}

#[derive(Deserialize)]
struct Info {
    name: String,
    version: Option<String>,
    #[serde(alias = "project-status")]
    project_status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Status {
    Table { status: Option<String> },
    Text(String),
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct File {
    filename: String,
    #[serde(default)]
    digests: BTreeMap<String, String>,
    size: Option<u64>,
    upload_time_iso_8601: Option<String>,
    #[serde(default)]
    yanked: Value,
}

/// Reads a project page.
///
/// # Errors
/// A [`Failure`] of the kind `malformed` where it is none.
pub fn parse_project_json(bytes: &[u8]) -> Result<ProjectPage, Failure> {
    let page: Page = serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
    let has_releases = page.releases.is_some();
    let releases = page.releases.unwrap_or_else(|| {
        let newest = page.info.version.map(|version| (version, page.urls));
        newest.into_iter().collect()
    });
    let status = page.project_status.or(page.info.project_status);
    let mut read = ProjectPage {
        name: page.info.name,
        status: status.and_then(|status| match status {
            Status::Table { status } => status,
            Status::Text(status) => Some(status),
            Status::Other(_) => None,
        }),
        serial: page
            .last_serial
            .and_then(|serial| u64::try_from(serial).ok()),
        releases: BTreeMap::new(),
        has_releases,
    };
    for (version, files) in releases {
        let files = files.into_iter().map(|file| {
            Ok(SimpleFile {
                sha256: sha256(&file.digests)?,
                size: file.size,
                uploaded: file.upload_time_iso_8601.and_then(|time| time.parse().ok()),
                yanked: is_yanked(&file.yanked),
                filename: file.filename,
                attested: None,
            })
        });
        read.releases
            .insert(version, files.collect::<Result<_, Failure>>()?);
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_without_files_are_versions() {
        let page = parse_project_json(
            br#"{"info":{"name":"x","version":"2"},"last_serial":9,"urls":[],"releases":{"1":[],
               "2":[{"filename":"x-2.zip","digests":{},"size":1,
                     "upload_time_iso_8601":"2024-01-02T03:04:05.000000Z","yanked":true}]}}"#,
        )
        .unwrap();
        assert_eq!(page.releases["1"], []);
        assert!(page.releases["2"][0].yanked && page.has_releases);
        assert_eq!(page.serial, Some(9));
    }

    #[test]
    fn without_releases_only_the_newest_version_is_known() {
        let page = parse_project_json(br#"{"info":{"name":"x","version":"2"}}"#).unwrap();
        assert!(!page.has_releases && page.releases.contains_key("2"));
        assert!(parse_project_json(br#"{"message":"Not Found"}"#).is_err());
    }
}
