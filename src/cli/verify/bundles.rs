//! Where the command's bundles come from: files, standard input and what is attached, capped.

use std::fs::File;
use std::io::Read;

use crate::cli::exit::Failure;
use crate::model::{ArtifactDigest, visible_line};
use crate::verify::{DOCUMENT_BYTES, UnverifiedDocument, VerifyError, read_all};

/// What holds nearly every bundle, so that it is read in one go.
const USUAL_BYTES: usize = 32 * 1024;

/// Bundles with the name of where each was found.
#[derive(Default)]
pub(in crate::cli) struct Bundles {
    pub(in crate::cli) found: Vec<FoundBundle>,
}

/// One of them.
pub(in crate::cli) struct FoundBundle {
    /// Where it was found, safe to show.
    pub(in crate::cli) place: String,
    /// The artifact that it is attached to, where a place says so. Whether it is about it is another
    /// question.
    pub(in crate::cli) attached_to: Option<ArtifactDigest>,
    pub(in crate::cli) document: Result<UnverifiedDocument, VerifyError>,
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
            found.extend(numbered(&shown, None, documents));
        }
        Ok(Self { found })
    }

    /// Adds a document that a place has attached to an artifact. One that cannot be read proves
    /// nothing, and says why.
    pub(in crate::cli) fn add_attached(&mut self, place: &str, to: ArtifactDigest, text: &str) {
        match read_all(text.as_bytes()) {
            Ok(documents) => self.found.extend(numbered(place, Some(to), documents)),
            Err(error) => self.found.push(FoundBundle {
                place: place.to_owned(),
                attached_to: Some(to),
                document: Err(error),
            }),
        }
    }

    /// Whether one of them is about an artifact that it names by SHA-512 alone.
    pub(super) fn need_sha512(&self) -> bool {
        let documents = self.found.iter().filter_map(|it| it.document.as_ref().ok());
        let mut statements =
            documents.filter_map(|it| it.bundle.unverified_statement().ok().flatten());
        statements.any(|statement| {
            let mut subjects = statement.subject.iter();
            subjects.any(|it| it.digest.contains_key("sha512") && !it.digest.contains_key("sha256"))
        })
    }
}

/// The documents of one text, numbered where there are several.
fn numbered(
    shown: &str,
    attached_to: Option<ArtifactDigest>,
    documents: Vec<Result<UnverifiedDocument, VerifyError>>,
) -> impl Iterator<Item = FoundBundle> {
    let several = documents.len() > 1;
    let documents = documents.into_iter().enumerate();
    documents.map(move |(at, document)| FoundBundle {
        place: match several {
            true => format!("{shown} (bundle {})", at + 1),
            false => shown.to_owned(),
        },
        attached_to,
        document,
    })
}

fn bytes(name: &str) -> std::io::Result<Vec<u8>> {
    let limit = DOCUMENT_BYTES as u64 + 1;
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    match name {
        "-" => std::io::stdin()
            .lock()
            .take(limit)
            .read_to_end(&mut bytes)?,
        name => File::open(name)?.take(limit).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}
