//! What the labels of an image say about its source.
//!
//! A small reader of its own: one listing of tags, one manifest, one configuration, asked as
//! nobody. It can give way to the channel `oci` where that reads labels too.

use serde_json::Value as Json;
use url::Url;

use super::address::Reach;
use super::package::{ask, source};
use super::{Begun, Clue, Clues, ImageTag, Origin, Place, Says};
use crate::model::visible;
use crate::observe::http::{Client, Credential, Unanswered, is_inner, is_loopback};

const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// The label and annotation that names the source (OCI image annotations).
const SOURCE: &str = "org.opencontainers.image.source";

/// The beginning at `oci:HOST/NAME`.
pub(super) async fn of_registry(client: &Client, host: &str, name: &str) -> Begun {
    let mut found = Clues::default();
    // Plain http is for registries of this machine, as the Docker client has it.
    let here = host.starts_with("127.0.0.1") || host.starts_with("localhost");
    let scheme = if here { "http" } else { "https" };
    let api = match host {
        "docker.io" => "registry-1.docker.io",
        other => other,
    };
    let Ok(base) = Url::parse(&format!("{scheme}://{api}/v2/{name}/")) else {
        let words = format!("`{}` is no host of a registry", visible(host, 80));
        found.unknown.push(words);
        return Begun { found, reach: None };
    };
    let reach = Reach::new(&base, client.environment());
    let mut registry = Registry {
        client,
        base,
        credential: Credential::anonymous(),
    };
    let mut tags = Vec::new();
    match registry.get("tags/list?n=100", "application/json").await {
        Ok(json) => {
            let listed = json["tags"].as_array().into_iter().flatten();
            tags = listed
                .filter_map(Json::as_str)
                .take(1_000)
                .map(str::to_owned)
                .collect();
        }
        Err(why) => found.unknown.push(format!(
            "the tags of the image could not be read: {}",
            why.failure.detail
        )),
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
    let tag = ["latest".to_owned()]
        .into_iter()
        .find(|it| tags.contains(it));
    if let Some(tag) = tag.or_else(|| tags.last().cloned()) {
        match registry.label(&tag).await {
            Ok(Some(text)) => source(
                &text,
                &format!("the label {SOURCE} of the image"),
                &mut found,
            ),
            Ok(None) => found
                .unknown
                .push(format!("the image has no label {SOURCE}")),
            Err(why) => found.unknown.push(format!(
                "the labels could not be read: {}",
                why.failure.detail
            )),
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

struct Registry<'c> {
    client: &'c Client,
    base: Url,
    credential: Credential,
}

impl Registry<'_> {
    /// The label of a tag's image, or the annotation of its manifest.
    async fn label(&mut self, tag: &str) -> Result<Option<String>, Unanswered> {
        let mut manifest = self.get(&format!("manifests/{tag}"), MANIFESTS).await?;
        if let Some(text) = manifest["annotations"][SOURCE].as_str() {
            return Ok(Some(text.to_owned()));
        }
        let first = manifest["manifests"][0]["digest"]
            .as_str()
            .filter(|it| is_digest(it));
        if let Some(digest) = first.map(str::to_owned) {
            manifest = self.get(&format!("manifests/{digest}"), MANIFESTS).await?;
        }
        let digest = manifest["config"]["digest"]
            .as_str()
            .filter(|it| is_digest(it));
        let Some(digest) = digest else {
            return Ok(manifest["annotations"][SOURCE].as_str().map(str::to_owned));
        };
        let path = format!("blobs/{digest}");
        let config = self.get(&path, "application/octet-stream").await?;
        Ok(config["config"]["Labels"][SOURCE]
            .as_str()
            .map(str::to_owned))
    }

    /// Asks; where the registry wants a token, gets one for nobody and asks again (distribution
    /// specification, "Token Authentication").
    async fn get(&mut self, path: &str, accept: &'static str) -> Result<Json, Unanswered> {
        let Ok(url) = self.base.join(path) else {
            return Err(Unanswered::of(crate::observe::malformed(
                "no address of a registry",
            )));
        };
        let refused = match ask(self.client, url.clone(), self.credential.clone(), accept).await {
            Ok((_, json)) => return Ok(json),
            Err(unanswered) => unanswered,
        };
        let challenge = refused.headers.get("www-authenticate");
        let challenge = challenge
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default();
        let Some(realm) = token_address(challenge, &self.base) else {
            return Err(refused);
        };
        let nobody = Credential::anonymous();
        let (_, json) = ask(self.client, realm, nobody, "application/json").await?;
        let token = json["token"].as_str().or(json["access_token"].as_str());
        let Some(token) = token.filter(|_| self.credential == Credential::anonymous()) else {
            return Err(refused);
        };
        self.credential = Credential::bearer("anonymous token", token.to_owned());
        let (_, json) = ask(self.client, url, self.credential.clone(), accept).await?;
        Ok(json)
    }
}

fn is_digest(text: &str) -> bool {
    text.parse::<crate::model::Digest>().is_ok()
}

/// Where a challenge sends for a token; never from a public registry into a network.
fn token_address(challenge: &str, base: &Url) -> Option<Url> {
    let parameters = challenge.strip_prefix("Bearer ")?;
    let value = |name: &str| {
        let at = parameters.find(&format!("{name}=\""))? + name.len() + 2;
        parameters[at..].split('"').next()
    };
    let mut realm = Url::parse(value("realm")?).ok()?;
    let inside = is_inner(&realm) && !(is_loopback(base) && is_loopback(&realm));
    if inside || realm.scheme() != "https" && !is_loopback(&realm) {
        return None;
    }
    for name in ["service", "scope"] {
        if let Some(value) = value(name) {
            realm.query_pairs_mut().append_pair(name, value);
        }
    }
    Some(realm)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// THREATS rows 19 and 20: a realm is asked as nobody, and never inside a network.
    #[test]
    fn a_challenge_leads_to_public_hosts_only() {
        let base = Url::parse("https://ghcr.io/v2/acme/api/").unwrap();
        let asked = token_address(
            r#"Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:acme/api:pull""#,
            &base,
        );
        assert_eq!(
            asked.unwrap().as_str(),
            "https://ghcr.io/token?service=ghcr.io&scope=repository%3Aacme%2Fapi%3Apull"
        );
        for realm in [
            "https://169.254.169.254/t",
            "http://127.0.0.1/t",
            "http://ghcr.io/t",
            "x",
        ] {
            assert_eq!(
                token_address(&format!("Bearer realm=\"{realm}\""), &base),
                None,
                "{realm}"
            );
        }
    }

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
