//! The actions that publish, and those that tell what a later step means.

use url::Url;

use super::super::yaml::Node;
use super::super::{ImageTag, Place};
use super::images::{self, Metadata, Pushed};
use super::{Job, known};

/// The most references of one step that are looked at: images, their tags, steps that name them.
pub(super) const REFERENCES: usize = 64;

/// What a step that uses this action publishes; `name` is in lower case and without its version.
pub(super) fn read(job: &mut Job, name: &str, id: Option<&str>, step: &Node) -> Vec<Place> {
    let with = |job: &Job, key: &str| -> Option<String> {
        let text = step.get("with")?.text_of(key)?;
        Some(job.scope.follow(text))
    };
    match name {
        "pypa/gh-action-pypi-publish" => {
            let url = with(job, "repository-url").or_else(|| with(job, "repository_url"));
            python(url)
        }
        "changesets/action" => match with(job, "publish") {
            Some(_) => vec![Place::Npm {
                package: None,
                registry: job.npm_registry.clone(),
            }],
            None => Vec::new(),
        },
        "js-devtools/npm-publish" => vec![Place::Npm {
            package: None,
            registry: with(job, "registry")
                .and_then(known)
                .or(job.npm_registry.clone()),
        }],
        "softprops/action-gh-release"
        | "ncipollo/release-action"
        | "actions/create-release"
        | "googleapis/release-please-action"
        | "goreleaser/goreleaser-action" => {
            let files = with(job, "files").or_else(|| with(job, "artifacts"));
            vec![Place::GithubRelease {
                distributions: files.is_some_and(|it| are_distributions(&it)),
            }]
        }
        "docker/metadata-action" => {
            let images = with(job, "images").unwrap_or_default();
            let metadata = Metadata {
                images: images::bases_of_metadata(&images),
                tags: images::of_metadata(
                    &with(job, "tags").unwrap_or_default(),
                    &with(job, "flavor").unwrap_or_default(),
                ),
            };
            if job.metadata.len() < REFERENCES {
                let id = id.unwrap_or_default().to_owned();
                job.metadata.push((id, metadata));
            }
            Vec::new()
        }
        "docker/build-push-action" | "docker/bake-action" | "redhat-actions/push-to-registry" => {
            build_and_push(job, name, step)
        }
        "actions/setup-node" => {
            job.npm_registry = with(job, "registry-url").and_then(known);
            Vec::new()
        }
        "aws-actions/configure-aws-credentials" => {
            job.region = with(job, "aws-region")
                .and_then(known)
                .or(job.region.take());
            // arn:aws:iam::111122223333:role/deploy
            let role = with(job, "role-to-assume").unwrap_or_default();
            let account = role.split(':').nth(4).unwrap_or_default().to_owned();
            job.account = known(account).filter(|it| it.bytes().all(|b| b.is_ascii_digit()));
            Vec::new()
        }
        "aws-actions/amazon-ecr-login" => {
            if let (Some(id), Some(account), Some(region)) = (id, &job.account, &job.region) {
                let registry = format!("{account}.dkr.ecr.{region}.amazonaws.com");
                job.scope.set_output(id, "registry", registry);
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// A project on an index, but for indexes that are there to try things out.
pub(super) fn python(url: Option<String>) -> Vec<Place> {
    let url = url.filter(|it| !it.is_empty());
    if url.as_deref().is_some_and(|it| it.contains("test")) {
        return Vec::new();
    }
    let index = url
        .filter(|it| !it.contains("upload.pypi.org"))
        .map(without_login);
    vec![Place::PyPi {
        project: None,
        index,
    }]
}

/// An address without user information: a policy holds none.
fn without_login(address: String) -> String {
    let Ok(mut url) = Url::parse(&address) else {
        return address;
    };
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

/// Whether globs of files name distributions of Python.
pub(super) fn are_distributions(files: &str) -> bool {
    files.contains("dist/") || files.contains(".whl")
}

fn build_and_push(job: &Job, name: &str, step: &Node) -> Vec<Place> {
    let Some(with) = step.get("with") else {
        return Vec::new();
    };
    let outputs = with.text_of("outputs").unwrap_or_default();
    let pushes = match with.text_of("push") {
        Some(text) => text != "false",
        None => outputs.contains("push=true") || name == "redhat-actions/push-to-registry",
    };
    if !pushes {
        return Vec::new();
    }
    let raw = with.text_of("tags").unwrap_or_default();
    let mut pushed = Pushed::default();
    for part in raw
        .split(['\n', ','])
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .take(REFERENCES)
    {
        // The tags of a metadata step come with their images.
        let metadata = job
            .metadata
            .iter()
            .find(|(id, _)| part.contains(&format!("steps.{id}.outputs.tags")));
        match metadata {
            Some((_, metadata)) => {
                for image in &metadata.images {
                    pushed.push(image, metadata.tags.clone());
                }
            }
            None => pushed.add(&job.scope.follow(part)),
        }
    }
    let places = pushed.into_places();
    if places.is_empty() {
        return vec![Place::Oci {
            image: None,
            tags: vec![ImageTag::Version("{version}".to_owned())],
            chart: false,
        }];
    }
    places
}
