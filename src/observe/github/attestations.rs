//! GitHub's store of attestations: "List attestations" of a repository, of an organization or of a
//! user, by digest.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::{Api, Repository};
use crate::model::{ArtifactDigest, Failure, FailureKind, RedactedUrl, visible_line};
use crate::observe::attached::{ARTIFACTS, DOCUMENT_BYTES, Gathered, Place, place};
use crate::observe::http::{Request, Unanswered, target};
use crate::observe::malformed;
use crate::observe::several::{AT_A_TIME, several};

/// The most pages of one list.
const PAGES: usize = 20;

#[derive(Deserialize)]
struct Page {
    attestations: Vec<Item>,
}

/// Since July 2026 the bundle lies elsewhere and is `null` here.
#[derive(Deserialize)]
struct Item {
    bundle: Option<Box<RawValue>>,
    bundle_url: Option<String>,
}

/// `simple-user` of the API description, as far as it is read.
#[derive(Deserialize)]
struct Account {
    #[serde(rename = "type")]
    kind: String,
}

/// Whose attestations are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Repository,
    /// The account itself was seen.
    Owner,
}

impl Api {
    /// What the store of a repository has for these digests.
    pub(in crate::observe) async fn attestations(&self, artifacts: &[ArtifactDigest]) -> Place {
        self.listed(Holder::Repository, artifacts).await
    }

    /// What an account's repositories have for these digests. The account is asked first which of
    /// the two lists is its own.
    pub(in crate::observe) async fn attestations_of_owner(
        &self,
        artifacts: &[ArtifactDigest],
    ) -> Place {
        let unanswered = |why| {
            let endpoint = RedactedUrl::of(self.address());
            Place::unanswered(endpoint, self.label(), Box::new(why))
        };
        let account = match self.read::<Account>(self.address().clone()).await {
            Ok((_, account)) => account,
            Err(why) => return unanswered(why),
        };
        match account.kind.as_str() {
            "User" => self.listed(Holder::Owner, artifacts).await,
            "Organization" => {
                let organization = self.organization();
                organization.listed(Holder::Owner, artifacts).await
            }
            other => {
                let words = format!("an account of the type `{}`", visible_line(other));
                unanswered(Unanswered::of(malformed(words)))
            }
        }
    }

    async fn listed(&self, holder: Holder, artifacts: &[ArtifactDigest]) -> Place {
        let (asked, surplus) = artifacts.split_at(artifacts.len().min(ARTIFACTS));
        let address = |artifact: Option<&ArtifactDigest>| {
            let digest = artifact.map(ToString::to_string).unwrap_or_default();
            self.listing(&["attestations", &digest])
        };
        let endpoint = RedactedUrl::of(&address(asked.first()));
        let questions = asked
            .iter()
            .map(|it| self.of_artifact(address(Some(it)), holder));
        let answers = several(questions.collect(), AT_A_TIME).await;
        let gathered = asked.iter().copied().zip(answers).collect();
        place(endpoint, self.label(), gathered, surplus.len())
    }

    /// Gives the store a bundle. What came of it where no answer came is for whoever asks to find
    /// out: a second one would be kept twice.
    pub(in crate::observe) async fn keep(&self, bundle: &RawValue) -> Result<(), Box<Unanswered>> {
        let body = format!(r#"{{"bundle":{bundle}}}"#).into_bytes();
        let url = self.below(&["attestations"]);
        let request = Request::create(url, super::JSON, "application/json", body)
            .header("x-github-api-version", super::VERSION)
            .credential(self.credential.clone());
        let kept = self.client.send(&request.once()).await;
        kept.map(|_| ()).map_err(Box::new)
    }

    async fn of_artifact(&self, first: Url, holder: Holder) -> Result<Gathered, Box<Unanswered>> {
        let mut gathered = self.pages_of_artifact(first, holder).await?;
        // "Filtered according to the authenticated user's permissions": nothing says what is left
        // out, so that nothing found is not yet nothing there.
        if holder == Holder::Owner && gathered.is_empty() {
            let kind = FailureKind::NotFound;
            let detail =
                "none in the repositories that this login may read; others of the account \
                          are not shown"
                    .to_owned();
            gathered.stop("the account's list", Failure { kind, detail });
        }
        Ok(gathered)
    }

    async fn pages_of_artifact(
        &self,
        first: Url,
        holder: Holder,
    ) -> Result<Gathered, Box<Unanswered>> {
        let mut gathered = Gathered::default();
        let mut asked = BTreeSet::new();
        let mut url = first;
        loop {
            let at = format!("page {}", asked.len() + 1);
            if asked.len() == PAGES {
                let detail = format!("more than {PAGES} pages of attestations");
                let kind = FailureKind::TooLarge;
                gathered.stop(at, Failure { kind, detail });
                return Ok(gathered);
            }
            if !asked.insert(url.clone()) {
                gathered.stop(at, malformed("a page names an earlier one as the next"));
                return Ok(gathered);
            }
            let (reply, page) = match self.read_unkept::<Page>(url).await {
                Ok(read) => read,
                Err(none) if none.is_not_found() && asked.len() == 1 => {
                    if holder == Holder::Owner {
                        return Ok(gathered);
                    }
                    return self.none(none).await.map(|()| gathered);
                }
                Err(unanswered) if asked.len() == 1 => return Err(Box::new(unanswered)),
                Err(unanswered) => {
                    gathered.stop(at, unanswered.failure);
                    return Ok(gathered);
                }
            };
            for item in page.attestations {
                let added = match self.document(item).await {
                    Ok(document) => gathered.add(document),
                    Err(why) => Err(why),
                };
                if let Err(why) = added {
                    gathered.stop(at.clone(), why);
                }
            }
            match reply.next_page(self.address()) {
                Ok(Some(next)) => url = next,
                Ok(None) => return Ok(gathered),
                Err(why) => {
                    gathered.stop(at, why);
                    return Ok(gathered);
                }
            }
        }
    }

    /// "Not found" says that there is none only where the repository itself is seen: to whoever may
    /// not see it, everything of it is not found.
    async fn none(&self, not_found: Unanswered) -> Result<(), Box<Unanswered>> {
        match self.read::<Repository>(self.address().clone()).await {
            Ok(_) => Ok(()),
            Err(unanswered) if unanswered.is_not_found() => Err(Box::new(not_found)),
            Err(unanswered) => Err(Box::new(unanswered)),
        }
    }

    async fn document(&self, item: Item) -> Result<Vec<u8>, Failure> {
        match (item.bundle, item.bundle_url) {
            (Some(bundle), _) => Ok(bundle.get().as_bytes().to_vec()),
            (None, Some(address)) => self.elsewhere(&address).await,
            (None, None) => Err(malformed("an attestation without a bundle")),
        }
    }

    /// A bundle at a signed address on another host, which gets no credential (THREATS row 19) and
    /// cannot lie inside a network (row 20).
    async fn elsewhere(&self, address: &str) -> Result<Vec<u8>, Failure> {
        let url = target(self.address(), Some(address)).map_err(|why| Failure {
            kind: FailureKind::Redirect,
            detail: format!("the bundle is not fetched: {}", why.detail),
        })?;
        let request = Request::get(url, "*/*").confidential();
        let reply = self.client.send(&request.body_cap(DOCUMENT_BYTES)).await;
        let reply = reply.map_err(|unanswered| unanswered.failure)?;
        // A block of Snappy begins with its length, and `{` would be one of 123 bytes.
        match reply.body.first() {
            Some(b'{') => Ok(reply.body),
            _ => decompressed(&reply.body),
        }
    }
}

/// A block of Snappy; its length is held to the cap before any of it is decompressed (THREATS row
/// 12).
fn decompressed(block: &[u8]) -> Result<Vec<u8>, Failure> {
    let broken = |_| malformed("a bundle that is no block of Snappy");
    let length = snap::raw::decompress_len(block).map_err(broken)?;
    if length as u64 > DOCUMENT_BYTES {
        return Err(Failure {
            kind: FailureKind::TooLarge,
            detail: format!("a bundle of more than {DOCUMENT_BYTES} bytes"),
        });
    }
    snap::raw::Decoder::new()
        .decompress_vec(block)
        .map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_promises_too_much_is_refused_before_memory_is_taken() {
        let bundle = vec![b'x'; 100_000];
        let block = snap::raw::Encoder::new().compress_vec(&bundle).unwrap();
        assert!(block.len() < 10_000);
        assert_eq!(decompressed(&block).unwrap(), bundle);
        let large = vec![b' '; DOCUMENT_BYTES as usize + 1];
        let bomb = snap::raw::Encoder::new().compress_vec(&large).unwrap();
        assert_eq!(decompressed(&bomb).unwrap_err().kind, FailureKind::TooLarge);
        // Four gigabytes, promised by five bytes.
        let promise = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00];
        assert_eq!(
            decompressed(&promise).unwrap_err().kind,
            FailureKind::TooLarge
        );
        for broken in [
            &b""[..],
            &block[..block.len() / 2],
            b"\xff\xff\xff\xff\xff\xff",
        ] {
            assert!(decompressed(broken).is_err());
        }
    }
}
