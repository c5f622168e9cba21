//! Where words go: results to standard output, everything else to standard error.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::report::{Paper, Tint, inert};

use super::ambient::Ambient;
use super::exit::Failure;
use super::{Colour, Manner};

/// The two streams, and how to speak on each.
pub(super) struct Terminal {
    output: Paper,
    errors: Paper,
    quiet: bool,
    verbose: bool,
    /// Whether standard error can show progress.
    shows_progress: bool,
}

/// Back to the first column, and the rest of the line blank (ECMA-48 `EL`).
pub(super) const CLEAR: &str = "\r\u{1b}[K";

/// Whoever holds it writes to the terminal alone: progress is drawn from other threads.
static LINE: Mutex<()> = Mutex::new(());

/// The terminal for one writer. A writer that panicked has left at worst half a line.
pub(super) fn alone() -> MutexGuard<'static, ()> {
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Columns where nobody says how many there are.
const WIDTH: usize = 80;

impl Terminal {
    pub(super) fn new(manner: &Manner, ambient: &Ambient) -> Self {
        let colour = |is_terminal: bool| match manner.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_terminal && !ambient.no_colour,
        };
        let width = ambient.columns.unwrap_or(WIDTH).clamp(40, 240);
        let paper = |is_terminal| Paper {
            width,
            colour: colour(is_terminal),
            all: manner.verbose,
        };
        Self {
            output: paper(ambient.output_is_terminal),
            errors: paper(ambient.errors_are_terminal),
            quiet: manner.quiet,
            verbose: manner.verbose,
            shows_progress: ambient.errors_are_terminal && !manner.quiet,
        }
    }

    /// What results are written on.
    pub(super) fn paper(&self) -> &Paper {
        &self.output
    }

    /// Whether diagnostics have colour.
    pub(super) fn colours_errors(&self) -> bool {
        self.errors.colour
    }

    pub(super) fn is_verbose(&self) -> bool {
        self.verbose
    }

    pub(super) fn shows_progress(&self) -> bool {
        self.shows_progress
    }

    /// Takes the line of progress away, so that what is written next stands on a line of its own.
    fn begin(&self) -> MutexGuard<'static, ()> {
        let line = alone();
        if self.shows_progress {
            let _ = std::io::stderr().write_all(CLEAR.as_bytes());
        }
        line
    }

    /// A result.
    pub(super) fn result(&mut self, text: &str) -> std::io::Result<()> {
        let _line = self.begin();
        let mut output = std::io::stdout().lock();
        output.write_all(text.as_bytes())?;
        output.flush()
    }

    /// An error. That it cannot be written changes nothing: the exit code says it too.
    pub(super) fn error(&mut self, message: &str, hint: Option<&str>) {
        let _line = self.begin();
        let word = self.errors.tint(Tint::Bad, "error");
        let mut text = format!("{word}: {}\n", inert(message));
        if let Some(hint) = hint {
            text.push_str(&format!("  hint: {}\n", inert(hint)));
        }
        // Standard error has no buffer: one write, or others write in between.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    /// Why a verb ends early.
    pub(super) fn failure(&mut self, failure: &Failure) {
        match failure {
            Failure::Said { message, hint } | Failure::Unanswered { message, hint } => {
                self.error(message, hint.as_deref());
            }
            Failure::Drawn(diagnostics) => self.drawn(diagnostics),
            // Whoever reads our output has had enough of it: no error of ours. But what was not
            // written was not said, so it is no allow either.
            Failure::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            Failure::Output(error) => {
                self.error(&format!("cannot write the result: {error}"), None);
            }
        }
    }

    /// Diagnostics that are drawn already.
    pub(super) fn drawn(&mut self, diagnostics: &str) {
        let _line = self.begin();
        let _ = std::io::stderr().write_all(inert(diagnostics).as_bytes());
    }

    /// Something worth knowing that is no result.
    pub(super) fn note(&mut self, message: &str) {
        if !self.quiet {
            let _line = self.begin();
            let word = self.errors.tint(Tint::Unsure, "note");
            let text = format!("{word}: {}\n", inert(message));
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
    }

    /// What somebody who sits at the terminal is asked, or must know to go on: it is said however
    /// quiet everything else is, over a line of progress that may stand there.
    pub(super) fn asked(&self, text: &str) {
        let mut errors = std::io::stderr().lock();
        let _ = write!(errors, "\r\u{1b}[K{}", inert(text));
        let _ = errors.flush();
    }

    /// Commands for the runner of a workflow, which reads them from both streams: here they leave
    /// the result as it is.
    pub(super) fn commands(&mut self, commands: &str) {
        let _line = self.begin();
        let _ = std::io::stderr().write_all(commands.as_bytes());
    }
}
