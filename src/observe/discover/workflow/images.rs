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

/// The lines of `images` of a metadata step (its documentation, "images input"): a name, or
/// attributes of which one is the name.
pub(super) fn bases_of_metadata(lines: &str) -> Vec<String> {
    let base = |line: &str| match attribute(line, "name") {
        _ if attribute(line, "enable") == Some("false") => None,
        Some(name) => Some(name.to_owned()),
        None => line.split(',').next().map(|it| it.trim().to_owned()),
    };
    let bases = used(lines).filter_map(base);
    bases.filter(|it| !it.is_empty()).collect()
}

/// The lines of `tags` of a metadata step (its documentation, "tags input"), and what its `flavor`
/// puts around each.
pub(super) fn of_metadata(lines: &str, flavor: &str) -> Vec<ImageTag> {
    let around = |line: &str, name: &str| -> String {
        let of_all = || used(flavor).find_map(|it| attribute(it, name));
        let text = attribute(line, name).or_else(of_all).unwrap_or_default();
        text.to_owned()
    };
    let mut tags = Vec::new();
    let mut releases = false;
    for line in used(lines) {
        if attribute(line, "enable") == Some("false") {
            continue;
        }
        let (prefix, suffix) = (around(line, "prefix"), around(line, "suffix"));
        let wrapped = |text: &str| format!("{prefix}{text}{suffix}");
        let tag = match attribute(line, "type") {
            Some("semver" | "pep440") => {
                releases = true;
                let pattern = attribute(line, "pattern").unwrap_or("{{version}}");
                let pattern = pattern.replace("{{", "{").replace("}}", "}");
                match pattern.contains("{version}") {
                    true => ImageTag::Version(wrapped(&pattern)),
                    false if pattern.contains("{raw}") => as_git_tag(&prefix, &suffix),
                    false => ImageTag::Floating(wrapped(&pattern)),
                }
            }
            Some("ref") if attribute(line, "event") == Some("tag") => {
                releases = true;
                as_git_tag(&prefix, &suffix)
            }
            Some("match") => ImageTag::Version(wrapped("{version}")),
            Some("raw") | None => of_text(&wrapped(attribute(line, "value").unwrap_or(line))),
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
    let unwanted = used(flavor).any(|it| attribute(it, "latest") == Some("false"));
    if releases && !unwanted && !tags.contains(&latest) {
        tags.push(latest);
    }
    tags
}

/// The git tag with something around it: whether it has a `v` is not known here.
fn as_git_tag(prefix: &str, suffix: &str) -> ImageTag {
    match prefix.is_empty() && suffix.is_empty() {
        true => ImageTag::AsGitTag,
        false => ImageTag::Version(format!("{prefix}{{version}}{suffix}")),
    }
}

/// The lines of an input that say something.
fn used(lines: &str) -> impl Iterator<Item = &str> {
    let lines = lines.lines().map(str::trim);
    let lines = lines.filter(|it| !it.is_empty() && !it.starts_with('#'));
    lines.take(REFERENCES)
}

/// The value of an attribute of a line such as `type=raw,value=latest`.
fn attribute<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    line.split(',')
        .filter_map(|part| part.trim().split_once('='))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim())
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
    fn images_of_a_metadata_step_are_names_or_have_one_as_attribute() {
        let lines =
            "acme/api\n name=ghcr.io/acme/api,enable=true\n# acme/old\nname=acme/x,enable=false\n";
        assert_eq!(bases_of_metadata(lines), ["acme/api", "ghcr.io/acme/api"]);
    }

    #[test]
    fn what_a_metadata_step_puts_around_a_tag_is_part_of_it() {
        let tags = of_metadata(
            "type=semver,pattern={{version}},prefix=v\ntype=semver,pattern={{major}}\ntype=ref,event=tag",
            "latest=false\nsuffix=-alpine",
        );
        let expected = [
            ImageTag::Version("v{version}-alpine".into()),
            ImageTag::Floating("{major}-alpine".into()),
            ImageTag::Version("{version}-alpine".into()),
        ];
        assert_eq!(tags, expected);
    }

    #[test]
    fn an_image_without_a_host_is_on_docker_hub() {
        assert_eq!(named("acme/api").unwrap(), "docker.io/acme/api");
        assert_eq!(named("redis").unwrap(), "docker.io/library/redis");
        assert_eq!(named("ghcr.io/Acme/api").unwrap(), "ghcr.io/acme/api");
        assert_eq!(named("<?>/api"), None);
    }
}
