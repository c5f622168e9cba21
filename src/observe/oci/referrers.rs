//! Which manifests a registry says refer to a digest: the referrers API of the OCI distribution
//! specification 1.1, and the tag that stands for it on registries without ("Referrers Tag Schema").

use std::collections::BTreeSet;
use std::time::Instant;

use serde::Deserialize;

use super::look_up::too_late;
use super::manifest::{self, place};
use super::registry::Registry;
use crate::model::{ArtifactDigest, Digest, Failure, FailureKind};
use crate::observe::http::{Client, Reply, Request, Unanswered};
use crate::observe::malformed;

/// The media type of an index.
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The most pages of one list.
const PAGES: usize = 100;

/// The most referrers that are looked at.
const REFERRERS: usize = 10_000;

/// The most of them whose manifests are read.
const CANDIDATES: usize = 1_000;

/// What refers to a digest and may hold an attestation.
#[derive(Debug, Default)]
pub(super) struct Referrers {
    /// Digests of their manifests.
    pub(super) candidates: BTreeSet<Digest>,
    seen: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u32,
    media_type: Option<String>,
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    digest: String,
    artifact_type: Option<String>,
}

/// The tag that stands for the referrers of a digest: `sha256-…`.
pub(super) fn fallback_tag(digest: &ArtifactDigest) -> String {
    // At most 32 characters of the algorithm and 64 of the digest ("Referrers Tag Schema").
    let hex = digest.hex();
    format!("{}-{}", digest.algorithm(), &hex[..hex.len().min(64)])
}

impl Referrers {
    /// Reads the list of the referrers API, page by page; nothing where the registry has no such
    /// API.
    ///
    /// # Errors
    /// [`Unanswered`] where a page cannot be read. What stood on the pages before it is kept.
    pub(super) async fn list(
        &mut self,
        registry: &Registry,
        client: &Client,
        digest: &ArtifactDigest,
        end: Instant,
    ) -> Result<bool, Box<Unanswered>> {
        let mut url = registry.url(&["referrers", &digest.to_string()]);
        let mut asked = BTreeSet::new();
        loop {
            if asked.len() == PAGES {
                return Err(too_large(format!("more than {PAGES} pages of referrers")));
            }
            if !asked.insert(url.clone()) {
                return Err(unreadable(malformed(
                    "a page of referrers names an earlier one as the next",
                )));
            }
            if Instant::now() > end {
                return Err(unreadable(too_late()));
            }
            let request = Request::get(url, INDEX).body_cap(manifest::MANIFEST_BYTES);
            let reply = match registry.send(client, request).await.outcome {
                Ok(reply) => reply,
                Err(none) if asked.len() == 1 && is_no_such_api(&none) => return Ok(false),
                Err(unanswered) => return Err(unanswered),
            };
            // GHCR has been seen to answer so where it has no such API.
            if asked.len() == 1 && reply.body.is_empty() {
                return Ok(false);
            }
            self.take(&reply)?;
            match reply.next_page(registry.address()).map_err(unreadable)? {
                Some(next) => url = next,
                None => return Ok(true),
            }
        }
    }

    /// Reads the index that stands for the list.
    ///
    /// # Errors
    /// [`Unanswered`] where it is none.
    pub(super) fn take(&mut self, reply: &Reply) -> Result<(), Box<Unanswered>> {
        let index: Index = serde_json::from_slice(&reply.body)
            .map_err(|error| unreadable(malformed(format!("referrers: {}", place(&error)))))?;
        let is_index = index.media_type.is_none_or(|it| it == INDEX);
        if index.schema_version != 2 || !is_index {
            return Err(unreadable(malformed("referrers that are no index")));
        }
        for descriptor in index.manifests {
            self.seen += 1;
            if self.seen > REFERRERS {
                return Err(too_large(format!("more than {REFERRERS} referrers")));
            }
            if !may_attest(descriptor.artifact_type.as_deref()) {
                continue;
            }
            let digest = manifest::digest(&descriptor.digest).map_err(unreadable)?;
            if self.candidates.len() == CANDIDATES && !self.candidates.contains(&digest) {
                return Err(too_large(format!(
                    "more than {CANDIDATES} referrers that may be attestations"
                )));
            }
            self.candidates.insert(digest);
        }
        Ok(())
    }
}

/// Whether a referrer of this type may hold an attestation. The manifest tells; a list leaves the
/// type out, or has the configuration's in its place, where a registry does not fill it in.
fn may_attest(artifact_type: Option<&str>) -> bool {
    let Some(artifact_type) = artifact_type.filter(|it| !it.is_empty()) else {
        return true;
    };
    [
        "application/vnd.dev.sigstore.bundle",
        "application/vnd.dev.cosign.",
        "application/vnd.oci.empty.v1+json",
        "application/vnd.oci.image.config.v1+json",
    ]
    .iter()
    .any(|known| artifact_type.starts_with(known))
}

fn is_no_such_api(unanswered: &Unanswered) -> bool {
    unanswered.is_not_found() || matches!(unanswered.status, Some(405 | 501))
}

pub(super) fn unreadable(why: Failure) -> Box<Unanswered> {
    Box::new(Unanswered::of(why))
}

fn too_large(detail: String) -> Box<Unanswered> {
    unreadable(Failure {
        kind: FailureKind::TooLarge,
        detail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_is_not_stated_or_is_a_configurations_is_read() {
        for read in [
            None,
            Some(""),
            Some("application/vnd.dev.sigstore.bundle.v0.3+json"),
            Some("application/vnd.dev.sigstore.bundle+json;version=0.1"),
            Some("application/vnd.oci.empty.v1+json"),
            Some("application/vnd.dev.cosign.artifact.sig.v1+json"),
        ] {
            assert!(may_attest(read), "{read:?}");
        }
        for other in ["application/vnd.cyclonedx+json", "application/spdx+json"] {
            assert!(!may_attest(Some(other)), "{other}");
        }
    }

    #[test]
    fn the_fallback_tag_is_a_tag_for_every_algorithm() {
        let sha512: ArtifactDigest = format!("sha512:{}", "ab".repeat(64)).parse().unwrap();
        assert_eq!(fallback_tag(&sha512), format!("sha512-{}", "ab".repeat(32)));
        let sha256: ArtifactDigest = Digest::of(b"x").into();
        assert!(super::super::image::is_tag(&fallback_tag(&sha256)));
    }
}
