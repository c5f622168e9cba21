//! The tarballs of the releases in question, read and hashed by choice and within a budget.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha512};
use url::Url;

use super::packument::{Published, file_name};
use super::{Package, Seen, registry};
use crate::model::{
    Answer, Coverage, Digest, Entry, Facts, Failure, FailureKind, FileFact, Observation, Query,
    RedactedUrl, Wanted, visible,
};
use crate::observe::http::{Credential, Reply, Request, Unanswered, target};
use crate::observe::{Asking, malformed, now};

/// Reads the tarball of each name that the listing has. Nothing where the policy does not ask for
/// it, and nothing for a name that is not there: the listing says that already.
pub(super) async fn look_up(
    package: &Package,
    asking: &Asking<'_>,
    wanted: &[Wanted],
) -> Vec<Observation> {
    if package.hash_bytes == 0 || wanted.is_empty() || asking.listed.is_empty() {
        return Vec::new();
    }
    // The cache confirms what `ask` has read; a second answer costs a conditional request.
    let seen = match package.read(asking.client).await {
        Ok(seen) => seen,
        Err((label, endpoint, unanswered)) => {
            return asking.observe_failure(&label, endpoint, *unanswered);
        }
    };
    let mut left = package.hash_bytes;
    let mut observations = Vec::new();
    for wanted in wanted {
        if let Some(published) = seen.packument.versions.get(&wanted.name) {
            let hashed = hash(package, asking, &seen, (&wanted.name, published), &mut left);
            observations.extend(hashed.await);
        }
    }
    observations
}

async fn hash(
    package: &Package,
    asking: &Asking<'_>,
    seen: &Seen,
    (version, published): (&str, &Published),
    left: &mut u64,
) -> Vec<Observation> {
    let tarball = published.tarball.as_deref().unwrap_or_default();
    let mut place = RedactedUrl::of(&seen.reply.url);
    let mut label = seen.credential.label().to_owned();
    let read = async {
        let url = address(&seen.reply.url, tarball).map_err(Unanswered::of)?;
        place = RedactedUrl::of(&url);
        let whose: Credential =
            registry::credential_for(&url, &seen.registry, &seen.credential, asking.client);
        label = whose.label().to_owned();
        let request = Request::get(url, "application/octet-stream, */*;q=0.1")
            .credential(whose)
            .body_cap(*left);
        let reply = asking
            .client
            .send(&request)
            .await
            .map_err(|mut unanswered| {
                if unanswered.failure.kind == FailureKind::TooLarge {
                    unanswered.failure.detail =
                        "the tarballs in question are larger than `hash-files` allows".to_owned();
                }
                unanswered
            })?;
        *left -= (reply.body.len() as u64).min(*left);
        check_integrity(&reply.body, published.integrity.as_deref()).map_err(Unanswered::of)?;
        Ok::<Reply, Unanswered>(reply)
    };
    let query = Query::Entry(version.to_owned());
    match read.await {
        Ok(reply) => {
            let file = FileFact {
                digest: Some(reply.digest),
                size: Some(reply.body.len() as u64),
                stated: published.sha512(),
                attested: Some(published.attested),
                ..FileFact::default()
            };
            let name = file_name(&package.name, version, tarball);
            let facts = Facts::Entry(Entry {
                files: [(name, file)].into(),
                ..Entry::default()
            });
            asking.observe(now(), &label, place, query, seen_as(facts, &reply))
        }
        Err(unanswered) => {
            let answer = Answer::Failed {
                why: unanswered.failure,
                retry_at: unanswered.retry_at,
            };
            asking.observe(now(), &label, place, query, answer)
        }
    }
}

/// Where a tarball is, as the packument at `from` says. What holds of a redirect holds of it: no
/// plain http, no way into a network, nobody's login.
fn address(from: &Url, tarball: &str) -> Result<Url, Failure> {
    Url::parse(tarball).map_err(|_| malformed("the package gives no address of its tarball"))?;
    target(from, Some(tarball)).map_err(|why| Failure {
        detail: format!("the tarball is not asked for: {}", why.detail),
        ..why
    })
}

fn seen_as(facts: Facts, reply: &Reply) -> Answer {
    let digest: Option<Digest> = Some(reply.digest);
    let (body, unchanged_since) = match reply.unchanged {
        true => (None, digest),
        false => (digest, None),
    };
    Answer::Seen {
        facts,
        body,
        unchanged_since,
        coverage: Coverage::Complete,
    }
}

/// The bytes must be those that the registry states. Of several hashes the SHA-512 ones count, as
/// the strongest do (W3C Subresource Integrity, section 3.3.4).
fn check_integrity(bytes: &[u8], integrity: Option<&str>) -> Result<(), Failure> {
    let stated = integrity.unwrap_or_default();
    let hashes: Vec<&str> = stated
        .split_whitespace()
        .filter_map(|hash| hash.strip_prefix("sha512-"))
        .map(|hash| hash.split('?').next().unwrap_or_default())
        .collect();
    if hashes.is_empty() {
        return Ok(());
    }
    let found = STANDARD.encode(Sha512::digest(bytes));
    if hashes.contains(&found.as_str()) {
        return Ok(());
    }
    Err(malformed(format!(
        "the tarball is not what the package states: `{}` is not sha512-{found}",
        visible(stated, 120)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// THREATS row 20: what a public registry writes leads into no network and to no program of
    /// this machine.
    #[test]
    fn a_public_registry_sends_nobody_into_a_network() {
        let public = Url::parse("https://registry.example/x").unwrap();
        for (inner, tarball) in [
            (true, "http://127.0.0.1:8080/x.tgz"),
            (true, "https://localhost/x.tgz"),
            (true, "https://10.0.0.7/x.tgz"),
            (true, "https://169.254.169.254/x.tgz"),
            (true, "http://cdn.example/x.tgz"),
            (true, "file:///etc/passwd"),
            (true, "x.tgz"),
            (true, ""),
            (false, "https://cdn.example/x.tgz"),
            (false, "https://me:secret@cdn.example/x.tgz"),
        ] {
            let found = address(&public, tarball);
            assert_eq!(found.is_err(), inner, "{tarball}");
            assert!(found.is_err() || found.unwrap().as_str() == "https://cdn.example/x.tgz");
        }
        let own = Url::parse("http://127.0.0.1:4873/x").unwrap();
        assert!(address(&own, "http://127.0.0.1:4873/x/-/x.tgz").is_ok());
    }

    #[test]
    fn bytes_are_held_to_the_stated_sha512() {
        let right = format!("sha512-{}", STANDARD.encode(Sha512::digest(b"x")));
        assert!(check_integrity(b"x", Some(&right)).is_ok());
        assert!(check_integrity(b"x", Some(&format!("sha1-AA== {right}?opt"))).is_ok());
        assert!(check_integrity(b"x", None).is_ok());
        let wrong = check_integrity(b"y", Some(&right)).unwrap_err();
        assert!(wrong.detail.contains("not what the package states"));
    }
}
