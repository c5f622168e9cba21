//! A policy for a checkout that has none, guessed from its manifest: good enough to find a
//! disagreement, never to allow.

use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::Target;
use super::judge::JudgeError;
use crate::decide;
use crate::model::{Name, visible};
use crate::observe::manifest::{Declared, Format, declared_by_key};
use crate::policy::load_text;

/// A manifest that may say name and version.
struct Manifest {
    file: &'static str,
    name: &'static str,
    version: &'static str,
    scheme: &'static str,
    /// The kind of the channel that it is published to.
    published: Option<&'static str>,
}

const MANIFESTS: &[Manifest] = &[
    Manifest {
        file: "pyproject.toml",
        name: "project.name",
        version: "project.version",
        scheme: "pep440",
        published: Some("pypi"),
    },
    Manifest {
        file: "setup.cfg",
        name: "metadata.name",
        version: "metadata.version",
        scheme: "pep440",
        published: Some("pypi"),
    },
    Manifest {
        file: "Cargo.toml",
        name: "package.name",
        version: "package.version",
        scheme: "semver",
        published: None,
    },
    Manifest {
        file: "package.json",
        name: "name",
        version: "version",
        scheme: "semver",
        published: Some("npm"),
    },
    Manifest {
        file: "Chart.yaml",
        name: "name",
        version: "version",
        scheme: "semver",
        published: None,
    },
];

/// The largest manifest that is read, in bytes.
const MANIFEST_BYTES: u64 = 4 << 20;

/// A target guessed from a checkout, and the manifest that it was guessed from.
///
/// # Errors
/// [`JudgeError`] where no manifest says a name and a version.
pub fn guess(checkout: &Path) -> Result<(Target, &'static str), JudgeError> {
    let shown = visible(&checkout.display().to_string(), 300);
    for manifest in MANIFESTS {
        let Some(text) = read(&checkout.join(manifest.file)) else {
            continue;
        };
        let find = |key: &str| {
            let key: Vec<String> = key.split('.').map(str::to_owned).collect();
            declared_by_key(&text, Format::of_file(manifest.file)?, &key).ok()
        };
        let Some(Declared::Version(name)) = find(manifest.name) else {
            continue;
        };
        // A version that stands elsewhere cannot be compared, but the name is still right.
        let (Ok(name), Some(_)) = (name.parse::<Name>(), find(manifest.version)) else {
            continue;
        };
        let text = policy(manifest, &name, checkout);
        let file = checkout.join(manifest.file);
        let reason = format!("component `{name}`: {} of the checkout", manifest.file);
        let target = target(text, file, reason).map_err(|message| JudgeError {
            message: format!("{shown}: no policy can be guessed: {message}"),
            hint: "write a policy and name it".to_owned(),
        })?;
        return Ok((target, manifest.file));
    }
    let files: Vec<&str> = MANIFESTS.iter().map(|manifest| manifest.file).collect();
    Err(JudgeError {
        message: format!("{shown}: no manifest there says a name and a version"),
        hint: format!("name a policy; looked for: {}", files.join(", ")),
    })
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    // A pipe of that name would be waited for without end.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let file = std::fs::File::open(path).ok()?;
    let mut file = std::io::Read::take(file, MANIFEST_BYTES);
    std::io::Read::read_to_string(&mut file, &mut text).ok()?;
    Some(text)
}

/// The policy's text: tags in any usual spelling, the manifest, and what was built.
fn policy(manifest: &Manifest, name: &Name, checkout: &Path) -> String {
    let folder = checkout.display().to_string();
    let mut document = DocumentMut::new();
    let mut table = |path: [&str; 2], entries: Vec<(&str, Item)>| {
        let [outer, inner] = path;
        let table = document
            .entry(outer)
            .or_insert_with(|| Item::Table(Table::new()));
        let mut filled = Table::new();
        filled.extend(entries);
        match inner {
            "" => *table = Item::Table(filled),
            inner => table[inner] = Item::Table(filled),
        }
    };
    let named = vec![
        ("name", value(name.as_str())),
        ("announced-by", value("tag")),
    ];
    table(["component", ""], named);
    table(
        ["line", "release"],
        vec![("scheme", value(manifest.scheme))],
    );
    let spellings = [
        "v{version}",
        "{version}",
        "{name}@{version}",
        "{name}-v{version}",
    ];
    let tags = vec![
        ("kind", value("git-tag")),
        ("tag", value(Array::from_iter(spellings))),
        ("path", value(folder.as_str())),
    ];
    table(["channel", "tag"], tags);
    let declared = vec![
        ("kind", value("manifest")),
        ("file", value(manifest.file)),
        ("key", value(manifest.version)),
        ("path", value(folder.as_str())),
    ];
    table(["channel", "declared"], declared);
    if let Some(kind) = manifest.published {
        table(["channel", kind], vec![("kind", value(kind))]);
    }
    document.to_string()
}

/// Reads the text as any policy: what a guess gets wrong is refused like everybody's mistakes.
fn target(text: String, file: PathBuf, reason: String) -> Result<Target, String> {
    let loaded = load_text(&file, text, &decide::codes()).map_err(|errors| {
        let first = errors.diagnostics().first();
        first.map_or_else(String::new, |diagnostic| diagnostic.message.clone())
    })?;
    let item = loaded.components.into_iter().next();
    let mut item = item.ok_or_else(|| "it names no component".to_owned())?;
    // The verdict itself says that this is a guess, in every format, and so is never an allow.
    item.policy.guessed = Some(vec![reason]);
    Ok(Target { path: file, item })
}
