//! The channel `oci`: image tags in any registry of the OCI distribution specification.
//!
//! Which tags there are is one question; what those in question name is asked tag by tag, first
//! with a HEAD, and what a digest names is read once.

mod attached;
mod challenge;
mod contents;
mod credential_helper;
mod describe;
mod docker_hub;
mod examine;
mod image;
mod labels;
mod login;
mod logins;
mod look_up;
mod manifest;
mod other_keys;
mod platform;
mod pushes;
mod realm;
mod reference;
mod referrers;
mod registry;
mod tags;
mod token;
mod upload;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use url::Url;

pub use challenge::{Challenge, parse_challenges};
pub use describe::Described;
pub use image::Image;
pub(super) use labels::Labels;
pub use manifest::{Manifest, parse_manifest};
pub use platform::parse_configuration;
pub use reference::Reference;

use self::docker_hub::DockerHub;
use self::pushes::Pushes;
use self::registry::Registry;
use super::attached::with_store;
use super::{About, Answers, Ask, Asking, Attached, Configured, Kind, aws, table};
use crate::model::settings::{Diagnostic, Fields, Key, Placed, Shape, WebAddress};
use crate::model::version::{Plus, Template};
use crate::model::{ArtifactDigest, Content, Traits, Wanted, WantedAttestations};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct Oci;

const KEYS: &[Key] = &[
    Key::required(
        "image",
        Shape::Text,
        "host and name of the image without tag or digest, as in `docker.io/acme/api`; `{name}` is the component",
    ),
    Key::required(
        "tag",
        Shape::TextOrTexts,
        "how tags are written, such as `{version}`; several are all looked up",
    ),
    Key::optional(
        "platforms",
        Shape::TextOrTexts,
        "platforms that each release must have, as in `linux/amd64`",
    ),
    Key::optional(
        "variants",
        Shape::TextOrTexts,
        "suffixes of further tags of a release, as in `alpine` for `1.2.3-alpine`; an undeclared one is `tag-unknown-variant`",
    ),
    Key::optional(
        "floating",
        Shape::TextOrTexts,
        "tags that move to the highest stable version, as in `{major}.{minor}` and `latest`",
    ),
    Key::optional(
        "plus",
        Shape::Choice(&["reject", "underscore", "dash", "drop"]),
        "what becomes of `+`, which no tag can hold: `reject` where not given; Helm writes `underscore`",
    ),
    Key::optional(
        "token-server",
        Shape::Text,
        "address of the server that gives the registry's tokens, where it is on another host and must get the login, as in `https://gitlab.acme.example`",
    ),
];

/// Docker Hub's API.
const HUB: &str = "https://hub.docker.com/";

impl Kind for Oci {
    fn name(&self) -> &'static str {
        "oci"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let image = image(fields, about);
        let templates = table::templates(fields, "tag");
        let platforms = words(
            fields,
            "platforms",
            is_platform,
            "is no platform",
            "as in `linux/amd64` or `linux/arm/v7`",
        );
        let variants = words(
            fields,
            "variants",
            is_variant,
            "is no suffix",
            "letters, digits, `.`, `_` and `-`, as in `alpine`",
        );
        let floating = floating(fields);
        let plus = fields.choice("plus", &Plus::ALL.map(|plus| (plus.as_str(), plus)));
        let token_server = token_server(fields);
        let image = image?;
        let on_hub = image.is_on_docker_hub();
        let hub = on_hub.then(|| Url::parse(HUB).ok()).flatten();
        let registry = image.registry()?;
        let on_ecr = aws::Registry::of_host(image.host()).is_some();
        let repository = Arc::new(Repository::new(image, registry, token_server, hub));
        let traits = Traits {
            can_lead: false,
            content: Content::Image,
            lists: true,
            states_commit: false,
            states_time: on_hub || on_ecr,
        };
        Some(Configured {
            examine: Some(repository.clone()),
            ask: Some(with_store(repository, about.source)),
            plus: plus.unwrap_or_default(),
            variants,
            floating,
            oci_tags: true,
            platforms,
            ..Configured::usual(traits, templates)
        })
    }
}

/// An image's repository in a registry.
pub struct Repository {
    registry: Registry,
    pushes: Pushes,
}

impl Repository {
    /// The repository of an image at these addresses: the registry, the token server that may get
    /// its login beside the usual ones, and the API that tells of pushes to Docker Hub. An image
    /// whose host is Amazon ECR's is asked for with a login of AWS, wherever the registry is.
    pub fn new(image: Image, registry: Url, token_server: Option<Url>, hub: Option<Url>) -> Self {
        let ecr = aws::Registry::of_host(image.host());
        let pushes = match (hub, &ecr) {
            (Some(hub), _) => Pushes::DockerHub(DockerHub::new(hub)),
            (None, Some(ecr)) => Pushes::Ecr(ecr.clone()),
            (None, None) => Pushes::Untold,
        };
        Self {
            registry: Registry::new(image, registry, token_server, ecr),
            pushes,
        }
    }
}

impl Ask for Repository {
    fn ask<'a>(&'a self, asking: &'a Asking<'a>) -> Answers<'a> {
        Box::pin(tags::list(&self.registry, asking))
    }

    fn look_up<'a>(&'a self, asking: &'a Asking<'a>, wanted: &'a [Wanted]) -> Answers<'a> {
        Box::pin(look_up::look_up(
            &self.registry,
            &self.pushes,
            asking,
            wanted,
        ))
    }

    fn attestations<'a>(
        &'a self,
        asking: &'a Asking<'a>,
        wanted: &'a [WantedAttestations],
    ) -> Pin<Box<dyn Future<Output = Attached> + Send + 'a>> {
        Box::pin(async move {
            let mut attached = Attached::default();
            for one in wanted {
                let artifacts: Vec<ArtifactDigest> = one.artifacts.values().copied().collect();
                let place = self.attached_to(asking.client, &artifacts).await;
                place.observe(asking, &one.name, &mut attached);
            }
            attached
        })
    }
}

fn token_server(fields: &mut Fields<'_>) -> Option<Url> {
    let text = fields.text("token-server")?;
    match text.value.parse::<WebAddress>() {
        Ok(address) => Some(address.into_url()),
        Err(error) => {
            let hint = "its address, as in `https://gitlab.acme.example`";
            let why = format!("is refused: {error}");
            table::refuse(fields, "token-server", &text, &why, hint)
        }
    }
}

fn image(fields: &mut Fields<'_>, about: &About<'_>) -> Option<Image> {
    let text = table::named(fields, "image", about)?;
    match Image::read(&text.value) {
        Ok(image) => Some(image),
        Err((why, hint)) => table::refuse(fields, "image", &text, why, hint),
    }
}

/// `os/architecture[/variant]` (OCI image index 1.1, `platform`).
fn is_platform(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'_')
    };
    text.len() <= 64 && matches!(text.split('/').count(), 2 | 3) && text.split('/').all(part)
}

fn is_variant(text: &str) -> bool {
    let bare = text.strip_prefix('-').unwrap_or(text);
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    !bare.is_empty() && bare.len() <= 64 && bare.bytes().all(allowed)
}

fn words(
    fields: &mut Fields<'_>,
    key: &'static str,
    is_right: fn(&str) -> bool,
    why: &str,
    hint: &str,
) -> Vec<String> {
    let mut found: Vec<Placed<String>> = Vec::new();
    for text in fields.texts(key) {
        if !is_right(&text.value) {
            table::refuse::<()>(fields, key, &text, why, hint);
        } else if found.iter().any(|earlier| earlier.value == text.value) {
            table::refuse::<()>(fields, key, &text, "stands there twice", "take one out");
        } else {
            found.push(text);
        }
    }
    found.into_iter().map(|text| text.value).collect()
}

fn floating(fields: &mut Fields<'_>) -> Vec<Template> {
    let mut found: Vec<Template> = Vec::new();
    for text in fields.texts("floating") {
        match Template::floating(&text.value) {
            Ok(template) if found.contains(&template) => {
                table::refuse::<()>(
                    fields,
                    "floating",
                    &text,
                    "stands there twice",
                    "take one out",
                );
            }
            Ok(template) => found.push(template),
            Err(error) => {
                let message = format!("`floating` of {}: {error}", fields.what());
                fields.report(Diagnostic::error(&text.place, message));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_two_or_three_words() {
        assert!(is_platform("linux/amd64") && is_platform("linux/arm/v7"));
        for wrong in ["linux", "linux/", "Linux/amd64", "a/b/c/d", "unknown /x"] {
            assert!(!is_platform(wrong), "{wrong}");
        }
    }
}
