//! Where lists of checksums are: one for all releases, or one for each, in files or on a server.

use std::path::{Path, PathBuf};

use url::Url;

use super::checksums::{Checksums, entry, listing, parse_checksums};
use super::naming::Naming;
use crate::model::version::Template;
use crate::model::{
    Answer, Coverage, Digest, Facts, Failure, FailureKind, Observation, Query, RedactedUrl, Time,
    Wanted, visible,
};
use crate::observe::http::{Credential, Request, Unanswered};
use crate::observe::several::{AT_A_TIME, several};
use crate::observe::{Asking, malformed, now};

/// The largest list, in bytes.
const LIST_BYTES: u64 = 16 << 20;

/// Media types of lists, in the order in which they are wanted.
const ACCEPT: &str = "text/plain, application/octet-stream;q=0.9, */*;q=0.5";

/// Lists at addresses or paths of one template.
pub(super) struct Lists {
    template: Template,
    folder: PathBuf,
}

/// A list as it was read, or why not.
struct Answered {
    at: Time,
    credential: String,
    endpoint: RedactedUrl,
    read: Result<List, (Failure, Option<Time>)>,
}

struct List {
    checksums: Checksums,
    body: Digest,
    unchanged: bool,
}

impl Lists {
    pub(super) fn new(template: Template, folder: &Path) -> Self {
        Self {
            template,
            folder: folder.to_owned(),
        }
    }

    /// Whether one list holds the files of every release.
    pub(super) fn is_one(&self) -> bool {
        self.template.render("", "1") == self.template.render("", "2")
    }

    /// Whether they are files of this machine.
    pub(super) fn is_local(&self) -> bool {
        !self.template.to_string().contains("://")
    }

    /// The one list as a listing; nothing where each release has its own.
    pub(super) async fn ask(&self, naming: &Naming, asking: &Asking<'_>) -> Vec<Observation> {
        if !self.is_one() {
            return Vec::new();
        }
        let answered = self.read(naming, "", asking).await;
        let (answer, broken) = match answered.read {
            Ok(list) => {
                let (listing, broken) = listing(&list.checksums, naming);
                (seen(Facts::Listing(listing), &list), broken)
            }
            Err((why, retry_at)) => (Answer::Failed { why, retry_at }, Vec::new()),
        };
        let observe = |query, answer| {
            let (credential, endpoint) = (&answered.credential, answered.endpoint.clone());
            asking.observe(answered.at, credential, endpoint, query, answer)
        };
        let mut observations = observe(Query::Listing, answer);
        for (version, why) in broken {
            let failed = Answer::Failed {
                why,
                retry_at: None,
            };
            observations.extend(observe(Query::Entry(version), failed));
        }
        observations
    }

    /// The list of each release. One that is not there is unknown: nothing was read that would
    /// have to hold it.
    pub(super) async fn look_up(
        &self,
        naming: &Naming,
        asking: &Asking<'_>,
        wanted: &[Wanted],
    ) -> Vec<Observation> {
        if self.is_one() {
            return Vec::new();
        }
        let each = wanted
            .iter()
            .map(|wanted| self.look_up_one(naming, asking, wanted));
        several(each.collect(), AT_A_TIME).await.concat()
    }

    async fn look_up_one(
        &self,
        naming: &Naming,
        asking: &Asking<'_>,
        wanted: &Wanted,
    ) -> Vec<Observation> {
        let answered = self.read(naming, &wanted.name, asking).await;
        let names = [wanted.name.as_str(), wanted.version.as_str()];
        let answer = match answered.read {
            Ok(list) => match entry(&list.checksums, naming, names) {
                Ok(entry) if !entry.files.is_empty() => seen(Facts::Entry(entry), &list),
                Ok(_) => Answer::Failed {
                    why: malformed("no file in the list has a name that `names` gives"),
                    retry_at: None,
                },
                Err(why) => Answer::Failed {
                    why,
                    retry_at: None,
                },
            },
            Err((why, retry_at)) => Answer::Failed { why, retry_at },
        };
        asking.observe(
            answered.at,
            &answered.credential,
            answered.endpoint,
            Query::Entry(wanted.name.clone()),
            answer,
        )
    }

    async fn read(&self, naming: &Naming, version: &str, asking: &Asking<'_>) -> Answered {
        // What a version fills in stays one part of a path: it comes from whoever made the name.
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._+~-!".contains(&b);
        if !version.bytes().all(plain) || version.contains("..") {
            let words = format!("`{}` cannot stand in an address", visible(version, 80));
            let place = RedactedUrl::of_path(&self.template.to_string());
            return unread("anonymous", place, malformed(words));
        }
        let place = self.template.render(&naming.component, version);
        match place.contains("://") {
            true => self.fetch(&place, asking).await,
            false => self.open(&place).await,
        }
    }

    async fn fetch(&self, place: &str, asking: &Asking<'_>) -> Answered {
        let Ok(mut url) = Url::parse(place) else {
            let place = RedactedUrl::of_path(&self.template.to_string());
            return unread("anonymous", place, malformed("it is no address"));
        };
        let netrc = asking.client.netrc();
        let credential = Credential::taken_from(&mut url, "checksums URL", netrc);
        let label = credential.label().to_owned();
        let endpoint = RedactedUrl::of(&url);
        let request = Request::get(url, ACCEPT)
            .credential(credential)
            .body_cap(LIST_BYTES);
        let reply = match asking.client.send(&request).await {
            Ok(reply) => reply,
            Err(Unanswered {
                failure,
                retry_at,
                at,
                ..
            }) => {
                return Answered {
                    at,
                    credential: label,
                    endpoint,
                    read: Err((failure, retry_at)),
                };
            }
        };
        let media = reply.media_type();
        let read = match is_list(&media) {
            true => parse_checksums(&reply.body),
            false => {
                let shown = visible(&media, 60);
                Err(malformed(format!(
                    "the answer is `{shown}`, not a list of checksums"
                )))
            }
        };
        Answered {
            at: reply.at,
            credential: label,
            endpoint,
            read: read
                .map(|checksums| List {
                    checksums,
                    body: reply.digest,
                    unchanged: reply.unchanged,
                })
                .map_err(|why| (why, None)),
        }
    }

    async fn open(&self, place: &str) -> Answered {
        let path = self.folder.join(place);
        let endpoint = RedactedUrl::of_path(&path.to_string_lossy());
        let read = tokio::task::spawn_blocking(move || open(&path)).await;
        let broke_off = |_| Err(malformed("reading the list broke off inside this program"));
        let read = read.unwrap_or_else(broke_off).and_then(|bytes| {
            Ok(List {
                checksums: parse_checksums(&bytes)?,
                body: Digest::of(&bytes),
                unchanged: false,
            })
        });
        Answered {
            at: now(),
            credential: "anonymous".to_owned(),
            endpoint,
            read: read.map_err(|why| (why, None)),
        }
    }
}

/// Servers give lists as text or as bytes of no known type; a page for people is what many of them
/// give for whatever they do not have.
fn is_list(media: &str) -> bool {
    let plain = media.starts_with("text/") && media != "text/html";
    let bytes = ["", "application/octet-stream", "binary/octet-stream"];
    plain || bytes.contains(&media)
}

fn open(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure {
        kind: match error.kind() {
            std::io::ErrorKind::NotFound => FailureKind::NotFound,
            std::io::ErrorKind::PermissionDenied => FailureKind::Forbidden,
            _ => FailureKind::Malformed,
        },
        detail: format!("the list cannot be read: {error}"),
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut file = std::io::Read::take(file, LIST_BYTES + 1);
    std::io::Read::read_to_end(&mut file, &mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LIST_BYTES {
        return Err(Failure {
            kind: FailureKind::TooLarge,
            detail: format!("the list has more than {LIST_BYTES} bytes"),
        });
    }
    Ok(bytes)
}

fn unread(credential: &str, endpoint: RedactedUrl, why: Failure) -> Answered {
    Answered {
        at: now(),
        credential: credential.to_owned(),
        endpoint,
        read: Err((why, None)),
    }
}

fn seen(facts: Facts, list: &List) -> Answer {
    let (body, unchanged_since) = match list.unchanged {
        true => (None, Some(list.body)),
        false => (Some(list.body), None),
    };
    Answer::Seen {
        facts,
        body,
        unchanged_since,
        coverage: Coverage::Complete,
    }
}
