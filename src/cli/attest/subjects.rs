//! Reads the subjects of the command line.

use std::sync::Arc;

use crate::attest::subject::{self, Artifact, Place};
use crate::cli::ambient::Ambient;
use crate::cli::exit::Failure;
use crate::cli::progress::{Hashing, Progress};
use crate::cli::say::Terminal;
use crate::model::Digest;
use crate::observe::http::{Client, Limits};
use crate::observe::oci::resolve_image;

use super::options::{AttestArguments, is_digest};
use super::unfit;

/// How a distribution's file ends that a package index takes.
const DISTRIBUTIONS: [&str; 3] = [".whl", ".tar.gz", ".zip"];

/// The artifacts in their order.
pub(super) fn collect(
    arguments: &AttestArguments,
    ambient: &Ambient,
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
            artifacts.extend(subject::of_path(text, &meter).map_err(unfit)?);
        }
    }
    for list in &arguments.checksums {
        artifacts.extend(subject::of_checksums(list).map_err(unfit)?);
    }
    drop(hashing);
    if !images.is_empty() {
        artifacts.extend(resolved(&images, arguments, ambient, terminal)?);
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

fn resolved(
    references: &[&str],
    arguments: &AttestArguments,
    ambient: &Ambient,
    terminal: &Terminal,
) -> Result<Vec<Artifact>, Failure> {
    if arguments.offline {
        return Err(Failure::new(
            "--offline: what an image reference names is asked of its registry",
            "give the digest: `sha256:…` with --subject-name HOST/NAME",
        ));
    }
    let refuse = |error: &dyn std::fmt::Display| {
        let hint = "docs/channels.md lists the variables that the client reads";
        Failure::new(error.to_string(), hint)
    };
    let limits = Limits::of_environment(&ambient.environment).map_err(|it| refuse(&it))?;
    let progress = Arc::new(Progress::new(terminal, 1));
    let client = Client::new(ambient.environment.clone(), limits, progress);
    let client = client.map_err(|it| refuse(&it))?;
    let runtime = super::signer::runtime()?;
    let mut artifacts = Vec::new();
    for reference in references {
        let image = runtime.block_on(resolve_image(&client, reference));
        let image = image.map_err(|why| {
            let message = format!("oci:{reference}: {}: {}", why.kind.words(), why.detail);
            Failure::new(
                message,
                "an image of a registry, as oci:ghcr.io/acme/api:1.2.3",
            )
        })?;
        let platforms = match arguments.platforms {
            true => image.platforms.into_values().collect(),
            false => Vec::new(),
        };
        let digests = std::iter::once(image.digest).chain(platforms);
        artifacts.extend(digests.map(|digest| Artifact {
            name: image.name.clone(),
            digest,
            place: Place::Registry(image.name.clone()),
        }));
    }
    Ok(artifacts)
}
