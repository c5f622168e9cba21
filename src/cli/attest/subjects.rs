//! Reads the subjects of the command line.

use std::path::Path;

use crate::attest::subject::{self, Artifact, Place};
use crate::cli::exit::Failure;
use crate::cli::progress::Hashing;
use crate::cli::say::Terminal;
use crate::model::{Digest, visible};
use crate::observe::attached;
use crate::observe::http::Unanswered;
use crate::observe::oci::{Reference, Repository};

use super::asking::Asking;
use super::options::{AttestArguments, is_digest};
use super::unfit;

/// How a distribution's file ends that a package index takes.
const DISTRIBUTIONS: [&str; 3] = [".whl", ".tar.gz", ".zip"];

/// The artifacts in their order.
pub(super) fn collect(
    arguments: &AttestArguments,
    asking: &Asking,
    terminal: &Terminal,
) -> Result<Vec<Artifact>, Failure> {
    let hashing = Hashing::new(terminal);
    let meter = |file: &str, bytes, all| hashing.hashed(file, bytes, all);
    let mut artifacts = Vec::new();
    let mut images = Vec::new();
    for text in &arguments.subjects {
        if let Some(reference) = text.strip_prefix("oci:") {
            images.push(reference);
        } else if is_digest(text) {
            artifacts.push(told(text, arguments)?);
        } else {
            let found = subject::of_path(text, &meter);
            artifacts.extend(found.map_err(|error| match names_image(text) {
                true => Failure::new(error.message, "an image is written `oci:HOST/NAME:TAG`"),
                false => unfit(error),
            })?);
        }
    }
    for list in &arguments.checksums {
        artifacts.extend(subject::of_checksums(list).map_err(unfit)?);
    }
    drop(hashing);
    if !images.is_empty() {
        artifacts.extend(resolved(&images, arguments, asking)?);
    }
    let artifacts = subject::in_order(artifacts).map_err(unfit)?;
    if arguments.pep740 {
        let is_other = |it: &&Artifact| !DISTRIBUTIONS.iter().any(|end| it.name.ends_with(end));
        if let Some(other) = artifacts.iter().find(is_other) {
            return Err(Failure::new(
                format!("--pep740: {} is no distribution", other.name),
                "name wheels (.whl) and source distributions (.tar.gz)",
            ));
        }
    }
    Ok(artifacts)
}

/// Whether what is no file here reads as an image without its `oci:`.
fn names_image(text: &str) -> bool {
    let is_image = matches!(
        attached::Subject::read(text),
        Ok(attached::Subject::Image(_))
    );
    is_image && !Path::new(text).exists()
}

/// An artifact of which only the digest is told.
fn told(text: &str, arguments: &AttestArguments) -> Result<Artifact, Failure> {
    let digest: Digest = text
        .parse()
        .map_err(|error| Failure::new(format!("{error}"), "as `sha256sum` prints it"))?;
    let name = arguments.subject_name.clone().ok_or_else(|| {
        Failure::new(
            "a digest without a name",
            "say what it is the digest of: --subject-name NAME",
        )
    })?;
    Ok(Artifact {
        name,
        digest,
        place: Place::Elsewhere,
    })
}

/// Images by digest: what a tag names is asked once, and counts from then on.
fn resolved(
    references: &[&str],
    arguments: &AttestArguments,
    asking: &Asking,
) -> Result<Vec<Artifact>, Failure> {
    let client = asking.client(
        "what an image reference names is asked of its registry",
        "give the digest: `sha256:…` with --subject-name HOST/NAME",
    )?;
    let mut artifacts = Vec::new();
    for text in references {
        let shown = visible(text, 300);
        let reference = Reference::read(text)
            .map_err(|(why, hint)| Failure::new(format!("oci:{shown} {why}"), hint))?;
        let unanswered = |why: Box<Unanswered>| {
            let unanswered = !why.failure.kind.is_refusal();
            let hint = match unanswered {
                true => "try again later; nothing was signed",
                false => "an image of a registry, as oci:ghcr.io/acme/api:1.2.3",
            };
            let message = format!("oci:{shown}: {why}");
            Failure::asked(message, Some(hint.to_owned()), unanswered)
        };
        let image = reference.image();
        let repository = Repository::of(image).map_err(unanswered)?;
        let described = asking
            .runtime
            .block_on(repository.describe(client, &reference));
        let described = described.map_err(unanswered)?;
        let name = format!("{}/{}", image.host(), image.repository());
        let platforms = match arguments.platforms {
            true => described.platforms.into_values().collect(),
            false => Vec::new(),
        };
        let digests = std::iter::once(described.digest).chain(platforms);
        artifacts.extend(digests.map(|digest| Artifact {
            name: name.clone(),
            digest,
            place: Place::Registry(name.clone()),
        }));
    }
    Ok(artifacts)
}
