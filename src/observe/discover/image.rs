//! What the labels of an image say about its source.

use super::address::Reach;
use super::package::source;
use super::{Begun, Clue, Clues, ImageTag, Origin, Place, Says};
use crate::model::visible;
use crate::observe::http::Client;
use crate::observe::oci::{Image, Labels};

/// The label and annotation that names the source (OCI image annotations).
const SOURCE: &str = "org.opencontainers.image.source";

/// The most tags that are looked at.
const TAGS: usize = 1_000;

/// The beginning at `oci:HOST/NAME`.
pub(super) async fn of_registry(client: &Client, host: &str, name: &str) -> Begun {
    let mut found = Clues::default();
    let image = Image::read(&format!("{host}/{name}")).map_err(|(why, _)| why);
    let labels = image.and_then(|image| Labels::of(image, client).ok_or("has no valid host"));
    let labels = match labels {
        Ok(labels) => labels,
        Err(why) => {
            let shown = visible(&format!("{host}/{name}"), 120);
            found.unknown.push(format!("`{shown}` {why}"));
            return Begun { found, reach: None };
        }
    };
    let reach = Reach::new(labels.address(), client.environment());
    let mut tags = Vec::new();
    match labels.tags().await {
        Ok(listed) => tags = listed.into_iter().take(TAGS).collect(),
        Err(why) => found.unread("the tags of the image", why.failure),
    }
    found.clues.push(Clue::new(
        Origin::User,
        Says::Place(Place::Oci {
            image: Some(format!("{host}/{name}")),
            tags: shapes(&tags),
            chart: false,
        }),
        "the shorthand names it",
    ));
    // The newest of any kind names the source as well as any other.
    let latest = tags.iter().find(|it| *it == "latest");
    if let Some(tag) = latest.or(tags.last()) {
        match labels.label(tag, SOURCE).await {
            Ok(Some(text)) => source(
                &text,
                &format!("the label {SOURCE} of the image"),
                &mut found,
            ),
            Ok(None) => found
                .unknown
                .push(format!("the image has no label {SOURCE}")),
            Err(why) => found.unread("the labels of the image", why.failure),
        }
    }
    let reach = Some(reach);
    Begun { found, reach }
}

/// How the tags are written, as far as that can be told: with `v` or without.
fn shapes(tags: &[String]) -> Vec<ImageTag> {
    let is_version = |text: &str| {
        let parts: Vec<&str> = text.split('.').collect();
        parts.len() >= 3 && parts[..2].iter().all(|it| it.parse::<u64>().is_ok())
    };
    let mut shapes = Vec::new();
    for (prefix, template) in [("", "{version}"), ("v", "v{version}")] {
        let any = |tag: &String| tag.strip_prefix(prefix).is_some_and(is_version);
        if tags.iter().any(any) {
            shapes.push(ImageTag::Version(template.to_owned()));
        }
    }
    if tags.iter().any(|tag| tag == "latest") {
        shapes.push(ImageTag::Floating("latest".to_owned()));
    }
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_show_how_versions_are_written() {
        let tags: Vec<String> = ["latest", "v1.2.3", "main"].map(str::to_owned).to_vec();
        let shapes = shapes(&tags);
        assert_eq!(
            shapes,
            [
                ImageTag::Version("v{version}".into()),
                ImageTag::Floating("latest".into())
            ]
        );
    }
}
