//! Images as channels of a policy, and how far they can agree.

use std::collections::BTreeSet;

use crate::model::visible;
use crate::observe::discover::{Clue, Clues, ImageTag, Place, Says};
use crate::observe::oci;

use super::Frame;
use super::channels::{Block, channel, key_or_unknown};
use super::writing::{quoted, quoted_list};

/// An image that several steps may push.
pub(super) struct Image<'c> {
    image: Option<&'c str>,
    tags: Vec<&'c ImageTag>,
    chart: bool,
    clues: Vec<&'c Clue>,
}

impl Image<'_> {
    /// Why the loader would not take it, where it would not: the others can agree without it.
    pub(super) fn refused(&self) -> Option<String> {
        let image = self.image?;
        let (why, _) = oci::Image::read(image).err()?;
        Some(format!("`image` `{}` {why}", visible(image, 80)))
    }
}

/// Whether some image carries development builds.
pub(super) fn has_development(clues: &Clues) -> bool {
    of(clues)
        .iter()
        .any(|image| image.tags.contains(&&ImageTag::Development))
}

/// The images that are pushed, each once.
pub(super) fn of(clues: &Clues) -> Vec<Image<'_>> {
    let mut images: Vec<Image<'_>> = Vec::new();
    for clue in &clues.clues {
        let Says::Place(Place::Oci { image, tags, chart }) = &clue.says else {
            continue;
        };
        let same =
            |known: &&mut Image<'_>| known.image == image.as_deref() && known.chart == *chart;
        match images.iter_mut().find(same) {
            Some(known) => {
                known.clues.push(clue);
                known.tags.extend(tags);
            }
            None => images.push(Image {
                image: image.as_deref(),
                tags: tags.iter().collect(),
                chart: *chart,
                clues: vec![clue],
            }),
        }
    }
    images
}

/// An image as a channel, and the name of that channel.
pub(super) fn channel_of(
    image: &Image<'_>,
    taken: &mut BTreeSet<String>,
    frame: &Frame<'_>,
) -> (Block, String) {
    let host = image
        .image
        .and_then(|it| it.split('/').next())
        .unwrap_or_default();
    let kind = match host {
        _ if image.chart => "chart",
        "docker.io" => "docker-hub",
        "ghcr.io" => "ghcr",
        "quay.io" => "quay",
        host if host.ends_with(".amazonaws.com") => "ecr",
        _ => "registry",
    };
    let mut templates: Vec<String> = Vec::new();
    let mut floating: Vec<String> = Vec::new();
    let mut develops = false;
    let mut releases = false;
    let mut add = |template: &str| {
        if !templates.iter().any(|it| it == template) {
            templates.push(template.to_owned());
        }
    };
    for tag in &image.tags {
        match tag {
            ImageTag::Version(template) => {
                releases = true;
                add(template);
            }
            ImageTag::AsGitTag => {
                releases = true;
                frame.templates.iter().for_each(|template| add(template));
            }
            ImageTag::Development => {
                develops = true;
                add("{version}");
            }
            ImageTag::Floating(text) if floating.len() < 8 && !floating.contains(text) => {
                floating.push(text.clone());
            }
            ImageTag::Floating(_) | ImageTag::Other(_) => {}
        }
    }
    let is_told = develops || releases;
    if !is_told {
        templates.push("{version}".to_owned());
    }
    let mut toml = format!(
        "kind = \"oci\"\n{}tag = {}\n",
        key_or_unknown("image", image.image),
        match templates.as_slice() {
            [one] => quoted(one),
            several => quoted_list(several),
        }
    );
    if !floating.is_empty() && releases {
        toml.push_str(&format!("floating = {}\n", quoted_list(&floating)));
    }
    if image.chart {
        toml.push_str("plus = \"underscore\"\n");
    }
    match (develops, releases) {
        (true, false) => toml.push_str("lines = [\"development\"]\n"),
        (true, true) => toml.push_str("lines = [\"release\", \"development\"]\n"),
        _ => {}
    }
    let mut block = channel(kind, taken, toml, &image.clues, frame);
    if !is_told {
        let others = image.tags.iter().filter_map(|tag| match tag {
            ImageTag::Other(text) | ImageTag::Floating(text) => Some(visible(text, 40)),
            _ => None,
        });
        let others: Vec<String> = others.collect();
        let words = format!(
            "tags ({}) do not say the version; `{{version}}` is only usual",
            others.join(", ")
        );
        block.why.push(words);
    }
    let name = block
        .what
        .trim_start_matches("channel ")
        .trim_matches('`')
        .to_owned();
    (block, name)
}

/// Images that are not the very same bytes by construction, held to one commit.
pub(super) fn agreement(used: &[(String, &Image<'_>)]) -> Option<Block> {
    if used.len() < 2 {
        return None;
    }
    let base = |image: &Image<'_>| {
        image
            .image
            .and_then(|it| it.rsplit('/').next())
            .unwrap_or_default()
            .to_owned()
    };
    let file = |image: &Image<'_>| {
        let why = image.clues.first().map_or("", |clue| clue.why.as_str());
        why.split(" line ").next().unwrap_or_default().to_owned()
    };
    let step = |image: &Image<'_>| image.clues.first().map(|clue| clue.why.clone());
    let different = |of: &dyn Fn(&Image<'_>) -> String| {
        used.iter()
            .map(|(_, image)| of(image))
            .collect::<BTreeSet<_>>()
            .len()
            > 1
    };
    let charts = used.iter().any(|(_, image)| image.chart);
    let because = if different(&base) || charts {
        "they are different artifacts of one release"
    } else if different(&file) {
        "several workflows build it"
    } else if used
        .iter()
        .map(|(_, image)| step(image))
        .collect::<BTreeSet<_>>()
        .len()
        > 1
    {
        "several steps push it"
    } else {
        return None;
    };
    let names: Vec<String> = used.iter().map(|(name, _)| name.clone()).collect();
    let digests =
        "Where one image is built once and copied, take this out: then the digests are compared";
    Some(Block {
        what: "agreement of the images".to_owned(),
        why: vec![format!("{because}. {digests}")],
        toml: format!(
            "[[agree]]\nchannels = {}\non = \"same-commit\"\nbecause = {}\n",
            quoted_list(&names),
            quoted(because)
        ),
        not_used: None,
    })
}
