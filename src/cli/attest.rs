//! `lockstep attest`: signs what is said about artifacts, and puts the bundle where verifiers look.

mod options;
mod predicate;
mod signer;
mod subjects;
mod told;

use std::path::PathBuf;

use crate::attest::deliver::{self, Written};
use crate::attest::subject::{Artifact, Place, SubjectError};
use crate::attest::{Mark, Predicate, SignError, statement};
use crate::model::{Statement, visible};

pub(super) use options::AttestArguments;
use options::Destination;
use signer::Signer;
pub(super) use signer::read_key;
use told::{Delivered, Told};

use super::ambient::Ambient;
use super::exit::{Ending, Failure};
use super::say::Terminal;

/// Copies of one bundle that are written beside artifacts.
const COPIES: usize = 64;

/// What is signed at a time, and where its bundle goes.
struct Attestation {
    statement: Statement,
    bytes: Vec<u8>,
    files: Vec<PathBuf>,
}

pub(super) fn run(
    arguments: AttestArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    arguments.check()?;
    let artifacts = subjects::collect(&arguments, ambient, terminal)?;
    let predicate = predicate::predicate(&arguments, ambient)?;
    let attestations = attestations(&arguments, &artifacts, &predicate)?;
    if arguments.dry_run {
        for attestation in &attestations {
            terminal.result(&String::from_utf8_lossy(&attestation.bytes))?;
            terminal.result("\n")?;
        }
        return Ok(Ending::Fine);
    }
    let signer = Signer::of(&arguments, ambient)?;
    let mut told = Told::new(&artifacts, &predicate.kind, signer.identity());
    for attestation in &attestations {
        attest(&arguments, attestation, &signer, &mut told, terminal)?;
    }
    if !arguments.to_output() {
        told.tell(arguments.format, terminal)?;
    }
    Ok(Ending::Fine)
}

/// One statement about all; for package indexes one about each distribution.
fn attestations(
    arguments: &AttestArguments,
    artifacts: &[Artifact],
    predicate: &Predicate,
) -> Result<Vec<Attestation>, Failure> {
    let groups: Vec<&[Artifact]> = match arguments.pep740 {
        true => artifacts.chunks(1).collect(),
        false => vec![artifacts],
    };
    let mut attestations = Vec::with_capacity(groups.len());
    for group in groups {
        let (statement, bytes) = statement(group, predicate)
            .map_err(|error| Failure::new(error.to_string(), "attest them in parts"))?;
        attestations.push(Attestation {
            statement,
            bytes,
            files: files(arguments, group)?,
        });
    }
    Ok(attestations)
}

/// Where the bundle of these artifacts goes as a file.
fn files(arguments: &AttestArguments, artifacts: &[Artifact]) -> Result<Vec<PathBuf>, Failure> {
    if arguments.dry_run || !arguments.destinations().contains(&Destination::File) {
        return Ok(Vec::new());
    }
    if let Some(file) = &arguments.bundle {
        return Ok(vec![file.clone()]);
    }
    let suffix = match arguments.pep740 {
        true => ".publish.attestation",
        false => ".sigstore.json",
    };
    let mut files = Vec::new();
    for artifact in artifacts {
        if let Place::File(path) = &artifact.place {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            files.push(PathBuf::from(name));
        }
    }
    if files.is_empty() || files.len() < artifacts.len() {
        return Err(Failure::new(
            "not every artifact is a file here beside which its bundle can be written",
            "name one file for the bundle: --bundle FILE, or `-` for standard output",
        ));
    }
    if files.len() > COPIES {
        return Err(Failure::new(
            format!(
                "a bundle about {} artifacts is not written beside each",
                files.len()
            ),
            "name one file for it: --bundle FILE",
        ));
    }
    Ok(files)
}

fn attest(
    arguments: &AttestArguments,
    attestation: &Attestation,
    signer: &Signer,
    told: &mut Told,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let mark = Mark::new(&attestation.statement, signer.identity());
    let same = |there: &[u8]| Mark::unverified(there).as_ref() == Some(&mark) && signer.made(there);
    let mut missing = Vec::new();
    for file in &attestation.files {
        // Looked at before anything is signed, and again when it is written.
        match std::fs::metadata(file) {
            Ok(_) if !arguments.force => {
                deliver::write_bundle(file, "", false, &same).map_err(unsigned)?;
                told.delivered(Delivered::already(file));
            }
            _ => missing.push(file),
        }
    }
    if missing.is_empty() && !arguments.to_output() {
        return Ok(());
    }
    let bundle = signer.sign(&attestation.bytes)?;
    let text = match arguments.pep740 {
        true => deliver::pep740(&bundle).map_err(unsigned)?,
        false => bundle.json.clone(),
    };
    for file in missing {
        let written =
            deliver::write_bundle(file, &text, arguments.force, &same).map_err(unsigned)?;
        told.delivered(match written {
            Written::New => Delivered::new(file, &text),
            Written::Already => Delivered::already(file),
        });
    }
    if arguments.to_output() {
        terminal.result(&format!("{text}\n"))?;
    }
    Ok(())
}

fn unsigned(error: SignError) -> Failure {
    Failure::Said {
        message: error.message,
        hint: error.hint,
    }
}

fn unfit(error: SubjectError) -> Failure {
    Failure::new(error.message, error.hint)
}

/// A path as messages show it.
fn shown(path: &std::path::Path) -> String {
    visible(&path.display().to_string(), 300)
}
