//! A bundle as a file: whole or not at all, and never over another one unasked.

use std::io::{Read, Write};
use std::path::Path;

use crate::attest::SignError;
use crate::model::visible;
use crate::verify::BUNDLE_BYTES;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was written.
    New,
    /// It was there already and says the same.
    Already,
}

/// Looks whether a document can be written, before anything is signed for it: what is signed may be
/// in a public log forever. Whether one that says the same is there already.
///
/// # Errors
/// As [`write_bundle`] would give them.
pub fn look_at_place(
    path: &Path,
    force: bool,
    says_the_same: &dyn Fn(&[u8]) -> bool,
) -> Result<Written, SignError> {
    let existed = existing(path).map_err(|error| unwritable(path, &error))?;
    match existed {
        Some(there) if !force && says_the_same(&there) => Ok(Written::Already),
        Some(_) if !force => Err(other(path)),
        _ => {
            let probe = unfinished(path, 0o600);
            probe.map_err(|error| unwritable(path, &error))?;
            Ok(Written::New)
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> SignError {
    let shown = visible(&path.display().to_string(), 300);
    SignError {
        unanswered: false,
        message: format!("{shown}: cannot be written: {error}"),
        hint: Some(
            "name a file in a folder that may be written to; `-` is standard output".to_owned(),
        ),
    }
}

fn other(path: &Path) -> SignError {
    let shown = visible(&path.display().to_string(), 300);
    SignError {
        unanswered: false,
        message: format!("{shown}: another document is there"),
        hint: Some("move it away, name another file with --bundle, or say --force".to_owned()),
    }
}

/// Writes a document, or leaves one that says the same.
///
/// # Errors
/// [`SignError`] where another document is there and `force` is not given, and where it cannot be
/// written.
pub fn write_bundle(
    path: &Path,
    text: &str,
    force: bool,
    says_the_same: &dyn Fn(&[u8]) -> bool,
) -> Result<Written, SignError> {
    let failed = |error: std::io::Error| unwritable(path, &error);
    if !force && let Some(there) = existing(path).map_err(failed)? {
        return match says_the_same(&there) {
            true => Ok(Written::Already),
            false => Err(other(path)),
        };
    }
    match write_whole(path, text.as_bytes(), 0o666, force) {
        Ok(()) => Ok(Written::New),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(other(path)),
        Err(error) => Err(failed(error)),
    }
}

/// What is there; nothing where nothing is. What is longer than any bundle is not read further.
pub(crate) fn existing(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    regular(path)?;
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(BUNDLE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Writes a file in one step, as readable as `mode` and the user's mask make it.
///
/// # Errors
/// What kept it from being written, without the name that it has before it is whole: nobody asked
/// for a file of that name. [`std::io::ErrorKind::AlreadyExists`] where one is there and `over` is
/// not given.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], mode: u32, over: bool) -> std::io::Result<()> {
    let mut file = unfinished(path, mode)?;
    file.write_all(bytes).map_err(unnamed)?;
    file.as_file().sync_all()?;
    let kept = match over {
        true => file.persist(path),
        false => file.persist_noclobber(path),
    };
    kept.map(|_| ()).map_err(|error| error.error)
}

/// A file beside a path, for what is not whole yet; it goes with its value.
fn unfinished(path: &Path, mode: u32) -> std::io::Result<tempfile::NamedTempFile> {
    regular(path)?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".lockstep-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder.tempfile_in(folder).map_err(unnamed)
}

/// Reading a pipe would wait for whoever writes to it, and a device would be replaced by a file.
fn regular(path: &Path) -> std::io::Result<()> {
    match std::fs::metadata(path) {
        Ok(there) if !there.is_file() => Err(std::io::Error::other("it is no regular file")),
        _ => Ok(()),
    }
}

/// Why a file without a name of its own failed.
fn unnamed(error: std::io::Error) -> std::io::Error {
    match error.kind() {
        std::io::ErrorKind::NotFound => std::io::Error::other("there is no such folder"),
        kind => std::io::Error::from(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_the_same_stays_and_what_does_not_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sigstore.json");
        let same = |there: &[u8]| there == b"one";
        let write = |text, force| write_bundle(&path, text, force, &same);
        assert_eq!(write("one", false), Ok(Written::New));
        assert_eq!(write("two", false), Ok(Written::Already));
        std::fs::write(&path, "other").unwrap();
        assert!(write("two", false).unwrap_err().message.contains("another"));
        assert_eq!(std::fs::read(&path).unwrap(), b"other");
        assert_eq!(write("two", true), Ok(Written::New));
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_named_as_it_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none/a.sigstore.json");
        for force in [false, true] {
            let error = write_bundle(&path, "one", force, &|_| false).unwrap_err();
            let shown = path.display();
            let expected = format!("{shown}: cannot be written: there is no such folder");
            assert_eq!(error.message, expected);
        }
    }
}
