//! Reads a folder: every file's release, hash, size, and the version that it declares inside.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Instant;

use sha2::{Digest as _, Sha256};

use super::archive;
use super::naming::{Naming, Spellings};
use crate::model::version::{Scheme, Version};
use crate::model::{Digest, Failure, FailureKind, FileFact, Listing, visible};

/// Files of one folder.
const FILES: usize = 20_000;
/// Folders in folders.
const DEPTH: usize = 32;

/// A folder as it was read.
pub(super) struct Contents {
    pub(super) listing: Listing,
    /// SHA-256 of the list of checksums that `sha256sum` would write of it.
    pub(super) body: Digest,
    /// Releases of which a file cannot be read as what it is.
    pub(super) broken: Vec<(String, Failure)>,
}

/// Reads a folder until `end`.
///
/// # Errors
/// A [`Failure`] where the folder, or any file in it, cannot be read whole.
pub(super) fn read(folder: &Path, naming: &Naming, end: Instant) -> Result<Contents, Failure> {
    let root = folder
        .canonicalize()
        .map_err(|error| unreadable(folder, folder, &error))?;
    if !root.is_dir() {
        return Err(Failure {
            kind: FailureKind::NotFound,
            detail: "it is no folder".to_owned(),
        });
    }
    let mut paths = BTreeMap::new();
    collect(&root, &root, 0, &mut paths)?;
    let mut read = Contents {
        listing: Listing::default(),
        body: Digest::of(b""),
        broken: Vec::new(),
    };
    let mut sums = Sha256::new();
    let mut spellings = Spellings::default();
    let mut declared: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, path) in &paths {
        let mut file = File::open(path).map_err(|error| unreadable(&root, path, &error))?;
        let (digest, size) = hash(&mut file, end).map_err(|error| match error {
            Some(error) => unreadable(&root, path, &error),
            None => Failure {
                kind: FailureKind::Timeout,
                detail: "reading the folder took too long: LOCKSTEP_TIMEOUT gives more".to_owned(),
            },
        })?;
        sums.update(format!("{}  {name}\n", digest.hex()));
        let Some(placed) = naming.place(name) else {
            read.listing.unnamed.insert(visible(name, 200));
            continue;
        };
        let version = spellings.of(&placed);
        let fact = FileFact {
            digest: Some(digest),
            size: Some(size),
            ..FileFact::default()
        };
        let entry = read.listing.entries.entry(version.clone()).or_default();
        if entry.files.insert(placed.file.clone(), fact).is_some() {
            let shown = visible(&placed.file, 120);
            let detail = format!("`{shown}` is there twice, in two folders");
            read.broken.push((version.clone(), malformed(detail)));
        }
        match archive::declared(&mut file, &placed.file, end) {
            Ok(found) => declared.entry(version).or_default().extend(found),
            Err(why) => read.broken.push((version, why)),
        }
    }
    for (version, texts) in declared {
        let differs = texts.into_iter().find(|text| !says_same(text, &version));
        if let Some(entry) = read.listing.entries.get_mut(&version) {
            entry.version = differs;
        }
    }
    read.body = Digest::from_bytes(sums.finalize().into());
    Ok(read)
}

/// Whether a text inside a file is only another spelling of the name's version.
fn says_same(text: &str, version: &str) -> bool {
    let same = |scheme| {
        let (Ok(one), Ok(other)) = (
            Version::parse(text, scheme),
            Version::parse(version, scheme),
        ) else {
            return false;
        };
        one.key() == other.key()
    };
    text == version || same(Scheme::Pep440) || same(Scheme::Semver)
}

/// Every file below a folder, by its path with `/` between the parts, hidden ones left out.
///
/// A link to a file of the folder is that file; one that leads out of the folder is refused. Links
/// to folders are not followed: what they lead to inside is read under its own name.
fn collect(
    root: &Path,
    folder: &Path,
    depth: usize,
    paths: &mut BTreeMap<String, PathBuf>,
) -> Result<(), Failure> {
    let unreadable = |path: &Path, error: &std::io::Error| unreadable(root, path, error);
    if depth > DEPTH {
        return Err(too_large(format!("folders are nested deeper than {DEPTH}")));
    }
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let path = entry.path();
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            let shown = visible(&shown(root, &path), 120);
            return Err(malformed(format!("the name `{shown}` is not UTF-8")));
        };
        if name.starts_with('.') {
            continue;
        }
        let kind = entry
            .file_type()
            .map_err(|error| unreadable(&path, &error))?;
        if kind.is_dir() {
            collect(root, &path, depth + 1, paths)?;
            continue;
        }
        let real = path
            .canonicalize()
            .map_err(|error| unreadable(&path, &error))?;
        let metadata = std::fs::metadata(&real).map_err(|error| unreadable(&path, &error))?;
        if kind.is_symlink() && !real.starts_with(root) {
            let shown = visible(&shown(root, &path), 120);
            return Err(malformed(format!(
                "the link `{shown}` leads out of the folder"
            )));
        }
        if metadata.is_dir() {
            continue;
        }
        if !metadata.is_file() {
            let shown = visible(&shown(root, &path), 120);
            return Err(malformed(format!("`{shown}` is no regular file")));
        }
        if paths.len() >= FILES {
            return Err(too_large(format!("more than {FILES} files")));
        }
        paths.insert(shown(root, &path), real);
    }
    Ok(())
}

/// SHA-256 and size of a file, which is left at its start; no error where time ran out.
fn hash(file: &mut File, end: Instant) -> Result<(Digest, u64), Option<std::io::Error>> {
    let mut sha = Sha256::new();
    let mut buffer = vec![0; 128 << 10];
    let mut size = 0;
    loop {
        if Instant::now() > end {
            return Err(None);
        }
        let read = file.read(&mut buffer).map_err(Some)?;
        if read == 0 {
            break;
        }
        sha.update(&buffer[..read]);
        size += read as u64;
    }
    file.seek(SeekFrom::Start(0)).map_err(Some)?;
    Ok((Digest::from_bytes(sha.finalize().into()), size))
}

fn shown(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

fn unreadable(root: &Path, path: &Path, error: &std::io::Error) -> Failure {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound if path == root => FailureKind::NotFound,
        std::io::ErrorKind::PermissionDenied => FailureKind::Forbidden,
        _ => FailureKind::Malformed,
    };
    let what = match path == root {
        true => "the folder".to_owned(),
        false => format!("`{}`", visible(&shown(root, path), 120)),
    };
    Failure {
        kind,
        detail: format!("{what} cannot be read: {error}"),
    }
}

fn malformed(detail: String) -> Failure {
    crate::observe::malformed(detail)
}

fn too_large(detail: String) -> Failure {
    Failure {
        kind: FailureKind::TooLarge,
        detail,
    }
}
