//! The channel `oci`: the tags of an image in a registry that speaks the OCI distribution protocol.

use super::table::templates;
use super::{About, Configured, Kind};
use crate::model::settings::{Diagnostic, Fields, Key, Shape};
use crate::model::version::{Plus, Template};
use crate::model::{Content, Traits, visible};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Oci;

const KEYS: &[Key] = &[
    Key::required(
        "image",
        Shape::Text,
        "host and repository without a tag, such as `docker.io/acme/api`",
    ),
    Key::required(
        "tag",
        Shape::TextOrTexts,
        "how tags are written, such as `{version}`; several are all looked up",
    ),
    Key::optional(
        "platforms",
        Shape::TextOrTexts,
        "platforms that every image must have, such as `linux/amd64`",
    ),
    Key::optional(
        "variants",
        Shape::TextOrTexts,
        "suffixes of other builds of a release, such as `alpine` for `1.2.3-alpine`",
    ),
    Key::optional(
        "floating",
        Shape::TextOrTexts,
        "tags that move from release to release, such as `latest` or `{major}.{minor}`",
    ),
    Key::optional(
        "plus",
        Shape::Choice(&["reject", "underscore", "dash", "drop"]),
        "what becomes of a `+`, which no tag can hold: `reject` where not given",
    ),
];

impl Kind for Oci {
    fn name(&self) -> &'static str {
        "oci"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let image = fields.text("image");
        let valid = image.is_some_and(|image| {
            let name = about.named(&image.value);
            let valid = is_image(&name);
            if !valid {
                let message = format!("`{}` is no image", visible(&name, 120));
                fields.report(
                    Diagnostic::error(&image.place, message)
                        .hint("write host and repository without a tag or digest, such as `docker.io/acme/api`"),
                );
            }
            valid
        });
        let templates = templates(fields, "tag");
        let platforms = platforms(fields);
        let variants: Vec<String> = fields
            .texts("variants")
            .into_iter()
            .map(|placed| placed.value)
            .collect();
        let floating = floating(fields);
        let plus = fields.choice(
            "plus",
            &[
                ("reject", Plus::Reject),
                ("underscore", Plus::Underscore),
                ("dash", Plus::Dash),
                ("drop", Plus::Drop),
            ],
        );
        if !valid || templates.is_empty() {
            return None;
        }
        let traits = Traits {
            can_lead: false,
            content: Content::Image,
            states_commit: false,
            states_time: false,
        };
        Some(Configured {
            plus: plus.unwrap_or(Plus::Reject),
            variants,
            floating,
            oci_tags: true,
            platforms,
            ..Configured::new(traits, templates)
        })
    }
}

/// Host and repository (OCI distribution specification 1.1, "Pulling manifests"), the host with a
/// dot or a port, or `localhost`.
fn is_image(text: &str) -> bool {
    let Some((host, repository)) = text.split_once('/') else {
        return false;
    };
    let host_like = host.contains('.') || host.contains(':') || host == "localhost";
    let host_bytes = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
    let part = |part: &str| {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        let ends = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
        let bytes = part.as_bytes();
        ends(bytes.first()) && ends(bytes.last()) && part.bytes().all(allowed)
    };
    host_like
        && text.len() <= 255
        && host.bytes().all(host_bytes)
        && repository.split('/').all(part)
}

fn platforms(fields: &mut Fields<'_>) -> Vec<String> {
    let mut platforms = Vec::new();
    for placed in fields.texts("platforms") {
        let parts = placed.value.split('/').count();
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"/._-".contains(&b);
        if (2..=3).contains(&parts) && placed.value.bytes().all(allowed) {
            platforms.push(placed.value);
        } else {
            let message = format!("`{}` is no platform", visible(&placed.value, 60));
            fields.report(
                Diagnostic::error(&placed.place, message)
                    .hint("write operating system and architecture, such as `linux/amd64`"),
            );
        }
    }
    platforms
}

fn floating(fields: &mut Fields<'_>) -> Vec<Template> {
    let mut templates = Vec::new();
    for placed in fields.texts("floating") {
        match Template::floating(&placed.value) {
            Ok(template) => templates.push(template),
            Err(error) => {
                fields.report(Diagnostic::error(
                    &placed.place,
                    format!("`floating`: {error}"),
                ));
            }
        }
    }
    templates
}
