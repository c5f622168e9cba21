//! `lockstep check`: do the releases of these components agree in every channel?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::check::{
    Gathering, JudgeError, Judged, Target, TargetError, gather, guessed_target, judge,
    load_targets, read_evidence, write_evidence,
};
use crate::decide::{self, Question, Which};
use crate::model::settings::nearest;
use crate::model::{Code, Duration, Evidence, Name, Time, Verdict, visible};
use crate::report;
use crate::verify::Origin;

use super::Format;
use super::ambient::Ambient;
use super::exit::{self, Ending, Failure};
use super::init::{listed, not_guessed, shorthand_of};
use super::progress::Progress;
use super::say::Terminal;

/// Check whether a component's releases agree in every channel.
///
/// Asks every channel of the policies, once, and judges the answers. Without --version, --all or a
/// tag in GITHUB_REF the newest releases are judged: the highest, the highest stable and the
/// latest by server time.
#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Policy files, folders of them, or a shorthand: pypi:NAME, npm:NAME, github:OWNER/REPOSITORY,
    /// oci:HOST/NAME. The policy of a shorthand is guessed, so it never ends with 0.
    #[arg(value_name = "TARGET", required = true)]
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
    /// How the result is written: one document, or JSON Lines for several components.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(
    arguments: CheckArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let question = question(&arguments, ambient)?;
    let targets = targets(&arguments, ambient, terminal)?;
    let judged = match &arguments.evidence {
        Some(path) => from_file(&arguments, path, targets, &question, terminal)?,
        None => from_channels(&arguments, targets, &question, ambient, terminal)?,
    };
    if let Some(path) = &arguments.save_evidence {
        let documents: Vec<Evidence> = judged.iter().map(|it| it.evidence.clone()).collect();
        write_evidence(path, &documents).map_err(|error| Failure::Said {
            message: error.to_string(),
            hint: error.hint,
        })?;
    }
    match arguments.format {
        Format::Human => {
            let paper = *terminal.paper();
            for (at, one) in judged.iter().enumerate() {
                let mut text = String::new();
                if at > 0 {
                    text.push_str("\n\n");
                }
                text.push_str(&report::human_verdict(&paper, &one.verdict, &one.evidence));
                terminal.result(&text)?;
            }
        }
        Format::Json => {
            let verdicts: Vec<Verdict> = judged.iter().map(|it| it.verdict.clone()).collect();
            let text = report::json_verdicts(&verdicts).map_err(std::io::Error::from)?;
            terminal.result(&text)?;
        }
    }
    Ok(exit::of_verdicts(judged.iter().map(|it| &it.verdict)))
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
        let progress = Arc::new(Progress::new(terminal));
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

fn from_file(
    arguments: &CheckArguments,
    path: &Path,
    targets: Vec<Target>,
    question: &Question,
    terminal: &mut Terminal,
) -> Result<Vec<Judged>, Failure> {
    let mut documents = read_evidence(path).map_err(|error| Failure::Said {
        message: error.to_string(),
        hint: error.hint,
    })?;
    let mut judged = Vec::new();
    for target in targets {
        let name = &target.item.policy.component.name;
        let mine = documents
            .iter()
            .position(|document| document.component == *name);
        let Some(mine) = mine else {
            return Err(Failure::new(
                format!("{}: no evidence of component `{name}`", path.display()),
                "save it with --save-evidence, or leave the policy out",
            ));
        };
        let evidence = documents.swap_remove(mine);
        let policy = &target.item.policy;
        let one = judge(
            policy,
            evidence,
            Origin::UnsignedFile,
            question,
            arguments.as_of,
        );
        judged.push(one.map_err(unfit)?);
    }
    for document in documents {
        terminal.note(&format!(
            "evidence of `{}` was not judged: no policy",
            document.component
        ));
    }
    Ok(judged)
}

fn from_channels(
    arguments: &CheckArguments,
    targets: Vec<Target>,
    question: &Question,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Vec<Judged>, Failure> {
    let progress = Arc::new(Progress::new(terminal));
    let gathering = Gathering {
        question,
        wait: arguments.wait,
        environment: ambient.environment.clone(),
        events: progress.clone(),
        pausing: &|until, why| progress.waiting(until, why),
    };
    gather(&targets, gathering).map_err(unfit)
}

pub(super) fn unfit(error: JudgeError) -> Failure {
    Failure::new(error.message, error.hint)
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
