//! What an image reference names now: asked once, held by digest from then on.

use std::collections::BTreeMap;

use super::image::{Image, is_tag};
use super::manifest::{self, Manifest};
use super::registry::Registry;
use crate::model::{Digest, Failure, FailureKind, visible};
use crate::observe::http::{Client, Request};
use crate::observe::{aws, malformed};

/// An image of a reference, by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedImage {
    /// `host/name`, without tag and digest.
    pub name: String,
    /// SHA-256 of the manifest or index, of the bytes that were read.
    pub digest: Digest,
    /// Of an index: the images by platform.
    pub platforms: BTreeMap<String, Digest>,
}

/// Reads `host/name:tag` or `host/name@sha256:…` and asks the registry for what it names. The digest
/// is always that of the bytes, and where the reference holds one, that one.
///
/// # Errors
/// A [`Failure`] for what is no reference, names nothing, or is answered with something else.
pub async fn resolve_image(client: &Client, reference: &str) -> Result<ResolvedImage, Failure> {
    let (name, wanted) = split(reference)?;
    let image = Image::read(name)
        .map_err(|(why, hint)| malformed(format!("`{}` {why}: {hint}", visible(reference, 200))))?;
    let address = image
        .registry()
        .ok_or_else(|| malformed("the registry has no address"))?;
    let ecr = aws::Registry::of_host(image.host());
    let registry = Registry::new(image, address, None, ecr);
    let text = match &wanted {
        Wanted::Tag(tag) => (*tag).to_owned(),
        Wanted::Digest(digest) => digest.to_string(),
    };
    let get = Request::get(registry.url(&["manifests", &text]), manifest::ACCEPT)
        .body_cap(manifest::MANIFEST_BYTES);
    let asked = registry.send(client, get).await;
    let reply = asked.outcome.map_err(|unanswered| unanswered.failure)?;
    if let Wanted::Digest(digest) = wanted
        && digest != reply.digest
    {
        return Err(malformed(format!(
            "the registry answers {digest} with bytes of {}",
            reply.digest
        )));
    }
    let media_type = reply.media_type();
    manifest::kind_of(&media_type)?;
    let platforms = match manifest::parse_manifest(&reply.body, &media_type)? {
        Manifest::Index(platforms) => platforms,
        Manifest::Image(_) | Manifest::Artifact => BTreeMap::new(),
    };
    let image = registry.image();
    Ok(ResolvedImage {
        name: format!("{}/{}", image.host(), image.repository()),
        digest: reply.digest,
        platforms,
    })
}

enum Wanted<'r> {
    Tag(&'r str),
    Digest(Digest),
}

fn split(reference: &str) -> Result<(&str, Wanted<'_>), Failure> {
    let refused = |why: &str| Failure {
        kind: FailureKind::Malformed,
        detail: format!("`{}` {why}", visible(reference, 200)),
    };
    if let Some((name, digest)) = reference.split_once('@') {
        let digest = digest.parse().map_err(|_| {
            refused("has no digest after its `@`: `sha256:` and 64 hexadecimal digits")
        })?;
        // `name:tag@digest`: the digest decides.
        let name = tagged(name).map_or(name, |(name, _)| name);
        return Ok((name, Wanted::Digest(digest)));
    }
    match tagged(reference) {
        Some((name, tag)) if is_tag(tag) => Ok((name, Wanted::Tag(tag))),
        Some(_) => Err(refused("has a tag that no registry can have")),
        None => Err(refused("names neither tag nor digest")),
    }
}

/// Name and tag; a port is no tag.
fn tagged(text: &str) -> Option<(&str, &str)> {
    text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_or_a_digest_is_demanded_and_a_port_is_none() {
        let digest = Digest::of(b"a");
        let whole = format!("localhost:5000/acme/api:1.0@{digest}");
        assert!(
            matches!(split(&whole), Ok(("localhost:5000/acme/api", Wanted::Digest(it))) if it == digest)
        );
        assert!(matches!(
            split("ghcr.io/acme/api:1.0"),
            Ok(("ghcr.io/acme/api", Wanted::Tag("1.0")))
        ));
        for wrong in [
            "localhost:5000/acme/api",
            "ghcr.io/acme/api",
            "ghcr.io/a@sha256:00",
            "ghcr.io/a:b c",
        ] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }
}
