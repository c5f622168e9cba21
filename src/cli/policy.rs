//! `lockstep policy`: checks policy files, shows their schema, renders a version's names.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::decide;
use crate::policy;

use super::exit::{Ending, Failure};
use super::say::Terminal;

/// Work with policy files.
#[derive(Debug, Args)]
pub(super) struct PolicyArguments {
    #[command(subcommand)]
    verb: PolicyVerb,
}

#[derive(Debug, Subcommand)]
enum PolicyVerb {
    /// Check policy files; all errors of a file at once.
    Lint(LintArguments),
}

#[derive(Debug, Args)]
struct LintArguments {
    /// Policy files.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

pub(super) fn run(arguments: &PolicyArguments, terminal: &mut Terminal) -> Result<Ending, Failure> {
    let PolicyVerb::Lint(arguments) = &arguments.verb;
    for file in &arguments.files {
        if let Err(errors) = policy::load(file, &decide::codes()) {
            terminal.drawn(&errors.render(terminal.colours_errors()));
        }
    }
    Ok(Ending::Fine)
}
