//! GitHub's store of attestations, where `gh attestation verify` looks ("Create an attestation").

use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::{DeliverError, Delivered};
use crate::attest::SignedBundle;
use crate::model::{ArtifactDigest, FailureKind, RedactedUrl};
use crate::observe::attached::{keep_on_github, on_github};
use crate::observe::http::Client;

/// What a token must be allowed to do.
const RIGHT: &str = "GITHUB_TOKEN or GH_TOKEN needs `attestations: write` for this repository; in a \
                     workflow give the job `permissions: attestations: write`";

/// The store of one repository.
#[derive(Debug, Clone)]
pub struct GithubStore {
    repository: Url,
}

impl GithubStore {
    /// The store of `https://github.com/OWNER/NAME`, or of a repository on another GitHub.
    pub fn new(repository: Url) -> Self {
        Self { repository }
    }

    /// Gives it a bundle about this subject, unless it has the same one already.
    ///
    /// A request whose answer does not come is not repeated: the store is asked what it has.
    ///
    /// # Errors
    /// [`DeliverError`] where it does not take it.
    pub async fn deliver(
        &self,
        client: &Client,
        subject: &ArtifactDigest,
        bundle: &SignedBundle,
    ) -> Result<Delivered, DeliverError> {
        let shown = RedactedUrl::of(&self.repository);
        let place = format!("the attestations of {}", shown.as_str());
        let delivered = |already| Delivered {
            place: place.clone(),
            already,
        };
        let raw: &RawValue = serde_json::from_str(&bundle.json)
            .map_err(|_| DeliverError::new("the bundle is no JSON", "sign again"))?;
        if self.has(client, subject, &bundle.json).await {
            return Ok(delivered(true));
        }
        let Err(why) = keep_on_github(client, &self.repository, raw).await else {
            return Ok(delivered(false));
        };
        let unknown = matches!(
            why.failure.kind,
            FailureKind::Timeout | FailureKind::Connection | FailureKind::ServerError
        );
        if unknown && self.has(client, subject, &bundle.json).await {
            return Ok(delivered(false));
        }
        Err(DeliverError::of(&place, &why, RIGHT))
    }

    /// Whether the store has this bundle; written another way it is the same.
    async fn has(&self, client: &Client, subject: &ArtifactDigest, bundle: &str) -> bool {
        let place = on_github(client, &self.repository, &[*subject]).await;
        let Ok(found) = place.answer else {
            return false;
        };
        let read = |text: &str| serde_json::from_str::<Value>(text).ok();
        let wanted = read(bundle);
        found.documents.values().any(|it| read(it) == wanted)
    }
}
