//! What an image that no policy names yet says about itself: some of its tags, and a label.
//!
//! It is asked as the channel asks: with the same logins, and the same answers to challenges.

use serde_json::Value as Json;
use url::Url;

use super::image::Image;
use super::manifest::{self, Manifest};
use super::registry::Registry;
use super::tags;
use crate::model::Digest;
use crate::observe::http::{Client, Reply, Request, Unanswered};

/// Tags that are asked for.
const TAGS: &str = "n=100";

/// An image, and the client that asks about it.
pub(in crate::observe) struct Labels<'c> {
    registry: Registry,
    client: &'c Client,
}

impl<'c> Labels<'c> {
    /// Of an image; nothing where its host has no address.
    pub(in crate::observe) fn of(image: Image, client: &'c Client) -> Option<Self> {
        let address = image.registry()?;
        Some(Self {
            registry: Registry::new(image, address, None, None),
            client,
        })
    }

    /// Where the registry is.
    pub(in crate::observe) fn address(&self) -> &Url {
        self.registry.address()
    }

    /// The first tags, not all.
    pub(in crate::observe) async fn tags(&self) -> Result<Vec<String>, Box<Unanswered>> {
        let mut url = self.registry.url(&["tags", "list"]);
        url.set_query(Some(TAGS));
        let request = Request::get(url, "application/json");
        let reply = self.registry.send(self.client, request).await.outcome?;
        tags::page(&reply).map_err(|why| Box::new(Unanswered::of(why)))
    }

    /// The label of a tag's image, or the annotation of its manifest or index, by this name. Of
    /// several platforms the first speaks for all.
    pub(in crate::observe) async fn label(
        &self,
        tag: &str,
        name: &str,
    ) -> Result<Option<String>, Box<Unanswered>> {
        let url = self.registry.url(&["manifests", tag]);
        let request = Request::get(url, manifest::ACCEPT).body_cap(manifest::MANIFEST_BYTES);
        let mut reply = self.registry.send(self.client, request).await.outcome?;
        let mut read = parsed(&reply)?;
        if let Manifest::Index(images) = &read
            && annotation(&reply, name).is_none()
            && let Some(first) = images.values().next()
        {
            reply = self.content("manifests", *first, manifest::ACCEPT).await?;
            read = parsed(&reply)?;
        }
        let annotated = annotation(&reply, name);
        let configuration = match read {
            Manifest::Image(configuration) if annotated.is_none() => configuration,
            _ => return Ok(annotated),
        };
        let accept = manifest::ACCEPT_CONFIGURATION;
        let reply = self.content("blobs", configuration, accept).await?;
        let json: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
        let label = json["config"]["Labels"][name].as_str();
        Ok(label.map(str::to_owned))
    }

    async fn content(
        &self,
        kind: &str,
        digest: Digest,
        accept: &'static str,
    ) -> Result<Reply, Box<Unanswered>> {
        let url = self.registry.url(&[kind, &digest.to_string()]);
        let request = Request::get(url, accept)
            .body_cap(manifest::MANIFEST_BYTES)
            .content(digest);
        self.registry.send(self.client, request).await.outcome
    }
}

fn parsed(reply: &Reply) -> Result<Manifest, Box<Unanswered>> {
    manifest::parse_manifest(&reply.body, &reply.media_type())
        .map_err(|why| Box::new(Unanswered::of(why)))
}

fn annotation(reply: &Reply, name: &str) -> Option<String> {
    let json: Json = serde_json::from_slice(&reply.body).ok()?;
    json["annotations"][name].as_str().map(str::to_owned)
}
