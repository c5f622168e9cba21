//! Hashes files as streams, in flat memory, and notices where one changes meanwhile.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};

use super::SubjectError;
use crate::model::{Digest, visible};

/// Told how many bytes of a file are hashed, of how many, every few mebibytes.
pub type Meter<'m> = &'m dyn Fn(&str, u64, u64);

/// Bytes that are read at a time.
const PIECE: usize = 1 << 20;

/// The SHA-256 of a file.
///
/// # Errors
/// [`SubjectError`] where it cannot be read, is no regular file, or is not the same at the end as
/// at the beginning: its digest would be one of bytes that never stood there together.
pub fn hash_file(path: &Path, meter: Meter<'_>) -> Result<Digest, SubjectError> {
    let shown = visible(&path.display().to_string(), 300);
    let unreadable = |error: std::io::Error| {
        let message = format!("{shown}: cannot be read: {error}");
        SubjectError::new(message, "name files that are there and may be read")
    };
    let irregular = || {
        let message = format!("{shown}: is no regular file");
        Err(SubjectError::new(message, "name files or folders"))
    };
    // Opening a named pipe waits for whoever writes to it.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return irregular();
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let before = file.metadata().map_err(unreadable)?;
    if !before.is_file() {
        return irregular();
    }
    let mut context = Context::new(&SHA256);
    let mut piece = vec![0_u8; PIECE];
    let mut hashed = 0_u64;
    loop {
        let read = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(error)),
        };
        context.update(&piece[..read]);
        hashed += read as u64;
        if hashed % (64 * PIECE as u64) < read as u64 {
            meter(&shown, hashed, before.len());
        }
    }
    let after = file.metadata().map_err(unreadable)?;
    if hashed != before.len() || !is_same(&before, &after) {
        let message = format!("{shown}: changed while it was hashed");
        return Err(SubjectError::new(
            message,
            "attest when nothing writes to it any more",
        ));
    }
    let digest: [u8; 32] = context.finish().as_ref().try_into().map_err(|_| {
        let message = format!("{shown}: the hash has a wrong length");
        SubjectError::new(message, "report this as a bug")
    })?;
    Ok(Digest::from_bytes(digest))
}

fn is_same(before: &Metadata, after: &Metadata) -> bool {
    before.len() == after.len() && before.modified().ok() == after.modified().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_digest_is_that_of_the_bytes() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let bytes = vec![7_u8; 3 * PIECE + 5];
        file.write_all(&bytes).unwrap();
        let digest = hash_file(file.path(), &|_, _, _| {}).unwrap();
        assert_eq!(digest, Digest::of(&bytes));
    }

    #[test]
    fn a_file_that_grows_while_it_is_hashed_is_refused() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&vec![7_u8; 65 * PIECE]).unwrap();
        let path = file.path().to_owned();
        let grow = |_: &str, _: u64, _: u64| {
            let mut other = File::options().append(true).open(&path).unwrap();
            other.write_all(b"more").unwrap();
        };
        let error = hash_file(file.path(), &grow).unwrap_err();
        assert!(error.message.contains("changed while it was hashed"));
    }
}
