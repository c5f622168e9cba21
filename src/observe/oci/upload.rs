//! What is put into a registry: blobs and manifests (OCI distribution specification 1.1, "Push").

use url::Url;

use super::manifest;
use super::referrers::{fallback_tag, unreadable};
use super::{Image, Repository};
use crate::model::{ArtifactDigest, Digest, FailureKind};
use crate::observe::http::{Client, Reply, Request, Unanswered, same_origin, target};
use crate::observe::malformed;

/// The longest answer to something that was put there.
const ANSWER_BYTES: u64 = 64 << 10;

impl Repository {
    /// The repository of an image, to push there: its tokens are asked for with that right.
    ///
    /// # Errors
    /// [`Unanswered`] where its host is no address.
    pub fn to_push(image: &Image) -> Result<Self, Box<Unanswered>> {
        let Self { registry, pushes } = Self::of(image)?;
        Ok(Self {
            registry: registry.pushing(),
            pushes,
        })
    }

    /// Puts a blob there, where it is not there yet.
    ///
    /// # Errors
    /// [`Unanswered`] where that fails.
    pub(crate) async fn push_blob(
        &self,
        client: &Client,
        bytes: &[u8],
    ) -> Result<(), Box<Unanswered>> {
        let digest = Digest::of(bytes);
        if self.has_blob(client, digest).await? {
            return Ok(());
        }
        let mut failed = match self.upload(client, digest, bytes).await {
            Ok(()) => return Ok(()),
            Err(why) => why,
        };
        // An upload that broke off cannot be resumed by repeating its last request; a new one can
        // be begun, and whether the first one was kept after all is told by asking.
        let unknown = matches!(
            failed.failure.kind,
            FailureKind::Timeout | FailureKind::Connection | FailureKind::ServerError
        ) || failed.is_not_found();
        if unknown && !self.has_blob(client, digest).await? {
            match self.upload(client, digest, bytes).await {
                Ok(()) => return Ok(()),
                Err(why) => failed = why,
            }
        } else if unknown {
            return Ok(());
        }
        Err(failed)
    }

    async fn has_blob(&self, client: &Client, digest: Digest) -> Result<bool, Box<Unanswered>> {
        let url = self.registry.url(&["blobs", &digest.to_string()]);
        match self
            .registry
            .send(client, Request::head(url, "*/*"))
            .await
            .outcome
        {
            Ok(_) => Ok(true),
            // Some refuse the question; then it is simply sent.
            Err(none) if none.is_not_found() || none.status == Some(405) => Ok(false),
            Err(unanswered) => Err(unanswered),
        }
    }

    /// One upload: a POST that begins it and a PUT of all bytes.
    async fn upload(
        &self,
        client: &Client,
        digest: Digest,
        bytes: &[u8],
    ) -> Result<(), Box<Unanswered>> {
        let media = "application/octet-stream";
        let url = self.registry.url(&["blobs", "uploads", ""]);
        let begin = Request::create(url, "*/*", media, Vec::new()).body_cap(ANSWER_BYTES);
        let begun = self.registry.send(client, begin).await.outcome?;
        let location = begun.header("location");
        if begun.status != 202 || location.is_none() {
            return Err(unreadable(malformed(
                "the registry begins an upload without saying where it goes",
            )));
        }
        // As a redirect: no plain http, no way into a network.
        let mut url: Url = target(&begun.url, location).map_err(unreadable)?;
        url.query_pairs_mut()
            .append_pair("digest", &digest.to_string());
        let own = same_origin(&url, self.registry.address());
        let put = Request::keep(url, media, bytes.to_vec()).body_cap(ANSWER_BYTES);
        let put = match own {
            true => self.registry.send(client, put).await.outcome,
            // The address says what is needed; a credential stays with its registry (THREATS row 19).
            false => client.send(&put).await.map_err(Box::new),
        };
        let put = put?;
        self.is_kept(&put, digest)
    }

    /// Puts a manifest there under its digest, or under a tag.
    ///
    /// # Errors
    /// [`Unanswered`] where that fails.
    pub(crate) async fn push_manifest(
        &self,
        client: &Client,
        tag: Option<&str>,
        media_type: &'static str,
        bytes: &[u8],
    ) -> Result<Reply, Box<Unanswered>> {
        let digest = Digest::of(bytes);
        let name = tag.map_or_else(|| digest.to_string(), str::to_owned);
        let url = self.registry.url(&["manifests", &name]);
        let put = Request::keep(url, media_type, bytes.to_vec()).body_cap(ANSWER_BYTES);
        let put = self.registry.send(client, put).await.outcome?;
        self.is_kept(&put, digest)?;
        Ok(put)
    }

    /// Refuses a registry that says it has kept something else.
    fn is_kept(&self, put: &Reply, digest: Digest) -> Result<(), Box<Unanswered>> {
        match put.header("docker-content-digest") {
            Some(stated) if stated != digest.to_string() => Err(unreadable(malformed(
                "the registry says that it has kept another digest than the one that was sent",
            ))),
            _ if matches!(put.status, 201 | 204) => Ok(()),
            _ => Err(unreadable(malformed(format!(
                "the registry answers status {} to an upload",
                put.status
            )))),
        }
    }

    /// The index that stands for the referrers of a digest on registries without that API; nothing
    /// where there is none.
    ///
    /// # Errors
    /// [`Unanswered`] where that cannot be told.
    pub(crate) async fn fallback_index(
        &self,
        client: &Client,
        digest: &ArtifactDigest,
    ) -> Result<(String, Option<Reply>), Box<Unanswered>> {
        let tag = fallback_tag(digest);
        let url = self.registry.url(&["manifests", &tag]);
        let request = Request::get(url, manifest::ACCEPT).body_cap(manifest::MANIFEST_BYTES);
        match self.registry.send(client, request).await.outcome {
            Ok(reply) => Ok((tag, Some(reply))),
            Err(none) if none.is_not_found() => Ok((tag, None)),
            Err(unanswered) => Err(unanswered),
        }
    }
}
