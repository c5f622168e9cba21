//! Image references and tags as publishing steps write them.

use super::super::shell::{COMMIT, TAG, TIME, UNKNOWN, VERSION};
use super::super::{ImageTag, Place};
use super::actions::REFERENCES;

/// What a `docker/metadata-action` step makes.
#[derive(Debug, Clone, Default)]
pub(super) struct Metadata {
    pub(super) images: Vec<String>,
    pub(super) tags: Vec<ImageTag>,
}

/// Images with their tags, in the order in which they are pushed.
#[derive(Default)]
pub(super) struct Pushed(Vec<(Option<String>, Vec<ImageTag>)>);

impl Pushed {
    /// Adds a reference such as `ghcr.io/acme/api:<version>`, as it was followed.
    pub(super) fn add(&mut self, reference: &str) {
        let slash = reference.rfind('/').map_or(0, |at| at + 1);
        let (image, tag) = match reference[slash..].rfind(':') {
            Some(at) => (&reference[..slash + at], Some(&reference[slash + at + 1..])),
            None => (reference, None),
        };
        let tag = tag.map_or_else(|| ImageTag::Floating("latest".to_owned()), of_text);
        self.push(image, [tag]);
    }

    /// Adds an image with tags.
    pub(super) fn push(&mut self, image: &str, tags: impl IntoIterator<Item = ImageTag>) {
        let image = named(image);
        let at = match self.0.iter().position(|(known, _)| *known == image) {
            Some(at) => at,
            None => {
                self.0.push((image, Vec::new()));
                self.0.len() - 1
            }
        };
        for tag in tags {
            if !self.0[at].1.contains(&tag) {
                self.0[at].1.push(tag);
            }
        }
    }

    pub(super) fn into_places(self) -> Vec<Place> {
        let place = |(image, tags)| Place::Oci {
            image,
            tags,
            chart: false,
        };
        self.0.into_iter().map(place).collect()
    }
}

/// Host and name, as the Docker client reads a reference; nothing where a part is not known.
pub(super) fn named(image: &str) -> Option<String> {
    let image = image.trim().trim_start_matches("docker://");
    // Registries take lower case only; GitHub's repositories have capitals.
    let image = image.to_ascii_lowercase();
    if image.is_empty() || image.contains('<') {
        return None;
    }
    let has_host = image
        .split_once('/')
        .is_some_and(|(host, _)| host.contains(['.', ':']) || host == "localhost");
    Some(match (has_host, image.contains('/')) {
        (true, _) => image,
        (false, true) => format!("docker.io/{image}"),
        (false, false) => format!("docker.io/library/{image}"),
    })
}

/// What a tag is, as it was followed.
pub(super) fn of_text(tag: &str) -> ImageTag {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if tag == TAG {
        return ImageTag::AsGitTag;
    }
    if tag.contains(COMMIT) && (tag.contains(TIME) || tag.matches('-').count() >= 2) {
        return ImageTag::Development;
    }
    if let Some((before, after)) = tag.split_once(VERSION)
        && format!("{before}{after}").chars().all(is_plain)
    {
        return ImageTag::Version(format!("{before}{{version}}{after}"));
    }
    if let Some((before, after)) = tag.split_once(TAG)
        && format!("{before}{after}").chars().all(is_plain)
    {
        // Whether the tag has a `v` is not known here.
        return ImageTag::Version(format!("{before}{{version}}{after}"));
    }
    if tag == UNKNOWN || tag.contains('<') {
        return ImageTag::Other(tag.replace(['<', '>'], ""));
    }
    ImageTag::Floating(tag.to_owned())
}

/// The lines of `tags` of a metadata step (its documentation, "tags input").
pub(super) fn of_metadata(lines: &str) -> Vec<ImageTag> {
    let mut tags = Vec::new();
    let mut releases = false;
    let used = lines.lines().map(str::trim).filter(|it| !it.is_empty());
    for line in used.take(REFERENCES) {
        let attribute = |name: &str| {
            line.split(',')
                .filter_map(|part| part.trim().split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let tag = match attribute("type") {
            Some("semver" | "pep440") => {
                releases = true;
                let pattern = attribute("pattern").unwrap_or("{{version}}");
                let pattern = pattern.replace("{{", "{").replace("}}", "}");
                match pattern.contains("{version}") {
                    true => ImageTag::Version(pattern),
                    false if pattern.contains("{raw}") => ImageTag::AsGitTag,
                    false => ImageTag::Floating(pattern),
                }
            }
            Some("ref") if attribute("event") == Some("tag") => {
                releases = true;
                ImageTag::AsGitTag
            }
            Some("match") => ImageTag::Version("{version}".to_owned()),
            Some("raw") | None => of_text(attribute("value").unwrap_or(line)),
            _ => continue,
        };
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if lines.trim().is_empty() {
        return vec![ImageTag::AsGitTag, ImageTag::Floating("latest".to_owned())];
    }
    // `flavor: latest=auto` adds it on any tag that is a release.
    let latest = ImageTag::Floating("latest".to_owned());
    if releases && !tags.contains(&latest) {
        tags.push(latest);
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_apart_by_what_they_stand_for() {
        assert_eq!(of_text("<tag>"), ImageTag::AsGitTag);
        assert_eq!(
            of_text("v<version>"),
            ImageTag::Version("v{version}".into())
        );
        assert_eq!(of_text("<tag>-<commit>-<time>"), ImageTag::Development);
        assert_eq!(of_text("latest"), ImageTag::Floating("latest".into()));
        assert_eq!(of_text("<commit>"), ImageTag::Other("commit".into()));
        assert_eq!(of_text("<?>"), ImageTag::Other("?".into()));
    }

    #[test]
    fn an_image_without_a_host_is_on_docker_hub() {
        assert_eq!(named("acme/api").unwrap(), "docker.io/acme/api");
        assert_eq!(named("redis").unwrap(), "docker.io/library/redis");
        assert_eq!(named("ghcr.io/Acme/api").unwrap(), "ghcr.io/acme/api");
        assert_eq!(named("<?>/api"), None);
    }
}
