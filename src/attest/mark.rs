//! By what a repeated run knows that it attested already: signatures are random, so not by bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::model::{Digest, Statement, Subject, canonical_json};
use crate::verify::{UnverifiedSigner, read_all};

use super::ci::Provenance;
use super::statement::SLSA_PROVENANCE;

/// What two attestations have in common that say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What they are about.
    pub subjects: Vec<Subject>,
    /// What kind of thing they say.
    pub predicate_type: String,
    /// Of provenance: who built, from which commit. Of anything else the predicate itself.
    said: Said,
    /// Who says it: a key's fingerprint, a certificate's identity.
    pub identity: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Built {
        builder: Option<String>,
        commit: Option<String>,
        build_type: String,
    },
    Predicate(Option<Digest>),
}

impl Mark {
    /// That of a statement that somebody signs.
    pub fn new(statement: &Statement, identity: impl Into<String>) -> Self {
        let text = statement.predicate.as_ref().map(|it| it.get());
        let provenance = (statement.predicate_type == SLSA_PROVENANCE)
            .then(|| serde_json::from_str::<Provenance>(text?).ok())
            .flatten();
        let said = match provenance {
            Some(it) => Said::Built {
                builder: it.builder().map(str::to_owned),
                commit: it.commit().map(str::to_owned),
                build_type: it.build_definition.build_type.clone(),
            },
            None => {
                let value = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
                let bytes = value.and_then(|value| canonical_json(&value).ok());
                Said::Predicate(bytes.map(|bytes| Digest::of(&bytes)))
            }
        };
        let mut subjects = statement.subject.clone();
        subjects.sort_by(|one, two| (&one.name, &one.digest).cmp(&(&two.name, &two.digest)));
        Self {
            subjects,
            predicate_type: statement.predicate_type.clone(),
            said,
            identity: identity.into(),
        }
    }

    /// What a bundle claims, in any format that is read. Nothing of it is verified; nothing for
    /// several bundles and for one without a statement.
    pub fn unverified(bundle: &[u8]) -> Option<Self> {
        let mut documents = read_all(bundle).ok()?;
        let contents = documents.pop()?.ok()?.contents();
        if !documents.is_empty() {
            return None;
        }
        let identity = match contents.signer {
            UnverifiedSigner::Key { hint } => {
                let hash: [u8; 32] = STANDARD.decode(hint).ok()?.try_into().ok()?;
                Digest::from_bytes(hash).to_string()
            }
            UnverifiedSigner::Certificate { claims, .. } => claims?.identity,
            UnverifiedSigner::Unreadable(_) => return None,
        };
        Some(Self::new(&contents.statement?, identity))
    }
}
