//! The file in which an instance's verified metadata is kept: written in one step, read within caps.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Instance, TrustRootError, TrustRootFault};
use crate::model::{Time, visible};
use crate::observe::Environment;

/// The shape of a file; another one is not read.
const FORMAT: &str = "lockstep-trust-1";

/// The longest file, in bytes: roots have some kilobytes, and there is one for each year or less.
const FILE_BYTES: u64 = 32 << 20;

/// What a file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Content {
    format: String,
    /// From where it was refreshed, without user information.
    pub(super) mirror: String,
    /// When.
    pub(super) updated: Time,
    /// Metadata and targets by name. All of it is UTF-8: it is JSON.
    pub(super) files: BTreeMap<String, String>,
}

impl Content {
    pub(super) fn new(mirror: String, updated: Time, files: BTreeMap<String, String>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            mirror,
            updated,
            files,
        }
    }
}

/// The folder of the store: `LOCKSTEP_TRUST_DIR`, else `lockstep/trust` in `XDG_DATA_HOME`, else in
/// `~/.local/share`. Not the cache: what clears caches must not make this program forget which
/// versions it has seen.
pub fn store_folder(environment: &Environment) -> Option<PathBuf> {
    if let Some(folder) = environment.get("LOCKSTEP_TRUST_DIR") {
        return Some(PathBuf::from(folder));
    }
    let data = match environment.get("XDG_DATA_HOME") {
        Some(data) => PathBuf::from(data),
        None => environment.home()?.join(".local").join("share"),
    };
    Some(data.join("lockstep").join("trust"))
}

fn path(environment: &Environment, instance: &Instance) -> Option<PathBuf> {
    store_folder(environment).map(|folder| folder.join(&instance.file))
}

fn fault(path: &Path, why: impl std::fmt::Display, hint: &str) -> TrustRootError {
    TrustRootError {
        fault: TrustRootFault::Store,
        message: format!(
            "{}: {}",
            visible(&path.display().to_string(), 300),
            visible(&why.to_string(), 300)
        ),
        hint: Some(hint.to_owned()),
    }
}

/// An error about an instance's file.
pub(super) fn damaged(environment: &Environment, instance: &Instance, why: &str) -> TrustRootError {
    let path = path(environment, instance).unwrap_or_default();
    let hint =
        "somebody else wrote it, or it is damaged: remove it and run `lockstep trust update`";
    fault(&path, why, hint)
}

/// What is kept of an instance; nothing where nothing is.
pub(super) fn read(
    environment: &Environment,
    instance: &Instance,
) -> Result<Option<Content>, TrustRootError> {
    let Some(path) = path(environment, instance) else {
        return Ok(None);
    };
    let file = match fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(&path, error, "make it readable, or remove it")),
    };
    let mut text = String::new();
    let read = file.take(FILE_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| damaged(environment, instance, &error.to_string()))?;
    if text.len() as u64 > FILE_BYTES {
        return Err(damaged(environment, instance, "longer than 32 MiB"));
    }
    let content: Content = serde_json::from_str(&text)
        .map_err(|error| damaged(environment, instance, &error.to_string()))?;
    match content.format == FORMAT {
        true => Ok(Some(content)),
        false => Err(damaged(environment, instance, "of another format")),
    }
}

/// Keeps it, in place of what was kept.
pub(super) fn write(
    environment: &Environment,
    instance: &Instance,
    content: &Content,
) -> Result<PathBuf, TrustRootError> {
    let hint = "name a folder that can be written in LOCKSTEP_TRUST_DIR";
    let Some(path) = path(environment, instance) else {
        return Err(fault(
            Path::new("the store"),
            "no home folder is known",
            hint,
        ));
    };
    let written = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        make_private_folder(folder)?;
        // A temporary file is readable by its owner only, and takes its name in one step.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec(content)?)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    written().map_err(|error| fault(&path, error, hint))?;
    Ok(path)
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}
