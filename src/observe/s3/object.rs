//! `HeadObject`: the checksum of an object; `GetObject` where it has none and the policy wants it read.
//!
//! Source: Amazon S3 API reference, HeadObject and GetObject; user guide, "Checking object integrity".

use url::Url;

use super::Bucket;
use crate::model::{
    Answer, Coverage, Entry, Facts, Failure, FailureKind, FileFact, Observation, Query,
    RedactedUrl, Time, visible,
};
use crate::observe::aws::{Session, digest_of_base64, encoded};
use crate::observe::http::{Reply, Request, Unanswered};
use crate::observe::{Asking, malformed};

/// The longest object that is read to hash it, in bytes.
const OBJECT_BYTES: u64 = 64 << 20;

/// One object, or that it is not there.
enum Object {
    There(Reply, FileFact),
    Gone(Box<Unanswered>),
}

/// What is said about one release: one of which only some objects are there is neither there nor
/// absent.
pub(super) async fn ask(
    bucket: &Bucket,
    s3: &Session,
    asking: &Asking<'_>,
    version: &str,
) -> Vec<Observation> {
    let keys = bucket.keys.of_version(version);
    // For people: where the release is, or the first of its objects.
    let mut place = RedactedUrl::of_path(&format!("s3://{}/", bucket.name));
    let mut entry = Entry::default();
    let mut at = None;
    let mut there = Vec::new();
    let mut gone: Option<(String, Box<Unanswered>, RedactedUrl)> = None;
    for (name, key) in keys {
        if !can_be_asked(&key) {
            let why = Failure {
                kind: FailureKind::Unsupported,
                detail: "a key with `.` or `..` between its slashes cannot be asked for".to_owned(),
            };
            return failed(asking, s3.label(), place, version, Unanswered::of(why));
        }
        let url = s3.url_in_bucket(&bucket.name, &encoded(&key, true), None);
        if at.is_none() {
            place = RedactedUrl::of(&url);
        }
        match object(bucket, &url, s3, asking).await {
            Ok(Object::There(reply, fact)) => {
                at = at.max(Some(reply.at));
                there.push(visible(&name, 100));
                if let Some(version) = version_id(&reply) {
                    entry.object_versions.insert(key, version);
                }
                entry.published = entry.published.max(fact.uploaded);
                match bucket.keys.is_one() {
                    true => entry.digest = fact.digest,
                    false => drop(entry.files.insert(name, fact)),
                }
            }
            Ok(Object::Gone(unanswered)) => {
                gone.get_or_insert_with(|| (name, unanswered, RedactedUrl::of(&url)));
            }
            Err(unanswered) => {
                return failed(
                    asking,
                    s3.label(),
                    RedactedUrl::of(&url),
                    version,
                    *unanswered,
                );
            }
        }
    }
    if let Some((name, unanswered, place)) = gone {
        let Some(there) = there.first() else {
            return asking.absent(unanswered.at, s3.label(), place, version);
        };
        let lacking = visible(&name, 100);
        let why = Failure {
            kind: FailureKind::Stale,
            detail: format!(
                "the release is there in part: `{there}` is, `{lacking}` is not: finish the upload, or take out what is there"
            ),
        };
        return failed(asking, s3.label(), place, version, Unanswered::of(why));
    }
    let Some(at) = at else {
        return Vec::new();
    };
    let answer = Answer::Seen {
        facts: Facts::Entry(entry),
        // A HEAD has no body.
        body: None,
        unchanged_since: None,
        coverage: Coverage::Complete,
    };
    let query = Query::Entry(version.to_owned());
    asking.observe(at, s3.label(), place, query, answer)
}

async fn object(
    bucket: &Bucket,
    url: &Url,
    s3: &Session,
    asking: &Asking<'_>,
) -> Result<Object, Box<Unanswered>> {
    let request = Request::head(url.clone(), "*/*").header("x-amz-checksum-mode", "ENABLED");
    let reply = match s3.send(asking.client, request, "s3:GetObject").await {
        Ok(reply) => reply,
        // S3 says 404 only to those who may list the bucket, and 403 to others.
        Err(unanswered) if unanswered.is_not_found() => return Ok(Object::Gone(unanswered)),
        Err(unanswered) => return Err(unanswered),
    };
    let unanswered = |why| Box::new(Unanswered::of(why));
    let mut fact = fact(&reply).map_err(unanswered)?;
    let fits = fact.size.is_some_and(|size| size <= OBJECT_BYTES);
    if bucket.download && fact.digest.is_none() && fits {
        let request = Request::get(url.clone(), "*/*").body_cap(OBJECT_BYTES);
        let read = s3.send(asking.client, request, "s3:GetObject").await?;
        let same = |name: &str| read.header(name) == reply.header(name);
        if !same("etag") || !same("last-modified") {
            return Err(unanswered(Failure {
                kind: FailureKind::Stale,
                detail: "the object was replaced while it was read".to_owned(),
            }));
        }
        // What the transport has decompressed is not what is stored, and has another length.
        let stored = fact.size == Some(read.body.len() as u64);
        fact.digest = stored.then_some(read.digest);
    }
    Ok(Object::There(reply, fact))
}

fn fact(reply: &Reply) -> Result<FileFact, Failure> {
    let uploaded = reply.header("last-modified").and_then(http_date);
    let uploaded = uploaded.ok_or_else(|| malformed("Last-Modified of the object is no time"))?;
    let size = reply.header("content-length");
    let checksum = reply.header("x-amz-checksum-sha256");
    let kind = reply.header("x-amz-checksum-type");
    // A checksum over the checksums of parts (COMPOSITE, written `…-N`) is no hash of the object:
    // then the content is not stated. SHA-256 of an object in parts is always such a one, and not
    // every server that speaks S3 says so. The ETag never states the content; of an object that was
    // uploaded in parts it ends in their number.
    let tag = reply.header("etag").unwrap_or_default().trim_matches('"');
    let in_parts = tag
        .rsplit_once('-')
        .is_some_and(|(_, n)| n.parse::<u32>().is_ok());
    let is_whole = match kind {
        Some(kind) => kind == "FULL_OBJECT",
        None => !in_parts,
    };
    let whole = checksum.filter(|it| is_whole && !it.contains('-'));
    let digest = match whole {
        None => None,
        Some(text) => Some(
            digest_of_base64(text)
                .ok_or_else(|| malformed("x-amz-checksum-sha256 is no SHA-256 in base64"))?,
        ),
    };
    Ok(FileFact {
        digest,
        size: size.and_then(|size| size.parse().ok()),
        uploaded: Some(uploaded),
        ..FileFact::default()
    })
}

/// `VersionId`: up to 1,024 bytes of a URL; `null` where the bucket keeps no versions (Amazon S3 user
/// guide, "How S3 Versioning works").
fn version_id(reply: &Reply) -> Option<String> {
    let text = reply.header("x-amz-version-id")?;
    let plain = (1..=1_024).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    (plain && text != "null").then(|| text.to_owned())
}

/// RFC 9110 section 5.6.7.
fn http_date(text: &str) -> Option<Time> {
    if text.len() > 40 {
        return None;
    }
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    let time = parser.parse_timestamp(text).ok()?;
    Some(Time::from_unix_seconds(time.as_second()))
}

/// An address has no `.` and `..` in it: they would ask for another object.
fn can_be_asked(key: &str) -> bool {
    !key.split('/').any(|part| part == "." || part == "..")
}

/// That nothing is known about a release.
pub(super) fn failed(
    asking: &Asking<'_>,
    label: &str,
    place: RedactedUrl,
    version: &str,
    unanswered: Unanswered,
) -> Vec<Observation> {
    let answer = Answer::Failed {
        why: unanswered.failure,
        retry_at: unanswered.retry_at,
    };
    let query = Query::Entry(version.to_owned());
    asking.observe(unanswered.at, label, place, query, answer)
}
