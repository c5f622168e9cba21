//! `lockstep check`: do the releases of these components agree in every channel?

mod local;
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::check::{
    Gathered, Judged, Target, TargetError, guessed_target, judge, load_targets, read_evidence,
};
use crate::decide::{self, Question, Which};
use crate::model::settings::nearest;
use crate::model::{Code, Duration, Evidence, Name, Time, visible};
use crate::verify::Origin;

use super::ambient::Ambient;
use super::asked::{ask, trusting, unfit};
use super::exit::{Ending, Failure};
use super::init::{listed, not_guessed, shorthand_of};
use super::interrupt;
use super::output::{Output, OutputArguments};
use super::progress::Progress;
use super::results::Results;
use super::say::Terminal;
use summary::SummaryArguments;

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Policy files, folders of them, or a shorthand: pypi:NAME, npm:NAME, github:OWNER/REPOSITORY,
    /// oci:HOST/NAME. The policy of a shorthand is guessed, so it never ends with 0.
    #[arg(value_name = "TARGET", required_unless_present = "local")]
    targets: Vec<PathBuf>,
    /// Judge this version, or the release that this tag announces. May be repeated.
    #[arg(long = "version", value_name = "VERSION", conflicts_with_all = ["all", "since"])]
    versions: Vec<String>,
    /// Judge every release that any channel shows.
    #[arg(long)]
    all: bool,
    /// With --all: from this version or date on.
    #[arg(long, value_name = "VERSION|DATE", requires = "all")]
    since: Option<String>,
    /// Judge for this environment of the policy; without it every channel and line is required.
    #[arg(long, short, value_name = "NAME")]
    environment: Option<Name>,
    /// Keep asking for so long (such as 10m) while the verdict is indeterminate.
    #[arg(long, value_name = "DURATION", conflicts_with = "evidence")]
    wait: Option<Duration>,
    /// Before anything is published: compare the tag at HEAD of a checkout, the versions that it
    /// declares there, and the files that were built, with the versions inside them. Without a
    /// TARGET the policy is guessed from the checkout; a guess ends with 3 at best.
    #[arg(long, conflicts_with_all = ["all", "since", "environment", "wait", "evidence"])]
    local: bool,
    /// With --local: the checkout, where it is not this folder.
    #[arg(long, value_name = "CHECKOUT", requires = "local")]
    path: Option<PathBuf>,
    /// Deny on this code too. May be repeated; `lockstep explain` lists the codes.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    fail_on: Vec<String>,
    /// Judge this evidence and ask nobody; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Keep what was asked and answered in this file.
    #[arg(long, value_name = "FILE", conflicts_with = "evidence")]
    save_evidence: Option<PathBuf>,
    /// Judge as of this time; later facts are invisible. Without it evidence from a file is judged
    /// at its own time.
    #[arg(long, value_name = "TIME", requires = "evidence")]
    as_of: Option<Time>,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    summary: SummaryArguments,
}

pub(super) fn run(
    arguments: CheckArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let question = question(&arguments, ambient)?;
    if arguments.local {
        return local::run(&arguments, &question, ambient, terminal);
    }
    let signed = &arguments.summary;
    signed.check(&arguments.targets, &question, arguments.evidence.is_some())?;
    let mut targets = targets(&arguments, ambient, terminal)?;
    let policies = targets.iter_mut().map(|it| &mut it.item.policy);
    trusting(policies, &ambient.environment, terminal)?;
    let mut summary = signed.summary(&targets, &question, ambient, terminal)?;
    let output = Output::of(&arguments.output, ambient, &targets)?;
    let mut results = Results::new(output, arguments.save_evidence.as_deref(), targets.len())?;
    let mut take = |one: Result<Judged, Failure>, terminal: &mut Terminal| {
        if let (Some(summary), Ok(judged)) = (&mut summary, &one) {
            summary.take(judged)?;
        }
        results.take(one, terminal)
    };
    let gathered = match &arguments.evidence {
        Some(path) => {
            from_file(&arguments, path, &targets, &question, &mut take, terminal)?;
            Gathered::All
        }
        None => {
            let wait = arguments.wait;
            interrupt::is_heard_elsewhere();
            ask(&targets, &question, wait, ambient, terminal, &mut take)?
        }
    };
    let ending = results.finish(gathered, terminal)?;
    match summary.map(|it| it.write(ending, ambient, terminal)) {
        // A log that does not answer makes no deny less.
        Some(Err(failure))
            if ending == Ending::Deny && failure.ending() == Ending::Indeterminate =>
        {
            terminal.failure(&failure);
        }
        Some(Err(failure)) => return Err(failure),
        Some(Ok(())) | None => {}
    }
    Ok(ending)
}

/// The targets in the order of the policies, then those of shorthands.
fn targets(
    arguments: &CheckArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Vec<Target>, Failure> {
    let mut paths = Vec::new();
    let mut shorthands = Vec::new();
    for target in &arguments.targets {
        match shorthand_of(target)? {
            Some(shorthand) => shorthands.push(shorthand),
            None => paths.push(target.clone()),
        }
    }
    if let (Some(shorthand), Some(_)) = (shorthands.first(), &arguments.evidence) {
        return Err(Failure::new(
            format!("`{shorthand}` is asked, and --evidence asks nobody"),
            format!("write its policy with `lockstep init {shorthand}` and name that"),
        ));
    }
    let mut targets = match paths.is_empty() {
        true => Vec::new(),
        false => load_targets(&paths).map_err(|error| unusable(error, terminal))?,
    };
    for shorthand in shorthands {
        let progress = Arc::new(Progress::new(terminal, 1));
        let target = guessed_target(&shorthand, ambient.environment.clone(), progress)
            .map_err(|error| not_guessed(&error, terminal))?;
        let name = &target.item.policy.component.name;
        if targets
            .iter()
            .any(|other| other.item.policy.component.name == *name)
        {
            return Err(Failure::new(
                format!("component `{name}` is named twice, the second time by `{shorthand}`"),
                "name each component once",
            ));
        }
        let reasons = target.item.policy.guessed.as_deref().unwrap_or_default();
        terminal.note(&format!(
            "the policy of `{shorthand}` is guessed:{}",
            listed(reasons)
        ));
        targets.push(target);
    }
    Ok(targets)
}

fn question(arguments: &CheckArguments, ambient: &Ambient) -> Result<Question, Failure> {
    let which = if arguments.all {
        Which::All {
            since: arguments.since.clone(),
        }
    } else if !arguments.versions.is_empty() {
        Which::Named(arguments.versions.clone())
    } else if let Some(tag) = &ambient.github_tag {
        Which::Named(vec![tag.clone()])
    } else {
        Which::Newest
    };
    let mut fail_on = BTreeSet::new();
    for code in &arguments.fail_on {
        if decide::explain(code).is_none() {
            let hint = match nearest(code, decide::codes().into_iter()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`lockstep explain` lists every code".to_owned(),
            };
            let shown = visible(code, 80);
            return Err(Failure::new(
                format!("--fail-on: no rule has the code `{shown}`"),
                hint,
            ));
        }
        fail_on.extend(code.parse::<Code>().ok());
    }
    Ok(Question {
        which,
        environment: arguments.environment.clone(),
        fail_on,
    })
}

/// Who takes a verdict, or why there is none.
type Take<'t> = dyn FnMut(Result<Judged, Failure>, &mut Terminal) -> Result<(), Failure> + 't;

fn from_file(
    arguments: &CheckArguments,
    path: &Path,
    targets: &[Target],
    question: &Question,
    take: &mut Take<'_>,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let documents = read_evidence(path).map_err(|error| Failure::Said {
        message: error.to_string(),
        hint: error.hint,
    })?;
    let mut by_name: BTreeMap<Name, Evidence> = documents
        .into_iter()
        .map(|document| (document.component.clone(), document))
        .collect();
    let lacking = |target: &&Target| !by_name.contains_key(&target.item.policy.component.name);
    if let Some(target) = targets.iter().find(lacking) {
        let name = &target.item.policy.component.name;
        return Err(Failure::new(
            format!("{}: no evidence of component `{name}`", path.display()),
            "save it with --save-evidence, or leave the policy out",
        ));
    }
    for target in targets {
        let policy = &target.item.policy;
        let Some(evidence) = by_name.remove(&policy.component.name) else {
            continue;
        };
        let origin = Origin::UnsignedFile;
        let one = judge(policy, evidence, origin, question, arguments.as_of);
        take(one.map_err(unfit), terminal)?;
    }
    for component in by_name.keys() {
        terminal.note(&format!(
            "evidence of `{component}` was not judged: no policy"
        ));
    }
    Ok(())
}

pub(super) fn unusable(error: TargetError, terminal: &Terminal) -> Failure {
    match error {
        TargetError::Unreadable { message, hint } => Failure::new(message, hint),
        TargetError::Invalid(invalid) => {
            let drawn = invalid
                .iter()
                .map(|errors| errors.render(terminal.colours_errors()));
            Failure::Drawn(drawn.collect::<Vec<_>>().join("\n"))
        }
    }
}
