//! Evidence in files: read within a cap and with clear errors, written whole or not at all.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

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

/// Writes evidence: one document to be read by people, or JSON Lines where there are several.
///
/// The file appears whole or not at all.
///
/// # Errors
/// [`EvidenceFileError`] where it cannot be written.
pub fn write_evidence(path: &Path, documents: &[Evidence]) -> Result<(), EvidenceFileError> {
    let refuse = |message: String| EvidenceFileError {
        path: path.to_owned(),
        line: None,
        message,
        hint: Some("name a file in a folder that exists and may be written".to_owned()),
    };
    let written = (|| {
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        let mut builder = tempfile::Builder::new();
        // As any file that a user writes: what the umask leaves.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        {
            let mut out = std::io::BufWriter::new(file.as_file_mut());
            if let [one] = documents {
                serde_json::to_writer_pretty(&mut out, one)?;
                out.write_all(b"\n")?;
            } else {
                for document in documents {
                    serde_json::to_writer(&mut out, document)?;
                    out.write_all(b"\n")?;
                }
            }
            out.flush()?;
        }
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok::<(), std::io::Error>(())
    })();
    written.map_err(|error| refuse(format!("cannot be written: {error}")))
}
