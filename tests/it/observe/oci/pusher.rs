//! Pushes images to a registry over HTTP, as a build does: blobs, manifests, indexes.

use std::io::{Read, Write};
use std::net::TcpStream;

use lockstep::model::Digest;
use serde_json::{Value, json};

pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

/// A registry on this machine, and as whom to push there.
pub(crate) struct Pusher {
    pub(crate) port: u16,
    pub(crate) authorization: Option<String>,
}

/// A manifest that was pushed.
#[derive(Clone)]
pub(crate) struct Pushed {
    pub(crate) digest: Digest,
    size: usize,
    media_type: &'static str,
    platform: Option<Value>,
    body: String,
}

/// An answer.
struct Answered {
    status: u16,
    head: String,
}

impl Answered {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Pusher {
    pub(crate) fn new(port: u16) -> Self {
        Self {
            port,
            authorization: None,
        }
    }

    /// An image of one platform, with a layer that holds `content`.
    pub(crate) fn image(
        &self,
        repository: &str,
        tag: Option<&str>,
        platform: &str,
        content: &str,
    ) -> Pushed {
        let mut parts = platform.split('/');
        let mut about = json!({"os": parts.next().unwrap(), "architecture": parts.next().unwrap()});
        if let Some(variant) = parts.next() {
            about["variant"] = variant.into();
        }
        let mut config = about.clone();
        config["config"] = json!({"Labels": {"org.opencontainers.image.title": "test"}});
        config["rootfs"] = json!({"type": "layers", "diff_ids": []});
        let config = self.blob(repository, config.to_string().as_bytes());
        let layer = self.blob(repository, content.as_bytes());
        let manifest = json!({
            "schemaVersion": 2, "mediaType": IMAGE,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": config.0.to_string(), "size": config.1},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar",
                "digest": layer.0.to_string(), "size": layer.1}],
        });
        let pushed = self.manifest(repository, tag, IMAGE, manifest.to_string());
        Pushed {
            platform: Some(about),
            ..pushed
        }
    }

    /// BuildKit's attestation of an image: a manifest of its own, for no platform.
    pub(crate) fn attestation(&self, repository: &str, content: &str) -> Pushed {
        let pushed = self.image(repository, None, "unknown/unknown", content);
        Pushed {
            platform: Some(json!({"os": "unknown", "architecture": "unknown"})),
            ..pushed
        }
    }

    /// An index of images and, marked as BuildKit does, of their attestations.
    pub(crate) fn index(&self, repository: &str, tag: &str, children: &[Pushed]) -> Pushed {
        let children = children.iter().map(|child| {
            let mut entry = json!({"mediaType": child.media_type, "size": child.size,
                "digest": child.digest.to_string(), "platform": child.platform});
            if child.platform.as_ref().unwrap()["os"] == "unknown" {
                entry["annotations"] = json!({
                    "vnd.docker.reference.type": "attestation-manifest",
                    "vnd.docker.reference.digest": children[0].digest.to_string(),
                });
            }
            entry
        });
        let children: Vec<Value> = children.collect();
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": children});
        self.manifest(repository, Some(tag), INDEX, index.to_string())
    }

    /// A chart: a manifest whose configuration is no image's.
    pub(crate) fn chart(&self, repository: &str, tag: &str) -> Pushed {
        let config = self.blob(repository, b"{\"name\":\"chart\"}");
        let manifest = json!({
            "schemaVersion": 2, "mediaType": IMAGE,
            "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json",
                "digest": config.0.to_string(), "size": config.1},
            "layers": [],
        });
        self.manifest(repository, Some(tag), IMAGE, manifest.to_string())
    }

    /// Lets a tag name what was pushed, as a workflow does that moves it.
    pub(crate) fn tag(&self, repository: &str, tag: &str, what: &Pushed) {
        self.manifest(repository, Some(tag), what.media_type, what.body.clone());
    }

    /// An index of nothing, for tests of tags alone.
    pub(crate) fn empty(&self, repository: &str, tag: &str) -> Pushed {
        self.index(repository, tag, &[])
    }

    pub(crate) fn blob(&self, repository: &str, bytes: &[u8]) -> (Digest, usize) {
        let digest = Digest::of(bytes);
        let begun = self.send(
            "POST",
            &format!("/v2/{repository}/blobs/uploads/"),
            &[],
            b"",
        );
        assert_eq!(begun.status, 202, "{}", begun.head);
        let location = begun.header("location").unwrap();
        let path = match location.split_once("//") {
            Some((_, rest)) => &rest[rest.find('/').unwrap()..],
            None => location,
        };
        let joint = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{joint}digest={digest}");
        let media = [("content-type", "application/octet-stream")];
        let put = self.send("PUT", &path, &media, bytes);
        assert_eq!(put.status, 201, "{}", put.head);
        (digest, bytes.len())
    }

    pub(crate) fn manifest(
        &self,
        repository: &str,
        tag: Option<&str>,
        media_type: &'static str,
        body: String,
    ) -> Pushed {
        let digest = Digest::of(body.as_bytes());
        let name = tag.map_or_else(|| digest.to_string(), str::to_owned);
        let path = format!("/v2/{repository}/manifests/{name}");
        let put = self.send(
            "PUT",
            &path,
            &[("content-type", media_type)],
            body.as_bytes(),
        );
        assert_eq!(put.status, 201, "{}", put.head);
        Pushed {
            digest,
            size: body.len(),
            media_type,
            platform: None,
            body,
        }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answered {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.port,
            body.len()
        );
        if let Some(authorization) = &self.authorization {
            head.push_str(&format!("authorization: {authorization}\r\n"));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let head = String::from_utf8_lossy(&answer).into_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answered { status, head }
    }
}
