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
    let shown = visible(&path.display().to_string(), 300);
    let failed = |error: std::io::Error| SignError {
        unanswered: false,
        message: format!("{shown}: cannot be written: {error}"),
        hint: Some("name a folder that exists and may be written to".to_owned()),
    };
    let other = || SignError {
        unanswered: false,
        message: format!("{shown}: another document is there"),
        hint: Some("move it away, name another file with --bundle, or say --force".to_owned()),
    };
    if !force && let Some(there) = existing(path).map_err(failed)? {
        return match says_the_same(&there) {
            true => Ok(Written::Already),
            false => Err(other()),
        };
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut file = temporary(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    let kept = match force {
        true => file.persist(path),
        false => file.persist_noclobber(path),
    };
    match kept {
        Ok(_) => Ok(Written::New),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Err(other()),
        Err(error) => Err(failed(error.error)),
    }
}

/// What is there; nothing where nothing is. What is longer than any bundle is not read further.
pub(crate) fn existing(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(BUNDLE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// A new file beside its place, which the user's mask makes as readable as others.
fn temporary(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
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
}
