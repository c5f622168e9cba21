//! One verdict as every report takes it, and what they all ask of it.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use crate::model::{
    Cell, CellState, Disposition, Evidence, Finding, Name, Severity, Time, Verdict, visible,
};
use crate::policy::{Declarations, Position};

/// A verdict, the evidence that it was made from, and where its policy stands.
#[derive(Clone, Copy)]
pub struct Reported<'r> {
    /// The verdict.
    pub verdict: &'r Verdict,
    /// The evidence.
    pub evidence: &'r Evidence,
    /// Where the policy's tables stand.
    pub declared: &'r Declarations,
}

/// From where reports name files.
#[derive(Debug, Clone)]
pub struct Folders {
    /// The working folder, which relative paths begin at.
    pub working: PathBuf,
    /// The folder that reports leave out: the working folder or the top of a checkout.
    pub root: PathBuf,
}

/// A line of a file as a report names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The path with slashes; relative where the file is in the root folder or below it.
    pub(super) path: String,
    /// Whether it is.
    pub(super) is_relative: bool,
    /// The line, from 1.
    pub(super) line: usize,
}

impl Reported<'_> {
    /// The table of the policy that a finding is about: its waiver, its channel, its line, else
    /// the component.
    pub(super) fn position(&self, finding: &Finding) -> &Position {
        let declared = self.declared;
        let waiver = finding.waiver.and_then(|at| declared.waivers.get(at));
        let channel = || declared.channels.get(finding.channel.as_ref()?);
        let line = || declared.lines.get(finding.line.as_ref()?);
        waiver
            .or_else(channel)
            .or_else(line)
            .unwrap_or(&declared.component)
    }

    /// Findings that count.
    pub(super) fn open(&self) -> impl Iterator<Item = &Finding> {
        self.verdict.findings.iter().filter(|it| it.is_open())
    }

    /// Every cell with the findings about it, and the findings that are about no single cell.
    pub(super) fn by_cell(&self) -> (Vec<(&Cell, Vec<&Finding>)>, Vec<&Finding>) {
        let mut cells: Vec<(&Cell, Vec<&Finding>)> = Vec::new();
        let mut positions: HashMap<(&str, &Name, &Name), usize> = HashMap::new();
        for cell in &self.verdict.cells {
            positions.insert((&cell.version, &cell.line, &cell.channel), cells.len());
            cells.push((cell, Vec::new()));
        }
        let mut others = Vec::new();
        for finding in &self.verdict.findings {
            let key = (|| {
                Some((
                    finding.version.as_deref()?,
                    finding.line.as_ref()?,
                    finding.channel.as_ref()?,
                ))
            })();
            match key.and_then(|key| positions.get(&key)) {
                Some(at) => cells[*at].1.push(finding),
                None => others.push(finding),
            }
        }
        (cells, others)
    }

    /// The start of the latest round that was judged.
    pub(super) fn round(&self) -> Option<Time> {
        let observations = self.evidence.observations.iter();
        observations
            .filter(|it| it.at <= self.verdict.now)
            .map(|it| it.round)
            .max()
    }
}

impl Folders {
    /// How a report names a line of a policy.
    pub(super) fn place(&self, position: &Position) -> Place {
        let whole = plain(&self.working.join(&position.path));
        let (path, is_relative) = match whole.strip_prefix(plain(&self.root)) {
            Ok(inside) => (inside, true),
            Err(_) => (whole.as_path(), false),
        };
        let parts: Vec<String> = path
            .components()
            .filter_map(|part| match part {
                Component::Normal(part) => Some(visible(&part.to_string_lossy(), 300)),
                Component::Prefix(prefix) => Some(prefix.as_os_str().to_string_lossy().into()),
                _ => None,
            })
            .collect();
        let parts = parts.join("/");
        let rooted = !is_relative && path.has_root();
        Place {
            path: if rooted { format!("/{parts}") } else { parts },
            is_relative,
            line: position.line.max(1),
        }
    }
}

/// The path without `.` and `..`, by its words alone.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Why a finding does not count; nothing for an open one.
pub(super) fn set_apart(finding: &Finding) -> Option<(&'static str, String)> {
    Some(match &finding.disposition {
        Disposition::Open => return None,
        Disposition::Grandfathered => ("grandfathered", "before `judge-since`".to_owned()),
        Disposition::Waived {
            reason,
            approved_by,
            expires,
        } => (
            "waived",
            format!(
                "until {expires}, approved by {}: {}",
                visible(approved_by, 100),
                visible(reason, 300)
            ),
        ),
        Disposition::LastKnownGood { round } => {
            ("approved again", format!("as in the round of {round}"))
        }
    })
}

/// What a report says of components that it is not about; nothing where there are none.
pub(super) fn incomplete(unjudged: usize) -> Option<String> {
    let components = match unjudged {
        0 => return None,
        1 => "one more component was".to_owned(),
        many => format!("{many} more components were"),
    };
    Some(format!(
        "{components} to be judged and not reached: this report is not complete"
    ))
}

pub(super) fn subject(finding: &Finding) -> String {
    let mut subject = finding.component.to_string();
    if let Some(version) = &finding.version {
        subject.push(' ');
        subject.push_str(version);
    }
    if let Some(channel) = &finding.channel {
        subject.push_str(" in ");
        subject.push_str(channel.as_str());
    }
    subject
}

/// The state of a cell, as the JSON of a verdict writes it, and what it says beside that.
pub(super) fn state(state: &CellState) -> (&'static str, Option<String>) {
    match state {
        CellState::Agrees => ("agrees", None),
        CellState::NotRequired { .. } => ("not-required", None),
        CellState::Pending { until } => ("pending", Some(format!("until {until}"))),
        CellState::Missing => ("missing", None),
        CellState::Conflict => ("conflict", None),
        CellState::Incomparable { reason } => ("incomparable", Some(visible(reason, 300))),
        CellState::NotStated { fact } => ("not-stated", Some(visible(fact, 300))),
        CellState::Unknown { why } => ("unknown", Some(visible(&why.to_string(), 300))),
    }
}

/// Severities as SARIF and annotations grade them.
pub(super) fn grade(severity: Severity) -> &'static str {
    match severity {
        Severity::Deny => "error",
        Severity::Indeterminate | Severity::Warn => "warning",
        Severity::Note => "note",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str, working: &str, root: &str) -> (String, bool) {
        let folders = Folders {
            working: working.into(),
            root: root.into(),
        };
        let place = folders.place(&Position {
            path: path.into(),
            line: 0,
        });
        assert_eq!(place.line, 1);
        (place.path, place.is_relative)
    }

    #[test]
    fn files_are_named_from_the_root_folder() {
        for (path, working, root, expected) in [
            ("a.toml", "/w", "/w", ("a.toml", true)),
            ("./x/../a.toml", "/w", "/w", ("a.toml", true)),
            ("a.toml", "/w/deep", "/w", ("deep/a.toml", true)),
            ("../a.toml", "/w/deep", "/w", ("a.toml", true)),
            ("../a.toml", "/w", "/w", ("/a.toml", false)),
            ("/w/a.toml", "/w", "/w", ("a.toml", true)),
            ("/etc/a.toml", "/w", "/w", ("/etc/a.toml", false)),
        ] {
            let (found, relative) = named(path, working, root);
            assert_eq!((found.as_str(), relative), expected, "{path} in {working}");
        }
    }
}
