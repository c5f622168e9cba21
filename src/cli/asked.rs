//! Targets that are asked from the command line: with progress, and errors as this command says
//! them.

use std::sync::Arc;

use crate::check::{
    GatherError, Gathered, Gathering, JudgeError, Judged, RootInUse, Target, gather, roots_in_use,
    trust_roots,
};
use crate::decide::Question;
use crate::model::{Duration, Policy};
use crate::observe::Environment;

use super::ambient::Ambient;
use super::exit::Failure;
use super::progress::Progress;
use super::say::Terminal;
use super::trust::unusable;

/// Asks the targets and hands each verdict over in their order; a question that does not fit a
/// policy in the place of its verdict.
pub(super) fn ask(
    targets: &[Target],
    question: &Question,
    wait: Option<Duration>,
    ambient: &Ambient,
    terminal: &mut Terminal,
    mut take: impl FnMut(Result<Judged, Failure>, &mut Terminal) -> Result<(), Failure>,
) -> Result<Gathered, Failure> {
    let progress = Arc::new(Progress::new(terminal, targets.len()));
    let gathering = Gathering {
        question,
        wait,
        environment: ambient.environment.clone(),
        events: progress.clone(),
        pausing: &|until, why| progress.waiting(until, why),
    };
    let gathered = gather(targets, gathering, |one| {
        progress.judged();
        take(one.map_err(unfit), terminal)
    });
    gathered.map_err(|error| match error {
        GatherError::Start(error) => unfit(error),
        GatherError::Taker(failure) => failure,
    })
}

/// The same for all targets at once; the first question that does not fit ends it.
pub(super) fn ask_for_all(
    targets: &[Target],
    question: &Question,
    wait: Option<Duration>,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Vec<Judged>, Failure> {
    let mut judged = Vec::with_capacity(targets.len());
    let asked = ask(targets, question, wait, ambient, terminal, |one, _| {
        judged.push(one?);
        Ok(())
    })?;
    match asked {
        Gathered::All => Ok(judged),
        Gathered::BrokenOff(_) => Err(Failure::new("interrupted", "nothing was changed")),
    }
}

/// Lets policies that verify attestations trust the public roots as they are kept on this machine.
///
/// # Errors
/// A store that cannot be read or does not verify.
pub(super) fn trusting<'p>(
    policies: impl Iterator<Item = &'p mut Policy>,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let mut policies = policies.filter(|it| !it.trust.is_empty()).peekable();
    if policies.peek().is_none() {
        return Ok(());
    }
    let roots = roots_in_use(environment).map_err(unusable)?;
    for note in roots.iter().filter_map(RootInUse::note) {
        terminal.note(&note);
    }
    for policy in policies {
        trust_roots(policy, &roots);
    }
    Ok(())
}

/// A question that does not fit a policy.
pub(super) fn unfit(error: JudgeError) -> Failure {
    Failure::new(error.message, error.hint)
}
