//! The attestations endpoint of npm's registry: what is signed about one version of a package.

use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::packument::{Published, file_name};
use super::registry::{self, Registry};
use super::{Package, Seen};
use crate::model::{
    ArtifactDigest, Failure, FailureKind, RedactedUrl, WantedAttestations, visible,
};
use crate::observe::attached::{
    ARTIFACTS, Attachments, DOCUMENT_BYTES, Gathered, PackageVersion, Place, place,
};
use crate::observe::http::{Client, Credential, Request, Unanswered};
use crate::observe::{Asking, Attached, malformed};

/// The most attestations of one version.
const ATTESTATIONS: usize = 1_000;

#[derive(Deserialize)]
struct Page {
    attestations: Vec<Attestation>,
}

#[derive(Deserialize)]
struct Attestation {
    bundle: Box<RawValue>,
}

/// What is attached to wanted versions.
pub(super) async fn attached(
    package: &Package,
    asking: &Asking<'_>,
    wanted: &[WantedAttestations],
) -> Attached {
    let mut attached = Attached::default();
    if wanted.is_empty() {
        return attached;
    }
    // The cache confirms what `ask` has read; a second answer costs a conditional request.
    let seen = package.read(asking.client).await;
    for one in wanted {
        let artifacts: Vec<ArtifactDigest> = one.artifacts.values().copied().collect();
        let place = match &seen {
            Ok(seen) => of_version(asking.client, package, seen, &one.name, &artifacts).await,
            Err((label, endpoint, why)) => Place::unanswered(endpoint.clone(), label, why.clone()),
        };
        place.observe(asking, &one.name, &mut attached);
    }
    attached
}

/// What the registry has for a version of a package.
pub(in crate::observe) async fn attachments(
    client: &Client,
    version: &PackageVersion,
) -> Result<Attachments, Box<Unanswered>> {
    let package = Package {
        name: version.package.clone(),
        registry: match &version.registry {
            Some(registry) => Registry::At(registry.clone()),
            None => Registry::Public,
        },
        hash_bytes: 0,
    };
    let seen = package.read(client).await.map_err(|(_, _, why)| why)?;
    let unreadable = |why: Failure| Box::new(Unanswered::of(why));
    let Some(published) = seen.packument.versions.get(&version.version) else {
        return Err(unreadable(not_listed(&version.version)));
    };
    let Some(artifact) = published.sha512() else {
        return Err(unreadable(malformed(
            "the registry states no SHA-512 of the tarball",
        )));
    };
    let tarball = published.tarball.as_deref().unwrap_or_default();
    let name = file_name(&package.name, &version.version, tarball);
    let asked = [artifact];
    let place = of_version(client, &package, &seen, &version.version, &asked).await;
    Ok(Attachments {
        artifacts: [(name, artifact)].into(),
        places: vec![place],
    })
}

async fn of_version(
    client: &Client,
    package: &Package,
    seen: &Seen,
    version: &str,
    artifacts: &[ArtifactDigest],
) -> Place {
    let url = registry::attestations_address(&seen.registry, &package.name, version);
    let endpoint = RedactedUrl::of(&url);
    let credential = registry::credential_for(&url, &seen.registry, &seen.credential, client);
    let published = seen.packument.versions.get(version);
    let found = ask(client, url, &credential, (version, published)).await;
    let (asked, surplus) = artifacts.split_at(artifacts.len().min(ARTIFACTS));
    // What is attested to is the version: each of its artifacts has it.
    let gathered = asked.iter().map(|artifact| {
        let mut gathered = Gathered::default();
        let documents = match &found {
            Ok(documents) => documents,
            Err(why) => return (*artifact, Err(why.clone())),
        };
        for document in documents {
            if let Err(why) = gathered.add(document.get().as_bytes().to_vec()) {
                gathered.stop("the attestations", why);
            }
        }
        (*artifact, Ok(gathered))
    });
    place(
        endpoint,
        credential.label(),
        gathered.collect(),
        surplus.len(),
    )
}

async fn ask(
    client: &Client,
    url: Url,
    credential: &Credential,
    (version, published): (&str, Option<&Published>),
) -> Result<Vec<Box<RawValue>>, Box<Unanswered>> {
    let unreadable = |why: Failure| Box::new(Unanswered::of(why));
    let request = Request::get(url, "application/json").credential(credential.clone());
    let reply = match client.send(&request.body_cap(DOCUMENT_BYTES)).await {
        Ok(reply) => reply,
        Err(none) if none.is_not_found() => {
            return is_none(version, published).map_err(unreadable);
        }
        Err(unanswered) => return Err(Box::new(unanswered)),
    };
    read(&reply.body).map_err(unreadable)
}

/// "Not found" says that there is none only of a version that the registry has, and to which it says
/// that nothing is attested.
fn is_none(version: &str, published: Option<&Published>) -> Result<Vec<Box<RawValue>>, Failure> {
    match published.map(|it| it.attested) {
        Some(false) => Ok(Vec::new()),
        Some(true) => Err(Failure {
            kind: FailureKind::Stale,
            detail: format!(
                "the registry lists attestations of {}, and does not find them",
                visible(version, 80)
            ),
        }),
        None => Err(not_listed(version)),
    }
}

fn not_listed(version: &str) -> Failure {
    Failure {
        kind: FailureKind::NotFound,
        detail: format!("the registry has no version {}", visible(version, 80)),
    }
}

/// The bundles of the answer, each byte for byte.
fn read(bytes: &[u8]) -> Result<Vec<Box<RawValue>>, Failure> {
    let page: Page = serde_json::from_slice(bytes).map_err(|error| {
        let words = visible(&error.to_string(), 160);
        malformed(format!("the answer holds no attestations: {words}"))
    })?;
    if page.attestations.len() > ATTESTATIONS {
        return Err(Failure {
            kind: FailureKind::TooLarge,
            detail: format!("more than {ATTESTATIONS} attestations of one version"),
        });
    }
    Ok(page.attestations.into_iter().map(|it| it.bundle).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_said_only_of_a_version_to_which_nothing_is_attested() {
        let published = |attested| Published {
            attested,
            ..Published::default()
        };
        assert!(is_none("1.0.0", Some(&published(false))).is_ok());
        let stale = is_none("1.0.0", Some(&published(true))).unwrap_err();
        assert_eq!(stale.kind, FailureKind::Stale);
        assert_eq!(is_none("1", None).unwrap_err().kind, FailureKind::NotFound);
    }

    #[test]
    fn an_answer_without_attestations_is_no_answer() {
        let two = r#"{"attestations":[{"predicateType":"a","bundle":{"x": 1}},{"bundle":{}}]}"#;
        let read_two = read(two.as_bytes()).unwrap();
        assert_eq!(read_two[0].get(), r#"{"x": 1}"#);
        for wrong in ["{}", "[]", r#"{"attestations":[{}]}"#, &"[".repeat(99_999)] {
            assert!(read(wrong.as_bytes()).is_err());
        }
    }
}
