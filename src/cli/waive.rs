//! `lockstep waive`: writes a reasoned, expiring, digest-pinned exemption into a policy.

mod request;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::{
    Judged, Target, WaiveError, Waived, WaiverRequest, judge, read_evidence, replace_policy, waive,
    waive_unchecked,
};
use crate::decide::{self, Question, Which};
use crate::model::{Name, Time, visible};
use crate::policy::{self, Loaded};
use crate::report::inert;
use crate::verify::Origin;

use super::ambient::Ambient;
use super::asked::{ask_for_all, trusting};
use super::difference::difference;
use super::exit::{Ending, Failure};
use super::say::Terminal;

#[derive(Debug, Args)]
pub(super) struct WaiveArguments {
    /// The policy file.
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// The code of the finding, such as `version-missing`.
    #[arg(value_name = "CODE")]
    code: String,
    /// The version that it is about.
    #[arg(value_name = "VERSION")]
    version: String,
    /// Why it may be so.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who says so; without it the `user.name` of git's configuration.
    #[arg(long, value_name = "NAME")]
    approved_by: Option<String>,
    /// When it ends: a date (at 00:00 UTC) or a time.
    #[arg(long, value_name = "DATE")]
    expires: Time,
    /// Pin this digest, `sha256:…` or `git:<commit>`; without any, all of each finding. May be
    /// repeated; then it is one waiver.
    #[arg(long = "digest", value_name = "DIGEST")]
    digests: Vec<String>,
    /// Only for what is open in this channel.
    #[arg(long, value_name = "NAME")]
    channel: Option<Name>,
    /// As judged for this environment of the policy.
    #[arg(long, short, value_name = "NAME")]
    environment: Option<Name>,
    /// Read this evidence and ask nobody; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Write it without looking whether such a finding is open, pinned to what --digest says.
    #[arg(long, conflicts_with_all = ["evidence", "channel", "environment"])]
    unchecked: bool,
    /// Show the difference and write nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(
    arguments: WaiveArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let mut loaded = policy::load(&arguments.policy, &decide::codes())
        .map_err(|errors| Failure::Drawn(errors.render(terminal.colours_errors())))?;
    if !arguments.unchecked {
        let policies = loaded.components.iter_mut().map(|it| &mut it.policy);
        trusting(policies, &ambient.environment, terminal)?;
    }
    let request = request::of(&arguments, &loaded, terminal)?;
    let waived = match arguments.unchecked {
        true => waive_unchecked(&loaded, &request),
        false => checked(&arguments, &loaded, &request, ambient, terminal)?,
    };
    let waived = waived.map_err(|error| Failure::new(error.message, error.hint))?;
    let (path, before) = match loaded.sources.first() {
        Some(source) => (source.path(), source.text()),
        None => (arguments.policy.as_path(), ""),
    };
    if arguments.dry_run {
        let shown = visible(&path.display().to_string(), 300);
        terminal.result(&difference(&shown, before, &waived.text))?;
    } else {
        replace_policy(path, before, &waived.text)
            .map_err(|error| Failure::new(error.message, error.hint))?;
    }
    say(
        &waived,
        &request,
        &loaded,
        path,
        arguments.dry_run,
        terminal,
    )?;
    Ok(Ending::Fine)
}

/// Judges, and waives what is open.
fn checked(
    arguments: &WaiveArguments,
    loaded: &Loaded,
    request: &WaiverRequest,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Result<Waived, WaiveError>, Failure> {
    let question = Question {
        which: Which::Named(vec![request.version.clone()]),
        environment: arguments.environment.clone(),
        fail_on: Default::default(),
    };
    let (judged, origin) = match &arguments.evidence {
        Some(file) => (from_file(file, loaded, &question)?, Origin::UnsignedFile),
        None => (
            from_channels(arguments, loaded, &question, ambient, terminal)?,
            Origin::Asked,
        ),
    };
    Ok(waive(loaded, request, &judged, origin, &question))
}

fn from_file(file: &Path, loaded: &Loaded, question: &Question) -> Result<Vec<Judged>, Failure> {
    let documents = read_evidence(file).map_err(|error| Failure::Said {
        message: error.to_string(),
        hint: error.hint,
    })?;
    let mut judged = Vec::new();
    for document in documents {
        let mut items = loaded.components.iter();
        let about = |name: &Name| *name == document.component;
        let Some(item) = items.find(|item| about(&item.policy.component.name)) else {
            continue;
        };
        let one = judge(&item.policy, document, Origin::UnsignedFile, question, None);
        judged.push(one.map_err(|error| Failure::new(error.message, error.hint))?);
    }
    if judged.is_empty() {
        return Err(Failure::new(
            format!(
                "{}: no evidence of a component of this policy",
                file.display()
            ),
            "save it with `lockstep check POLICY --save-evidence FILE`",
        ));
    }
    Ok(judged)
}

fn from_channels(
    arguments: &WaiveArguments,
    loaded: &Loaded,
    question: &Question,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Vec<Judged>, Failure> {
    let target = |item: &policy::Item| Target {
        path: arguments.policy.clone(),
        item: item.clone(),
    };
    let targets: Vec<Target> = loaded.components.iter().map(target).collect();
    ask_for_all(&targets, question, None, ambient, terminal)
}

fn say(
    waived: &Waived,
    request: &WaiverRequest,
    loaded: &Loaded,
    path: &Path,
    dry: bool,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let shown = visible(&path.display().to_string(), 300);
    let would = if dry { "would hold" } else { "holds" };
    for finding in &waived.findings {
        let elsewhere = request.channel.as_ref();
        if elsewhere.is_some_and(|channel| finding.channel.as_ref() != Some(channel)) {
            terminal.note(&format!(
                "a waiver names no channel: it {would} for this as well: {}",
                finding.message
            ));
        }
    }
    if loaded.components.len() > 1 {
        terminal.note(&format!(
            "it {would} for all {} components of the family",
            loaded.components.len()
        ));
    }
    if loaded.sources.len() > 1 {
        terminal.note(&format!(
            "{shown} extends other files: they stay as they are"
        ));
    }
    if dry {
        return Ok(());
    }
    let lines: Vec<String> = waived.lines.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "{shown} line {}: `{}` is waived until {}\n",
        lines.join(", "),
        request.code,
        request.expires
    );
    for finding in &waived.findings {
        let _ = writeln!(text, "  {}: {}", finding.component, finding.message);
    }
    if waived.findings.is_empty() {
        text.push_str("  nobody looked whether such a finding is open\n");
    }
    terminal.result(&inert(&text))?;
    Ok(())
}
