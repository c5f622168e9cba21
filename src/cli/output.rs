//! How the verdicts of a check leave the command: formats, job summary, annotations.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::check::{Judged, Target};
use crate::model::{Name, visible};
use crate::policy::Declarations;
use crate::report::{self, Folders, Reported};

use super::ambient::Ambient;
use super::exit::Failure;
use super::say::Terminal;

/// How verdicts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum VerdictFormat {
    /// For people.
    Human,
    /// For programs: one document, or JSON Lines for several components; docs/schema describes it.
    Json,
    /// For job summaries and comments.
    Markdown,
    /// For code scanning: SARIF 2.1.0, one run for all components.
    Sarif,
    /// For test reports: JUnit XML, a suite for each component.
    Junit,
    /// For spreadsheets: a row for each release in each channel.
    Csv,
}

/// Where verdicts go, and how.
#[derive(Debug, Args)]
pub(super) struct OutputArguments {
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = VerdictFormat::Human)]
    format: VerdictFormat,
    /// Append the result as Markdown to this file; without a value to the job summary of GitHub
    /// Actions. At most 1 MiB.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    summary: Option<Option<PathBuf>>,
}

/// An output that is known to be possible, and where the policies stand.
pub(super) struct Output {
    format: VerdictFormat,
    summary: Option<PathBuf>,
    annotates: bool,
    files: Folders,
    /// Annotations name files from the top of the checkout.
    checkout: Folders,
    declared: BTreeMap<Name, Arc<Declarations>>,
}

/// The variable that names the file of GitHub's job summary.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

impl Output {
    /// Takes what is needed of the targets before they are checked.
    ///
    /// # Errors
    /// A job summary without a file.
    pub(super) fn of(
        arguments: &OutputArguments,
        ambient: &Ambient,
        targets: &[Target],
    ) -> Result<Self, Failure> {
        let variable = |name: &str| ambient.environment.get(name);
        let summary = match &arguments.summary {
            None => None,
            Some(Some(file)) => Some(file.clone()),
            Some(None) => match variable(STEP_SUMMARY) {
                Some(file) => Some(PathBuf::from(file)),
                None => {
                    return Err(Failure::new(
                        format!("--summary: {STEP_SUMMARY} is not set"),
                        "outside of GitHub Actions name a file: `--summary=FILE`",
                    ));
                }
            },
        };
        let working = std::env::current_dir().unwrap_or_default();
        let folders = |root: Option<&str>| Folders {
            root: root.map_or_else(|| working.clone(), PathBuf::from),
            working: working.clone(),
        };
        let declared = |target: &Target| {
            let name = target.item.policy.component.name.clone();
            (name, target.item.declared.clone())
        };
        Ok(Self {
            format: arguments.format,
            summary,
            annotates: arguments.format == VerdictFormat::Human
                && variable("GITHUB_ACTIONS") == Some("true"),
            files: folders(None),
            checkout: folders(variable("GITHUB_WORKSPACE")),
            declared: targets.iter().map(declared).collect(),
        })
    }

    /// Writes what was judged.
    ///
    /// # Errors
    /// What cannot be written was not said: never an allow.
    pub(super) fn write(&self, judged: &[Judged], terminal: &mut Terminal) -> Result<(), Failure> {
        let reports: Vec<Reported<'_>> = judged
            .iter()
            .filter_map(|one| {
                Some(Reported {
                    verdict: &one.verdict,
                    evidence: &one.evidence,
                    declared: self.declared.get(&one.verdict.component)?,
                })
            })
            .collect();
        let text = match self.format {
            VerdictFormat::Human => {
                let paper = *terminal.paper();
                let drawn = reports
                    .iter()
                    .map(|one| report::human_verdict(&paper, one.verdict, one.evidence));
                drawn.collect::<Vec<_>>().join("\n\n")
            }
            VerdictFormat::Json => {
                let verdicts: Vec<_> = reports.iter().map(|one| one.verdict).collect();
                report::json_verdicts(&verdicts).map_err(std::io::Error::from)?
            }
            VerdictFormat::Markdown => report::markdown_verdicts(&reports, &self.files, usize::MAX),
            VerdictFormat::Sarif => {
                report::sarif_verdicts(&reports, &self.files).map_err(std::io::Error::from)?
            }
            VerdictFormat::Junit => report::junit_verdicts(&reports, &self.files),
            VerdictFormat::Csv => report::csv_verdicts(&reports, &self.files),
        };
        terminal.result(&text)?;
        if let Some(file) = &self.summary
            && !self.append_summary(file, &reports)?
        {
            terminal.note("--summary: the file has 1 MiB already, nothing was added");
        }
        if self.annotates {
            terminal.commands(&report::github_annotations(&reports, &self.checkout));
        }
        Ok(())
    }

    /// Appends to the summary what there is still room for; false where there is none.
    fn append_summary(&self, file: &Path, reports: &[Reported<'_>]) -> Result<bool, Failure> {
        let appended = (|| {
            let mut open = std::fs::OpenOptions::new();
            let mut file = open.append(true).create(true).open(file)?;
            let used = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
            let room = report::SUMMARY_BYTES.saturating_sub(used + 1);
            let text = report::markdown_verdicts(reports, &self.checkout, room);
            // A heading begins on its own line, whatever another command left behind.
            let gap = if used > 0 { "\n" } else { "" };
            if !text.is_empty() {
                file.write_all(format!("{gap}{text}").as_bytes())?;
            }
            Ok(!text.is_empty())
        })();
        appended.map_err(|error: std::io::Error| {
            let file = visible(&file.display().to_string(), 300);
            Failure::new(
                format!("--summary: {file}: cannot be written: {error}"),
                "name a file that may be written, in a folder that exists",
            )
        })
    }
}
