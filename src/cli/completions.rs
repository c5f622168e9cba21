//! `lockstep completions`: for the shells.

use clap::{Args, Command};
use clap_complete::Shell;

use super::exit::{Ending, Failure};
use super::say::Terminal;

#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(
    arguments: &CompletionsArguments,
    mut command: Command,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "lockstep", &mut script);
    terminal.result(&String::from_utf8_lossy(&script))?;
    Ok(Ending::Fine)
}
