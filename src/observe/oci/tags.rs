//! The tags of a repository: `GET /v2/<name>/tags/list`, page after page (OCI distribution
//! specification 1.1, "Listing Tags").

use std::collections::HashSet;
use std::time::Instant;

use serde::Deserialize;
use url::Url;

use super::image::is_tag;
use super::manifest::place;
use super::registry::Registry;
use crate::model::{
    Answer, Coverage, Digest, Entry, Facts, Failure, FailureKind, Listing, Observation, Query,
    RedactedUrl, visible,
};
use crate::observe::http::{Reply, Request, Unanswered};
use crate::observe::{Asking, malformed};

/// The most tags of a repository, as of every listing.
const TAGS: usize = 500_000;

/// The most pages; registries that give a hundred tags at a time need as many.
const PAGES: usize = 5_000;

/// The longest page in bytes.
const PAGE_BYTES: u64 = 64 << 20;

/// How much longer than one question a listing may take.
const TIMES_LONGER: u32 = 10;

#[derive(Deserialize)]
struct Page {
    /// Must be there; `null` stands for none (registries written in Go).
    #[serde(deserialize_with = "Option::deserialize")]
    tags: Option<Vec<String>>,
}

/// What was read so far.
#[derive(Default)]
struct Read {
    listing: Listing,
    digests: Vec<Digest>,
    unchanged: bool,
}

/// Asks for all tags. What breaks off after the first page is a partial listing.
pub(super) async fn list(registry: &Registry, asking: &Asking<'_>) -> Vec<Observation> {
    let mut url = registry.url(&["tags", "list"]);
    url.set_query(Some("n=1000"));
    let endpoint = RedactedUrl::of(&url);
    let begun = Instant::now();
    let limit = asking.client.limits().total * TIMES_LONGER;
    let mut read = Read {
        unchanged: true,
        ..Read::default()
    };
    let mut known: HashSet<Url> = HashSet::new();
    let mut last: Option<(Reply, String)> = None;
    let broken = loop {
        let page = known.len() + 1;
        if page > PAGES {
            break Some(too_large(format!("more than {PAGES} pages of tags")));
        }
        if begun.elapsed() > limit {
            break Some(Failure {
                kind: FailureKind::Timeout,
                detail: format!("not all tags within {} s", limit.as_secs_f32()),
            });
        }
        if !known.insert(url.clone()) {
            break Some(malformed("pages of tags that lead back to an earlier one"));
        }
        let request = Request::get(url, "application/json").body_cap(PAGE_BYTES);
        let asked = registry.send(asking.client, request).await;
        let reply = match (asked.outcome, &last) {
            (Ok(reply), _) => reply,
            (Err(unanswered), None) => {
                return asking.observe_failure(&asked.label, endpoint, *unanswered);
            }
            (Err(unanswered), Some(_)) => break Some(unanswered.failure),
        };
        let next = read
            .add(&reply)
            .and_then(|()| reply.next_page(registry.address()));
        let label = asked.label;
        match next {
            Ok(Some(next)) => url = next,
            Ok(None) => {
                last = Some((reply, label));
                break None;
            }
            Err(why) if last.is_none() && read.digests.is_empty() => {
                let unanswered = Unanswered::of(why);
                return asking.observe_failure(&label, endpoint, unanswered);
            }
            Err(why) => {
                last = Some((reply, label));
                break Some(why);
            }
        }
        // Only its time and its label are needed any more.
        let body = Vec::new();
        last = Some((Reply { body, ..reply }, label));
    };
    let Some((reply, label)) = last else {
        return Vec::new();
    };
    let coverage = match broken {
        None => Coverage::Complete,
        Some(why) => Coverage::Partial {
            stopped_at: format!("page {}", known.len()),
            why,
        },
    };
    let digest = Some(read.digest());
    let (body, unchanged_since) = match read.unchanged {
        true => (None, digest),
        false => (digest, None),
    };
    let answer = Answer::Seen {
        facts: Facts::Listing(read.listing),
        body,
        unchanged_since,
        coverage,
    };
    asking.observe(reply.at, &label, endpoint, Query::Listing, answer)
}

impl Read {
    fn add(&mut self, reply: &Reply) -> Result<(), Failure> {
        let tags = page(reply)?;
        self.digests.push(reply.digest);
        self.unchanged &= reply.unchanged;
        for tag in tags {
            if self.listing.entries.len() + self.listing.unnamed.len() >= TAGS {
                return Err(too_large(format!("more than {TAGS} tags")));
            }
            match is_tag(&tag) {
                true => drop(self.listing.entries.insert(tag, Entry::default())),
                false => drop(self.listing.unnamed.insert(visible(&tag, 200))),
            }
        }
        Ok(())
    }

    /// The digest of the page, or of the pages' digests where there are several.
    fn digest(&self) -> Digest {
        match self.digests.as_slice() {
            [one] => *one,
            several => {
                let text: Vec<String> = several.iter().map(Digest::to_string).collect();
                Digest::of(text.join("\n").as_bytes())
            }
        }
    }
}

/// The tags of one page.
pub(super) fn page(reply: &Reply) -> Result<Vec<String>, Failure> {
    let media_type = reply.media_type();
    if media_type != "application/json" && !media_type.ends_with("+json") {
        let shown = visible(&media_type, 80);
        return Err(malformed(format!("an answer of type `{shown}`, not JSON")));
    }
    let page: Page = serde_json::from_slice(&reply.body)
        .map_err(|error| malformed(format!("a page of tags: {}", place(&error))))?;
    Ok(page.tags.unwrap_or_default())
}

fn too_large(detail: String) -> Failure {
    Failure {
        kind: FailureKind::TooLarge,
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::http::HeaderMap;

    /// THREATS row 11: what is kept follows the cap and not the registry.
    #[test]
    fn more_tags_than_the_cap_stop_there() {
        let page = |from: usize, to: usize| {
            let tags: Vec<String> = (from..to).map(|number| format!("t{number}")).collect();
            let body = serde_json::json!({ "tags": tags }).to_string().into_bytes();
            let mut headers = HeaderMap::new();
            headers.insert("content-type", "application/json".parse().unwrap());
            Reply {
                status: 200,
                headers,
                digest: Digest::of(&body),
                length: body.len() as u64,
                body,
                unchanged: false,
                url: Url::parse("https://registry.example/").unwrap(),
                at: crate::observe::now(),
            }
        };
        let mut read = Read::default();
        read.add(&page(0, TAGS / 2)).unwrap();
        let why = read.add(&page(TAGS / 2, TAGS + 10)).unwrap_err();
        assert_eq!(why.kind, FailureKind::TooLarge);
        assert_eq!(read.listing.entries.len(), TAGS);
    }
}
