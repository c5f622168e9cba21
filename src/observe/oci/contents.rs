//! What is behind a digest: an index's images, or an image's configuration. Content that is named by
//! its digest is read once and never again.

use std::collections::BTreeMap;
use std::time::Instant;

use super::look_up::too_late;
use super::manifest::{self, Manifest};
use super::platform;
use super::registry::Registry;
use crate::model::{Digest, Failure};
use crate::observe::Asking;
use crate::observe::http::{Request, Unanswered};

/// Platforms of a digest, and whether they could be read.
pub(super) type Platforms = Result<BTreeMap<String, Digest>, Box<Unanswered>>;

/// The platforms behind a digest: of an index its images', of an image its configuration's.
pub(super) async fn platforms_of(
    registry: &Registry,
    asking: &Asking<'_>,
    digest: Digest,
    read: Option<&Manifest>,
    end: Instant,
) -> (Digest, Platforms) {
    let late = || Box::new(Unanswered::of(too_late()));
    let content = async |kind: &str, digest: Digest, accept: &'static str| {
        if Instant::now() > end {
            return Err(late());
        }
        let url = registry.url(&[kind, &digest.to_string()]);
        let request = Request::get(url, accept)
            .body_cap(manifest::MANIFEST_BYTES)
            .content(digest);
        registry.send(asking.client, request).await.outcome
    };
    let unreadable = |why: Failure| Box::new(Unanswered::of(why));
    let platforms = async {
        let fresh;
        let manifest = match read {
            Some(manifest) => manifest,
            None => {
                let reply = content("manifests", digest, manifest::ACCEPT).await?;
                fresh = manifest::parse_manifest(&reply.body, &reply.media_type())
                    .map_err(unreadable)?;
                &fresh
            }
        };
        match manifest {
            Manifest::Index(platforms) => Ok(platforms.clone()),
            Manifest::Artifact => Ok(BTreeMap::new()),
            Manifest::Image(configuration) => {
                let accept = manifest::ACCEPT_CONFIGURATION;
                let reply = content("blobs", *configuration, accept).await?;
                let platform = platform::parse_configuration(&reply.body);
                let platform = platform.map_err(unreadable)?;
                Ok(platform
                    .map(|platform| (platform, digest))
                    .into_iter()
                    .collect())
            }
        }
    };
    (digest, platforms.await)
}
