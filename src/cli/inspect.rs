//! `lockstep inspect`: what bundles claim, unverified.

use clap::Args;

use crate::observe::attached::Subject as Remote;
use crate::report;

use super::Format;
use super::ambient::Ambient;
use super::exit::{Ending, Failure};
use super::say::Terminal;
use super::verify::{Bundles, PlaceArguments, Subject};

#[derive(Debug, Args)]
pub(super) struct InspectArguments {
    /// Files of bundles in any format that is known; `-` for standard input; or what is attached to
    /// `oci:HOST/NAME:TAG`, `pypi:NAME==VERSION[/FILE]`, `npm:NAME@VERSION`, and with --repo or
    /// --owner to a digest.
    #[arg(value_name = "BUNDLE|SUBJECT", required = true)]
    bundles: Vec<String>,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    places: PlaceArguments,
}

pub(super) fn run(
    arguments: &InspectArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let mut bundles = Bundles::default();
    let mut ending = Ending::Fine;
    for text in &arguments.bundles {
        let subject = match Subject::read(text)? {
            Subject::Elsewhere(subject) => subject,
            Subject::Digest(digest) if arguments.places.store.is_given() => Remote::Digest(digest),
            _ => {
                arguments.places.only_elsewhere(text)?;
                let read = Bundles::read(std::slice::from_ref(text))?;
                bundles.found.extend(read.found);
                continue;
            }
        };
        let question = arguments.places.question(text, subject, ambient)?;
        for one in question.ask(ambient, terminal)? {
            for it in &one.unread {
                terminal.error(&format!("{}: {}", it.place, it.message), None);
                ending = Ending::Indeterminate;
            }
            if one.bundles.found.is_empty() && one.unread.is_empty() {
                terminal.error(&format!("{}: nothing is attached to it", one.subject), None);
                if ending == Ending::Fine {
                    ending = Ending::Deny;
                }
            }
            bundles.found.extend(one.bundles.found);
        }
    }
    let contents: Vec<_> = bundles
        .found
        .iter()
        .map(|found| {
            let contents = found.document.as_ref().map(|it| it.contents());
            (found.place.as_str(), contents)
        })
        .collect();
    let text = match arguments.format {
        Format::Human => report::human_inspection(terminal.paper(), &contents),
        Format::Json => report::json_inspection(&contents).map_err(std::io::Error::from)?,
    };
    terminal.result(&text)?;
    Ok(
        match contents.iter().all(|(_, contents)| contents.is_ok()) {
            true => ending,
            false => Ending::Usage,
        },
    )
}
