//! `extends`: an organisation's defaults, laid below the policy's own keys.

use std::path::{Component, Path, PathBuf};

use super::source::{Source, whole_file};
use super::{COMPONENT, EXTENDS, document};
use crate::model::settings::{Diagnostic, Node, Place, Table, Value};
use crate::model::{Digest, visible};

/// How many files may stand below a policy.
const MAXIMUM_DEPTH: usize = 8;

/// A policy and everything that it extends, as one table.
pub(super) struct Extended {
    /// The tables laid over each other; places say which source they came from.
    pub(super) table: Table,
    /// The policy itself first.
    pub(super) sources: Vec<Source>,
}

impl Extended {
    /// Of one file, its digest, as any tool computes it; of several, the digest of their digests,
    /// a line each, so that text moved from one file to another is a difference.
    pub(super) fn digest(&self) -> Digest {
        if let [only] = self.sources.as_slice() {
            return only.digest();
        }
        let digests: String = self
            .sources
            .iter()
            .map(|source| format!("{}\n", source.digest()))
            .collect();
        Digest::of(digests.as_bytes())
    }
}

/// Reads a policy and what it extends; `text` stands for what the policy's own file holds.
///
/// # Errors
/// What is wrong, and the sources that it points into.
pub(super) fn read(
    path: &Path,
    text: Option<String>,
) -> Result<Extended, (Box<Diagnostic>, Vec<Source>)> {
    let mut sources = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut table = match add(path, text, &mut sources, &mut seen) {
        Ok(table) => table,
        Err(diagnostic) => return Err((diagnostic, sources)),
    };
    let mut above = path.to_owned();
    let mut reference = extends(&table);
    while let Some((text, place)) = reference {
        let below = match next(&above, &text, &place, &mut sources, &mut seen) {
            Ok((path, below)) => {
                above = path;
                below
            }
            Err(diagnostic) => return Err((diagnostic, sources)),
        };
        reference = extends(&below);
        table = laid_over(table, below);
    }
    Ok(Extended { table, sources })
}

fn next(
    above: &Path,
    text: &str,
    place: &Place,
    sources: &mut Vec<Source>,
    seen: &mut Vec<PathBuf>,
) -> Result<(PathBuf, Table), Box<Diagnostic>> {
    let refused = |why: &str, label: &str, hint: &str| {
        let error = Diagnostic::error(place, format!("`extends`: {why}"));
        Box::new(error.label(label).hint(hint))
    };
    if sources.len() > MAXIMUM_DEPTH {
        let why = "more than 8 files extend each other";
        return Err(refused(why, "", "one or two are enough: join some of them"));
    }
    let relative = Path::new(text);
    let plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if text.is_empty() || text.contains('\\') || !relative.components().all(plain) {
        return Err(refused(
            "this leads out of the policy's folder",
            "",
            "name a file in the same folder or below it, as in `extends = \"acme.toml\"`",
        ));
    }
    let folder = folder_of(above);
    let path = folder.join(relative);
    let real = match (std::fs::canonicalize(&path), std::fs::canonicalize(folder)) {
        (Ok(real), Ok(folder)) if real.starts_with(&folder) => real,
        (Ok(_), Ok(_)) => {
            return Err(refused(
                "a link leads out of the policy's folder",
                "",
                "put the file itself into the folder",
            ));
        }
        _ => {
            return Err(refused(
                "there is no such file",
                &format!("looked for {}", visible(&path.display().to_string(), 200)),
                "the path begins at the folder of the file that says `extends`",
            ));
        }
    };
    if seen.contains(&real) {
        return Err(refused(
            "this file is already part of the policy",
            "here it begins again",
            "take one `extends` out: files cannot extend each other in a circle",
        ));
    }
    let table = add(&path, None, sources, seen).map_err(|diagnostic| match diagnostic.place {
        Some(_) => diagnostic,
        None => {
            let hint = diagnostic.hint.as_deref().unwrap_or_default();
            refused(&diagnostic.message, "", hint)
        }
    })?;
    Ok((path, table))
}

fn add(
    path: &Path,
    text: Option<String>,
    sources: &mut Vec<Source>,
    seen: &mut Vec<PathBuf>,
) -> Result<Table, Box<Diagnostic>> {
    let is_given = text.is_some();
    let source = match text {
        Some(text) => Source::given(path, text)?,
        None => Source::read(path)?,
    };
    let number = sources.len();
    let parsed = document::parse(source.text(), number);
    seen.push(match std::fs::canonicalize(path) {
        Ok(real) => real,
        // A text that is in no file yet.
        Err(error) if is_given && error.kind() == std::io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => {
            let error = visible(&error.to_string(), 120);
            let words = format!("the path cannot be resolved: {error}");
            return Err(whole_file(words, "check it"));
        }
    });
    sources.push(source);
    parsed
}

/// What `extends` of `[component]` says. A wrong type is reported where the table is read.
fn extends(table: &Table) -> Option<(String, Place)> {
    let component = entry(table, COMPONENT)?;
    let Value::Table(component) = &component.value else {
        return None;
    };
    let node = entry(component, EXTENDS)?;
    match &node.value {
        Value::Text(text) => Some((text.clone(), node.place.clone())),
        _ => None,
    }
}

fn entry<'t>(table: &'t Table, key: &str) -> Option<&'t Node> {
    let mut entries = table.entries.iter();
    entries
        .find(|(name, _, _)| name == key)
        .map(|(_, _, node)| node)
}

/// The keys of `above` win; tables are joined key by key, and arrays of tables (`[[waiver]]`)
/// one after the other, those of `below` first. `extends` itself is taken over as it is above.
fn laid_over(mut above: Table, below: Table) -> Table {
    for (name, key, node) in below.entries {
        let Some(at) = above.entries.iter().position(|(own, _, _)| *own == name) else {
            above.entries.push((name, key, node));
            continue;
        };
        let own = &mut above.entries[at].2;
        match (&mut own.value, node.value) {
            (Value::Table(own), Value::Table(below)) => {
                *own = laid_over(std::mem::take(own), below);
            }
            (Value::List(own), Value::List(mut below)) if are_tables(own) && are_tables(&below) => {
                below.append(own);
                *own = below;
            }
            _ => {}
        }
    }
    above
}

fn are_tables(items: &[Node]) -> bool {
    !items.is_empty()
        && items
            .iter()
            .all(|item| matches!(item.value, Value::Table(_)))
}

/// The folder of a file; the working folder for a bare name.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
