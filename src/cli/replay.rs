//! `lockstep replay`: plays real incidents and holds the verdicts against what is expected.

use std::path::PathBuf;

use clap::Args;

use crate::check::replay;
use crate::model::replay_totals;
use crate::report;

use super::Format;
use super::exit::{Ending, Failure};
use super::say::Terminal;

#[derive(Debug, Args)]
pub(super) struct ReplayArguments {
    /// A folder of incidents, or one incident.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(arguments: &ReplayArguments, terminal: &mut Terminal) -> Result<Ending, Failure> {
    let rows = replay::play(&arguments.folder).map_err(|error| Failure::Said {
        message: error.message,
        hint: error.hint,
    })?;
    let totals = replay_totals(&rows);
    let text = match arguments.format {
        Format::Human => report::human_replay(terminal.paper(), &rows, &totals),
        Format::Json => report::json_replay(&rows, &totals).map_err(std::io::Error::from)?,
    };
    terminal.result(&text)?;
    Ok(if totals.passed == totals.total {
        Ending::Fine
    } else {
        Ending::Deny
    })
}
