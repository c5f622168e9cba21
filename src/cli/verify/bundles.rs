//! Where the command's bundles come from: files and standard input, capped.

use std::fs::File;
use std::io::Read;

use crate::cli::exit::Failure;
use crate::model::visible_line;
use crate::verify::{DOCUMENT_BYTES, UnverifiedDocument, VerifyError, read_all};

/// Bundles with the name of where each was found.
pub(in crate::cli) struct Bundles {
    pub(in crate::cli) found: Vec<(String, Result<UnverifiedDocument, VerifyError>)>,
}

impl Bundles {
    /// Reads files, `-` for standard input.
    ///
    /// # Errors
    /// A file that cannot be read, or that holds no bundle.
    pub(in crate::cli) fn read(names: &[String]) -> Result<Self, Failure> {
        let mut found = Vec::new();
        for name in names {
            let shown = match name.as_str() {
                "-" => "standard input".to_owned(),
                name => visible_line(name),
            };
            let bytes = bytes(name).map_err(|error| {
                let hint = "name a file that holds bundles, or `-` for standard input";
                Failure::new(format!("{shown}: {error}"), hint)
            })?;
            let documents = read_all(&bytes).map_err(|error| {
                let hint = error.hint.unwrap_or_else(|| {
                    "a Sigstore bundle, a PEP 740 attestation, an answer of an attestations API, or \
                     several as JSON Lines"
                        .to_owned()
                });
                Failure::new(format!("{shown}: {}", error.message), hint)
            })?;
            let several = documents.len() > 1;
            for (at, document) in documents.into_iter().enumerate() {
                let place = match several {
                    true => format!("{shown} (bundle {})", at + 1),
                    false => shown.clone(),
                };
                found.push((place, document));
            }
        }
        Ok(Self { found })
    }

    /// Whether one of them is about an artifact that it names by SHA-512 alone.
    pub(super) fn need_sha512(&self) -> bool {
        let documents = self.found.iter().filter_map(|(_, it)| it.as_ref().ok());
        let mut statements =
            documents.filter_map(|it| it.bundle.unverified_statement().ok().flatten());
        statements.any(|statement| {
            let mut subjects = statement.subject.iter();
            subjects.any(|it| it.digest.contains_key("sha512") && !it.digest.contains_key("sha256"))
        })
    }
}

fn bytes(name: &str) -> std::io::Result<Vec<u8>> {
    let limit = DOCUMENT_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    match name {
        "-" => std::io::stdin()
            .lock()
            .take(limit)
            .read_to_end(&mut bytes)?,
        name => File::open(name)?.take(limit).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}
