//! `lockstep man`: manual pages.

use std::path::PathBuf;

use clap::{Args, Command};

use super::exit::{Ending, Failure};
use super::say::Terminal;

#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// The folder; it must exist.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(super) fn run(
    arguments: &ManArguments,
    command: Command,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let Some(folder) = &arguments.folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        terminal.result(&String::from_utf8_lossy(&page))?;
        return Ok(Ending::Fine);
    };
    clap_mangen::generate_to(command, folder).map_err(|error| {
        Failure::new(
            format!("{}: cannot write manual pages: {error}", folder.display()),
            "name a folder that exists and may be written",
        )
    })?;
    Ok(Ending::Fine)
}
