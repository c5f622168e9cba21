//! What a reference names: its digest, told by its bytes, with media type, size and platforms.

use std::collections::BTreeMap;

use super::manifest::{self, Manifest};
use super::{Image, Reference, Repository};
use crate::model::{Digest, Failure, FailureKind};
use crate::observe::http::{Client, Request, Unanswered};
use crate::observe::malformed;

/// What a reference names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// SHA-256 of the manifest's bytes.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub size: u64,
    /// Of an index, the manifest of each platform; BuildKit's attestations are left out.
    pub platforms: BTreeMap<String, Digest>,
}

impl Repository {
    /// The repository of an image, read with whatever login this machine has for it.
    ///
    /// # Errors
    /// [`Unanswered`] where its host is no address.
    pub fn of(image: &Image) -> Result<Self, Box<Unanswered>> {
        let registry = image.registry().ok_or_else(|| {
            Box::new(Unanswered::of(Failure {
                kind: FailureKind::Unsupported,
                detail: "the image's host is no address".to_owned(),
            }))
        })?;
        Ok(Self::new(image.clone(), registry, None, None))
    }

    /// Reads what a reference names. Everything after that goes by the digest (THREATS row 27).
    ///
    /// # Errors
    /// [`Unanswered`] where it cannot be read, and where the registry tells another digest than that
    /// of the bytes it sends.
    pub async fn describe(
        &self,
        client: &Client,
        reference: &Reference,
    ) -> Result<Described, Box<Unanswered>> {
        let url = self.registry.url(&["manifests", &reference.name()]);
        let mut request = Request::get(url, manifest::ACCEPT).body_cap(manifest::MANIFEST_BYTES);
        if let Some(digest) = reference.digest() {
            request = request.content(digest);
        }
        let reply = self.registry.send(client, request).await.outcome?;
        let described = || {
            if let Some(stated) = reply.header("docker-content-digest")
                && manifest::digest(stated)? != reply.digest
            {
                return Err(malformed(format!(
                    "the registry tells another digest than that of the bytes, {}",
                    reply.digest
                )));
            }
            let media_type = reply.media_type();
            let platforms = match manifest::parse_manifest(&reply.body, &media_type)? {
                Manifest::Index(platforms) => platforms,
                Manifest::Image(_) | Manifest::Artifact => BTreeMap::new(),
            };
            Ok(Described {
                digest: reply.digest,
                media_type,
                size: reply.length,
                platforms,
            })
        };
        described().map_err(|why: Failure| Box::new(Unanswered::of(why)))
    }
}
