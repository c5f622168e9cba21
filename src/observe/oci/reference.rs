//! References to images as users write them: a tag, a digest, or both.

use std::fmt;

use super::image::{Image, is_tag};
use crate::model::Digest;

/// An image with a tag or a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    image: Image,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// `HOST/NAME:TAG`, `HOST/NAME@sha256:…`, `HOST/NAME:TAG@sha256:…`: of the last, the digest counts.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn read(text: &str) -> Result<Self, (&'static str, &'static str)> {
        let example = "as in `ghcr.io/acme/api:1.4.2` or `ghcr.io/acme/api@sha256:…`";
        let (named, digest) = match text.split_once('@') {
            None => (text, None),
            Some((named, digest)) => {
                let digest = digest.parse::<Digest>();
                let digest = digest.map_err(|_| ("has no sha256 digest after its `@`", example));
                (named, Some(digest?))
            }
        };
        let last = named.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match named[last..].split_once(':') {
            None => (named, None),
            Some((bare, tag)) => (&named[..last + bare.len()], Some(tag)),
        };
        let image = Image::read(name)?;
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(("has a tag that no registry can have", example));
        }
        if tag.is_none() && digest.is_none() {
            return Err(("names neither a tag nor a digest", example));
        }
        Ok(Self {
            image,
            tag: tag.map(str::to_owned),
            digest,
        })
    }

    /// The image.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// The digest, where it has one.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// What a registry is asked for: the digest, else the tag.
    pub(super) fn name(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, tag) => tag.clone().unwrap_or_default(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.image.host(), self.image.repository())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_no_tag_and_a_digest_counts_before_a_tag() {
        let digest = Digest::of(b"x");
        for (text, name) in [
            ("localhost:5000/a:1.0".to_owned(), "1.0".to_owned()),
            (format!("localhost:5000/a@{digest}"), digest.to_string()),
            (format!("ghcr.io/a/b:1@{digest}"), digest.to_string()),
        ] {
            let reference = Reference::read(&text).unwrap();
            assert_eq!(reference.name(), name);
            assert_eq!(reference.to_string(), text);
        }
        for wrong in [
            "localhost:5000/a",
            "ghcr.io/a/b@sha512:00",
            "ghcr.io/a/b:",
            "ghcr.io/a/b:1:2",
            "a:1",
        ] {
            assert!(Reference::read(wrong).is_err(), "{wrong}");
        }
    }
}
