//! `lockstep inspect`: what bundles claim, unverified.

use clap::Args;

use crate::report;

use super::Format;
use super::exit::{Ending, Failure};
use super::say::Terminal;
use super::verify::Bundles;

/// Show what bundles claim. Nothing is verified: whoever wrote the bundle wrote what is shown.
///
/// Exit codes: 0 shown, 2 something that cannot be read.
#[derive(Debug, Args)]
pub(super) struct InspectArguments {
    /// Files of bundles in any format that is known; `-` for standard input.
    #[arg(value_name = "BUNDLE", required = true)]
    bundles: Vec<String>,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(
    arguments: &InspectArguments,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let bundles = Bundles::read(&arguments.bundles)?;
    let contents: Vec<_> = bundles
        .found
        .iter()
        .map(|(name, document)| {
            let contents = document.as_ref().map(|it| it.contents());
            (name.as_str(), contents)
        })
        .collect();
    let text = match arguments.format {
        Format::Human => report::human_inspection(terminal.paper(), &contents),
        Format::Json => report::json_inspection(&contents).map_err(std::io::Error::from)?,
    };
    terminal.result(&text)?;
    Ok(
        match contents.iter().all(|(_, contents)| contents.is_ok()) {
            true => Ending::Fine,
            false => Ending::Usage,
        },
    )
}
