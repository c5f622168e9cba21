//! A bundle as a referrer of an image, as cosign 3 writes and finds it (OCI image and distribution
//! specifications 1.1), with the fallback tag where a registry has no referrers API.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{DeliverError, Delivered};
use crate::attest::SignedBundle;
use crate::model::{ArtifactDigest, Digest, Statement, visible};
use crate::observe::http::{Client, Unanswered};
use crate::observe::now;
use crate::observe::oci::{Image, Reference, Repository};

/// The media type of bundles.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The empty descriptor's content (OCI image specification 1.1, "Guidance for an Empty Descriptor").
const EMPTY: &[u8] = b"{}";

/// How often the fallback tag is written: somebody else may write it at the same time.
const TRIES: usize = 2;

/// Where bundles about the images of one repository go.
pub struct Referrer {
    repository: Repository,
    image: String,
}

impl Referrer {
    /// The repository of an image.
    ///
    /// # Errors
    /// [`DeliverError`] where its host is no address.
    pub fn new(image: &Image) -> Result<Self, DeliverError> {
        let name = format!("{}/{}", image.host(), image.repository());
        let repository = Repository::to_push(image);
        Ok(Self {
            repository: repository.map_err(|why| refused(&name, &why))?,
            image: name,
        })
    }

    /// Attaches a bundle to an image or index of the repository, unless the same one is attached
    /// already.
    ///
    /// # Errors
    /// [`DeliverError`] where the registry does not have the image or does not take the bundle.
    pub async fn deliver(
        &self,
        client: &Client,
        subject: &ArtifactDigest,
        bundle: &SignedBundle,
    ) -> Result<Delivered, DeliverError> {
        let refused = |why: Box<Unanswered>| refused(&self.image, &why);
        let place = format!("{}@{subject}", self.image);
        let reference = Reference::read(&place).map_err(|(why, hint)| {
            DeliverError::new(format!("{} {why}", visible(&place, 300)), hint)
        })?;
        let described = self.repository.describe(client, &reference).await;
        let described = described.map_err(refused)?;
        let bytes = bundle.json.as_bytes();
        let found = self.repository.attached_to(client, &[*subject]).await;
        if found
            .answer
            .is_ok_and(|it| it.documents.contains_key(&Digest::of(bytes)))
        {
            return Ok(Delivered {
                place,
                already: true,
            });
        }
        for blob in [EMPTY, bytes] {
            let pushed = self.repository.push_blob(client, blob).await;
            pushed.map_err(refused)?;
        }
        let about = json!({
            "mediaType": described.media_type,
            "digest": described.digest.to_string(),
            "size": described.size,
        });
        let annotations = annotations(&bundle.json);
        let manifest = manifest(&about, bytes, &annotations).to_string();
        let manifest = manifest.as_bytes();
        let pushed = self
            .repository
            .push_manifest(client, None, MANIFEST, manifest);
        let pushed = pushed.await.map_err(refused)?;
        // A registry that has listed it says so with this field ("Pushing Manifests with Subject").
        if pushed.header("oci-subject") != Some(subject.to_string().as_str()) {
            let descriptor = json!({
                "mediaType": MANIFEST,
                "digest": Digest::of(manifest).to_string(),
                "size": manifest.len(),
                "artifactType": BUNDLE,
                "annotations": annotations,
            });
            self.list(client, subject, descriptor).await?;
        }
        Ok(Delivered {
            place,
            already: false,
        })
    }

    /// Lists a referrer under the tag that stands for the API. Others' entries stay; where somebody
    /// else has written the tag meanwhile, it is read and written again.
    async fn list(
        &self,
        client: &Client,
        subject: &ArtifactDigest,
        descriptor: Value,
    ) -> Result<(), DeliverError> {
        let refused = |why: Box<Unanswered>| refused(&self.image, &why);
        for _ in 0..TRIES {
            let (tag, found) = self
                .repository
                .fallback_index(client, subject)
                .await
                .map_err(refused)?;
            let found = found.map(|it| it.body);
            let Some(index) = with(found.as_deref(), &descriptor) else {
                let message = format!(
                    "{}: the tag {tag} is no index of referrers and is not overwritten",
                    self.image
                );
                return Err(DeliverError::new(message, "delete or rename that tag"));
            };
            if let Index::Changed(index) = index {
                let bytes = index.to_string();
                let pushed =
                    self.repository
                        .push_manifest(client, Some(&tag), INDEX, bytes.as_bytes());
                pushed.await.map_err(refused)?;
            }
            let again = self.repository.fallback_index(client, subject).await;
            let (_, again) = again.map_err(refused)?;
            let again = again.map(|it| it.body);
            if let Some(Index::Same) = with(again.as_deref(), &descriptor) {
                return Ok(());
            }
        }
        Err(DeliverError::new(
            format!(
                "{}: somebody else keeps writing the list of referrers",
                self.image
            ),
            "run it again: what is there already is not sent twice",
        ))
    }
}

/// An index after an entry was added.
enum Index {
    /// It was there.
    Same,
    Changed(Value),
}

/// An index of referrers with one more entry; nothing where the bytes are no such index.
fn with(index: Option<&[u8]>, descriptor: &Value) -> Option<Index> {
    let mut index = match index {
        None => json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}),
        Some(bytes) => serde_json::from_slice(bytes).ok()?,
    };
    let is_index = index.get("mediaType").is_none_or(|it| it == INDEX);
    let entries = index.get_mut("manifests")?.as_array_mut()?;
    if !is_index {
        return None;
    }
    let same = |it: &Value| it.get("digest") == descriptor.get("digest");
    if entries.iter().any(same) {
        return Some(Index::Same);
    }
    entries.push(descriptor.clone());
    Some(Index::Changed(index))
}

/// The manifest of a referrer.
fn manifest(subject: &Value, bundle: &[u8], annotations: &Value) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": BUNDLE,
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": Digest::of(EMPTY).to_string(),
            "size": EMPTY.len(),
        },
        "layers": [{
            "mediaType": BUNDLE,
            "digest": Digest::of(bundle).to_string(),
            "size": bundle.len(),
        }],
        "subject": subject,
        "annotations": annotations,
    })
}

/// What cosign looks at before it fetches a bundle.
fn annotations(bundle: &str) -> Value {
    let bundle: Value = serde_json::from_str(bundle).unwrap_or_default();
    let mut annotations = json!({"org.opencontainers.image.created": now().to_string()});
    let Some(envelope) = bundle.get("dsseEnvelope") else {
        annotations["dev.sigstore.bundle.content"] = "message-signature".into();
        return annotations;
    };
    annotations["dev.sigstore.bundle.content"] = "dsse-envelope".into();
    let payload = envelope.get("payload").and_then(Value::as_str);
    let payload = payload.and_then(|it| STANDARD.decode(it).ok());
    let statement = payload.and_then(|it| Statement::read(&it).ok());
    if let Some(statement) = statement {
        annotations["dev.sigstore.bundle.predicateType"] = statement.predicate_type.into();
    }
    annotations
}

fn refused(image: &str, why: &Unanswered) -> DeliverError {
    let right = "check the image's name and digest; pushing needs `docker login` as a user that may \
                 push there";
    DeliverError::of(image, why, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_joins_those_of_others_and_stands_there_once() {
        let mine = json!({"digest": "sha256:aa"});
        let other = json!({"digest": "sha256:bb", "kept": {"as": "it is"}});
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [other], "x": 1});
        let bytes = index.to_string();
        let Some(Index::Changed(changed)) = with(Some(bytes.as_bytes()), &mine) else {
            panic!("not changed");
        };
        assert_eq!(changed["manifests"], json!([other, mine]));
        assert_eq!(changed["x"], 1);
        let again = changed.to_string();
        assert!(matches!(
            with(Some(again.as_bytes()), &mine),
            Some(Index::Same)
        ));
        assert!(matches!(with(None, &mine), Some(Index::Changed(_))));
    }

    #[test]
    fn what_is_no_index_of_referrers_is_not_overwritten() {
        let mine = json!({"digest": "sha256:aa"});
        let image = json!({"schemaVersion": 2, "mediaType": MANIFEST, "layers": []});
        let odd = json!({"mediaType": MANIFEST, "manifests": []});
        for bytes in [image.to_string(), odd.to_string(), "[]".into(), "x".into()] {
            assert!(with(Some(bytes.as_bytes()), &mine).is_none(), "{bytes}");
        }
    }
}
