//! Lists that come page by page, each page naming the next.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use url::Url;

use super::{Api, Basis};
use crate::model::{Coverage, Digest, Failure, FailureKind};
use crate::observe::http::Unanswered;
use crate::observe::malformed;

/// More pages than this are not read. GitHub itself ends a list of releases after 10,000, which are
/// a hundred pages of a hundred.
const MOST_PAGES: usize = 100;

/// Bytes of all pages together, as a multiple of the cap on one answer.
const BYTES_OF_PAGES: u64 = 4;

/// What was read.
pub(in crate::observe) struct Pages {
    /// The answers.
    pub(in crate::observe) basis: Basis,
    /// Whether all of them were.
    pub(in crate::observe) coverage: Coverage,
}

/// Reads page after page; each is given to `take`. The addresses are the server's, never built, and
/// all of one origin (THREATS row 19).
///
/// What is deleted between two pages moves all that follows up by one, and what stood first on the
/// next page is on none: of several pages the first is read again at the end, and a list that has
/// changed meanwhile is partial.
///
/// # Errors
/// [`Unanswered`] where the first page cannot be read. What breaks off later is partial.
pub(in crate::observe) async fn pages<T: DeserializeOwned>(
    api: &Api,
    first: Url,
    mut take: impl FnMut(T) -> Result<(), Failure>,
) -> Result<Pages, Unanswered> {
    let mut reading = Reading::default();
    let mut url = first.clone();
    loop {
        let number = reading.asked.len() + 1;
        let stopped = match reading.page(api, url, &mut take).await {
            Ok(Some(next)) => {
                url = next;
                continue;
            }
            Ok(None) if number == 1 => None,
            Ok(None) => reading.changed::<T>(api, first).await,
            Err(unanswered) if reading.taken == 0 => return Err(unanswered),
            Err(unanswered) => Some(unanswered.failure),
        };
        let basis = reading.basis;
        let coverage = match stopped {
            None => Coverage::Complete,
            Some(why) => Coverage::Partial {
                stopped_at: format!("page {number}"),
                why,
            },
        };
        return Ok(Pages { basis, coverage });
    }
}

#[derive(Default)]
struct Reading {
    basis: Basis,
    asked: BTreeSet<Url>,
    bytes: u64,
    /// Pages that were read and understood.
    taken: usize,
    /// The content of the first page.
    first: Option<Digest>,
}

impl Reading {
    /// Reads one page and gives the address of the next.
    async fn page<T: DeserializeOwned>(
        &mut self,
        api: &Api,
        url: Url,
        take: &mut impl FnMut(T) -> Result<(), Failure>,
    ) -> Result<Option<Url>, Unanswered> {
        if self.asked.len() == MOST_PAGES {
            return Err(too_large(format!("more than {MOST_PAGES} pages")));
        }
        if !self.asked.insert(url.clone()) {
            let why = malformed("a page names an earlier one as the next");
            return Err(Unanswered::of(why));
        }
        let (reply, page) = api.read::<T>(url).await?;
        let most = api.client.limits().body.saturating_mul(BYTES_OF_PAGES);
        self.bytes += reply.length;
        if self.bytes > most {
            return Err(too_large(format!("pages of more than {most} bytes")));
        }
        self.basis.add(&reply);
        self.first.get_or_insert(reply.digest);
        take(page).map_err(Unanswered::of)?;
        self.taken += 1;
        let next = reply.next_page(&api.repository);
        next.map_err(Unanswered::of)
    }

    /// Why the list cannot be taken for whole: the first page is another one now.
    async fn changed<T: DeserializeOwned>(&self, api: &Api, first: Url) -> Option<Failure> {
        match api.read::<T>(first).await {
            Ok((reply, _)) if Some(reply.digest) == self.first => None,
            Ok(_) => Some(Failure {
                kind: FailureKind::Stale,
                detail: "the list changed while its pages were read".to_owned(),
            }),
            Err(unanswered) => Some(unanswered.failure),
        }
    }
}

fn too_large(detail: String) -> Unanswered {
    Unanswered::of(Failure {
        kind: FailureKind::TooLarge,
        detail,
    })
}
