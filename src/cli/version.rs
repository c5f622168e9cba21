//! `lockstep version`: whether two names are one release, and why.

use std::io::{BufRead, Read, Write};

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::model::version::{Scheme, explain_pair};

use super::Format;
use super::exit::{Ending, Failure};
use super::say::Terminal;

#[derive(Debug, Args)]
pub(super) struct VersionArguments {
    #[command(subcommand)]
    verb: VersionVerb,
}

#[derive(Debug, Subcommand)]
enum VersionVerb {
    Compare(CompareArguments),
}

/// Say whether two names are the same release under a scheme, and why.
///
/// With `-` in place of the names, tab-separated pairs are read from standard input and one JSON
/// line is written for each. Always exits with 0 where the names could be read at all.
#[derive(Debug, Args)]
struct CompareArguments {
    /// A version, or `-` for pairs from standard input.
    #[arg(value_name = "A", allow_hyphen_values = true)]
    one: String,
    /// Another version.
    #[arg(value_name = "B", allow_hyphen_values = true)]
    other: Option<String>,
    /// The scheme: semver, pep440, calver, dev-build, commit or opaque.
    #[arg(long, value_name = "SCHEME")]
    scheme: Scheme,
    /// How the result of one pair is written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Serialize)]
struct Compared {
    result: &'static str,
    reason: String,
}

/// The longest line that is read.
const LINE: u64 = 64 * 1024;

pub(super) fn run(
    arguments: &VersionArguments,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let VersionVerb::Compare(arguments) = &arguments.verb;
    match (&arguments.other, arguments.one.as_str()) {
        (None, "-") => compare_lines(arguments.scheme),
        (None, _) => Err(Failure::new(
            "`compare` takes two versions",
            "give both, or `-` to read tab-separated pairs from standard input",
        )),
        (Some(other), one) => {
            let (result, reason) = explain_pair(one, other, arguments.scheme);
            let text = match arguments.format {
                Format::Human => format!("{result}: {reason}\n"),
                Format::Json => line(&Compared { result, reason })?,
            };
            terminal.result(&text)?;
            Ok(Ending::Fine)
        }
    }
}

fn compare_lines(scheme: Scheme) -> Result<Ending, Failure> {
    let mut input = std::io::stdin().lock();
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    let mut bytes = Vec::new();
    for number in 1_u64.. {
        bytes.clear();
        let read = input.by_ref().take(LINE).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            break;
        }
        let bad = |what: &str| {
            Failure::new(
                format!("standard input:{number}: {what}"),
                "each line is two versions with a tab between them",
            )
        };
        if read as u64 == LINE && !bytes.ends_with(b"\n") {
            output.flush()?;
            return Err(bad("the line is longer than 64 KiB"));
        }
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.trim_end_matches(['\n', '\r']),
            Err(_) => {
                output.flush()?;
                return Err(bad("this is not text (UTF-8)"));
            }
        };
        let Some((one, other)) = text.split_once('\t') else {
            output.flush()?;
            return Err(bad("there is no tab in it"));
        };
        let (result, reason) = explain_pair(one, other, scheme);
        output.write_all(line(&Compared { result, reason })?.as_bytes())?;
    }
    output.flush()?;
    Ok(Ending::Fine)
}

fn line(compared: &Compared) -> Result<String, Failure> {
    let text = serde_json::to_string(compared).map_err(std::io::Error::from)?;
    Ok(text + "\n")
}
