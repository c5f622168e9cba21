//! The channel `oci`: image tags in any registry of the OCI distribution specification.

use super::{About, Configured, Kind, table};
use crate::model::settings::{Diagnostic, Fields, Key, Placed, Shape, WebAddress};
use crate::model::version::{Plus, Template};
use crate::model::{Content, Traits};

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
];

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
        image?;
        let traits = Traits {
            can_lead: false,
            content: Content::Image,
            lists: true,
            states_commit: false,
            states_time: false,
        };
        Some(Configured {
            plus: plus.unwrap_or_default(),
            variants,
            floating,
            oci_tags: true,
            platforms,
            ..Configured::usual(traits, templates)
        })
    }
}

/// Host and repository of an image reference.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Image {
    host: String,
    repository: String,
}

fn image(fields: &mut Fields<'_>, about: &About<'_>) -> Option<Image> {
    let text = table::named(fields, "image", about)?;
    match read_image(&text.value) {
        Ok(image) => Some(image),
        Err((why, hint)) => table::refuse(fields, "image", &text, why, hint),
    }
}

/// `host[:port]/name`, where the name is of the OCI distribution specification 1.1 ("Pulling
/// manifests"): `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/…)*`.
fn read_image(text: &str) -> Result<Image, (&'static str, &'static str)> {
    let example = "host and name, as in `docker.io/acme/api` or `ghcr.io/acme/api`";
    if text.contains("://") {
        return Err((
            "is an address",
            "leave `https://` out: host and name, as in `ghcr.io/acme/api`",
        ));
    }
    if text.contains('@') {
        return Err((
            "holds a digest or a user name",
            "leave it out: the policy names the image, `tag` its tags",
        ));
    }
    let Some((host, repository)) = text.split_once('/') else {
        return Err(("names no host", example));
    };
    // As the Docker client tells a host from the first part of a name.
    if !(host.contains(['.', ':']) || host == "localhost") {
        return Err((
            "names no host",
            "Docker Hub's images begin with `docker.io/`, official ones with `docker.io/library/`",
        ));
    }
    if repository.contains(':') {
        return Err((
            "holds a tag",
            "leave it out: `tag` says how tags are written",
        ));
    }
    let host_is_right = format!("https://{host}/")
        .parse::<WebAddress>()
        .is_ok_and(|address| {
            let url = address.url();
            url.path() == "/" && url.query().is_none() && host == host.to_ascii_lowercase()
        });
    if !host_is_right {
        return Err(("has no valid host", example));
    }
    if text.len() > 255 || !repository.split('/').all(is_path_component) {
        return Err((
            "is no image name",
            "lower-case letters and digits, separated by `.`, `_`, `-` and `/`",
        ));
    }
    Ok(Image {
        host: host.to_owned(),
        repository: repository.to_owned(),
    })
}

fn is_path_component(part: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = part.as_bytes();
    edge(bytes.first())
        && edge(bytes.last())
        && bytes
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(b))
        && !["..", "___", "._", "_.", ".-", "-.", "_-", "-_"]
            .iter()
            .any(|twice| part.contains(twice))
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
    fn an_image_has_a_host_and_a_name_and_nothing_else() {
        for right in [
            "docker.io/acme/api",
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com/api",
            "localhost:5000/a__b/c-d.e",
            "ghcr.io/acme/api--x",
        ] {
            assert!(read_image(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "api",
            "acme/api",
            "docker.io/",
            "docker.io/Acme/api",
            "docker.io/acme//api",
            "docker.io/acme/api:1.0",
            "docker.io/acme/api@sha256:00",
            "https://docker.io/acme/api",
            "user:pass@host.io/a",
            "docker.io/acme/.api",
            "ho st.io/a",
            "host.io?x/a",
            "Docker.io/a",
            "docker.io/a/../b",
            "docker.io:99999/a",
        ] {
            assert!(read_image(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn platforms_are_two_or_three_words() {
        assert!(is_platform("linux/amd64") && is_platform("linux/arm/v7"));
        for wrong in ["linux", "linux/", "Linux/amd64", "a/b/c/d", "unknown /x"] {
            assert!(!is_platform(wrong), "{wrong}");
        }
    }
}
