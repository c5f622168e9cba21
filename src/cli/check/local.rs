//! `lockstep check --local`: what is about to be published, judged from a checkout.

use std::path::{Path, PathBuf};

use super::{CheckArguments, unusable};
use crate::check::{Gathered, LocalRelease, Target, guess, in_checkout, load_targets};
use crate::cli::ambient::Ambient;
use crate::cli::asked::{ask, unfit};
use crate::cli::exit::{Ending, Failure};
use crate::cli::output::Output;
use crate::cli::results::Results;
use crate::cli::say::Terminal;
use crate::decide::Question;
use crate::model::{Name, visible};

/// Judges what is about to be published. Without a policy one is guessed, and a verdict on a guess is
/// never an allow.
pub(super) fn run(
    arguments: &CheckArguments,
    question: &Question,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let checkout = arguments.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let targets = match arguments.targets.is_empty() {
        true => guessed(&checkout, terminal)?,
        false => load_targets(&arguments.targets).map_err(|error| unusable(error, terminal))?,
    };
    let release = match arguments.versions.is_empty() {
        true => LocalRelease::AtHead(ambient.github_tag.clone()),
        false => LocalRelease::Named(arguments.versions.clone()),
    };
    let local = in_checkout(&targets, &checkout, &release, &ambient.environment).map_err(unfit)?;
    let targets: Vec<Target> = local.iter().map(|it| it.target.clone()).collect();
    let output = Output::of(&arguments.output, ambient, &targets)?;
    let mut results = Results::new(output, arguments.save_evidence.as_deref(), local.len())?;
    let mut gathered = Gathered::All;
    for (at, local) in local.into_iter().enumerate() {
        let component = &local.target.item.policy.component.name;
        let reasons = [
            ("not asked, for only a server can answer", &local.not_asked),
            (
                "not compared, for nothing is built in `dist`",
                &local.not_built,
            ),
        ];
        for (reason, channels) in reasons {
            tell(component, reason, channels, terminal);
        }
        let question = Question {
            which: local.which,
            ..question.clone()
        };
        let target = [local.target];
        let asked = ask(
            &target,
            &question,
            None,
            ambient,
            terminal,
            |one, terminal| results.take(one, terminal),
        )?;
        if asked != Gathered::All {
            gathered = Gathered::BrokenOff(at);
            break;
        }
    }
    results.finish(gathered, terminal)
}

fn guessed(checkout: &Path, terminal: &mut Terminal) -> Result<Vec<Target>, Failure> {
    // A policy holds absolute paths: it is not in the checkout.
    let whole = checkout.canonicalize().map_err(|error| {
        let shown = visible(&checkout.display().to_string(), 300);
        Failure::new(
            format!("{shown}: cannot be read: {error}"),
            "name a checkout of the source with --path",
        )
    })?;
    let (target, file) = guess(&whole).map_err(unfit)?;
    let name = &target.item.policy.component.name;
    terminal.note(&format!(
        "no policy was named: `{name}` is guessed from {file}, and a guess never allows"
    ));
    Ok(vec![target])
}

fn tell(component: &Name, reason: &str, channels: &[Name], terminal: &mut Terminal) {
    if !channels.is_empty() {
        let names: Vec<&str> = channels.iter().map(Name::as_str).collect();
        let names = names.join(", ");
        terminal.note(&format!("`{component}`: {reason}: {names}"));
    }
}
