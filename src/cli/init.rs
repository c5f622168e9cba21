//! `lockstep init`: writes a commented policy for a checkout or from a shorthand.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::attest::deliver::write_whole;
use crate::check::{Beginning, DiscoverError, guessed_policy};
use crate::model::visible;
use crate::observe::discover::{Shorthand, ShorthandError};

use super::ambient::Ambient;
use super::exit::{Ending, Failure};
use super::progress::Progress;
use super::say::Terminal;

#[derive(Debug, Args)]
pub(super) struct InitArguments {
    /// A folder, or one of pypi:NAME, npm:NAME, github:OWNER/REPOSITORY, oci:HOST/NAME.
    #[arg(value_name = "CHECKOUT|SHORTHAND", default_value = ".")]
    target: PathBuf,
    /// The file to write, `-` for standard output; lockstep.toml in the checkout where not given.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
}

/// The usual name of a policy.
const POLICY: &str = "lockstep.toml";

pub(super) fn run(
    arguments: &InitArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let shorthand = shorthand_of(&arguments.target)?;
    let folder = match &shorthand {
        Some(_) => Path::new("."),
        None => arguments.target.as_path(),
    };
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| folder.join(POLICY));
    let to_output = output.as_os_str() == "-";
    // Before anything is asked; the writing itself looks again.
    if !to_output && !arguments.force && output.exists() {
        return Err(exists(&output));
    }
    let beginning = match shorthand {
        Some(shorthand) => Beginning::Shorthand(shorthand),
        None => Beginning::Checkout {
            folder: folder.to_owned(),
            written: written(folder, (!to_output).then_some(output.as_path())),
        },
    };
    let progress = Arc::new(Progress::new(terminal, 1));
    let guess = guessed_policy(&beginning, ambient.environment.clone(), progress)
        .map_err(|error| not_guessed(&error, terminal))?;
    if to_output {
        terminal.result(&guess.text)?;
    } else {
        write(&output, &guess.text, arguments.force)?;
        let shown = visible(&output.display().to_string(), 300);
        terminal.note(&format!("{shown} is written:{}", listed(&guess.reasons)));
        terminal.note(&format!(
            "read it, take out what is wrong, then `lockstep policy lint {shown}` and \
             `lockstep check {shown}`"
        ));
        return Ok(Ending::Fine);
    }
    terminal.note(&format!("guessed:{}", listed(&guess.reasons)));
    Ok(Ending::Fine)
}

/// A target that is meant as a shorthand; a path that is there is a path.
pub(super) fn shorthand_of(target: &Path) -> Result<Option<Shorthand>, Failure> {
    let Some(text) = target.to_str().filter(|it| Shorthand::is_meant(it)) else {
        return Ok(None);
    };
    if target.exists() {
        return Ok(None);
    }
    let refused = |error: ShorthandError| Failure::new(error.message, error.hint);
    text.parse().map(Some).map_err(refused)
}

/// Why no policy could be guessed, after what was learnt nevertheless.
pub(super) fn not_guessed(error: &DiscoverError, terminal: &mut Terminal) -> Failure {
    if !error.reasons().is_empty() {
        terminal.note(&format!("what was learnt:{}", listed(error.reasons())));
    }
    Failure::asked(error.to_string(), Some(error.hint()), error.is_unanswered())
}

/// Reasons, one a line.
pub(super) fn listed(reasons: &[String]) -> String {
    let lines: Vec<String> = reasons
        .iter()
        .map(|it| format!("\n  - {}", visible(it, 500)))
        .collect();
    lines.concat()
}

/// How a policy at `output` names the folder.
fn written(folder: &Path, output: Option<&Path>) -> String {
    let beside = output
        .and_then(Path::parent)
        .map(|parent| match parent.as_os_str().is_empty() {
            true => Path::new("."),
            false => parent,
        });
    let real = folder.canonicalize();
    match (beside.and_then(|it| it.canonicalize().ok()), real) {
        (Some(beside), Ok(real)) if beside == real => ".".to_owned(),
        (_, Ok(real)) => real.display().to_string(),
        (_, Err(_)) => ".".to_owned(),
    }
}

fn exists(output: &Path) -> Failure {
    Failure::new(
        format!(
            "{} is there already",
            visible(&output.display().to_string(), 300)
        ),
        "give another --output, `-` to see it, or --force to write over it",
    )
}

/// Writes the whole file or none of it.
fn write(output: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let shown = visible(&output.display().to_string(), 300);
    let cannot = |error: std::io::Error| {
        let message = format!("{shown} cannot be written: {error}");
        Failure::new(
            message,
            "name a file in a folder that may be written, or `-`",
        )
    };
    // A file is replaced as a whole: a device or a pipe would be gone.
    if std::fs::metadata(output).is_ok_and(|there| !there.is_file()) {
        return Err(Failure::new(
            format!("{shown} is no file, and is not written over"),
            "name a file, or `-` to see the policy",
        ));
    }
    // As any file that a program writes: what the umask leaves of it.
    match write_whole(output, text.as_bytes(), 0o666, force) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(exists(output)),
        Err(error) => Err(cannot(error)),
    }
}
