//! Plays incidents: judges the evidence of each folder and holds the verdict against what is
//! expected of it.

mod expected;
mod judged;

use std::path::{Path, PathBuf};

use crate::decide::{self, Question, Which};
use crate::model::{ReplayRow, visible};
use crate::policy;
use crate::verify::{self, Origin};

use super::read_evidence;

/// Why a folder cannot be played. Always exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ReplayError {
    /// What is wrong, and where.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// The most incidents that one replay takes.
const FOLDERS: usize = 10_000;

/// Plays a folder of incidents, or one incident, in the order of their names.
///
/// # Errors
/// [`ReplayError`] for a folder without incidents, and for an incident that cannot be read whole:
/// what could not be played is never counted as passed.
pub fn play(folder: &Path) -> Result<Vec<ReplayRow>, ReplayError> {
    let mut folders = if folder.join("expected.toml").is_file() {
        vec![folder.to_owned()]
    } else {
        subfolders(folder)?
    };
    folders.sort();
    if folders.is_empty() {
        return Err(ReplayError {
            message: format!("{}: no incident in it", shown(folder)),
            hint: Some("an incident is a folder with an `expected.toml`".to_owned()),
        });
    }
    folders.iter().map(|folder| play_one(folder)).collect()
}

fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, ReplayError> {
    let unreadable = |error: std::io::Error| ReplayError {
        message: format!("{}: cannot be read: {error}", shown(folder)),
        hint: Some("name a folder of incidents, such as fixtures/incidents".to_owned()),
    };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.join("expected.toml").is_file() {
            folders.push(path);
        }
        if folders.len() > FOLDERS {
            return Err(ReplayError {
                message: format!("{}: more than {FOLDERS} incidents", shown(folder)),
                hint: None,
            });
        }
    }
    Ok(folders)
}

fn play_one(folder: &Path) -> Result<ReplayRow, ReplayError> {
    let expected = expected::Expected::read(&folder.join("expected.toml"))?;
    let loaded = policy::load(&folder.join("policy.toml"), &decide::codes()).map_err(|errors| {
        ReplayError {
            message: errors.render(false),
            hint: None,
        }
    })?;
    let [component] = loaded.components.as_slice() else {
        return Err(ReplayError {
            message: format!("{}: an incident is about one component", shown(folder)),
            hint: Some("leave `names` out of its policy".to_owned()),
        });
    };
    let mut cases = Vec::new();
    let mut needs_provenance = false;
    for case in &expected.cases {
        let path = folder.join(&case.evidence);
        let documents = read_evidence(&path).map_err(|error| ReplayError {
            message: error.to_string(),
            hint: error.hint,
        })?;
        let [evidence] = <[_; 1]>::try_from(documents).map_err(|_| ReplayError {
            message: format!("{}: holds more than one document", shown(&path)),
            hint: None,
        })?;
        let now = evidence.decided_at;
        needs_provenance |= !evidence.bundles.is_empty();
        let checked = verify::check(evidence, Origin::UnsignedFile, &component.policy.trust)
            .map_err(|fault| ReplayError {
                message: format!("{}: {fault}", shown(&path)),
                hint: None,
            })?;
        let question = Question {
            which: Which::Named(case.named()),
            environment: None,
            fail_on: Default::default(),
        };
        let verdict =
            decide::evaluate(&component.policy, &checked, &question, now).map_err(|error| {
                ReplayError {
                    message: format!("{}: {error}", shown(&path)),
                    hint: Some(error.hint),
                }
            })?;
        cases.push(judged::case(case, &verdict));
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    Ok(judged::row(
        &visible(&name, 60),
        &expected,
        cases,
        needs_provenance,
    ))
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string(), 300)
}
