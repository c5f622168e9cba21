//! The version that an artifact's own metadata declares: in wheels (`METADATA`), sdists
//! (`PKG-INFO`) and npm tarballs (`package.json`).
//!
//! Archives are untrusted: what is read of them is metered in compressed and decompressed bytes, in
//! entries and in time, and nothing is ever written. An archive in which two readers could see two
//! things (a name twice, a name that leads out) is refused.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::time::Instant;

use zip::ZipArchive;

use super::meter::{Metered, Spent};
use super::tarball::in_tarball;
use crate::model::{Failure, FailureKind, visible};

/// The directory of a zip: 46 bytes for each entry and its name (APPNOTE 4.3.12).
const DIRECTORY_BYTES: u64 = 16 << 20;
/// Bytes of a metadata file; some hold a whole readme.
const METADATA_BYTES: u64 = 8 << 20;
/// Entries of one archive.
pub(super) const ENTRIES: usize = 100_000;

/// The version that the metadata in a file declares; nothing for a file that needs have none.
///
/// # Errors
/// A [`Failure`] for an archive that is broken, over a cap, or says two things.
pub(super) fn declared(
    file: &mut File,
    name: &str,
    end: Instant,
) -> Result<Option<String>, Failure> {
    let lower = name.to_ascii_lowercase();
    let read = if lower.ends_with(".whl") {
        let metadata = |path: &str| {
            let (folder, file) = path.split_once('/').unwrap_or_default();
            folder.ends_with(".dist-info") && file == "METADATA"
        };
        in_zip(file, end, metadata).and_then(|found| match found {
            Some(text) => Ok(Some(of_headers(&text)?)),
            None => Err(Refusal::Malformed("a wheel without METADATA".to_owned())),
        })
    } else if lower.ends_with(".tar.gz") {
        in_tarball(file, end, is_pkg_info)
            .and_then(|it| it.map(|text| of_headers(&text)).transpose())
    } else if lower.ends_with(".tgz") {
        // Only as `npm pack` writes it: another tarball's `package.json` may be anything.
        let manifest = |path: &str| path == "package/package.json";
        in_tarball(file, end, manifest).and_then(|it| it.map(|text| of_json(&text)).transpose())
    } else if lower.ends_with(".zip") {
        in_zip(file, end, is_pkg_info).and_then(|it| it.map(|text| of_headers(&text)).transpose())
    } else {
        return Ok(None);
    };
    read.map_err(|refusal| {
        let (kind, words) = match refusal {
            Refusal::Malformed(words) => (FailureKind::Malformed, words),
            Refusal::TooLarge(words) => (FailureKind::TooLarge, words),
            Refusal::Late => (FailureKind::Timeout, "reading it took too long".to_owned()),
        };
        Failure {
            kind,
            detail: format!("`{}`: {words}", visible(name, 120)),
        }
    })
}

/// `name-version/PKG-INFO`, not that of an `.egg-info` further in.
fn is_pkg_info(path: &str) -> bool {
    let (folder, file) = path.split_once('/').unwrap_or_default();
    !folder.is_empty() && file == "PKG-INFO"
}

#[derive(Debug)]
pub(super) enum Refusal {
    Malformed(String),
    TooLarge(String),
    Late,
}

impl Refusal {
    /// What a reader's error means: a meter's own, or a broken archive.
    pub(super) fn of(error: &io::Error) -> Self {
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Spent>());
        match inner {
            Some(Spent::Bytes(cap)) => Self::TooLarge(format!("more than {cap} bytes to read")),
            Some(Spent::Time) => Self::Late,
            None => Self::Malformed(format!(
                "broken archive: {}",
                visible(&error.to_string(), 120)
            )),
        }
    }

    fn of_zip(error: &zip::result::ZipError) -> Self {
        match error {
            zip::result::ZipError::Io(error) => Self::of(error),
            error => Self::Malformed(format!("broken zip: {}", visible(&error.to_string(), 120))),
        }
    }
}

/// The text of the one entry of a zip that is wanted.
fn in_zip(
    file: &mut File,
    end: Instant,
    wanted: impl Fn(&str) -> bool,
) -> Result<Option<String>, Refusal> {
    // The directory is held in memory: what may be read of it bounds that. The readers go back and
    // forth, so a part of the file may be counted more than once.
    let metered = Metered::new(BufReader::new(file), 2 * DIRECTORY_BYTES, end);
    let mut archive = ZipArchive::new(metered).map_err(|error| Refusal::of_zip(&error))?;
    if archive.has_duplicate_names() {
        return Err(Refusal::Malformed(
            "a name stands twice in the zip".to_owned(),
        ));
    }
    if archive.len() > ENTRIES {
        return Err(too_many());
    }
    let mut names = Vec::new();
    for name in archive.file_names_raw() {
        // Names of old tools in another encoding are none of the names that are looked for.
        let Ok(name) = std::str::from_utf8(name) else {
            continue;
        };
        check_name(name)?;
        if wanted(name) {
            names.push(name.to_owned());
        }
    }
    let Some(name) = only(&names)? else {
        return Ok(None);
    };
    let entry = archive
        .by_name(name)
        .map_err(|error| Refusal::of_zip(&error))?;
    text(entry).map(Some)
}

pub(super) fn text(entry: impl Read) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    let read = entry.take(METADATA_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Refusal::of(&error))?;
    if bytes.len() as u64 > METADATA_BYTES {
        return Err(Refusal::TooLarge(format!(
            "its metadata has more than {METADATA_BYTES} bytes"
        )));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    // Windows takes both slashes.
    let leads_out = name.starts_with(['/', '\\'])
        || name.contains('\0')
        || name.split(['/', '\\']).any(|part| part == "..");
    match leads_out {
        true => Err(Refusal::Malformed(format!(
            "the name `{}` in it leads out of it",
            visible(name, 80)
        ))),
        false => Ok(()),
    }
}

fn only(names: &[String]) -> Result<Option<&str>, Refusal> {
    match names {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(twice()),
    }
}

pub(super) fn twice() -> Refusal {
    Refusal::Malformed("its metadata stands in it twice".to_owned())
}

pub(super) fn too_many() -> Refusal {
    Refusal::TooLarge(format!("more than {ENTRIES} entries"))
}

/// `Version` of core metadata: headers as in mail, up to the first empty line.
fn of_headers(text: &str) -> Result<String, Refusal> {
    let mut found = None;
    for line in text.lines().take_while(|line| !line.trim().is_empty()) {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if name.eq_ignore_ascii_case("version") {
            if found.is_some() {
                return Err(Refusal::Malformed(
                    "its metadata has two versions".to_owned(),
                ));
            }
            found = Some(value.trim().to_owned());
        }
    }
    let found = found.filter(|version| !version.is_empty());
    found.ok_or_else(|| Refusal::Malformed("its metadata has no version".to_owned()))
}

fn of_json(text: &str) -> Result<String, Refusal> {
    #[derive(serde::Deserialize)]
    struct Manifest {
        version: String,
    }
    let manifest: Manifest = serde_json::from_str(text).map_err(|error| {
        Refusal::Malformed(format!(
            "its package.json: {}",
            visible(&error.to_string(), 120)
        ))
    })?;
    Ok(manifest.version)
}
