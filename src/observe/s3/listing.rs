//! `ListObjectsV2`: which objects there are below a prefix, page by page.
//!
//! Source: Amazon S3 API reference, ListObjectsV2.

use std::collections::BTreeMap;

use roxmltree::{Document, Node, ParsingOptions};

use super::Bucket;
use crate::model::{
    Coverage, Digest, Entry, Failure, FailureKind, FileFact, Listing, Observation, RedactedUrl,
    Time,
};
use crate::observe::aws::{Session, encoded};
use crate::observe::http::{Reply, Request, Unanswered, percent_decoded};
use crate::observe::{Asking, malformed};

/// Pages of one channel: 500,000 objects.
const MAXIMUM_PAGES: u32 = 500;

/// The longest page, in bytes: 1,000 keys of 1,024 bytes, each perhaps percent-encoded.
const PAGE_BYTES: u64 = 8 << 20;

/// Nodes of the XML of one page; a page of 1,000 objects has about 15,000.
const MAXIMUM_NODES: u32 = 200_000;

/// What a listing tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Object {
    size: Option<u64>,
    modified: Time,
}

#[derive(Debug, PartialEq, Eq)]
struct Page {
    objects: Vec<(String, Object)>,
    next: Option<String>,
}

/// The listing, as far as it could be read.
pub(super) async fn ask(bucket: &Bucket, s3: &Session, asking: &Asking<'_>) -> Vec<Observation> {
    let mut objects = BTreeMap::new();
    let mut pages = Pages::default();
    let mut first = None;
    for prefix in bucket.keys.prefixes() {
        let mut token = None;
        loop {
            let url = s3.url_in_bucket(&bucket.name, "", Some(&query(&prefix, token.as_deref())));
            let place = RedactedUrl::of(&url);
            let read = read_page(url, s3, asking, pages.count).await;
            let (reply, page) = match read {
                Ok(read) => read,
                Err(unanswered) => match first {
                    None => return asking.observe_failure(s3.label(), place, *unanswered),
                    Some(reply) => {
                        let stopped_at = format!("page {}", pages.count + 1);
                        let why = unanswered.failure;
                        let coverage = Coverage::Partial { stopped_at, why };
                        let listing = facts(bucket, &objects);
                        return observe(asking, s3, &pages, reply, listing, coverage);
                    }
                },
            };
            pages.add(&reply);
            objects.extend(page.objects);
            first.get_or_insert(reply);
            match page.next {
                None => break,
                next if next == token => {
                    let words = "the listing gives the same page again and again";
                    let why = Unanswered::of(malformed(words));
                    return asking.observe_failure(s3.label(), place, why);
                }
                next => token = next,
            }
        }
    }
    // There is at least one prefix, and without its first page this is not reached.
    let Some(reply) = first else {
        return Vec::new();
    };
    let listing = facts(bucket, &objects);
    observe(asking, s3, &pages, reply, listing, Coverage::Complete)
}

/// The digest of a listing is that of its page, or of the digests of its pages.
#[derive(Default)]
struct Pages {
    count: u32,
    digests: String,
}

impl Pages {
    fn add(&mut self, reply: &Reply) {
        self.count += 1;
        self.digests.push_str(&format!("{}\n", reply.digest));
    }
}

fn observe(
    asking: &Asking<'_>,
    s3: &Session,
    pages: &Pages,
    mut first: Reply,
    listing: Listing,
    coverage: Coverage,
) -> Vec<Observation> {
    if pages.count > 1 {
        first.digest = Digest::of(pages.digests.as_bytes());
    }
    asking.observe_listing(&first, s3.label(), listing, coverage)
}

async fn read_page(
    url: url::Url,
    s3: &Session,
    asking: &Asking<'_>,
    read: u32,
) -> Result<(Reply, Page), Box<Unanswered>> {
    let unanswered = |why| Box::new(Unanswered::of(why));
    if read >= MAXIMUM_PAGES {
        return Err(unanswered(Failure {
            kind: FailureKind::TooLarge,
            detail: format!(
                "more than {MAXIMUM_PAGES} pages of objects: give `key` a prefix of its own"
            ),
        }));
    }
    let request = Request::get(url, "application/xml").body_cap(PAGE_BYTES);
    let reply = s3.send(asking.client, request, "s3:ListBucket").await?;
    let page = parse(&reply.body).map_err(unanswered)?;
    Ok((reply, page))
}

/// Keys are asked for percent-encoded: XML cannot hold every character that a key can.
fn query(prefix: &str, token: Option<&str>) -> String {
    let mut query = match token {
        Some(token) => format!("continuation-token={}&", encoded(token, false)),
        None => String::new(),
    };
    query.push_str("encoding-type=url&list-type=2&prefix=");
    query.push_str(&encoded(prefix, false));
    query
}

/// The releases, those too of which only some objects are there; no digests, which a listing does
/// not tell.
fn facts(bucket: &Bucket, objects: &BTreeMap<String, Object>) -> Listing {
    let mut listing = Listing::default();
    for (version, files) in bucket.keys.releases(objects) {
        let mut entry = Entry {
            // The release is there since the last of its objects is.
            published: files.values().map(|object| object.modified).max(),
            ..Entry::default()
        };
        if !bucket.keys.is_one() {
            let facts = files.into_iter().map(|(name, object)| {
                let fact = FileFact {
                    size: object.size,
                    uploaded: Some(object.modified),
                    ..FileFact::default()
                };
                (name, fact)
            });
            entry.files = facts.collect();
        }
        listing.entries.insert(version, entry);
    }
    listing
}

fn parse(body: &[u8]) -> Result<Page, Failure> {
    let torn = || malformed("the answer is no listing of a bucket");
    let text = std::str::from_utf8(body).map_err(|_| torn())?;
    let options = ParsingOptions {
        nodes_limit: MAXIMUM_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|_| torn())?;
    let root = document.root_element();
    if root.tag_name().name() != "ListBucketResult" {
        return Err(torn());
    }
    let more = match child(root, "IsTruncated") {
        Some("true") => true,
        Some("false") => false,
        _ => return Err(malformed("the listing does not say whether it is whole")),
    };
    let next = child(root, "NextContinuationToken").map(str::to_owned);
    if more && next.is_none() {
        return Err(malformed("the listing goes on and does not say where"));
    }
    let is_encoded = child(root, "EncodingType") == Some("url");
    let contents = root
        .children()
        .filter(|it| it.tag_name().name() == "Contents");
    let objects = contents.map(|node| {
        let key = child(node, "Key")?;
        let key = match is_encoded {
            true => percent_decoded(key.replace('+', " ").as_bytes()),
            false => key.to_owned(),
        };
        let object = Object {
            size: child(node, "Size").and_then(|size| size.parse().ok()),
            modified: child(node, "LastModified")?.parse().ok()?,
        };
        Some((key, object))
    });
    let objects = objects
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| malformed("the listing has an object without a key or a time"))?;
    Ok(Page {
        objects,
        next: next.filter(|_| more),
    })
}

fn child<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let mut children = node.children();
    children.find(|it| it.tag_name().name() == name)?.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>t/=</NextContinuationToken><Contents><Key>a+b/%C3%BC%2B.zip</Key><LastModified>2026-03-02T09:30:00.000Z</LastModified><ETag>&quot;x&quot;</ETag><Size>12</Size></Contents></ListBucketResult>"#;

    #[test]
    fn a_page_is_read_with_its_keys_decoded() {
        let page = parse(PAGE.as_bytes()).unwrap();
        assert_eq!(page.next.as_deref(), Some("t/="));
        let (key, object) = &page.objects[0];
        assert_eq!(key, "a b/ü+.zip");
        assert_eq!(object.size, Some(12));
        assert_eq!(object.modified, "2026-03-02T09:30:00Z".parse().unwrap());
    }

    #[test]
    fn what_is_no_whole_page_is_refused() {
        for end in 0..PAGE.len() {
            assert!(parse(&PAGE.as_bytes()[..end]).is_err());
        }
        for (what, other) in [
            ("<IsTruncated>true</IsTruncated>", ""),
            ("<NextContinuationToken>t/=</NextContinuationToken>", ""),
            ("2026-03-02T09:30:00.000Z", "soon"),
            ("ListBucketResult", "ListAllMyBucketsResult"),
            ("<Key>a+b/%C3%BC%2B.zip</Key>", ""),
        ] {
            assert!(
                parse(PAGE.replace(what, other).as_bytes()).is_err(),
                "{what}"
            );
        }
        let entity = r#"<!DOCTYPE x [<!ENTITY a "aaaa">]><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"#;
        assert!(parse(entity.as_bytes()).is_err());
    }
}
