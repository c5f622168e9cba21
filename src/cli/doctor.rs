//! `lockstep doctor`: what can the present credentials see of the channels of these policies?

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::check::{examine, load_targets};
use crate::observe::Examined;
use crate::report;

use super::Format;
use super::ambient::Ambient;
use super::asked::unfit;
use super::check::unusable;
use super::exit::{Ending, Failure};
use super::progress::Progress;
use super::say::Terminal;

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// Policy files, or folders of them.
    #[arg(value_name = "POLICY", required = true)]
    targets: Vec<PathBuf>,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(
    arguments: &DoctorArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let targets = load_targets(&arguments.targets).map_err(|error| unusable(error, terminal))?;
    let progress = Arc::new(Progress::new(terminal, 1));
    let examinations = examine(&targets, ambient.environment.clone(), progress).map_err(unfit)?;
    let text = match arguments.format {
        Format::Human => report::human_examinations(terminal.paper(), &examinations),
        Format::Json => report::json_examinations(&examinations).map_err(std::io::Error::from)?,
    };
    terminal.result(&text)?;
    let stops = examinations
        .iter()
        .flat_map(|it| &it.seen)
        .any(Examined::stops);
    Ok(if stops {
        Ending::Indeterminate
    } else {
        Ending::Fine
    })
}
