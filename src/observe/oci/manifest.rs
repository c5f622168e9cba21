//! What a manifest, an index and an image's configuration say about platforms (OCI image
//! specification 1.1; Docker's manifest list and image manifest, version 2 schema 2).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::other_keys::OtherKeys;
use super::platform::Platform;
use crate::model::{Digest, Failure, FailureKind, visible, visible_line};
use crate::observe::malformed;

/// The media types of manifests, as `Accept` names them; without it some registries give one
/// platform's manifest instead of the index.
pub(super) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// Media types of an image's configuration.
pub(super) const ACCEPT_CONFIGURATION: &str = "application/vnd.oci.image.config.v1+json, \
     application/vnd.docker.container.image.v1+json, application/octet-stream;q=0.5";

/// The longest manifest or configuration in bytes. Registries must take 4 MiB (OCI distribution
/// specification 1.1, "Pushing manifests").
pub(super) const MANIFEST_BYTES: u64 = 8 << 20;

/// The most children of an index that are looked at.
const CHILDREN: usize = 10_000;

/// The name of images that state no platform, or half of one: containerd takes the former where no
/// other fits, and the latter as of its own system.
const NO_PLATFORM: &str = "no whole platform";

/// What a tag names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifest {
    /// Images by platform, attestations left out.
    Index(BTreeMap<String, Digest>),
    /// One image with its configuration.
    Image(Digest),
    /// Something else, such as a chart.
    Artifact,
}

/// Whether a media type is a manifest's, and whether it is an index's.
pub(super) fn kind_of(media_type: &str) -> Result<bool, Failure> {
    match media_type {
        "application/vnd.oci.image.index.v1+json"
        | "application/vnd.docker.distribution.manifest.list.v2+json" => Ok(true),
        "application/vnd.oci.image.manifest.v1+json"
        | "application/vnd.docker.distribution.manifest.v2+json" => Ok(false),
        "application/vnd.docker.distribution.manifest.v1+json"
        | "application/vnd.docker.distribution.manifest.v1+prettyjws" => Err(Failure {
            kind: FailureKind::Unsupported,
            detail: "an image of Docker's manifest schema 1, which has no digest of its bytes; push it again"
                .to_owned(),
        }),
        other => Err(malformed(format!(
            "an answer of type `{}`, not a manifest",
            visible_line(other)
        ))),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u32,
    media_type: Option<String>,
    manifests: Option<Vec<Child>>,
    config: Option<Configured>,
    layers: Option<Vec<serde::de::IgnoredAny>>,
    #[serde(flatten)]
    _others: OtherKeys,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configured {
    media_type: String,
    digest: String,
    #[serde(flatten)]
    _others: OtherKeys,
}

#[derive(Deserialize)]
struct Child {
    digest: String,
    platform: Option<Platform>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
    #[serde(flatten)]
    _others: OtherKeys,
}

/// Reads a manifest or an index that was served as `media_type`.
///
/// A document that could be read as both, or that calls itself something else than it was served
/// as, is refused: two clients would see two images under one digest (CVE-2021-41190).
///
/// # Errors
/// Malformed or unsupported, in words that can be shown.
pub fn parse_manifest(body: &[u8], media_type: &str) -> Result<Manifest, Failure> {
    let is_index = kind_of(media_type)?;
    let document: Document = serde_json::from_slice(body)
        .map_err(|error| malformed(format!("a manifest that cannot be read: {}", place(&error))))?;
    if document.schema_version != 2 {
        return Err(malformed("a manifest of another schema version than 2"));
    }
    if document
        .media_type
        .is_some_and(|stated| stated != media_type)
    {
        return Err(malformed(
            "a manifest that was served as another media type than its own",
        ));
    }
    match (
        is_index,
        document.manifests,
        document.config,
        document.layers,
    ) {
        (true, Some(children), None, None) => index(children).map(Manifest::Index),
        (false, None, Some(config), Some(_)) => {
            let digest = digest(&config.digest)?;
            let of_image = ACCEPT_CONFIGURATION.split(", ").take(2);
            match of_image.into_iter().any(|known| known == config.media_type) {
                true => Ok(Manifest::Image(digest)),
                false => Ok(Manifest::Artifact),
            }
        }
        _ => Err(malformed(
            "neither a manifest nor an index, or both at once",
        )),
    }
}

fn index(children: Vec<Child>) -> Result<BTreeMap<String, Digest>, Failure> {
    if children.len() > CHILDREN {
        return Err(Failure {
            kind: FailureKind::TooLarge,
            detail: format!("an index of more than {CHILDREN} images"),
        });
    }
    let mut platforms: BTreeMap<String, Digest> = BTreeMap::new();
    for child in children {
        let digest = digest(&child.digest)?;
        let platform = child.platform.as_ref().map(Platform::name).transpose()?;
        let name = platform.flatten().unwrap_or_else(|| NO_PLATFORM.to_owned());
        // BuildKit's attestations. Only both marks together hide a child: the annotation alone
        // would hide an image that clients do pull.
        let annotations = child.annotations.as_ref();
        let reference = annotations.and_then(|it| it.get("vnd.docker.reference.type"));
        if name == "unknown/unknown" && reference.is_some_and(|it| it == "attestation-manifest") {
            continue;
        }
        // Several images for one platform (another compression, say) are all kept and compared.
        let numbered = (2..).map(|number| format!("{name} ({number})"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let free = names.find(|it| platforms.get(it).is_none_or(|known| *known == digest));
        if let Some(free) = free {
            platforms.insert(free, digest);
        }
    }
    Ok(platforms)
}

/// A digest as a manifest or a registry writes it.
pub(super) fn digest(text: &str) -> Result<Digest, Failure> {
    text.parse().map_err(|_| match text.split_once(':') {
        Some((algorithm, _)) if algorithm != "sha256" => Failure {
            kind: FailureKind::Unsupported,
            detail: format!(
                "a digest by `{}`: only sha256 is compared",
                visible(algorithm, 40)
            ),
        },
        _ => malformed(format!("`{}` as a digest", visible(text, 80))),
    })
}

/// Where JSON is wrong, without any of it.
pub(super) fn place(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it is cut off",
        serde_json::error::Category::Data => "a part of it is not what it should be",
        _ => "it is no JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

    fn child(digest: u8, platform: &str, more: &str) -> String {
        let digest = format!("{digest:02x}").repeat(32);
        format!(r#"{{"mediaType":"{IMAGE}","digest":"sha256:{digest}","size":1{platform}{more}}}"#)
    }

    fn platform(os: &str, architecture: &str, more: &str) -> String {
        format!(r#","platform":{{"os":"{os}","architecture":"{architecture}"{more}}}"#)
    }

    fn read(children: &[String]) -> Result<Manifest, Failure> {
        let body = format!(
            r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
            children.join(",")
        );
        parse_manifest(body.as_bytes(), INDEX)
    }

    fn names(children: &[String]) -> Vec<String> {
        match read(children) {
            Ok(Manifest::Index(platforms)) => platforms.into_keys().collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_buildkit_marks_twice_is_an_attestation() {
        let mark = r#","annotations":{"vnd.docker.reference.type":"attestation-manifest"}"#;
        let unknown = platform("unknown", "unknown", "");
        let amd64 = platform("linux", "amd64", "");
        assert_eq!(
            names(&[child(1, &amd64, ""), child(2, &unknown, mark)]),
            ["linux/amd64"]
        );
        assert_eq!(names(&[child(1, &amd64, mark)]), ["linux/amd64"]);
        assert_eq!(names(&[child(1, &unknown, "")]), ["unknown/unknown"]);
    }

    /// containerd takes an image without a platform where no other fits, and one without a system
    /// for its own.
    #[test]
    fn an_image_that_names_no_whole_platform_is_not_hidden() {
        let mark = r#","annotations":{"vnd.docker.reference.type":"attestation-manifest"}"#;
        let no_system = r#","platform":{"architecture":"amd64"}"#;
        let no_processor = r#","platform":{"os":"linux"}"#;
        assert_eq!(
            names(&[
                child(1, &platform("linux", "amd64", ""), ""),
                child(2, "", mark),
                child(3, no_system, ""),
                child(4, no_processor, ""),
            ]),
            [
                "linux/amd64",
                "no whole platform",
                "no whole platform (2)",
                "no whole platform (3)"
            ]
        );
    }

    /// Go's decoder, and so Docker and containerd, takes a key in any case, the last one counting.
    #[test]
    fn a_key_that_others_read_as_one_of_ours_is_refused() {
        let good = child(1, &platform("linux", "amd64", ""), "");
        let other = child(2, &platform("linux", "amd64", ""), "");
        for key in ["Manifests", "MANIFESTS", "manife\u{17f}ts"] {
            let body = format!(r#"{{"schemaVersion":2,"manifests":[{good}],"{key}":[{other}]}}"#);
            let why = parse_manifest(body.as_bytes(), INDEX).unwrap_err();
            assert_eq!(why.kind, FailureKind::Malformed, "{key}");
        }
        let digest = format!(r#","Digest":"sha256:{}""#, "22".repeat(32));
        let twice = r#","Platform":{"os":"linux","architecture":"arm64"}"#;
        let system = platform("linux", "amd64", r#","OS":"windows""#);
        let amd64 = platform("linux", "amd64", "");
        for child in [
            child(1, &amd64, &digest),
            child(1, &amd64, twice),
            child(1, &system, ""),
        ] {
            assert!(read(std::slice::from_ref(&child)).is_err(), "{child}");
        }
        assert!(read(&[good]).is_ok());
    }

    #[test]
    fn variants_and_versions_part_platforms_and_no_image_hides_another() {
        let arm = platform("linux", "arm", r#","variant":"v7""#);
        let windows = platform("windows", "amd64", r#","os.version":"10.0.17763.1""#);
        let amd64 = platform("linux", "amd64", "");
        assert_eq!(
            names(&[
                child(1, &arm, ""),
                child(2, &windows, ""),
                child(3, &amd64, ""),
                child(3, &amd64, ""),
                child(4, &amd64, ""),
                child(5, &amd64, ""),
            ]),
            [
                "linux/amd64",
                "linux/amd64 (2)",
                "linux/amd64 (3)",
                "linux/arm/v7",
                "windows/amd64/10.0.17763.1"
            ]
        );
    }

    /// CVE-2021-41190.
    #[test]
    fn what_could_be_read_two_ways_is_refused() {
        let config = format!(
            r#""config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:{}"}},"layers":[]"#,
            "11".repeat(32)
        );
        let image = format!(r#"{{"schemaVersion":2,{config}}}"#);
        assert!(matches!(
            parse_manifest(image.as_bytes(), IMAGE),
            Ok(Manifest::Image(_))
        ));
        let both = format!(r#"{{"schemaVersion":2,"manifests":[],{config}}}"#);
        let stated = format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}",{config}}}"#);
        for (body, media_type) in [
            (&image, INDEX),
            (&both, IMAGE),
            (&both, INDEX),
            (&stated, IMAGE),
            (&stated, INDEX),
        ] {
            let why = parse_manifest(body.as_bytes(), media_type).unwrap_err();
            assert_eq!(why.kind, FailureKind::Malformed, "{body} {media_type}");
        }
    }

    #[test]
    fn other_digests_and_schemas_are_told_apart_from_nonsense() {
        let sha512 = format!(r#"{{"digest":"sha512:{}"}}"#, "1".repeat(128));
        assert_eq!(read(&[sha512]).unwrap_err().kind, FailureKind::Unsupported);
        let why = kind_of("application/vnd.docker.distribution.manifest.v1+prettyjws");
        assert_eq!(why.unwrap_err().kind, FailureKind::Unsupported);
        let hostile = platform("linux\\u001b[2J", "amd64", "");
        let why = read(&[child(1, &hostile, "")]).unwrap_err();
        assert!(!why.detail.contains('\u{1b}'), "{why:?}");
        assert!(read(&[r#"{"digest":"sha256:11"}"#.to_owned()]).is_err());
    }
}
