//! `lockstep attest`: signs what is said about artifacts, and puts the bundle where verifiers look.

mod asking;
mod browser;
mod delivering;
mod held_key;
mod options;
mod person;
mod predicate;
mod signer;
mod subjects;
mod told;

use std::path::{Path, PathBuf};

use crate::attest::deliver::{self, Written};
use crate::attest::subject::{Artifact, BESIDE, Place, SubjectError};
use crate::attest::{Mark, Predicate, SignError, SignedBundle, statement};
use crate::check::roots_in_use;
use crate::model::{Statement, visible};

pub(super) use asking::Asking;
use delivering::Places;
use held_key::HeldKey;
use options::Destination;
pub(super) use options::{AttestArguments, SigningArguments};
pub(super) use signer::Signer;
use told::{Delivered, Told};

use super::ambient::Ambient;
use super::exit::{Ending, Failure};
use super::say::Terminal;
use super::trust::unusable;

/// Copies of one bundle that are written beside artifacts.
const COPIES: usize = 64;

/// What is signed at a time, and where its bundle goes.
struct Attestation {
    statement: Statement,
    bytes: Vec<u8>,
    artifacts: Vec<Artifact>,
    files: Vec<PathBuf>,
}

pub(super) fn run(
    mut arguments: AttestArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    arguments.check()?;
    if arguments.pep740 {
        arguments.signing.services.only_promises();
    }
    let asking = Asking::new(arguments.offline, ambient, terminal)?;
    let artifacts = subjects::collect(&arguments, &asking, terminal)?;
    let places = Places::of(&arguments.destinations(), &artifacts, ambient)?;
    if arguments.dry_run {
        let predicate = predicate::predicate(&arguments, None, ambient)?;
        for attestation in attestations(&arguments, &artifacts, &predicate)? {
            terminal.result(&String::from_utf8_lossy(&attestation.bytes))?;
            terminal.result("\n")?;
        }
        return Ok(Ending::Fine);
    }
    if arguments.predicate.is_none() && Signer::asks_a_person(&arguments.signing, ambient) {
        // Nobody is sent to a browser for what cannot be said.
        predicate::predicate(&arguments, None, ambient)?;
    }
    let signer = Signer::of(&arguments.signing, ambient, &asking, terminal)?;
    let is_logless = arguments.signing.key.is_some() && arguments.signing.no_log;
    if !is_logless && arguments.signing.services.trusted_root.is_none() {
        let [public_good, _] = roots_in_use(&ambient.environment).map_err(unusable)?;
        if let Some(note) = public_good.note() {
            terminal.note(&note);
        }
    }
    let predicate = predicate::predicate(&arguments, signer.claims.as_ref(), ambient)?;
    let mut told = Told::new(&artifacts, &predicate.kind, signer.identity());
    let run = Run {
        arguments: &arguments,
        asking: &asking,
        signer: &signer,
        places: &places,
    };
    let attestations = attestations(&arguments, &artifacts, &predicate)?;
    let mut ready = Vec::with_capacity(attestations.len());
    for attestation in &attestations {
        ready.push(run.look(attestation)?);
    }
    for (attestation, files) in attestations.iter().zip(ready) {
        run.attest(attestation, &files, &mut told, terminal)?;
    }
    if !arguments.to_output() {
        told.tell(arguments.format, terminal)?;
    }
    Ok(Ending::Fine)
}

/// The public key, as PEM, of the private key that a path or an address names.
pub(super) fn public_pem(
    key: &Path,
    ambient: &Ambient,
    terminal: &Terminal,
) -> Result<String, Failure> {
    let asking = Asking::new(false, ambient, terminal)?;
    HeldKey::of(key, ambient, &asking)?.public_pem()
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
    let hint = match arguments.predicate.is_some() {
        true => "nothing was signed; mend the predicate, or attest its file as a subject",
        false => "attest them in parts",
    };
    let mut attestations = Vec::with_capacity(groups.len());
    for group in groups {
        let (statement, bytes) =
            statement(group, predicate).map_err(|error| Failure::new(error.to_string(), hint))?;
        attestations.push(Attestation {
            statement,
            bytes,
            artifacts: group.to_vec(),
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
    if let Some(file) = &arguments.bundle
        && !arguments.to_dash()
    {
        return Ok(vec![file.clone()]);
    }
    let [bundle, attestation] = BESIDE;
    let suffix = match arguments.pep740 {
        true => attestation,
        false => bundle,
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

/// What every attestation of a run is made with.
struct Run<'r> {
    arguments: &'r AttestArguments,
    asking: &'r Asking,
    signer: &'r Signer,
    places: &'r Places,
}

impl Run<'_> {
    /// Whether each file has a bundle that says the same, before anything is signed for any.
    fn look(&self, attestation: &Attestation) -> Result<Vec<Written>, Failure> {
        let mark = Mark::new(&attestation.statement, self.signer.identity());
        let same = |there: &[u8]| self.says_the_same(there, &mark);
        let files = attestation.files.iter();
        let looked = files.map(|file| deliver::look_at_place(file, self.arguments.force, &same));
        looked.collect::<Result<_, _>>().map_err(unsigned)
    }

    fn says_the_same(&self, there: &[u8], mark: &Mark) -> bool {
        Mark::unverified(there).as_ref() == Some(mark) && self.signer.made(there)
    }

    /// Signs once at most, and takes the bundle to every place that has none which says the same.
    fn attest(
        &self,
        attestation: &Attestation,
        looked: &[Written],
        told: &mut Told,
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        let (arguments, signer) = (self.arguments, self.signer);
        let mark = Mark::new(&attestation.statement, signer.identity());
        let same = |there: &[u8]| self.says_the_same(there, &mark);
        let mut signed: Option<SignedBundle> = None;
        let person: &Terminal = terminal;
        let mut bundle = || match &signed {
            Some(bundle) => Ok(bundle.clone()),
            None => {
                let fresh = signer.sign(&attestation.bytes, self.asking, person)?;
                signed = Some(fresh.clone());
                Ok(fresh)
            }
        };
        let in_form = |bundle: &SignedBundle| match arguments.pep740 {
            true => deliver::pep740(bundle).map_err(unsigned),
            false => Ok(bundle.json.clone()),
        };
        for (file, looked) in attestation.files.iter().zip(looked) {
            if *looked == Written::Already {
                told.delivered(Delivered::already(file));
                continue;
            }
            // Looked at again when it is written: somebody else may have been here.
            let text = in_form(&bundle()?)?;
            let written = deliver::write_bundle(file, &text, arguments.force, &same);
            told.delivered(match written.map_err(unsigned)? {
                Written::New => Delivered::new(file, &text),
                Written::Already => Delivered::already(file),
            });
        }
        let delivered =
            self.places
                .deliver(&attestation.artifacts, self.asking, &same, &mut bundle)?;
        for one in delivered {
            told.delivered(Delivered::elsewhere(one));
        }
        if arguments.to_output() {
            let text = in_form(&bundle()?)?;
            terminal.result(&format!("{text}\n"))?;
        }
        Ok(())
    }
}

pub(super) fn unsigned(error: SignError) -> Failure {
    Failure::asked(error.message, error.hint, error.unanswered)
}

fn unfit(error: SubjectError) -> Failure {
    Failure::new(error.message, error.hint)
}

/// A path as messages show it.
pub(super) fn shown(path: &std::path::Path) -> String {
    visible(&path.display().to_string(), 300)
}
