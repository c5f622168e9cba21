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
        tell_what_is_not_asked(
            &local.target.item.policy.component.name,
            &local.not_asked,
            terminal,
        );
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

fn tell_what_is_not_asked(component: &Name, not_asked: &[Name], terminal: &mut Terminal) {
    if not_asked.is_empty() {
        return;
    }
    let names: Vec<&str> = not_asked.iter().map(Name::as_str).collect();
    terminal.note(&format!(
        "`{component}`: not asked, for a checkout cannot answer for them: {}",
        names.join(", ")
    ));
}
