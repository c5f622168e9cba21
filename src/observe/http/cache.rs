//! Answers kept on disk for conditional requests.
//!
//! A file's name is a digest of the question and of the credential's fingerprint; neither address
//! nor secret is in its name or its content. What a file holds is used only after the server has
//! confirmed it (304), or where it is content that was asked for by its digest, and only where its
//! own digest fits: a tampered or truncated file is none.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{HeaderMap, HeaderName, HeaderValue};
use crate::model::Digest;
use crate::observe::environment::Environment;

/// Header fields that are kept with a body.
const KEPT: &[&str] = &[
    "content-type",
    "etag",
    "last-modified",
    "link",
    "x-pypi-last-serial",
    "docker-content-digest",
];

/// The shape of a cache file; another one is not read.
const FORMAT: &str = "lockstep-cache-1";

/// The folder of kept answers.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    capacity: u64,
    /// Bytes in the folder, as far as known; nothing before the first count.
    used: Mutex<Option<u64>>,
}

/// What a question is kept under.
#[derive(Debug, Clone, Copy)]
pub(super) struct CacheKey(Digest);

/// A kept answer.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) digest: Digest,
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    key: Digest,
    body: Digest,
    headers: Vec<(String, String)>,
}

impl CacheKey {
    pub(super) fn of(method: &str, url: &str, accept: &str, credential: Digest) -> Self {
        let text = format!("{method}\n{url}\n{accept}\n{credential}");
        Self(Digest::of(text.as_bytes()))
    }
}

impl Cache {
    /// In `LOCKSTEP_CACHE_DIR`, else `lockstep` in `XDG_CACHE_HOME`, else in `~/.cache`; nothing
    /// where none of them is known.
    pub(super) fn of_environment(environment: &Environment, capacity: u64) -> Option<Self> {
        if capacity == 0 {
            return None;
        }
        let folder = match environment.get("LOCKSTEP_CACHE_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => match environment.get("XDG_CACHE_HOME") {
                Some(caches) => Path::new(caches).join("lockstep"),
                None => environment.home()?.join(".cache").join("lockstep"),
            },
        };
        Some(Self {
            folder: folder.join("http"),
            capacity,
            used: Mutex::new(None),
        })
    }

    /// A kept answer whose digests fit.
    pub(super) fn read(&self, key: CacheKey) -> Option<Kept> {
        let mut bytes = Vec::new();
        let file = fs::File::open(self.path(key)).ok()?;
        file.take(self.capacity).read_to_end(&mut bytes).ok()?;
        let (seal, rest) = split_line(&bytes)?;
        let (head, body) = split_line(rest)?;
        // The seal covers the head, and the head the body.
        if seal != Digest::of(head).to_string().as_bytes() {
            return None;
        }
        let head: Head = serde_json::from_slice(head).ok()?;
        let digest = Digest::of(body);
        if head.format != FORMAT || head.key != key.0 || head.body != digest {
            return None;
        }
        let body_at = bytes.len() - body.len();
        let mut headers = HeaderMap::new();
        for (name, value) in head.headers {
            let name: HeaderName = name.parse().ok()?;
            headers.append(name, HeaderValue::from_str(&value).ok()?);
        }
        bytes.drain(..body_at);
        Some(Kept {
            headers,
            body: bytes,
            digest,
        })
    }

    /// Keeps an answer that has a validator, or is named by its own digest, and does not forbid it.
    /// A folder that cannot be written is no failure: the next run asks unconditionally.
    pub(super) fn keep(
        &self,
        key: CacheKey,
        headers: &HeaderMap,
        body: &[u8],
        digest: Digest,
        names_itself: bool,
    ) {
        let has = |name: &str| headers.contains_key(name);
        let forbidden = headers
            .get_all("cache-control")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.to_ascii_lowercase().contains("no-store"));
        if forbidden || !(names_itself || has("etag") || has("last-modified")) {
            return;
        }
        if body.len() as u64 > self.capacity / 4 {
            return;
        }
        if let Ok(written) = self.write(key, headers, body, digest) {
            self.make_room(written);
        }
    }

    /// Marks a kept answer as used, so that it is not among the oldest.
    pub(super) fn touch(&self, key: CacheKey) {
        if let Ok(file) = fs::File::options().append(true).open(self.path(key)) {
            let _ = file.set_modified(SystemTime::now());
        }
    }

    fn write(
        &self,
        key: CacheKey,
        headers: &HeaderMap,
        body: &[u8],
        digest: Digest,
    ) -> io::Result<u64> {
        make_private_folder(&self.folder)?;
        let kept = KEPT.iter().flat_map(|name| {
            let values = headers.get_all(*name).iter();
            values.filter_map(|value| Some(((*name).to_owned(), value.to_str().ok()?.to_owned())))
        });
        let head = Head {
            format: FORMAT.to_owned(),
            key: key.0,
            body: digest,
            headers: kept.collect(),
        };
        let head = serde_json::to_vec(&head)?;
        // A temporary file is readable by its owner only, and takes its name in one step.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        writeln!(file, "{}", Digest::of(&head))?;
        file.write_all(&head)?;
        file.write_all(b"\n")?;
        file.write_all(body)?;
        file.persist(self.path(key)).map_err(|error| error.error)?;
        Ok((head.len() + body.len()) as u64 + 73)
    }

    fn make_room(&self, written: u64) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let total = match *used {
            Some(total) => total + written,
            None => self.files().iter().map(|file| file.1).sum(),
        };
        if total <= self.capacity {
            *used = Some(total);
            return;
        }
        let mut files = self.files();
        files.sort();
        let mut total: u64 = files.iter().map(|file| file.1).sum();
        for (_, bytes, path) in files {
            if total <= self.capacity / 10 * 9 {
                break;
            }
            if fs::remove_file(path).is_ok() {
                total -= bytes;
            }
        }
        *used = Some(total);
    }

    fn files(&self) -> Vec<(SystemTime, u64, PathBuf)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let about = entry.metadata().ok()?;
                about
                    .is_file()
                    .then_some((about.modified().ok()?, about.len(), entry.path()))
            })
            .collect()
    }

    fn path(&self, key: CacheKey) -> PathBuf {
        self.folder.join(key.0.hex())
    }
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(folder: &tempfile::TempDir, capacity: u64) -> Cache {
        let place = folder.path().to_str().unwrap();
        let environment = Environment::empty().with("LOCKSTEP_CACHE_DIR", place);
        Cache::of_environment(&environment, capacity).unwrap()
    }

    fn key(url: &str) -> CacheKey {
        CacheKey::of("GET", url, "*/*", Digest::of(b"none"))
    }

    fn keep(cache: &Cache, url: &str, body: &[u8]) {
        let mut headers = HeaderMap::new();
        headers.insert("etag", "\"1\"".parse().unwrap());
        cache.keep(key(url), &headers, body, Digest::of(body), false);
    }

    /// THREATS row 17: what a file says counts only where its digest fits.
    #[test]
    fn a_tampered_or_truncated_or_renamed_file_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(&folder, 1 << 20);
        keep(&cache, "https://a/", b"the body");
        let path = cache.path(key("https://a/"));
        let whole = fs::read(&path).unwrap();
        assert_eq!(cache.read(key("https://a/")).unwrap().body, b"the body");
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            assert!(cache.read(key("https://a/")).is_none(), "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert!(cache.read(key("https://a/")).is_none(), "cut at {at}");
        }
        fs::write(cache.path(key("https://b/")), &whole).unwrap();
        assert!(cache.read(key("https://b/")).is_none());
    }

    #[test]
    fn the_oldest_go_first_and_the_whole_stays_below_its_cap() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(&folder, 10_000);
        for number in 0..20 {
            keep(&cache, &format!("https://a/{number}"), &[b'x'; 1_000]);
            let total: u64 = cache.files().iter().map(|file| file.1).sum();
            assert!(total <= 10_000, "{total}");
            let path = cache.path(key(&format!("https://a/{number}")));
            let file = fs::File::options().append(true).open(path).unwrap();
            let age = std::time::Duration::from_secs(1_000 - number);
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        assert!(cache.read(key("https://a/0")).is_none());
        assert!(cache.read(key("https://a/19")).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(&folder, 1 << 20);
        keep(&cache, "https://a/", b"x");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&cache.folder), 0o700);
        assert_eq!(mode(&cache.path(key("https://a/"))), 0o600);
    }

    #[test]
    fn what_must_not_be_stored_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(&folder, 1 << 20);
        let mut headers = HeaderMap::new();
        headers.insert("etag", "\"1\"".parse().unwrap());
        headers.insert("cache-control", "private, No-Store".parse().unwrap());
        cache.keep(key("https://a/"), &headers, b"x", Digest::of(b"x"), false);
        assert!(cache.read(key("https://a/")).is_none());
    }
}
