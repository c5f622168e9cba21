//! Lists that come page by page, each page naming the next.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use url::Url;

use super::{Api, Basis, link};
use crate::model::{Coverage, Failure, FailureKind, visible};
use crate::observe::http::{HeaderMap, Unanswered};
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
/// # Errors
/// [`Unanswered`] where the first page cannot be read. What breaks off later is partial.
pub(in crate::observe) async fn pages<T: DeserializeOwned>(
    api: &Api,
    first: Url,
    mut take: impl FnMut(T) -> Result<(), Failure>,
) -> Result<Pages, Unanswered> {
    let mut basis = Basis::default();
    let mut asked = BTreeSet::new();
    let mut bytes = 0;
    let most = api.client.limits().body.saturating_mul(BYTES_OF_PAGES);
    let mut url = first;
    loop {
        let number = asked.len() + 1;
        let page = if asked.insert(url.clone()) {
            one(api, url, number, &mut bytes, most, &mut basis, &mut take).await
        } else {
            let why = malformed("a page names an earlier one as the next");
            Err(Unanswered::of(why))
        };
        match page {
            Ok(Some(next)) => url = next,
            Ok(None) => {
                let coverage = Coverage::Complete;
                return Ok(Pages { basis, coverage });
            }
            Err(unanswered) if number == 1 => return Err(unanswered),
            Err(unanswered) => {
                let coverage = Coverage::Partial {
                    stopped_at: format!("page {number}"),
                    why: unanswered.failure,
                };
                return Ok(Pages { basis, coverage });
            }
        }
    }
}

/// Reads one page and gives the address of the next.
async fn one<T: DeserializeOwned>(
    api: &Api,
    url: Url,
    number: usize,
    bytes: &mut u64,
    most: u64,
    basis: &mut Basis,
    take: &mut impl FnMut(T) -> Result<(), Failure>,
) -> Result<Option<Url>, Unanswered> {
    if number > MOST_PAGES {
        return Err(too_large(format!("more than {MOST_PAGES} pages")));
    }
    let (reply, page) = api.read::<T>(url).await?;
    *bytes += reply.length;
    if *bytes > most {
        return Err(too_large(format!("pages of more than {most} bytes")));
    }
    basis.add(&reply);
    take(page).map_err(Unanswered::of)?;
    next(api, &reply.url, &reply.headers).map_err(Unanswered::of)
}

fn next(api: &Api, page: &Url, headers: &HeaderMap) -> Result<Option<Url>, Failure> {
    let Some(target) = link::next(headers)? else {
        return Ok(None);
    };
    let next = page
        .join(&target)
        .map_err(|_| malformed("the next page has no address"))?;
    if !api.is_own(&next) {
        let host = visible(next.host_str().unwrap_or("nowhere"), 100);
        return Err(Failure {
            kind: FailureKind::Redirect,
            detail: format!("the next page is said to be elsewhere, on {host}; not asked"),
        });
    }
    Ok(Some(next))
}

fn too_large(detail: String) -> Unanswered {
    Unanswered::of(Failure {
        kind: FailureKind::TooLarge,
        detail,
    })
}
