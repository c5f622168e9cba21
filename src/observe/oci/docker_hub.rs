//! Docker Hub's own API: when a tag was pushed and by whom, which its registry does not say.
//!
//! It is asked as nobody.

use serde::Deserialize;
use url::Url;

use super::pushes::Pushed;
use crate::model::{Digest, visible};
use crate::observe::http::{Client, Request};

/// The longest answer: a tag of many platforms.
const BYTES: u64 = 4 << 20;

/// The API.
#[derive(Debug, Clone)]
pub(super) struct DockerHub {
    address: Url,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    digest: Option<String>,
    tag_last_pushed: Option<String>,
    last_updater_username: Option<String>,
}

impl DockerHub {
    pub(super) fn new(address: Url) -> Self {
        Self { address }
    }

    /// The last push of a tag, where it is known to be that of this digest.
    pub(super) async fn pushed(
        &self,
        client: &Client,
        repository: &str,
        tag: &str,
        digest: Digest,
    ) -> Pushed {
        let Some((namespace, name)) = repository.split_once('/') else {
            return Pushed::default();
        };
        let mut url = self.address.clone();
        let parts = [
            "v2",
            "namespaces",
            namespace,
            "repositories",
            name,
            "tags",
            tag,
        ];
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        let request = Request::get(url, "application/json").body_cap(BYTES);
        let reply = client.send(&request).await;
        reply.map_or_else(
            |_| Pushed::default(),
            |reply| read(&reply.body, tag, digest),
        )
    }
}

/// Reads an answer; nothing where it is about another tag or another digest.
fn read(body: &[u8], tag: &str, digest: Digest) -> Pushed {
    let Ok(answer) = serde_json::from_slice::<Tag>(body) else {
        return Pushed::default();
    };
    let other = answer.digest.is_some_and(|it| it.parse() != Ok(digest));
    if answer.name != tag || other {
        return Pushed::default();
    }
    let filled = |text: &String| !text.is_empty();
    Pushed {
        at: answer.tag_last_pushed.and_then(|time| time.parse().ok()),
        by: answer
            .last_updater_username
            .filter(filled)
            .map(|it| visible(&it, 100)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_about_this_tag_and_digest_counts() {
        let digest = Digest::of(b"image");
        let body = |name: &str, digest: Digest| {
            format!(
                r#"{{"name":"{name}","digest":"{digest}","tag_last_pushed":"2026-04-22T12:31:00.5Z","last_updater_username":"mallory"}}"#
            )
        };
        let pushed = read(body("v1", digest).as_bytes(), "v1", digest);
        assert_eq!(pushed.by.as_deref(), Some("mallory"));
        assert_eq!(pushed.at, "2026-04-22T12:31:00Z".parse().ok());
        for other in [
            body("v2", digest),
            body("v1", Digest::of(b"other")),
            "[]".into(),
        ] {
            assert_eq!(read(other.as_bytes(), "v1", digest), Pushed::default());
        }
    }
}
