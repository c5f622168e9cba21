//! When tags were pushed, where a registry's operator tells it beside the registry protocol: Docker
//! Hub's own API, Amazon ECR's `DescribeImages`.
//!
//! A failure here is none of the channel's: the facts are then not stated.

use std::time::Instant;

use super::docker_hub::DockerHub;
use crate::model::{Digest, Time};
use crate::observe::aws;
use crate::observe::http::Client;
use crate::observe::several::several;

/// Tags that Docker Hub is asked for at a time.
const AT_A_TIME: usize = 8;

/// Who tells it.
pub(super) enum Pushes {
    /// Nobody.
    Untold,
    DockerHub(DockerHub),
    Ecr(aws::Registry),
}

/// A push.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pushed {
    /// When: on Docker Hub the tag, in Amazon ECR the image.
    pub(super) at: Option<Time>,
    /// The account that pushed it.
    pub(super) by: Option<String>,
}

impl Pushes {
    /// The pushes of tags with what they name, in their order; nothing for those that are not asked
    /// for.
    pub(super) async fn of(
        &self,
        client: &Client,
        repository: &str,
        tags: &[Option<(&str, Digest)>],
        end: Instant,
    ) -> Vec<Pushed> {
        match self {
            Self::Untold => vec![Pushed::default(); tags.len()],
            Self::DockerHub(hub) => {
                let questions = tags.iter().map(|tag| async move {
                    match tag {
                        Some((tag, digest)) if Instant::now() < end => {
                            hub.pushed(client, repository, tag, *digest).await
                        }
                        _ => Pushed::default(),
                    }
                });
                several(questions.collect(), AT_A_TIME).await
            }
            Self::Ecr(registry) => {
                let asked = of_ecr(registry, client, repository, tags);
                let left = end.saturating_duration_since(Instant::now());
                let told = tokio::time::timeout(left, asked).await;
                told.unwrap_or_else(|_| vec![Pushed::default(); tags.len()])
            }
        }
    }
}

/// What ECR says of an image counts for a tag only where both say that it names this digest, and it
/// has no other tag: the time is the image's, and an old image that got a new tag later must not
/// pass for a release of that time.
async fn of_ecr(
    registry: &aws::Registry,
    client: &Client,
    repository: &str,
    tags: &[Option<(&str, Digest)>],
) -> Vec<Pushed> {
    let names: Vec<&str> = tags.iter().flatten().map(|(tag, _)| *tag).collect();
    // With no name all images would be asked for.
    let images = match names.is_empty() {
        true => Vec::new(),
        false => aws::describe_images(client, registry, repository, &names)
            .await
            .unwrap_or_default(),
    };
    let pushed = |tag: &Option<(&str, Digest)>| {
        let (tag, digest) = tag.as_ref()?;
        let mut named = images
            .iter()
            .filter(|image| image.tags.iter().any(|it| it == tag));
        let image = named.next()?;
        // Two images of one tag: it moved while the pages were read.
        let is_this = image.digest == *digest && named.all(|other| other.digest == *digest);
        let has_one = image.tags.iter().all(|it| it == tag);
        image.pushed_at.filter(|_| is_this && has_one)
    };
    let pushed = tags.iter().map(|tag| Pushed {
        at: pushed(tag),
        by: None,
    });
    pushed.collect()
}
