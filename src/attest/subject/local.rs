//! Files, globs and folders as a user names them.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use super::{Artifact, Meter, Place, SubjectError, hash_file};
use crate::model::visible;

/// Folders in folders.
const DEPTH: usize = 32;

/// Files that one argument may name.
const FILES: usize = 100_000;

/// What is an attestation itself and never attested by naming its folder.
const ATTESTATIONS: [&str; 4] = [
    ".sigstore.json",
    ".sigstore",
    ".publish.attestation",
    ".intoto.jsonl",
];

/// The artifacts that a path names: a file; every file of a folder and of its folders, but hidden
/// ones and attestations; what a glob fits (`dist/*.whl`, for shells that expand none).
///
/// # Errors
/// [`SubjectError`] where it names nothing, or something that cannot be read whole.
pub fn of_path(text: &str, meter: Meter<'_>) -> Result<Vec<Artifact>, SubjectError> {
    let path = Path::new(text);
    let shown = visible(text, 300);
    let mut files = Vec::new();
    if path.is_dir() {
        collect(path, 0, &mut files)?;
        if files.is_empty() {
            return Err(SubjectError::new(
                format!("{shown}: the folder holds no artifact"),
                "hidden files, *.sigstore.json and *.publish.attestation do not count",
            ));
        }
    } else {
        files = of_glob(text)?.unwrap_or_else(|| vec![path.to_owned()]);
    }
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let digest = hash_file(&path, meter)?;
            let name = path.file_name().and_then(|name| name.to_str());
            let name = name.ok_or_else(|| {
                let shown = visible(&path.display().to_string(), 300);
                SubjectError::new(
                    format!("{shown}: its name is not UTF-8"),
                    "rename it; a statement is JSON and holds only UTF-8",
                )
            })?;
            Ok(Artifact {
                name: name.to_owned(),
                digest,
                place: Place::File(path.clone()),
            })
        })
        .collect()
}

/// The files that a glob fits, in their order; nothing where the text is none, or the name of what is
/// there.
///
/// # Errors
/// [`SubjectError`] where no file fits, and where a folder cannot be read.
pub fn of_glob(text: &str) -> Result<Option<Vec<PathBuf>>, SubjectError> {
    if Path::new(text).exists() || !text.contains(['*', '?', '[', '{']) {
        return Ok(None);
    }
    let shown = visible(text, 300);
    let invalid = |error: globset::Error| {
        let message = format!("{shown}: is no glob: {}", visible(&error.to_string(), 200));
        SubjectError::new(message, "as in `dist/*.whl`")
    };
    let text = text.strip_prefix("./").unwrap_or(text);
    let glob = GlobBuilder::new(text).literal_separator(true).build();
    let matcher = glob.map_err(invalid)?.compile_matcher();
    // The longest folder before the first part with a wildcard.
    let wild = text.find(['*', '?', '[', '{']).unwrap_or(text.len());
    let folder = text[..wild].rfind('/').map_or("", |at| &text[..=at]);
    let mut files = Vec::new();
    let root = if folder.is_empty() { "." } else { folder };
    if Path::new(root).is_dir() {
        collect(Path::new(root), 0, &mut files)?;
    }
    let mut found: Vec<PathBuf> = files
        .into_iter()
        .map(|path| path.strip_prefix("./").map(Path::to_owned).unwrap_or(path))
        .filter(|path| matcher.is_match(path))
        .collect();
    found.sort();
    match found.is_empty() {
        true => Err(SubjectError::new(
            format!("{shown}: no file fits"),
            "globs know `*`, `?`, `[…]`, `{…}` and `**`; attestations do not count",
        )),
        false => Ok(Some(found)),
    }
}

/// The files of a folder in any order. Symbolic links to folders are not followed: they may lead
/// out of it, or round.
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), SubjectError> {
    let shown = visible(&folder.display().to_string(), 300);
    let unreadable = |error: std::io::Error| {
        let message = format!("{shown}: cannot be read: {error}");
        SubjectError::new(message, "name folders that may be read")
    };
    if depth > DEPTH {
        let message = format!("{shown}: more than {DEPTH} folders deep");
        return Err(SubjectError::new(message, "name the folders inside"));
    }
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || ATTESTATIONS.iter().any(|it| name.ends_with(it)) {
            continue;
        }
        let path = entry.path();
        if entry.file_type().map_err(unreadable)?.is_dir() {
            collect(&path, depth + 1, files)?;
        } else if path.is_file() {
            files.push(path);
        }
        if files.len() > FILES {
            let message = format!("{shown}: more than {FILES} files");
            return Err(SubjectError::new(message, "attest them in parts"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let artifacts = of_path(text, &|_, _, _| {}).unwrap();
        artifacts.into_iter().map(|it| it.name).collect()
    }

    #[test]
    fn a_folder_gives_its_files_and_no_attestation_or_hidden_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("sub/.git")).unwrap();
        for name in [
            "a-1.whl",
            "a-1.whl.sigstore.json",
            "a-1.whl.publish.attestation",
            ".hidden",
            "sub/b-1.zip",
            "sub/.git/config",
        ] {
            std::fs::write(root.join(name), name).unwrap();
        }
        let text = root.to_str().unwrap();
        assert_eq!(names(text), ["a-1.whl", "b-1.zip"]);
        assert_eq!(names(&format!("{text}/*.whl")), ["a-1.whl"]);
        assert_eq!(names(&format!("{text}/**/*.zip")), ["b-1.zip"]);
        assert!(of_path(&format!("{text}/*.zip"), &|_, _, _| {}).is_err());
        assert!(of_path(&format!("{text}/missing"), &|_, _, _| {}).is_err());
        assert!(of_path(&format!("{text}/sub/.git"), &|_, _, _| {}).is_ok());
    }
}
