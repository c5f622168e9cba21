//! `lockstep check --local`: what is about to be published, judged from a checkout.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{CheckArguments, unfit, unusable};
use crate::check::{
    Gathering, Judged, LocalRelease, Target, gather, guess, in_checkout, load_targets,
};
use crate::cli::ambient::Ambient;
use crate::cli::exit::Failure;
use crate::cli::progress::Progress;
use crate::cli::say::Terminal;
use crate::decide::Question;
use crate::model::{Name, visible};

/// What was judged, and whether by a guessed policy.
pub(super) struct JudgedLocally {
    pub(super) judged: Vec<Judged>,
    pub(super) is_guess: bool,
}

pub(super) fn judge(
    arguments: &CheckArguments,
    question: &Question,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<JudgedLocally, Failure> {
    let checkout = arguments.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let is_guess = arguments.targets.is_empty();
    let targets = match is_guess {
        true => guessed(&checkout, terminal)?,
        false => load_targets(&arguments.targets).map_err(|error| unusable(error, terminal))?,
    };
    let release = match arguments.versions.is_empty() {
        true => LocalRelease::AtHead(ambient.github_tag.clone()),
        false => LocalRelease::Named(arguments.versions.clone()),
    };
    let local = in_checkout(&targets, &checkout, &release, &ambient.environment).map_err(unfit)?;
    let mut judged = Vec::new();
    for local in local {
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
        let progress = Arc::new(Progress::new(terminal));
        let gathering = Gathering {
            question: &question,
            wait: None,
            environment: ambient.environment.clone(),
            events: progress.clone(),
            pausing: &|until, why| progress.waiting(until, why),
        };
        judged.extend(gather(&[local.target], gathering).map_err(unfit)?);
    }
    Ok(JudgedLocally { judged, is_guess })
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
