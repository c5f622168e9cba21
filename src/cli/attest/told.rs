//! What `lockstep attest` says that it did.

use std::path::Path;

use serde::Serialize;

use crate::attest::deliver;
use crate::attest::subject::{Artifact, subjects};
use crate::cli::Format;
use crate::cli::exit::Failure;
use crate::cli::say::Terminal;
use crate::model::{Digest, Subject, visible};

use super::shown;

/// The result of a run; docs/attest.md describes its JSON form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Told {
    schema: &'static str,
    subjects: Vec<Subject>,
    predicate_type: String,
    signer: String,
    attestations: Vec<Delivered>,
}

/// Where one bundle is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Delivered {
    place: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
}

impl Delivered {
    pub(super) fn new(file: &Path, text: &str) -> Self {
        Self {
            place: shown(file),
            outcome: "attested",
            digest: Some(Digest::of(text.as_bytes())),
        }
    }

    pub(super) fn elsewhere(delivered: deliver::Delivered) -> Self {
        Self {
            place: visible(&delivered.place, 300),
            outcome: match delivered.already {
                true => "already-attested",
                false => "attested",
            },
            digest: None,
        }
    }

    pub(super) fn already(file: &Path) -> Self {
        Self {
            place: shown(file),
            outcome: "already-attested",
            digest: None,
        }
    }
}

impl Told {
    pub(super) fn new(artifacts: &[Artifact], predicate_type: &str, signer: &str) -> Self {
        Self {
            schema: "lockstep-attestation/1",
            subjects: subjects(artifacts),
            predicate_type: predicate_type.to_owned(),
            signer: signer.to_owned(),
            attestations: Vec::new(),
        }
    }

    pub(super) fn delivered(&mut self, delivered: Delivered) {
        self.attestations.push(delivered);
    }

    pub(super) fn tell(&self, format: Format, terminal: &mut Terminal) -> Result<(), Failure> {
        let text = match format {
            Format::Json => {
                let mut text = serde_json::to_string_pretty(self).map_err(std::io::Error::from)?;
                text.push('\n');
                text
            }
            Format::Human => self.human(),
        };
        Ok(terminal.result(&text)?)
    }

    fn human(&self) -> String {
        const SHOWN: usize = 20;
        let mut text = format!("{}\nsigned by {}\n", self.predicate_type, self.signer);
        for subject in self.subjects.iter().take(SHOWN) {
            let name = subject.name.as_deref().unwrap_or_default();
            let hex = subject.digest.get("sha256").map_or("", String::as_str);
            text.push_str(&format!("  {name} sha256:{hex}\n"));
        }
        if self.subjects.len() > SHOWN {
            text.push_str(&format!("  and {} more\n", self.subjects.len() - SHOWN));
        }
        for delivered in &self.attestations {
            let words = match delivered.outcome {
                "attested" => "attested in",
                _ => "already attested in",
            };
            text.push_str(&format!("{words} {}\n", delivered.place));
        }
        crate::report::inert(&text)
    }
}
