//! What a registry has attached to a digest: bundles among its referrers, and what cosign before
//! its version 3 left under tags of its own.
//!
//! Everything is asked by digest and read by digest: no answer of the registry replaces the digest
//! that was asked about (THREATS rows 6 and 27). BuildKit's attestation manifests inside an index
//! are signed by nobody and are not looked at.

use std::collections::BTreeMap;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Repository;
use super::look_up::too_late;
use super::manifest::{self, place as place_in};
use super::referrers::{Referrers, fallback_tag, unreadable};
use super::registry::Registry;
use crate::model::{ArtifactDigest, Digest, Failure, FailureKind, RedactedUrl};
use crate::observe::attached::{ARTIFACTS, DOCUMENT_BYTES, Gathered, Place, place};
use crate::observe::http::{Client, Reply, Request, Unanswered};
use crate::observe::malformed;
use crate::observe::several::{AT_A_TIME, several};

/// The most layers of one manifest; each of cosign's legacy tags gains one with every signature.
const LAYERS: usize = 1_000;

/// How much longer than one question everything about one artifact may take.
const TIMES_LONGER: u32 = 10;

/// Media type of the document that holds a layer of a legacy tag.
const LEGACY: &str = "application/vnd.lockstep.cosign-legacy.v1+json";

/// A manifest that refers to another.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    schema_version: u32,
    subject: Option<Subject>,
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Subject {
    digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// A layer of a legacy tag as one document: what is verified stands in its annotations.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Legacy<'l> {
    #[serde(rename = "mediaType")]
    media_type: &'static str,
    layer_media_type: &'l str,
    payload: String,
    annotations: BTreeMap<&'l str, &'l str>,
}

impl Repository {
    /// What is attached to these digests.
    pub(crate) async fn attached_to(&self, client: &Client, artifacts: &[ArtifactDigest]) -> Place {
        let (asked, surplus) = artifacts.split_at(artifacts.len().min(ARTIFACTS));
        // Of several what their addresses have in common: that of one would be wrong of the rest.
        let one = match asked {
            [one] => one.to_string(),
            _ => String::new(),
        };
        let endpoint = RedactedUrl::of(&self.registry.url(&["referrers", &one]));
        let questions = asked.iter().map(|it| attached(&self.registry, client, it));
        let answers = several(questions.collect(), AT_A_TIME).await;
        let label = answers.first().map_or("anonymous", |(label, _)| label);
        let label = label.to_owned();
        let gathered = asked.iter().copied();
        let gathered = gathered.zip(answers.into_iter().map(|(_, found)| found));
        place(endpoint, &label, gathered.collect(), surplus.len())
    }
}

/// What is attached to one digest, and as whom it was asked.
async fn attached(
    registry: &Registry,
    client: &Client,
    artifact: &ArtifactDigest,
) -> (String, Result<Gathered, Box<Unanswered>>) {
    // A repository that this login may not see says "not found" to everything: nothing is attached
    // only to what is there.
    let url = registry.url(&["manifests", &artifact.to_string()]);
    let head = registry.send(client, Request::head(url.clone(), manifest::ACCEPT));
    let mut asked = head.await;
    if let Err(unanswered) = &asked.outcome
        && matches!(unanswered.status, Some(405 | 501))
    {
        let get = Request::get(url, manifest::ACCEPT).body_cap(manifest::MANIFEST_BYTES);
        asked = registry.send(client, get).await;
    }
    let there = asked.outcome.and_then(|reply| is_of(&reply, artifact));
    let gathered = match there {
        Err(unanswered) => Err(unanswered),
        Ok(()) => {
            let mut reading = Reading {
                registry,
                client,
                artifact,
                end: Instant::now() + client.limits().total * TIMES_LONGER,
                gathered: Gathered::default(),
            };
            reading.read().await;
            Ok(reading.gathered)
        }
    };
    (asked.label, gathered)
}

/// Refuses an answer about another digest than the one that was asked about.
fn is_of(reply: &Reply, artifact: &ArtifactDigest) -> Result<(), Box<Unanswered>> {
    match reply.header("docker-content-digest") {
        Some(stated) if stated != artifact.to_string() => Err(unreadable(malformed(
            "the registry answers with another digest than the one that was asked about",
        ))),
        _ => Ok(()),
    }
}

struct Reading<'r> {
    registry: &'r Registry,
    client: &'r Client,
    artifact: &'r ArtifactDigest,
    end: Instant,
    gathered: Gathered,
}

impl Reading<'_> {
    async fn read(&mut self) {
        let mut referrers = Referrers::default();
        let listed = referrers.list(self.registry, self.client, self.artifact, self.end);
        if let Err(unanswered) = listed.await {
            self.gathered.stop("the referrers", unanswered.failure);
        }
        // Where there is the API too: what was attached before the registry had it stands there.
        let tag = fallback_tag(self.artifact);
        match self.tagged(&tag).await {
            Ok(None) => {}
            Ok(Some(reply)) => {
                if let Err(unanswered) = referrers.take(&reply) {
                    let at = format!("the tag {tag}");
                    self.gathered.stop(at, unanswered.failure);
                }
            }
            Err(unanswered) => {
                let at = format!("the tag {tag}");
                self.gathered.stop(at, unanswered.failure);
            }
        }
        for digest in referrers.candidates {
            if let Err(why) = self.referrer(digest).await {
                self.gathered.stop(format!("the referrer {digest}"), why);
            }
        }
        for suffix in ["sig", "att"] {
            let tag = format!("{tag}.{suffix}");
            let read = match self.tagged(&tag).await {
                Ok(None) => Ok(()),
                Ok(Some(reply)) => self.layers(&reply.body, false).await,
                Err(unanswered) => Err(unanswered.failure),
            };
            if let Err(why) = read {
                self.gathered.stop(format!("the tag {tag}"), why);
            }
        }
    }

    /// The manifest of a tag; nothing where there is no such tag.
    async fn tagged(&self, tag: &str) -> Result<Option<Reply>, Box<Unanswered>> {
        if Instant::now() > self.end {
            return Err(unreadable(too_late()));
        }
        let url = self.registry.url(&["manifests", tag]);
        let request = Request::get(url, manifest::ACCEPT).body_cap(manifest::MANIFEST_BYTES);
        match self.registry.send(self.client, request).await.outcome {
            Ok(reply) => Ok(Some(reply)),
            Err(none) if none.is_not_found() => Ok(None),
            Err(unanswered) => Err(unanswered),
        }
    }

    async fn content(
        &self,
        kind: &str,
        digest: Digest,
        accept: &'static str,
        cap: u64,
    ) -> Result<Vec<u8>, Failure> {
        if Instant::now() > self.end {
            return Err(too_late());
        }
        let url = self.registry.url(&[kind, &digest.to_string()]);
        let request = Request::get(url, accept).body_cap(cap).content(digest);
        match self.registry.send(self.client, request).await.outcome {
            Ok(reply) => Ok(reply.body),
            Err(unanswered) => Err(unanswered.failure),
        }
    }

    async fn referrer(&mut self, digest: Digest) -> Result<(), Failure> {
        let cap = manifest::MANIFEST_BYTES;
        let bytes = self.content("manifests", digest, manifest::ACCEPT, cap);
        let bytes = bytes.await?;
        self.layers(&bytes, true).await
    }

    /// Reads the layers of a manifest that hold something signed.
    async fn layers(&mut self, manifest: &[u8], names_subject: bool) -> Result<(), Failure> {
        let attachment: Attachment = serde_json::from_slice(manifest)
            .map_err(|error| malformed(format!("a referrer: {}", place_in(&error))))?;
        if attachment.schema_version != 2 {
            return Err(malformed("a referrer of another schema version than 2"));
        }
        let subject = attachment.subject.as_ref().map(|it| it.digest.as_str());
        // The list may say what it likes: a manifest that refers to something else is not attached
        // to this.
        if names_subject && subject != Some(self.artifact.to_string().as_str()) {
            return Ok(());
        }
        if attachment.layers.len() > LAYERS {
            return Err(Failure {
                kind: FailureKind::TooLarge,
                detail: format!("a referrer of more than {LAYERS} layers"),
            });
        }
        for layer in &attachment.layers {
            let is_legacy = match layer.media_type.as_str() {
                "application/vnd.dev.cosign.simplesigning.v1+json"
                | "application/vnd.dsse.envelope.v1+json" => true,
                it if it.starts_with("application/vnd.dev.sigstore.bundle") => false,
                _ => continue,
            };
            if layer.size > DOCUMENT_BYTES {
                return Err(Failure {
                    kind: FailureKind::TooLarge,
                    detail: format!("a layer of more than {DOCUMENT_BYTES} bytes"),
                });
            }
            let digest = manifest::digest(&layer.digest)?;
            let bytes = self.content("blobs", digest, "*/*", DOCUMENT_BYTES).await?;
            let document = match is_legacy {
                true => legacy(layer, &bytes)?,
                false => bytes,
            };
            self.gathered.add(document)?;
        }
        Ok(())
    }
}

/// A layer of a legacy tag with the annotations that sign it.
fn legacy(layer: &Layer, payload: &[u8]) -> Result<Vec<u8>, Failure> {
    let annotations = layer.annotations.iter();
    let annotations = annotations.filter(|(key, _)| {
        key.starts_with("dev.cosignproject.cosign/") || key.starts_with("dev.sigstore.cosign/")
    });
    let document = Legacy {
        media_type: LEGACY,
        layer_media_type: &layer.media_type,
        payload: STANDARD.encode(payload),
        annotations: annotations
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect(),
    };
    serde_json::to_vec(&document).map_err(|error| malformed(place_in(&error)))
}
