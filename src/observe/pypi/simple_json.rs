//! The Simple API in JSON (PEP 691, 700, 792).

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{SimpleFile, SimplePage};
use crate::model::{Digest, Failure, visible};
use crate::observe::malformed;

#[derive(Deserialize)]
struct Page {
    meta: Meta,
    name: String,
    files: Vec<File>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(rename = "project-status")]
    project_status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Meta {
    api_version: String,
    #[serde(rename = "_last-serial")]
    last_serial: Option<u64>,
}

#[derive(Deserialize)]
struct Status {
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    filename: String,
    hashes: BTreeMap<String, String>,
    size: Option<u64>,
    upload_time: Option<String>,
    #[serde(default)]
    yanked: Value,
    /// An address, or `null` where there is none (PEP 740); an index without that leaves it out.
    #[serde(default, deserialize_with = "stated")]
    provenance: Option<Value>,
}

/// A key that is there, with `null` as a value of its own.
fn stated<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

/// Reads a project page in JSON.
///
/// # Errors
/// A [`Failure`] of the kind `malformed` where it is none, or of an API version 2 or above, which
/// must not be read as version 1 (PEP 629).
pub fn parse_simple_json(bytes: &[u8]) -> Result<SimplePage, Failure> {
    let page: Page = serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
    check_version(&page.meta.api_version)?;
    let files = page.files.into_iter().map(|file| {
        Ok(SimpleFile {
            sha256: sha256(&file.hashes)?,
            size: file.size,
            uploaded: file.upload_time.and_then(|time| time.parse().ok()),
            yanked: is_yanked(&file.yanked),
            attested: file.provenance.as_ref().map(|it| !it.is_null()),
            filename: file.filename,
        })
    });
    Ok(SimplePage {
        name: Some(page.name),
        versions: page.versions,
        status: page.project_status.and_then(|status| status.status),
        serial: page.meta.last_serial,
        files: files.collect::<Result<_, Failure>>()?,
        whole: true,
    })
}

/// Refuses what is not version 1 of the API (PEP 629).
pub(super) fn check_version(version: &str) -> Result<(), Failure> {
    match version.split('.').next() {
        Some("1") => Ok(()),
        _ => {
            let shown = visible(version, 20);
            Err(malformed(format!(
                "version `{shown}` of the Simple API is not known"
            )))
        }
    }
}

/// A SHA-256 among hashes; one that is not well-formed makes the answer unusable.
pub(super) fn sha256(hashes: &BTreeMap<String, String>) -> Result<Option<Digest>, Failure> {
    let Some(hex) = hashes.get("sha256") else {
        return Ok(None);
    };
    let digest = Digest::from_hex(hex).map_err(|error| malformed(error.to_string()))?;
    Ok(Some(digest))
}

/// PEP 592 in JSON: false or absent, else true or a reason (an empty reason counts).
pub(super) fn is_yanked(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

/// Where JSON breaks; serde_json's words quote no input but field names and short values.
pub(super) fn not_json(error: &serde_json::Error) -> Failure {
    let words = visible(&error.to_string(), 160);
    malformed(format!("not the JSON that was asked for: {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(files: &str, more: &str) -> String {
        format!(
            r#"{{"meta":{{"api-version":"1.1","_last-serial":7}},"name":"X","files":[{files}]{more}}}"#
        )
    }

    #[test]
    fn hashes_times_yanks_and_status_are_read() {
        let digest = Digest::of(b"x");
        let file = format!(
            r#"{{"filename":"x-1.0.zip","url":"u","hashes":{{"sha256":"{}"}},"size":3,
               "upload-time":"2024-01-02T03:04:05.678901Z","yanked":"broken"}}"#,
            digest.hex()
        );
        let more = r#","versions":["1.0"],"project-status":{"status":"quarantined"}"#;
        let page = parse_simple_json(page(&file, more).as_bytes()).unwrap();
        assert_eq!(page.status.as_deref(), Some("quarantined"));
        assert_eq!(page.serial, Some(7));
        let file = &page.files[0];
        assert_eq!(
            (file.sha256, file.size, file.yanked),
            (Some(digest), Some(3), true)
        );
        assert_eq!(file.uploaded.unwrap().to_string(), "2024-01-02T03:04:05Z");
    }

    #[test]
    fn provenance_is_stated_where_the_key_is_there() {
        for (key, attested) in [
            ("", None),
            (r#","provenance":null"#, Some(false)),
            (r#","provenance":"https://h/integrity""#, Some(true)),
        ] {
            let file = format!(r#"{{"filename":"f","hashes":{{}}{key}}}"#);
            let page = parse_simple_json(page(&file, "").as_bytes()).unwrap();
            assert_eq!(page.files[0].attested, attested, "{key}");
        }
    }

    #[test]
    fn only_false_is_not_yanked() {
        for (value, yanked) in [
            ("false", false),
            ("null", false),
            ("true", true),
            ("\"\"", true),
        ] {
            let file = format!(r#"{{"filename":"f","hashes":{{}},"yanked":{value}}}"#);
            let page = parse_simple_json(page(&file, "").as_bytes()).unwrap();
            assert_eq!(page.files[0].yanked, yanked, "{value}");
        }
    }

    #[test]
    fn another_major_version_or_a_bad_hash_or_a_cut_is_an_error() {
        assert!(parse_simple_json(page("", "").replace("1.1", "2.0").as_bytes()).is_err());
        let bad = r#"{"filename":"f","hashes":{"sha256":"beef"}}"#;
        assert!(parse_simple_json(page(bad, "").as_bytes()).is_err());
        let whole = page("", "");
        for end in 0..whole.len() {
            assert!(parse_simple_json(&whole.as_bytes()[..end]).is_err());
        }
        assert!(parse_simple_json("[".repeat(100_000).as_bytes()).is_err());
    }
}
