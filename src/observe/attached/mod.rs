//! Where attestations lie: what registries, GitHub, package indexes and npm's registry have attached
//! to an artifact.
//!
//! Each place gives documents byte for byte, capped and named by their digest, and says how much of
//! it was read. Nothing here is verified or judged. An error is never "none": that an artifact has
//! nothing attached is said only where the place was read whole and the artifact itself was seen.

mod beside;
mod found;
mod store;
mod subject;

use serde_json::value::RawValue;
use url::Url;

pub(super) use beside::{in_own_store, with_store};
pub(super) use found::{ARTIFACTS, Gathered, place};
pub use found::{DOCUMENT_BYTES, Found, Place};
pub use store::Store;
pub use subject::{PackageFile, PackageVersion, Subject, SubjectError, repository};

use super::github::Api;
use super::http::{Client, Unanswered};
use super::oci::{Reference, Repository};
use super::{Asking, Attached, npm, pypi};
use crate::model::{ArtifactDigest, Failure, FailureKind, RedactedUrl, WantedAttestations};

use std::collections::BTreeMap;

/// An artifact that lies elsewhere, with what is attached to it.
#[derive(Debug)]
pub struct Attachments {
    /// Its artifacts as the place states them: by file name, by platform, empty for the whole.
    pub artifacts: BTreeMap<String, ArtifactDigest>,
    /// What each place said that was asked.
    pub places: Vec<Place>,
}

/// How far to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looking {
    /// Of an image index, at the image of each platform too.
    pub platforms: bool,
}

/// What is attached to whatever a user names, and, where a store of GitHub's is named, what it has for
/// the same digests.
///
/// # Errors
/// [`Unanswered`] where the artifact itself could not be seen. A place that gives no answer is no
/// error: see [`Place::answer`].
pub async fn of(
    client: &Client,
    subject: &Subject,
    store: Option<&Store>,
    looking: Looking,
) -> Result<Attachments, Box<Unanswered>> {
    let mut found = match subject {
        Subject::Image(reference) => of_image(client, reference, looking.platforms).await?,
        Subject::PyPi(file) => of_pypi_file(client, file).await?,
        Subject::Npm(version) => of_npm(client, version).await?,
        Subject::Digest(artifact) => Attachments {
            artifacts: [(String::new(), *artifact)].into(),
            places: Vec::new(),
        },
    };
    if let Some(store) = store {
        let artifacts: Vec<ArtifactDigest> = found.artifacts.values().copied().collect();
        found.places.push(match store {
            Store::Repository(repository) => on_github(client, repository, &artifacts).await,
            Store::Owner(owner) => of_owner_on_github(client, owner, &artifacts).await,
        });
    }
    Ok(found)
}

/// What a registry has attached to an image: referrers, the fallback tag, cosign's legacy tags. A
/// tag is resolved once; with `platforms` the images of an index are asked about as well.
///
/// # Errors
/// [`Unanswered`] where the image itself could not be read.
pub async fn of_image(
    client: &Client,
    reference: &Reference,
    platforms: bool,
) -> Result<Attachments, Box<Unanswered>> {
    let repository = Repository::of(reference.image())?;
    let described = repository.describe(client, reference).await?;
    let mut artifacts: BTreeMap<String, ArtifactDigest> =
        [(String::new(), described.digest.into())].into();
    if platforms {
        let of_platforms = described.platforms.into_iter();
        artifacts.extend(of_platforms.map(|(name, digest)| (name, digest.into())));
    }
    let asked: Vec<ArtifactDigest> = artifacts.values().copied().collect();
    let places = vec![repository.attached_to(client, &asked).await];
    Ok(Attachments { artifacts, places })
}

/// What the store of a repository on GitHub (`https://github.com/OWNER/NAME`) has for a digest.
pub async fn of_digest_on_github(
    client: &Client,
    repository: &Url,
    artifact: &ArtifactDigest,
) -> Attachments {
    Attachments {
        artifacts: [(String::new(), *artifact)].into(),
        places: vec![on_github(client, repository, &[*artifact]).await],
    }
}

/// What an index's integrity API has for a file of a version, or for each of its files.
///
/// # Errors
/// [`Unanswered`] where the index could not be read, or does not list such a version or file.
pub async fn of_pypi_file(
    client: &Client,
    file: &PackageFile,
) -> Result<Attachments, Box<Unanswered>> {
    pypi::attachments(client, file).await
}

/// What npm's registry has for a version of a package.
///
/// # Errors
/// [`Unanswered`] where the package could not be read, or has no such version.
pub async fn of_npm(
    client: &Client,
    version: &PackageVersion,
) -> Result<Attachments, Box<Unanswered>> {
    npm::attachments(client, version).await
}

/// What the store of a repository on GitHub has for these digests.
pub async fn on_github(client: &Client, repository: &Url, artifacts: &[ArtifactDigest]) -> Place {
    match Api::of(repository, client) {
        Some(api) => api.attestations(artifacts).await,
        None => Place::unanswered(
            RedactedUrl::of(repository),
            "anonymous",
            Box::new(Unanswered::of(no_repository())),
        ),
    }
}

/// What the stores of all repositories of an account on GitHub have for these digests, of those that
/// the credential may read. That there is none is never said: see [`Found::stopped`].
pub async fn of_owner_on_github(
    client: &Client,
    owner: &Url,
    artifacts: &[ArtifactDigest],
) -> Place {
    match Api::of_owner(owner, client) {
        Some(api) => api.attestations_of_owner(artifacts).await,
        None => {
            let failure = Failure {
                kind: FailureKind::Unsupported,
                detail: "no account of GitHub: its address is https://HOST/OWNER".to_owned(),
            };
            let unanswered = Box::new(Unanswered::of(failure));
            Place::unanswered(RedactedUrl::of(owner), "anonymous", unanswered)
        }
    }
}

/// Gives a bundle to the store of a repository on GitHub, once: where no answer comes it may be kept
/// all the same.
pub(crate) async fn keep_on_github(
    client: &Client,
    repository: &Url,
    bundle: &RawValue,
) -> Result<(), Box<Unanswered>> {
    let api = Api::of(repository, client).ok_or_else(|| Box::new(Unanswered::of(no_repository())));
    api?.keep(bundle).await
}

fn no_repository() -> Failure {
    Failure {
        kind: FailureKind::Unsupported,
        detail: "no repository of GitHub: its address is https://HOST/OWNER/NAME".to_owned(),
    }
}

/// What GitHub's store has for the artifacts of each name.
async fn in_store(source: &Url, asking: &Asking<'_>, wanted: &[WantedAttestations]) -> Attached {
    let mut attached = Attached::default();
    for one in wanted {
        let artifacts: Vec<ArtifactDigest> = one.artifacts.values().copied().collect();
        let place = on_github(asking.client, source, &artifacts).await;
        place.observe(asking, &one.name, &mut attached);
    }
    attached
}

impl Attached {
    /// With what another place said.
    #[must_use]
    pub(super) fn and(mut self, other: Self) -> Self {
        self.observations.extend(other.observations);
        self.bundles.extend(other.bundles);
        self
    }
}
