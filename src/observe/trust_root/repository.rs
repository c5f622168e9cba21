//! A TUF repository behind the one HTTP client, and one that is kept in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sigstore_tuf::transport::FetchFuture;
use sigstore_tuf::{Error, MetadataStore, Repository};
use url::Url;

use crate::model::visible;
use crate::observe::http::{Client, Request};

/// The repository of a mirror.
pub(super) struct Mirror {
    pub(super) client: Client,
    pub(super) base: Url,
}

impl Mirror {
    async fn fetch(
        &self,
        below: &str,
        name: &str,
        cap: u64,
    ) -> sigstore_tuf::Result<Option<Vec<u8>>> {
        if !is_plain(name) {
            let name = visible(name, 100);
            return Err(Error::Malformed(format!("`{name}` is no name of a file")));
        }
        let base = self.base.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}/{below}{name}"))
            .map_err(|_| Error::Malformed(format!("`{}` is no name", visible(name, 100))))?;
        let request = Request::get(url, "*/*").body_cap(cap);
        match self.client.send(&request).await {
            Ok(reply) => Ok(Some(reply.body)),
            Err(unanswered) if unanswered.is_not_found() => Ok(None),
            // Object stores answer 403 for what is not there. Only the search for the next root asks
            // for what may be missing.
            Err(unanswered) if unanswered.status == Some(403) && name.ends_with(".root.json") => {
                Ok(None)
            }
            Err(unanswered) => Err(Error::transport(format!("{name}: {unanswered}"))),
        }
    }
}

/// Whether a name can only be a file below the repository: parts of names come from metadata.
fn is_plain(name: &str) -> bool {
    let is_allowed = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_' | '%')
    };
    name.len() <= 300
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && part.chars().all(is_allowed))
        && !name.to_ascii_lowercase().contains("%2e")
}

impl Repository for Mirror {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(self.fetch("", name, max_length))
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(self.fetch("targets/", path, max_length))
    }
}

/// Metadata and targets by the names that the TUF client keeps them under. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Kept {
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl Kept {
    pub(super) fn of(files: BTreeMap<String, Vec<u8>>) -> Self {
        Self {
            files: Arc::new(Mutex::new(files)),
        }
    }

    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn named(&self, name: &str, cap: u64) -> Option<Vec<u8>> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let found = files.get(name)?;
        (found.len() as u64 <= cap).then(|| found.clone())
    }
}

impl MetadataStore for Kept {
    fn load(&self, name: &str) -> sigstore_tuf::Result<Option<Vec<u8>>> {
        Ok(self.named(name, u64::MAX))
    }

    fn store(&self, name: &str, bytes: &[u8]) -> sigstore_tuf::Result<()> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }
}

/// Names of repositories with consistent snapshots begin with a version or a digest, those of what
/// is kept do not.
impl Repository for Kept {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        let unversioned = match name.split_once('.') {
            Some((version, rest))
                if rest != "json" && version.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                rest
            }
            _ => name,
        };
        // The chain of roots was walked when the store was attached.
        let found = match unversioned {
            "root.json" => None,
            _ => self.named(unversioned, max_length),
        };
        Box::pin(async move { Ok(found) })
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        let found = self.named(&format!("targets/{path}"), max_length);
        let found = found.or_else(|| {
            let (_, rest) = path.split_once('.')?;
            self.named(&format!("targets/{rest}"), max_length)
        });
        Box::pin(async move { Ok(found) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_of_the_repository_are_refused() {
        for plain in [
            "17.root.json",
            "ab12.trusted_root.json",
            "5.a%2Fb.json",
            "d/ab.x",
        ] {
            assert!(is_plain(plain), "{plain}");
        }
        for hostile in [
            "",
            "..",
            "../x",
            "a/../b",
            "/etc/passwd",
            "a//b",
            "https://elsewhere.example/x",
            "a\\b",
            "a?b",
            "a#b",
            "a%2e%2E/b",
            ".x",
            "a b",
            "a\nb",
            "ä",
        ] {
            assert!(!is_plain(hostile), "{hostile}");
        }
    }
}
