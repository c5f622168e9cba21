//! Evidence in files: read within a cap and with clear errors, written whole or not at all.

use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::model::{EVIDENCE_BYTES, Evidence, visible};

/// What went wrong with an evidence file.
#[derive(Debug, thiserror::Error)]
#[error("{}{message}", place(path, *line))]
pub struct EvidenceFileError {
    /// The file.
    pub path: PathBuf,
    /// Its line, where one is to blame.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

fn place(path: &Path, line: Option<usize>) -> String {
    let path = visible(&path.display().to_string(), 300);
    match line {
        Some(line) => format!("{path}:{line}: "),
        None => format!("{path}: "),
    }
}

/// Reads every evidence document of a file; `-` is standard input.
///
/// # Errors
/// [`EvidenceFileError`] for a file that cannot be read, is too large, is no text, or holds
/// anything but evidence.
pub fn read_evidence(path: &Path) -> Result<Vec<Evidence>, EvidenceFileError> {
    let refuse = |line, message: String, hint: Option<&str>| EvidenceFileError {
        path: path.to_owned(),
        line,
        message,
        hint: hint.map(str::to_owned),
    };
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(EVIDENCE_BYTES + 1)
            .read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(EVIDENCE_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| refuse(None, format!("cannot be read: {error}"), None))?;
    if bytes.len() as u64 > EVIDENCE_BYTES {
        let message = format!("has more than {EVIDENCE_BYTES} bytes");
        return Err(refuse(None, message, Some("split it by component")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid]
            .iter()
            .filter(|b| **b == b'\n')
            .count();
        refuse(
            Some(line),
            "is not text (UTF-8)".to_owned(),
            Some("evidence is JSON"),
        )
    })?;
    Evidence::read_all(&text).map_err(|error| EvidenceFileError {
        path: path.to_owned(),
        line: Some(error.line),
        message: error.message,
        hint: error.hint,
    })
}

/// A file of evidence that is being written: one document to be read by people, or JSON Lines for
/// several components. It appears whole, when it is finished, or not at all.
pub struct EvidenceWriter {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
    lines: bool,
    documents: usize,
}

impl EvidenceWriter {
    /// Begins a file for one component, or for several.
    ///
    /// # Errors
    /// [`EvidenceFileError`] where its folder cannot be written.
    pub fn create(path: &Path, several: bool) -> Result<Self, EvidenceFileError> {
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        // A file is replaced as a whole: a device or a pipe would be gone.
        if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(EvidenceFileError {
                path: path.to_owned(),
                line: None,
                message: "is there already, and is no file".to_owned(),
                hint: Some("name a file that may be replaced, or one that is new".to_owned()),
            });
        }
        let mut builder = tempfile::Builder::new();
        // As any file that a user writes: what the umask leaves.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder);
        let file = file.map_err(|error| unwritable(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            lines: several,
            documents: 0,
        })
    }

    /// Adds a component's evidence.
    ///
    /// # Errors
    /// [`EvidenceFileError`] where it cannot be written.
    pub fn add(&mut self, evidence: &Evidence) -> Result<(), EvidenceFileError> {
        let written = match self.lines {
            true => serde_json::to_writer(&mut self.file, evidence),
            false => serde_json::to_writer_pretty(&mut self.file, evidence),
        };
        let written = written.map_err(std::io::Error::from);
        let written = written.and_then(|()| self.file.write_all(b"\n"));
        self.documents += 1;
        written.map_err(|error| unwritable(&self.path, &error))
    }

    /// How many documents were added.
    pub fn documents(&self) -> usize {
        self.documents
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`EvidenceFileError`] where it cannot be written.
    pub fn finish(self) -> Result<(), EvidenceFileError> {
        let Self { path, file, .. } = self;
        let finished = (|| {
            let file = file
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)
        })();
        finished
            .map(drop)
            .map_err(|error| unwritable(&path, &error))
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> EvidenceFileError {
    EvidenceFileError {
        path: path.to_owned(),
        line: None,
        message: format!("cannot be written: {error}"),
        hint: Some("name a file in a folder that exists and may be written".to_owned()),
    }
}
