//! Replaces a policy file: whole or not at all, with its permissions, through links.

use std::io::Write as _;
use std::path::Path;

use crate::model::visible;

/// Why a policy file was not replaced. It is as it was.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ReplaceError {
    /// What is wrong, and where.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// Writes `text` in place of `read`, which the file must still hold.
///
/// A link stays a link: the file that it leads to is replaced. Owner and group are those of who
/// runs this; permissions stay.
///
/// # Errors
/// [`ReplaceError`] where the file is read-only, was changed since it was read, or its folder may
/// not be written.
pub fn replace_policy(path: &Path, read: &str, text: &str) -> Result<(), ReplaceError> {
    let shown = visible(&path.display().to_string(), 300);
    let refused = |why: String, hint: &str| ReplaceError {
        message: format!("{shown}: {why}"),
        hint: hint.to_owned(),
    };
    let unwritable = |error: std::io::Error| {
        refused(
            format!("cannot be written: {error}"),
            "check the permissions of the file and of its folder",
        )
    };
    let real = std::fs::canonicalize(path).map_err(unwritable)?;
    let permissions = std::fs::metadata(&real).map_err(unwritable)?.permissions();
    // Renaming would replace a read-only file all the same.
    if permissions.readonly() {
        return Err(refused(
            "it is read-only".to_owned(),
            "make it writable, or use --dry-run and apply the difference elsewhere",
        ));
    }
    std::fs::OpenOptions::new()
        .append(true)
        .open(&real)
        .map_err(unwritable)?;
    let folder = real.parent().unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".lockstep-")
        .tempfile_in(folder)
        .map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(unwritable)?;
    file.as_file()
        .set_permissions(permissions)
        .map_err(unwritable)?;
    file.as_file().sync_all().map_err(unwritable)?;
    if std::fs::read(&real).map_err(unwritable)? != read.as_bytes() {
        return Err(refused(
            "it was changed while this ran".to_owned(),
            "run this again",
        ));
    }
    file.persist(&real)
        .map_err(|error| unwritable(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_changed_meanwhile_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.toml");
        std::fs::write(&path, "theirs").unwrap();
        let error = replace_policy(&path, "read", "ours").unwrap_err();
        assert!(error.message.contains("changed while this ran"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (
            folder.path().join("p.toml"),
            folder.path().join("link.toml"),
        );
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("p.toml", &link).unwrap();
        replace_policy(&link, "old", "new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o440)).unwrap();
        let error = replace_policy(&path, "new", "newer").unwrap_err();
        assert!(error.message.contains("read-only"), "{error}");
    }
}
