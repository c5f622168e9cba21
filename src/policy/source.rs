//! The texts that a policy is read from, read with a cap and with errors that say what to do.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::model::settings::{Diagnostic, Gravity, Place};
use crate::model::{Digest, visible};

/// The longest policy file: 1 MiB.
const MAXIMUM_BYTES: u64 = 1024 * 1024;

/// A file that a policy was read from.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    text: String,
    line_starts: Vec<usize>,
    digest: Digest,
}

impl Source {
    /// Reads a file: regular, at most 1 MiB, UTF-8, not empty.
    pub(super) fn read(path: &Path) -> Result<Self, Box<Diagnostic>> {
        let shown = visible(&path.display().to_string(), 300);
        let refused = |why: &str, hint: &str| whole_file(format!("{shown}: {why}"), hint);
        let unreadable = |error: &std::io::Error| match error.kind() {
            ErrorKind::NotFound => refused(
                "there is no such file",
                "name a policy file, as in `lockstep.toml`; paths begin at the working folder",
            ),
            ErrorKind::PermissionDenied => {
                refused("it may not be read", "check the permissions of the file")
            }
            ErrorKind::IsADirectory => directory(&shown),
            _ => refused(
                &format!("it cannot be read: {}", visible(&error.to_string(), 120)),
                "check the path",
            ),
        };
        // Asked first: opening a pipe would wait for its writer.
        let kind = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
        if kind.is_dir() {
            return Err(directory(&shown));
        }
        if !kind.is_file() {
            return Err(refused("this is no regular file", "name a TOML file"));
        }
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        let mut bytes = Vec::new();
        file.take(MAXIMUM_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(&error))?;
        if bytes.len() as u64 > MAXIMUM_BYTES {
            return Err(refused(
                "it is larger than 1 MiB",
                "a policy is a short TOML file: is this the right one?",
            ));
        }
        let digest = Digest::of(&bytes);
        let text = match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => text,
            Ok(_) | Err(_) => {
                return Err(refused(
                    "this is not text in UTF-8",
                    "a policy is a TOML file: is this the right one?",
                ));
            }
        };
        if text.trim().is_empty() {
            return Err(refused(
                "the file is empty",
                "start from an example of the `policies` folder",
            ));
        }
        Ok(Self::of(path.to_owned(), text, digest))
    }

    /// A text that stands in no file.
    pub(super) fn of_text(path: &Path, text: String) -> Self {
        let digest = Digest::of(text.as_bytes());
        Self::of(path.to_owned(), text, digest)
    }

    fn of(path: PathBuf, text: String, digest: Digest) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(breaks).collect();
        Self {
            path,
            text,
            line_starts,
            digest,
        }
    }

    /// Where it was read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of its bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The number of the line that holds a byte, from 1, and the byte at which that line begins.
    pub(super) fn line_of(&self, byte: usize) -> (usize, usize) {
        let number = self.line_starts.partition_point(|start| *start <= byte);
        let index = number.saturating_sub(1);
        (
            number.max(1),
            self.line_starts.get(index).copied().unwrap_or(0),
        )
    }
}

/// The number of the line in which a place begins, from 1.
pub(super) fn line_number(sources: &[Source], place: &Place) -> usize {
    sources
        .get(place.source)
        .map_or(0, |source| source.line_of(place.bytes.start).0)
}

/// An error about a file as a whole.
pub(super) fn whole_file(message: String, hint: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic {
        gravity: Gravity::Error,
        message,
        place: None,
        label: String::new(),
        hint: Some(hint.to_owned()),
        related: Vec::new(),
    })
}

fn directory(shown: &str) -> Box<Diagnostic> {
    whole_file(
        format!("{shown}: this is a folder"),
        "name a policy file in it",
    )
}
