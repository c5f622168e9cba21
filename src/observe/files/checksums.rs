//! Lists of SHA-256 checksums, as `sha256sum` and BSD's `sha256` write them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::naming::Naming;
use crate::model::{Digest, Entry, Failure, FileFact, Listing, visible};
use crate::observe::malformed;

/// More files than any release has; more are refused.
const MAXIMUM_FILES: usize = 100_000;

/// A list of checksums: by path, the hash.
pub type Checksums = BTreeMap<String, Digest>;

/// Reads a list: `<hash>  <path>`, `<hash> *<path>` or `SHA256 (<path>) = <hash>` in each line. A
/// line that begins with `\` writes each backslash of its path twice, as GNU's `sha256sum` does.
///
/// Empty lines, comments (`#`) and BSD lines of other algorithms are passed over. The last line
/// must end: nothing else tells a list that was cut off from a whole one.
///
/// # Errors
/// A [`Failure`] of the kind `malformed` for anything else, for a list without any file, and for a
/// path with two hashes.
pub fn parse_checksums(bytes: &[u8]) -> Result<Checksums, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("the list is not text (UTF-8)"))?;
    if !text.ends_with('\n') {
        let words = "the last line of the list has no end: it is empty or was cut off";
        return Err(malformed(words));
    }
    let mut checksums = Checksums::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_end_matches('\r');
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let found = match read_line(line) {
            Line::File(path, digest) => (path, digest),
            Line::OtherAlgorithm => continue,
            Line::Wrong => {
                return Err(malformed(format!(
                    "line {} is no SHA-256 checksum: `{}`",
                    number + 1,
                    visible(line, 80)
                )));
            }
        };
        if checksums.len() >= MAXIMUM_FILES {
            return Err(malformed(format!(
                "the list has more than {MAXIMUM_FILES} files"
            )));
        }
        let path = found.0.strip_prefix("./").unwrap_or(&found.0);
        let other = checksums.insert(path.to_owned(), found.1);
        if other.is_some_and(|other| other != found.1) {
            let shown = visible(path, 120);
            return Err(malformed(format!(
                "`{shown}` has two checksums in the list"
            )));
        }
    }
    match checksums.is_empty() {
        true => Err(malformed("the list names no file")),
        false => Ok(checksums),
    }
}

enum Line<'l> {
    File(Cow<'l, str>, Digest),
    OtherAlgorithm,
    Wrong,
}

fn read_line(line: &str) -> Line<'_> {
    let Some(escaped) = line.strip_prefix('\\') else {
        return read_plain(line);
    };
    match read_plain(escaped) {
        Line::File(path, digest) => match unescaped(&path) {
            Some(path) => Line::File(Cow::Owned(path), digest),
            None => Line::Wrong,
        },
        other => other,
    }
}

/// A path as it is called ("cksum output modes", GNU coreutils manual). Nothing for line breaks,
/// which could be written so too: no release has such a file, and no message should.
fn unescaped(path: &str) -> Option<String> {
    let mut whole = String::with_capacity(path.len());
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        if character == '\\' && characters.next() != Some('\\') {
            return None;
        }
        whole.push(character);
    }
    Some(whole)
}

fn read_plain(line: &str) -> Line<'_> {
    // `SHA256 (name) = hash`; a name may itself hold `) = `.
    if let Some((algorithm, rest)) = line.split_once(" (")
        && let Some((path, hash)) = rest.rsplit_once(") = ")
        && !algorithm.contains(' ')
    {
        return match (algorithm, Digest::from_hex(hash.trim())) {
            ("SHA256", Ok(digest)) if !path.is_empty() => Line::File(path.into(), digest),
            ("SHA256", _) => Line::Wrong,
            _ => Line::OtherAlgorithm,
        };
    }
    let Some((hash, path)) = line.split_once([' ', '\t']) else {
        return Line::Wrong;
    };
    let path = path.trim_start_matches([' ', '\t']);
    let path = path.strip_prefix('*').unwrap_or(path);
    match Digest::from_hex(hash) {
        Ok(digest) if !path.is_empty() => Line::File(path.into(), digest),
        _ => Line::Wrong,
    }
}

/// What a list that holds the files of every release says, and the releases of which it says two
/// things.
pub(super) fn listing(checksums: &Checksums, naming: &Naming) -> (Listing, Vec<(String, Failure)>) {
    let mut listing = Listing::default();
    let mut broken = Vec::new();
    for (path, digest) in checksums {
        match naming.place(path) {
            Some(placed) => {
                let entry = listing.entries.entry(placed.version.clone()).or_default();
                if let Err(why) = add(&mut entry.files, placed.file, *digest) {
                    broken.push((placed.version, why));
                }
            }
            None => {
                listing.unnamed.insert(visible(path, 200));
            }
        }
    }
    (listing, broken)
}

/// What the list of one release says: with templates its files that fit, without all of them.
///
/// # Errors
/// A [`Failure`] of the kind `malformed` where it says two things of one file.
pub(super) fn entry(
    checksums: &Checksums,
    naming: &Naming,
    names: [&str; 2],
) -> Result<Entry, Failure> {
    let all = naming.templates.is_empty();
    let mut entry = Entry::default();
    for (path, digest) in checksums {
        let placed = naming.place(path);
        let fits = placed.is_some_and(|placed| names.contains(&placed.version.as_str()));
        if all || fits {
            let name = path.rsplit('/').next().unwrap_or(path);
            add(&mut entry.files, name.to_owned(), *digest)?;
        }
    }
    Ok(entry)
}

/// Adds a file. Which of two that differ is meant is not for the order of their folders to say.
fn add(
    files: &mut BTreeMap<String, FileFact>,
    name: String,
    digest: Digest,
) -> Result<(), Failure> {
    let shown = visible(&name, 120);
    let fact = FileFact {
        digest: Some(digest),
        ..FileFact::default()
    };
    match files.insert(name, fact) {
        Some(other) if other.digest != Some(digest) => Err(malformed(format!(
            "`{shown}` has two checksums in the list, in two folders"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn both_forms_are_read() {
        let text = format!(
            "# released 2026\n{HASH}  a-1.zip\r\n{HASH} *./b 1.zip\n\nSHA256 (c (1) = x.zip) = {HASH}\n\
             SHA512 (c.zip) = {HASH}{HASH}\n"
        );
        let read = parse_checksums(text.as_bytes()).unwrap();
        let names: Vec<&str> = read.keys().map(String::as_str).collect();
        assert_eq!(names, ["a-1.zip", "b 1.zip", "c (1) = x.zip"]);
    }

    #[test]
    fn a_backslash_before_the_hash_means_that_the_path_has_some() {
        let text =
            format!("\\{HASH}  a\\\\b.zip\n\\SHA256 (c\\\\d.zip) = {HASH}\n{HASH}  e\\\\f.zip\n");
        let read = parse_checksums(text.as_bytes()).unwrap();
        let names: Vec<&str> = read.keys().map(String::as_str).collect();
        assert_eq!(names, ["a\\b.zip", "c\\d.zip", "e\\\\f.zip"]);
        let odd = format!("\\{HASH}  a\\\n");
        assert!(parse_checksums(odd.as_bytes()).is_err());
    }

    #[test]
    fn what_is_no_list_or_was_cut_off_is_refused() {
        let other = "b".repeat(64);
        for text in [
            String::new(),
            "\n".to_owned(),
            "<html>not found</html>\n".to_owned(),
            format!("{HASH}  a.zip"),
            format!("{HASH}  a.zip\n{HASH}"),
            format!("{HASH}{HASH}  a.zip\n"),
            format!("{HASH}  \n"),
            "SHA256 (a.zip) = abc\n".to_owned(),
            format!("\\{HASH}  a\\nb.zip\n"),
            format!("{HASH}  a.zip\n{other}  ./a.zip\n"),
        ] {
            assert!(parse_checksums(text.as_bytes()).is_err(), "{text}");
        }
    }
}
