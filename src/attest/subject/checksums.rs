//! The artifacts of a list of checksums, without their bytes.

use std::io::Read;
use std::path::Path;

use super::{Artifact, Place, SubjectError};
use crate::model::visible;
use crate::observe::files::parse_checksums;

/// The longest list in bytes.
const LIST_BYTES: u64 = 64 << 20;

/// The artifacts of a list as `sha256sum` writes it, or BSD's `sha256`.
///
/// # Errors
/// [`SubjectError`] where it cannot be read or is no such list.
pub fn of_checksums(path: &Path) -> Result<Vec<Artifact>, SubjectError> {
    let shown = visible(&path.display().to_string(), 300);
    let unreadable = |error: std::io::Error| {
        let message = format!("{shown}: cannot be read: {error}");
        SubjectError::new(message, "name a list as `sha256sum` writes it")
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(LIST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > LIST_BYTES {
        let message = format!("{shown}: more than {LIST_BYTES} bytes");
        return Err(SubjectError::new(message, "split the list"));
    }
    let list = parse_checksums(&bytes).map_err(|why| {
        let message = format!("{shown}: {}", why.detail);
        SubjectError::new(message, "a list of lines as `sha256sum FILE…` writes them")
    })?;
    Ok(list
        .into_iter()
        .map(|(path, digest)| Artifact {
            name: path.rsplit('/').next().unwrap_or(&path).to_owned(),
            digest,
            place: Place::Elsewhere,
        })
        .collect())
}
