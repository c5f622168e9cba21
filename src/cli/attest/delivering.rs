//! Takes a bundle to the places that are not files: registries, GitHub's store.

use crate::attest::SignedBundle;
use crate::attest::deliver::{DeliverError, Delivered, GithubStore, Referrer};
use crate::attest::subject::{Artifact, Place};
use crate::cli::ambient::Ambient;
use crate::cli::exit::Failure;
use crate::model::ArtifactDigest;
use crate::observe::attached::{of_image, on_github, repository};
use crate::observe::oci::{Image, Reference};
use url::Url;

use super::asking::Asking;
use super::options::Destination;

/// Where bundles are taken, known to be possible before anything is signed.
pub(super) struct Places {
    registry: bool,
    github: Option<Url>,
}

impl Places {
    pub(super) fn of(
        destinations: &[Destination],
        artifacts: &[Artifact],
        ambient: &Ambient,
    ) -> Result<Self, Failure> {
        let registry = destinations.contains(&Destination::Registry);
        let is_image = |it: &Artifact| matches!(it.place, Place::Registry(_));
        if registry && !artifacts.iter().all(is_image) {
            return Err(Failure::new(
                "--to registry: not every subject is an image",
                "name images, as oci:ghcr.io/acme/api:1.2.3",
            ));
        }
        let github = match destinations.contains(&Destination::Github) {
            false => None,
            true => {
                let environment = &ambient.environment;
                let name = environment.get("GITHUB_REPOSITORY").ok_or_else(|| {
                    Failure::new(
                        "--to github: GITHUB_REPOSITORY is not set",
                        "set it to the repository that keeps the attestation: OWNER/NAME",
                    )
                })?;
                let url = repository(name, environment).map_err(|error| {
                    Failure::new(format!("GITHUB_REPOSITORY: {}", error.why), error.hint)
                })?;
                Some(url)
            }
        };
        Ok(Self { registry, github })
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.registry && self.github.is_none()
    }

    /// Takes the bundle everywhere, or leaves one that says the same.
    pub(super) fn deliver(
        &self,
        artifacts: &[Artifact],
        asking: &Asking,
        same: &dyn Fn(&[u8]) -> bool,
        mut bundle: impl FnMut() -> Result<SignedBundle, Failure>,
    ) -> Result<Vec<Delivered>, Failure> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let client = asking.client("the bundle is taken to a service", "leave --to out")?;
        let mut delivered = Vec::new();
        let registry = artifacts.iter().filter(|_| self.registry);
        for artifact in registry {
            let Place::Registry(name) = &artifact.place else {
                continue;
            };
            let place = format!("{name}@{}", artifact.digest);
            let reference = Reference::read(&place)
                .map_err(|(why, hint)| Failure::new(format!("{place} {why}"), hint))?;
            let there = asking.runtime.block_on(of_image(client, &reference, false));
            let there = there.map_err(|why| {
                let unanswered = !why.failure.kind.is_refusal();
                Failure::asked(
                    format!("{place}: {why}"),
                    Some(RETRY.to_owned()),
                    unanswered,
                )
            })?;
            if has(&there.places, same) {
                delivered.push(Delivered {
                    place,
                    already: true,
                });
                continue;
            }
            let image = Image::read(name).map_err(|(why, hint)| Failure::new(why, hint))?;
            let referrer = Referrer::new(&image).map_err(undelivered)?;
            let (digest, bundle) = (ArtifactDigest::from(artifact.digest), bundle()?);
            let sent = referrer.deliver(client, &digest, &bundle);
            delivered.push(asking.runtime.block_on(sent).map_err(undelivered)?);
        }
        if let (Some(url), Some(first)) = (&self.github, artifacts.first()) {
            let digest = ArtifactDigest::from(first.digest);
            let there = asking.runtime.block_on(on_github(client, url, &[digest]));
            if has(std::slice::from_ref(&there), same) {
                delivered.push(Delivered {
                    place: format!("the attestations of {url}"),
                    already: true,
                });
            } else {
                let store = GithubStore::new(url.clone());
                let bundle = bundle()?;
                let sent = store.deliver(client, &digest, &bundle);
                delivered.push(asking.runtime.block_on(sent).map_err(undelivered)?);
            }
        }
        Ok(delivered)
    }
}

const RETRY: &str = "run it again: what is there already is not sent twice";

/// Whether one of the documents says the same. A place that cannot be asked has none as far as is
/// known: the bundle is sent, and is then there twice at worst.
fn has(places: &[crate::observe::attached::Place], same: &dyn Fn(&[u8]) -> bool) -> bool {
    let answers = places.iter().filter_map(|place| place.answer.as_ref().ok());
    let mut documents = answers.flat_map(|found| found.documents.values());
    documents.any(|document| same(document.as_bytes()))
}

fn undelivered(error: DeliverError) -> Failure {
    Failure::asked(error.message, error.hint, error.unanswered)
}
