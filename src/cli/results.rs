//! Takes the verdicts of a check one by one: shows or keeps them, saves their evidence, and
//! remembers the worst.

use std::path::Path;

use crate::check::{EvidenceFileError, EvidenceWriter, Gathered, Judged};

use super::exit::{Ending, Failure};
use super::output::Output;
use super::say::Terminal;

/// The results of one command.
pub(super) struct Results {
    output: Output,
    evidence: Option<EvidenceWriter>,
    components: usize,
    worst: Ending,
}

impl Results {
    /// For a run over so many components.
    ///
    /// # Errors
    /// Evidence that cannot be saved where it is wanted.
    pub(super) fn new(
        output: Output,
        save_evidence: Option<&Path>,
        components: usize,
    ) -> Result<Self, Failure> {
        let create = |path| EvidenceWriter::create(path, components != 1).map_err(unwritable);
        Ok(Self {
            output,
            evidence: save_evidence.map(create).transpose()?,
            components,
            worst: Ending::Fine,
        })
    }

    /// Takes the next verdict, or why there is none. Of several components one without a verdict
    /// does not keep the others from theirs.
    pub(super) fn take(
        &mut self,
        one: Result<Judged, Failure>,
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        let judged = match one {
            Ok(judged) => judged,
            Err(failure) if self.components == 1 => return Err(failure),
            Err(failure) => {
                terminal.failure(&failure);
                self.worst = Ending::Usage;
                return Ok(());
            }
        };
        if let Some(file) = &mut self.evidence {
            file.add(&judged.evidence).map_err(unwritable)?;
        }
        self.worst = self.worst.and(&judged.verdict);
        self.output.take(judged, terminal)
    }

    /// Ends the report and names the file of evidence.
    ///
    /// # Errors
    /// What cannot be written was not said: never an allow.
    pub(super) fn finish(
        self,
        gathered: Gathered,
        terminal: &mut Terminal,
    ) -> Result<Ending, Failure> {
        // An earlier file is worth more than one that holds no evidence.
        let saved = match self.evidence {
            Some(file) if file.documents() > 0 => file.finish().map_err(unwritable),
            Some(_) => {
                terminal.note("--save-evidence: nothing was judged, so no file was written");
                Ok(())
            }
            None => Ok(()),
        };
        self.output.finish(terminal)?;
        saved?;
        if let Gathered::BrokenOff(judged) = gathered {
            terminal.note(&format!(
                "interrupted: {judged} of {} components were judged, and the report is about them",
                self.components
            ));
            return Ok(Ending::Interrupted);
        }
        Ok(self.worst)
    }
}

fn unwritable(error: EvidenceFileError) -> Failure {
    Failure::Said {
        message: error.to_string(),
        hint: error.hint,
    }
}
