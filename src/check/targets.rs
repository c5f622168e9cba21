//! Targets of a check: policy files, and folders of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::decide;
use crate::model::{Name, visible};
use crate::policy::{self, Item, PolicyErrors};

/// A component to check, and the policy file that it comes from.
#[derive(Clone)]
pub struct Target {
    /// The policy file.
    pub path: PathBuf,
    /// Policy and channels.
    pub item: Item,
}

/// Why targets cannot be checked. Always exit code 2, before anything is asked.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A target that cannot be read.
    #[error("{message}")]
    Unreadable {
        /// What is wrong, and where.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Policies that are not valid: all of them.
    #[error("{} policies are not valid", .0.len())]
    Invalid(Vec<PolicyErrors>),
}

/// The most policy files of one run.
const FILES: usize = 20_000;

/// Loads every policy of the targets, in the order of the targets; files of a folder by name.
///
/// A file of a folder that another file of it only extends is no policy of its own.
///
/// # Errors
/// [`TargetError`] with everything that is wrong.
pub fn load_targets(targets: &[PathBuf]) -> Result<Vec<Target>, TargetError> {
    let mut paths: Vec<(PathBuf, bool)> = Vec::new();
    for target in targets {
        if target.is_dir() {
            paths.extend(files_of(target)?.into_iter().map(|path| (path, true)));
        } else {
            paths.push((target.clone(), false));
        }
    }
    let mut loaded: Vec<Target> = Vec::new();
    let mut invalid: Vec<(PolicyErrors, bool)> = Vec::new();
    let mut extended: Vec<PathBuf> = Vec::new();
    for (path, of_folder) in paths {
        match policy::load(&path, &decide::codes()) {
            Ok(policy) => {
                extended.extend(policy.sources.iter().skip(1).map(|it| it.path().to_owned()));
                let items = policy.components.into_iter();
                loaded.extend(items.map(|item| Target {
                    path: path.clone(),
                    item,
                }));
            }
            Err(errors) => {
                extended.extend(
                    errors
                        .sources()
                        .iter()
                        .skip(1)
                        .map(|it| it.path().to_owned()),
                );
                invalid.push((errors, of_folder));
            }
        }
    }
    let only_extended =
        |errors: &PolicyErrors| extended.iter().any(|path| same_file(path, errors.path()));
    let invalid: Vec<PolicyErrors> = invalid
        .into_iter()
        .filter(|(errors, of_folder)| !(*of_folder && only_extended(errors)))
        .map(|(errors, _)| errors)
        .collect();
    if !invalid.is_empty() {
        return Err(TargetError::Invalid(invalid));
    }
    let mut names: BTreeMap<&Name, &Path> = BTreeMap::new();
    for target in &loaded {
        let name = &target.item.policy.component.name;
        if let Some(other) = names.insert(name, &target.path) {
            return Err(TargetError::Unreadable {
                message: format!(
                    "component `{name}` is declared by {} and by {}",
                    shown(other),
                    shown(&target.path)
                ),
                hint: "give each component one policy".to_owned(),
            });
        }
    }
    Ok(loaded)
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, TargetError> {
    let unreadable = |what: String, hint: &str| TargetError::Unreadable {
        message: format!("{}: {what}", shown(folder)),
        hint: hint.to_owned(),
    };
    let cannot = |error: std::io::Error| {
        unreadable(
            format!("cannot be read: {error}"),
            "name a folder that may be read",
        )
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let hidden = path
            .file_name()
            .is_some_and(|it| it.to_string_lossy().starts_with('.'));
        // A link that leads nowhere is a policy that cannot be read, and not none.
        if path.extension().is_some_and(|it| it == "toml") && !hidden && !path.is_dir() {
            files.push(path);
        }
        if files.len() > FILES {
            return Err(unreadable(
                format!("more than {FILES} policies"),
                "split the folder",
            ));
        }
    }
    if files.is_empty() {
        return Err(unreadable(
            "no policy in it".to_owned(),
            "a policy is a `.toml` file",
        ));
    }
    files.sort();
    Ok(files)
}

fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string(), 300)
}
