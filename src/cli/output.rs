//! How the verdicts of a check leave the command: formats, job summary, annotations.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::check::{Judged, Target};
use crate::model::{Name, visible};
use crate::policy::Declarations;
use crate::report::{self, Folders, Outcomes, Reported};

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

// Where verdicts go, and how.
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
    several: bool,
    taken: usize,
    outcomes: Outcomes,
    kept: Vec<Judged>,
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
            several: targets.len() != 1,
            taken: 0,
            outcomes: Outcomes::default(),
            kept: Vec::new(),
        })
    }

    /// Takes the next verdict: shows it at once in the formats that allow it, and keeps it only
    /// where it is needed for the end.
    ///
    /// # Errors
    /// What cannot be written was not said: never an allow.
    pub(super) fn take(&mut self, judged: Judged, terminal: &mut Terminal) -> Result<(), Failure> {
        let first = self.taken == 0;
        self.taken += 1;
        self.outcomes.count(&judged.verdict);
        let Some(report) = self.reported(&judged) else {
            return Ok(());
        };
        let text = match self.format {
            VerdictFormat::Human => {
                let drawn =
                    report::human_verdict(terminal.paper(), report.verdict, report.evidence);
                if first { drawn } else { format!("\n\n{drawn}") }
            }
            VerdictFormat::Json => {
                let verdict = report.verdict;
                let text = match self.several {
                    true => report::json_line(verdict),
                    false => report::json_verdict(verdict),
                };
                text.map_err(std::io::Error::from)?
            }
            VerdictFormat::Csv => {
                let head = if first {
                    report::csv_head()
                } else {
                    String::new()
                };
                head + &report::csv_rows(&report, &self.files)
            }
            VerdictFormat::Markdown | VerdictFormat::Sarif | VerdictFormat::Junit => String::new(),
        };
        terminal.result(&text)?;
        if self.is_needed_at_the_end() {
            self.kept.push(judged);
        }
        Ok(())
    }

    /// Writes what needs all verdicts.
    ///
    /// # Errors
    /// As [`Output::take`].
    pub(super) fn finish(self, terminal: &mut Terminal) -> Result<(), Failure> {
        let unjudged = self.unjudged();
        let reports: Vec<Reported<'_>> = self
            .kept
            .iter()
            .filter_map(|one| self.reported(one))
            .collect();
        let text = match self.format {
            VerdictFormat::Human if self.several => {
                report::human_outcomes(terminal.paper(), &self.outcomes)
            }
            VerdictFormat::Csv if self.taken == 0 => report::csv_head(),
            VerdictFormat::Human | VerdictFormat::Json | VerdictFormat::Csv => String::new(),
            VerdictFormat::Markdown => {
                report::markdown_verdicts(&reports, &self.files, unjudged, usize::MAX)
            }
            VerdictFormat::Sarif => report::sarif_verdicts(&reports, &self.files, unjudged)
                .map_err(std::io::Error::from)?,
            VerdictFormat::Junit => report::junit_verdicts(&reports, &self.files, unjudged),
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

    /// Of thousands of components nothing is kept that was written already.
    /// How many components have no verdict: what is left of an interrupted run, and questions that
    /// did not fit.
    fn unjudged(&self) -> usize {
        self.declared.len().saturating_sub(self.taken)
    }

    fn is_needed_at_the_end(&self) -> bool {
        use VerdictFormat::{Junit, Markdown, Sarif};
        self.summary.is_some() || self.annotates || matches!(self.format, Junit | Markdown | Sarif)
    }

    fn reported<'r>(&'r self, judged: &'r Judged) -> Option<Reported<'r>> {
        Some(Reported {
            verdict: &judged.verdict,
            evidence: &judged.evidence,
            declared: self.declared.get(&judged.verdict.component)?,
        })
    }

    /// Appends to the summary what there is still room for; false where there is none.
    fn append_summary(&self, file: &Path, reports: &[Reported<'_>]) -> Result<bool, Failure> {
        let appended = (|| {
            let mut open = std::fs::OpenOptions::new();
            let mut file = open.append(true).create(true).open(file)?;
            let used = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
            let room = report::SUMMARY_BYTES.saturating_sub(used + 1);
            let text = report::markdown_verdicts(reports, &self.checkout, self.unjudged(), room);
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
