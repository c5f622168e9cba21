//! The name of an image: its registry, its repository there, and the addresses of both.

use url::Url;

use crate::model::settings::WebAddress;
use crate::observe::http::is_loopback;

/// Docker Hub under every name that it has had.
const DOCKER_HUB: &[&str] = &["docker.io", "index.docker.io", "registry-1.docker.io"];

/// Host and repository of an image reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    host: String,
    repository: String,
}

impl Image {
    /// `host[:port]/name`, where the name is of the OCI distribution specification 1.1 ("Pulling
    /// manifests"): `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/…)*`.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn read(text: &str) -> Result<Self, (&'static str, &'static str)> {
        let example = "host and name, as in `docker.io/acme/api` or `ghcr.io/acme/api`";
        if text.contains("://") {
            return Err((
                "is an address",
                "leave `https://` out: host and name, as in `ghcr.io/acme/api`",
            ));
        }
        if text.contains('@') {
            return Err((
                "holds a digest or a user name",
                "leave it out: the policy names the image, `tag` its tags",
            ));
        }
        let Some((host, repository)) = text.split_once('/') else {
            return Err(("names no host", example));
        };
        // As the Docker client tells a host from the first part of a name.
        if !(host.contains(['.', ':']) || host == "localhost") {
            return Err((
                "names no host",
                "Docker Hub's images begin with `docker.io/`, official ones with `docker.io/library/`",
            ));
        }
        if repository.contains(':') {
            return Err((
                "holds a tag",
                "leave it out: `tag` says how tags are written",
            ));
        }
        // More characters pass in an address than in the name of a host.
        let named = |b: u8| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b);
        let host_is_right = host.bytes().all(named)
            && format!("https://{host}/")
                .parse::<WebAddress>()
                .is_ok_and(|address| {
                    let url = address.url();
                    url.path() == "/" && url.query().is_none() && host == host.to_ascii_lowercase()
                });
        if !host_is_right {
            return Err(("has no valid host", example));
        }
        if text.len() > 255 || !repository.split('/').all(is_path_component) {
            return Err((
                "is no image name",
                "lower-case letters and digits, separated by `.`, `_`, `-` and `/`",
            ));
        }
        let on_hub = DOCKER_HUB.contains(&host);
        let repository = match on_hub && !repository.contains('/') {
            true => format!("library/{repository}"),
            false => repository.to_owned(),
        };
        Ok(Self {
            host: if on_hub { "docker.io" } else { host }.to_owned(),
            repository,
        })
    }

    /// The registry's host, with its port where that is not the usual one; `docker.io` for Docker
    /// Hub, whatever the policy called it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository; on Docker Hub always with its namespace (`library/debian`).
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// True for Docker Hub.
    pub fn is_on_docker_hub(&self) -> bool {
        self.host == "docker.io"
    }

    /// Where the registry answers: https, except on this machine, where test registries speak
    /// plain http.
    pub fn registry(&self) -> Option<Url> {
        let host = match self.is_on_docker_hub() {
            true => "registry-1.docker.io",
            false => &self.host,
        };
        let url = Url::parse(&format!("https://{host}/")).ok()?;
        match is_loopback(&url) {
            true => Url::parse(&format!("http://{host}/")).ok(),
            false => Some(url),
        }
    }
}

fn is_path_component(part: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = part.as_bytes();
    edge(bytes.first())
        && edge(bytes.last())
        && bytes
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(b))
        && !["..", "___", "._", "_.", ".-", "-.", "_-", "-_"]
            .iter()
            .any(|twice| part.contains(twice))
}

/// The grammar of tags (OCI distribution specification 1.1).
pub(super) fn is_tag(name: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let bytes = name.as_bytes();
    bytes.len() <= 128
        && bytes.first().is_some_and(|b| word(*b))
        && bytes.iter().all(|b| word(*b) || b".-".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_a_host_and_a_name_and_nothing_else() {
        for right in [
            "docker.io/acme/api",
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com/api",
            "localhost:5000/a__b/c-d.e",
            "ghcr.io/acme/api--x",
        ] {
            assert!(Image::read(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "api",
            "acme/api",
            "docker.io/",
            "docker.io/Acme/api",
            "docker.io/acme//api",
            "docker.io/acme/api:1.0",
            "docker.io/acme/api@sha256:00",
            "https://docker.io/acme/api",
            "user:pass@host.io/a",
            "docker.io/acme/.api",
            "ho st.io/a",
            "host.io?x/a",
            "Docker.io/a",
            "docker.io/a/../b",
            "docker.io:99999/a",
            "name=docker.io/a",
            "a,b.io/a",
        ] {
            assert!(Image::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn docker_hub_has_one_registry_under_all_its_names() {
        for (text, repository) in [
            ("docker.io/debian", "library/debian"),
            ("index.docker.io/acme/api", "acme/api"),
            ("registry-1.docker.io/acme/api", "acme/api"),
        ] {
            let image = Image::read(text).unwrap();
            assert_eq!(
                (image.host(), image.repository()),
                ("docker.io", repository)
            );
            let registry = image.registry().unwrap();
            assert_eq!(registry.as_str(), "https://registry-1.docker.io/");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for (text, url) in [
            ("localhost:5000/a", "http://localhost:5000/"),
            ("127.0.0.1:5000/a", "http://127.0.0.1:5000/"),
            (
                "localhost.evil.example/a",
                "https://localhost.evil.example/",
            ),
            ("10.0.0.1:5000/a", "https://10.0.0.1:5000/"),
        ] {
            let registry = Image::read(text).unwrap().registry().unwrap();
            assert_eq!(registry.as_str(), url);
        }
    }

    #[test]
    fn tags_follow_the_grammar() {
        assert!(is_tag("main-fa25b2ea-1674061254") && is_tag("_x") && is_tag(&"a".repeat(128)));
        for wrong in ["", ".a", "-a", "a/b", "a b", "a+b", "ä", &"a".repeat(129)] {
            assert!(!is_tag(wrong), "{wrong}");
        }
    }
}
