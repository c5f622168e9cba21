//! What the files of a source say: names, versions, labels, and the steps that publish.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use toml_edit::{Document, Item};

use super::shorthand::{is_package, is_project};
use super::workflow;
use super::{Clue, Clues, Origin, Place, Says, address, yaml};
use crate::model::visible;

/// Files at the top of a source that are read.
pub(super) const FILES: &[&str] = &[
    "pyproject.toml",
    "setup.cfg",
    "package.json",
    "Cargo.toml",
    "Chart.yaml",
    "Dockerfile",
    "pnpm-workspace.yaml",
    ".changeset/config.json",
];

/// Where workflows are.
pub(super) const WORKFLOWS: &str = ".github/workflows";

/// The most workflows that are read.
pub(super) const MOST_WORKFLOWS: usize = 40;

/// The longest file that is read, in bytes.
pub(super) const FILE_BYTES: u64 = 1 << 20;

/// Texts of files by their path in the source; packages of a monorepo included.
pub(super) type Files = BTreeMap<String, String>;

/// Whether a file in the folder of workflows is one.
pub(super) fn is_workflow(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

/// Adds what the files say; `repository` is `owner/name`, `whence` says which state of the source
/// they are of.
pub(super) fn read(files: &Files, repository: Option<&str>, whence: &str, clues: &mut Clues) {
    let mut names = Vec::new();
    let mut add = |clue: Clue| clues.clues.push(clue);
    if let Some(text) = files.get("pyproject.toml") {
        pyproject(text, whence, &mut names, &mut add);
    }
    if let Some(text) = files.get("setup.cfg") {
        setup_cfg(text, whence, &mut names, &mut add);
    }
    if let Some(text) = files.get("Cargo.toml") {
        cargo(text, whence, &mut names, &mut add);
    }
    packages(files, whence, &mut names, &mut add);
    for (path, text) in files {
        if path == "Chart.yaml" || path.ends_with("/Chart.yaml") {
            chart(path, text, whence, &mut names, &mut add);
        }
    }
    if let Some(text) = files.get("Dockerfile") {
        dockerfile(text, whence, &mut add);
    }
    let mut unread = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with(WORKFLOWS)) {
        match workflow::read(path, text, repository) {
            Ok(found) => clues.clues.extend(found),
            Err(why) => unread.push(format!("{} cannot be read: {why}", visible(path, 120))),
        }
    }
    clues.unknown.extend(unread);
    fill_names(files, clues);
    clues.clues.extend(names);
}

/// A publishing step says that something is published; under which name, the manifest does.
fn fill_names(files: &Files, clues: &mut Clues) {
    let (mut python, mut npm) = (Vec::new(), Vec::new());
    if let Some(text) = files.get("pyproject.toml") {
        pyproject(text, "", &mut python, &mut |_| ());
    }
    if let Some(text) = files.get("setup.cfg") {
        setup_cfg(text, "", &mut python, &mut |_| ());
    }
    packages(files, "", &mut npm, &mut |_| ());
    let first = |names: Vec<Clue>| match names.into_iter().next()?.says {
        Says::Name(name) => Some(name),
        _ => None,
    };
    let (python, npm) = (first(python), first(npm));
    let from_source = |clue: &&mut Clue| clue.origin == Origin::Source;
    for clue in clues.clues.iter_mut().filter(from_source) {
        match &mut clue.says {
            Says::Place(Place::PyPi { project, .. }) if project.is_none() => {
                project.clone_from(&python);
            }
            Says::Place(Place::Npm { package, .. }) if package.is_none() => {
                package.clone_from(&npm);
            }
            _ => {}
        }
    }
}

fn name_clue(name: &str, why: String) -> Clue {
    Clue::new(Origin::Source, Says::Name(name.to_owned()), why)
}

fn manifest(file: &str, key: &'static str, whence: &str) -> Clue {
    let place = Place::Manifest {
        file: file.to_owned(),
        key,
    };
    let why = format!("{file} {whence} declares `{key}`");
    Clue::new(Origin::Source, Says::Place(place), why)
}

fn pyproject(text: &str, whence: &str, names: &mut Vec<Clue>, add: &mut impl FnMut(Clue)) {
    let Ok(document) = Document::parse(text) else {
        return;
    };
    let tables: [(&[&str], &str, &'static str); 2] = [
        (&["project"], "project.name", "project.version"),
        (
            &["tool", "poetry"],
            "tool.poetry.name",
            "tool.poetry.version",
        ),
    ];
    for (path, name_key, version_key) in tables {
        let mut item: Option<&Item> = Some(document.as_item());
        for part in path {
            item = item.and_then(|it| it.get(part));
        }
        let Some(table) = item else {
            continue;
        };
        let text = |key: &str| table.get(key).and_then(Item::as_str);
        if let Some(name) = text("name").filter(|name| is_project(name)) {
            let why = format!("pyproject.toml {whence} says {name_key} = \"{name}\"");
            names.push(name_clue(name, why));
        }
        if text("version").is_some() {
            add(manifest("pyproject.toml", version_key, whence));
        }
    }
}

/// `[metadata]` of setuptools' file (its documentation, "Configuring setuptools using setup.cfg").
fn setup_cfg(text: &str, whence: &str, names: &mut Vec<Clue>, add: &mut impl FnMut(Clue)) {
    let mut section = "";
    for line in text.lines() {
        if let Some(name) = line
            .trim()
            .strip_prefix('[')
            .and_then(|it| it.strip_suffix(']'))
        {
            section = name;
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| section == "metadata") else {
            continue;
        };
        let value = value.trim();
        match key.trim() {
            "name" if is_project(value) && !key.starts_with(' ') => {
                let why = format!("setup.cfg {whence} says metadata.name = {value}");
                names.push(name_clue(value, why));
            }
            // `attr:` and `file:` name another place.
            "version" if !value.contains(':') => {
                add(manifest("setup.cfg", "metadata.version", whence));
            }
            _ => {}
        }
    }
}

fn cargo(text: &str, whence: &str, names: &mut Vec<Clue>, add: &mut impl FnMut(Clue)) {
    let Ok(document) = Document::parse(text) else {
        return;
    };
    let package = document.get("package");
    let text = |key: &str| package.and_then(|it| it.get(key)).and_then(Item::as_str);
    if let Some(name) = text("name").filter(|name| is_project(name)) {
        let why = format!("Cargo.toml {whence} says package.name = \"{name}\"");
        names.push(name_clue(name, why));
    }
    if text("version").is_some() {
        add(manifest("Cargo.toml", "package.version", whence));
    }
}

/// `package.json` of the source and of the packages of its workspace.
fn packages(files: &Files, whence: &str, names: &mut Vec<Clue>, add: &mut impl FnMut(Clue)) {
    let mut family = Vec::new();
    let mut top_version = false;
    for (path, text) in files {
        if path != "package.json" && !path.ends_with("/package.json") {
            continue;
        }
        let Ok(json) = serde_json::from_str::<Json>(text) else {
            continue;
        };
        let Some(name) = json["name"].as_str().filter(|name| is_package(name)) else {
            continue;
        };
        if json["private"] == Json::Bool(true) {
            continue;
        }
        if path == "package.json" {
            let why = format!("package.json {whence} says name = \"{name}\"");
            names.push(name_clue(name, why));
            top_version = json["version"].is_string();
            if let Some(registry) = json["publishConfig"]["registry"].as_str() {
                add(Clue::new(
                    Origin::Source,
                    Says::Place(Place::Npm {
                        package: Some(name.to_owned()),
                        registry: Some(registry.to_owned()),
                    }),
                    format!("package.json {whence} has a `publishConfig`"),
                ));
            }
        } else {
            family.push(name.to_owned());
        }
    }
    if top_version && family.is_empty() {
        add(manifest("package.json", "version", whence));
    }
    let changesets = files.contains_key(".changeset/config.json");
    if !family.is_empty() {
        let how = match changesets {
            true => ", versioned with changesets (.changeset/config.json)",
            false => "",
        };
        let why = format!(
            "{} packages of the workspace are not private{how}",
            family.len()
        );
        add(Clue::new(Origin::Source, Says::Family(family), why));
    }
}

fn chart(path: &str, text: &str, whence: &str, names: &mut Vec<Clue>, add: &mut impl FnMut(Clue)) {
    let Ok(root) = yaml::parse(text) else {
        return;
    };
    if let Some(name) = root.text_of("name").filter(|name| is_project(name)) {
        let why = format!("{path} {whence} says name = {name}");
        names.push(name_clue(name, why));
    }
    if root.text_of("version").is_some() {
        add(manifest(path, "version", whence));
    }
}

/// The label that says where an image's source is (OCI image annotations).
fn dockerfile(text: &str, whence: &str, add: &mut impl FnMut(Clue)) {
    const LABEL: &str = "org.opencontainers.image.source";
    for (at, line) in text.lines().enumerate() {
        let Some((_, value)) = line.split_once(LABEL) else {
            continue;
        };
        let value = value.trim_start_matches(['"', '\'', '=', ' ']);
        let value = value.split(['"', '\'', ' ']).next().unwrap_or_default();
        if let Ok(url) = address::repository(value) {
            let why = format!("Dockerfile line {} {whence} has the label {LABEL}", at + 1);
            add(Clue::new(Origin::Source, Says::Source(url), why));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(files: &[(&str, &str)]) -> Vec<Says> {
        let files: Files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        let mut clues = Clues::default();
        read(&files, None, "at HEAD", &mut clues);
        clues.clues.into_iter().map(|clue| clue.says).collect()
    }

    #[test]
    fn names_and_declared_versions_come_from_the_files() {
        let manifest = |file: &str, key| {
            Says::Place(Place::Manifest {
                file: file.to_owned(),
                key,
            })
        };
        assert_eq!(
            said(&[(
                "pyproject.toml",
                "[project]\nname = \"x\"\nversion = \"1\"\n"
            )]),
            [
                manifest("pyproject.toml", "project.version"),
                Says::Name("x".into())
            ]
        );
        assert_eq!(
            said(&[(
                "pyproject.toml",
                "[project]\nname = \"x\"\ndynamic = [\"version\"]\n"
            )]),
            [Says::Name("x".into())]
        );
        assert_eq!(
            said(&[(
                "setup.cfg",
                "[metadata]\nname = y\nversion = attr: y.v\n[options]\nname = z\n"
            )]),
            [Says::Name("y".into())]
        );
        assert_eq!(
            said(&[("charts/a/Chart.yaml", "name: a\nversion: 1.0.0\n")]),
            [
                manifest("charts/a/Chart.yaml", "version"),
                Says::Name("a".into())
            ]
        );
    }

    #[test]
    fn packages_that_are_private_are_no_family() {
        let says = said(&[
            ("package.json", r#"{"name": "root", "private": true}"#),
            ("packages/a/package.json", r#"{"name": "@acme/a"}"#),
            (
                "packages/b/package.json",
                r#"{"name": "@acme/b", "private": true}"#,
            ),
            (".changeset/config.json", "{}"),
        ]);
        assert_eq!(says, [Says::Family(vec!["@acme/a".into()])]);
    }

    #[test]
    fn hostile_files_give_no_clue_and_no_panic() {
        for text in ["", "[", "{\"name\": \"a\\u001b[2J\"}", "name: [", "\u{0}"] {
            for file in FILES {
                assert_eq!(said(&[(file, text)]), [], "{file} {text:?}");
            }
        }
    }
}
