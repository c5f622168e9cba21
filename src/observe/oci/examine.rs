//! What the present login sees of an image's repository: its tags, what one of them names and, in
//! Amazon ECR, when that was pushed.

use super::Repository;
use super::pushes::Pushes;
use crate::observe::examine::{Thing, examined, listed, unanswered};
use crate::observe::{Asking, Examinations, Examine, Examined, aws};

/// The label of whoever asks ECR's API beside the registry.
const AWS: &str = "aws";

impl Examine for Repository {
    fn examine<'a>(&'a self, asking: &'a Asking<'a>) -> Examinations<'a> {
        Box::pin(self.look(asking))
    }
}

impl Repository {
    async fn look(&self, asking: &Asking<'_>) -> Vec<Examined> {
        let hint = self.least();
        let tags = Thing { what: "tags", hint };
        let (mut seen, last) = listed(self, asking, tags).await;
        let Some(last) = last else {
            return seen;
        };
        for observation in &last.observations {
            seen.push(examined(observation, "images", hint));
        }
        if let Pushes::Ecr(registry) = &self.pushes {
            let repository = self.registry.image().repository();
            let tag = last.name.as_str();
            let told = aws::describe_images(asking.client, registry, repository, &[tag]).await;
            let what = "times of pushes";
            let told = match told {
                Ok(_) => Examined::sees(what, AWS, "imagePushedAt of the images"),
                Err(why) => unanswered(
                    what,
                    AWS,
                    &why.failure,
                    "`ecr:DescribeImages` of this repository; without it they are not stated",
                ),
            };
            seen.push(told.optional());
        }
        seen
    }

    /// The least that reads the repository.
    fn least(&self) -> &'static str {
        match (&self.pushes, self.registry.image().host()) {
            (Pushes::Ecr(_), _) => {
                "AWS credentials with `ecr:GetAuthorizationToken`, and of this repository \
                 `ecr:ListImages`, `ecr:BatchGetImage` and `ecr:GetDownloadUrlForLayer`"
            }
            (_, "ghcr.io") => {
                "a private image needs `docker login ghcr.io` with a token that has \
                 `read:packages` (in a workflow: GITHUB_TOKEN with `permissions: packages: read`)"
            }
            (_, "docker.io") => {
                "a private image needs `docker login` with a personal access token that may \
                 `Read`"
            }
            (_, "registry.gitlab.com") => {
                "a private image needs `docker login registry.gitlab.com` with a token that has \
                 `read_registry`"
            }
            _ => {
                "check the image's name; a private one needs `docker login` as a user that may pull"
            }
        }
    }
}
