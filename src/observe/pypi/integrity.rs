//! The integrity API of an index: the attestations of each distribution (PEP 740).

use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::simple_json::not_json;
use super::{Project, coverage, index, normalised_name};
use crate::model::{
    Answer, ArtifactDigest, Coverage, Facts, Failure, FailureKind, FileFact, Observation,
    RedactedUrl, WantedAttestations, visible,
};
use crate::observe::attached::{
    ARTIFACTS, Attachments, DOCUMENT_BYTES, Gathered, PackageFile, Place, place,
};
use crate::observe::http::{Client, Credential, Request, Unanswered};
use crate::observe::several::{AT_A_TIME, several};
use crate::observe::{Asking, Attached, malformed};

/// Media type of provenance (PEP 740, "Index changes").
const PROVENANCE: &str = "application/vnd.pypi.integrity.v1+json";

/// The most attestations of one distribution.
const ATTESTATIONS: usize = 1_000;

#[derive(Deserialize)]
struct Provenance {
    version: u64,
    attestation_bundles: Vec<Bundle>,
}

#[derive(Deserialize)]
struct Bundle {
    attestations: Vec<Box<RawValue>>,
}

/// A distribution to be asked about.
struct File<'f> {
    version: &'f str,
    name: &'f str,
    artifact: ArtifactDigest,
    /// What the index lists of it.
    listed: Option<&'f FileFact>,
}

/// What is attached to the files of wanted versions; nothing where the index cannot be told.
pub(super) async fn attached(
    project: &Project,
    asking: &Asking<'_>,
    wanted: &[WantedAttestations],
) -> Attached {
    let mut attached = Attached::default();
    let Ok((mut index, label)) = project.index.resolve(asking.client.environment()) else {
        let endpoint = || RedactedUrl::of_path("the index that pip is configured with");
        for one in wanted {
            let why = Box::new(Unanswered::of(Failure {
                kind: FailureKind::Unsupported,
                detail: "the index that pip is configured with is no address".to_owned(),
            }));
            Place::unanswered(endpoint(), "anonymous", why).observe(
                asking,
                &one.name,
                &mut attached,
            );
        }
        return attached;
    };
    let credential = Credential::taken_from(&mut index, label, asking.client.netrc());
    let name = normalised_name(&project.name);
    for one in wanted {
        let files = one.artifacts.iter().map(|(file, artifact)| File {
            version: &one.name,
            name: file,
            artifact: *artifact,
            listed: listed(asking.listed, &one.name, file),
        });
        let files: Vec<File<'_>> = files.collect();
        let place = of_files(asking.client, &index, &credential, &name, &files).await;
        place.observe(asking, &one.name, &mut attached);
    }
    attached
}

/// What the index lists of a file in this round: an answer that says whether it is attested, else
/// any.
fn listed<'l>(listed: &'l [Observation], version: &str, file: &str) -> Option<&'l FileFact> {
    let facts = listed.iter().filter_map(|it| match &it.answer {
        Answer::Seen {
            facts: Facts::Listing(listing),
            ..
        } => listing.entries.get(version)?.files.get(file),
        _ => None,
    });
    facts.max_by_key(|fact| fact.attested.is_some())
}

/// What an index has for a file of a version, or for each of its files.
pub(in crate::observe) async fn attachments(
    client: &Client,
    file: &PackageFile,
) -> Result<Attachments, Box<Unanswered>> {
    let unreadable = |why: Failure| Box::new(Unanswered::of(why));
    let index = match &file.index {
        Some(index) => index::Index::At(index.clone()),
        None => index::Index::Public,
    };
    let (mut index, label) = index.resolve(client.environment()).map_err(unreadable)?;
    let credential = Credential::taken_from(&mut index, label, client.netrc());
    let name = normalised_name(&file.project);
    let url = index::below(&index, &[&name, ""]);
    let request = Request::get(url, super::SIMPLE).credential(credential.clone());
    let reply = client.send(&request).await.map_err(Box::new)?;
    let page = super::simple_page(&reply, &name).map_err(unreadable)?;
    let listing = super::assemble::of_simple(&page, &name, None).map_err(unreadable)?;
    let same = |one: &str, other: &str| {
        let read = |text: &str| text.parse::<pep440_rs::Version>();
        one == other || read(one).is_ok_and(|it| read(other) == Ok(it))
    };
    let entry = listing.entries.iter();
    let entry = entry
        .into_iter()
        .find(|(name, _)| same(name, &file.version));
    let not_found = |words: String| {
        let why = match coverage(page.whole) {
            Coverage::Complete => Failure {
                kind: FailureKind::NotFound,
                detail: words,
            },
            Coverage::Partial { why, .. } => why,
        };
        Box::new(Unanswered::of(why))
    };
    let Some((version, entry)) = entry else {
        let shown = visible(&file.version, 80);
        return Err(not_found(format!("the index lists no version {shown}")));
    };
    // Of a listing that broke off nobody knows which files more there are.
    if let (None, Coverage::Partial { why, .. }) = (&file.file, coverage(page.whole)) {
        return Err(unreadable(why));
    }
    let wanted = entry.files.iter();
    let wanted = wanted.filter(|(name, _)| file.file.as_ref().is_none_or(|it| it == *name));
    let wanted: Vec<(&String, &FileFact)> = wanted.collect();
    if wanted.is_empty() {
        return Err(not_found("the index lists no such file".to_owned()));
    }
    let mut files = Vec::new();
    for (name, fact) in wanted {
        let digest = fact.digest.ok_or_else(|| {
            let shown = visible(name, 120);
            unreadable(malformed(format!("the index states no SHA-256 of {shown}")))
        })?;
        files.push(File {
            version,
            name,
            artifact: digest.into(),
            listed: Some(fact),
        });
    }
    let place = of_files(client, &index, &credential, &name, &files).await;
    let artifacts = files.iter().map(|it| (it.name.to_owned(), it.artifact));
    Ok(Attachments {
        artifacts: artifacts.collect(),
        places: vec![place],
    })
}

async fn of_files(
    client: &Client,
    index: &Url,
    credential: &Credential,
    project: &str,
    files: &[File<'_>],
) -> Place {
    let (asked, surplus) = files.split_at(files.len().min(ARTIFACTS));
    let address = |file: &File<'_>| index::integrity(index, project, file.version, file.name);
    // Of several files what their addresses have in common: that of one would be wrong of the rest.
    let endpoint = asked.first().and_then(|first| {
        let url = address(first)?;
        match asked {
            [_] => Some(url),
            _ if asked.iter().all(|it| it.version == first.version) => url.join("..").ok(),
            _ => url.join("../..").ok(),
        }
    });
    let endpoint = RedactedUrl::of(endpoint.as_ref().unwrap_or(index));
    let questions = asked
        .iter()
        .map(|it| of_file(client, address(it), credential, it));
    let answers = several(questions.collect(), AT_A_TIME).await;
    let gathered = asked.iter().map(|it| it.artifact).zip(answers).collect();
    place(endpoint, credential.label(), gathered, surplus.len())
}

async fn of_file(
    client: &Client,
    url: Option<Url>,
    credential: &Credential,
    file: &File<'_>,
) -> Result<Gathered, Box<Unanswered>> {
    let unreadable = |why: Failure| Box::new(Unanswered::of(why));
    let Some(url) = url else {
        return Err(unreadable(Failure {
            kind: FailureKind::Unsupported,
            detail: "the index's address does not end in `simple`: where its integrity API would be is not known".to_owned(),
        }));
    };
    let request = Request::get(url, PROVENANCE).credential(credential.clone());
    let reply = match client.send(&request.body_cap(DOCUMENT_BYTES)).await {
        Ok(reply) => reply,
        Err(none) if none.is_not_found() => return is_none(file).map_err(unreadable),
        Err(unanswered) => return Err(Box::new(unanswered)),
    };
    let media = reply.media_type();
    if media != PROVENANCE && media != "application/json" {
        let shown = visible(&media, 60);
        return Err(unreadable(malformed(format!(
            "the answer is `{shown}`, not provenance of PEP 740"
        ))));
    }
    let attestations = read(&reply.body).map_err(unreadable)?;
    let mut gathered = Gathered::default();
    for attestation in attestations {
        let added = gathered.add(attestation.get().as_bytes().to_vec());
        if let Err(why) = added {
            gathered.stop(visible(file.name, 120), why);
        }
    }
    Ok(gathered)
}

/// "Not found" says that there is none only of a file that the index lists, and of which it says
/// that there is none: an index without this API answers every question so.
fn is_none(file: &File<'_>) -> Result<Gathered, Failure> {
    let name = || visible(file.name, 120);
    match file.listed.map(|fact| fact.attested) {
        Some(Some(false)) => Ok(Gathered::default()),
        Some(Some(true)) => Err(Failure {
            kind: FailureKind::Stale,
            detail: format!(
                "the index lists provenance of {}, and does not find it",
                name()
            ),
        }),
        Some(None) => Err(Failure {
            kind: FailureKind::Unsupported,
            detail: "the index does not say which files have provenance (PEP 740), and has no integrity API".to_owned(),
        }),
        None => Err(Failure {
            kind: FailureKind::NotFound,
            detail: format!("the index does not list {}", name()),
        }),
    }
}

/// The attestations of a provenance document, each byte for byte. What it says of publishers is
/// signed by nobody: the certificates say it.
fn read(bytes: &[u8]) -> Result<Vec<Box<RawValue>>, Failure> {
    let provenance: Provenance = serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
    if provenance.version != 1 {
        return Err(malformed(format!(
            "provenance of version {}: 1 is known",
            provenance.version
        )));
    }
    let bundles = provenance.attestation_bundles;
    let attestations: Vec<_> = bundles.into_iter().flat_map(|it| it.attestations).collect();
    if attestations.len() > ATTESTATIONS {
        return Err(Failure {
            kind: FailureKind::TooLarge,
            detail: format!("more than {ATTESTATIONS} attestations of one file"),
        });
    }
    Ok(attestations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attestation_is_kept_as_it_is_written() {
        let text = r#"{"version":1,"attestation_bundles":[{"publisher":{"kind":"GitHub"},"attestations":[{"version": 1,  "envelope":{}}]},{"publisher":{},"attestations":[{"a":"é"}]}]}"#;
        let read = read(text.as_bytes()).unwrap();
        let texts: Vec<&str> = read.iter().map(|it| it.get()).collect();
        assert_eq!(texts, [r#"{"version": 1,  "envelope":{}}"#, r#"{"a":"é"}"#]);
    }

    #[test]
    fn another_version_or_no_provenance_is_an_error() {
        for wrong in [
            r#"{"version":2,"attestation_bundles":[]}"#,
            r#"{"version":1}"#,
            "[]",
            "",
            &"[".repeat(100_000),
        ] {
            assert!(read(wrong.as_bytes()).is_err());
        }
    }
}
