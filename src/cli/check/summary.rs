//! `lockstep check --emit-vsa`: the verdict as a signed summary, for those who do not decide again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use url::Url;

use crate::attest::deliver::{envelope, write_bundle};
use crate::attest::{SUMMARY_PREDICATE, Summarised, resource};
use crate::check::{Judged, Target};
use crate::cli::ambient::Ambient;
use crate::cli::attest::{Asking, Signer, SigningArguments, shown, unsigned};
use crate::cli::exit::{Ending, Failure};
use crate::cli::init::shorthand_of;
use crate::cli::interrupt;
use crate::cli::say::Terminal;
use crate::decide::{Question, Which};
use crate::model::{Outcome, visible_line};
use crate::verify::{BUNDLE_BYTES, UnverifiedBundle};

// The verdict as a signed summary.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signed verdict")]
pub(super) struct SummaryArguments {
    /// Sign the verdict about one named release of one component, and write it to this file: a SLSA
    /// Verification Summary Attestation, PASSED for an allow, else FAILED. An older summary there is
    /// removed before anything is asked.
    #[arg(long, value_name = "FILE", requires = "vsa_verifier", conflicts_with_all = ["all", "local"])]
    emit_vsa: Option<PathBuf>,
    /// Who decides: a URI, which who verifies the summary ties to the signer.
    #[arg(long, value_name = "URI", requires = "emit_vsa")]
    vsa_verifier: Option<String>,
    /// What was decided about: a URI; pkg:generic/COMPONENT@VERSION where not given, with
    /// ?environment=NAME where it was judged for one.
    #[arg(long, value_name = "URI", requires = "emit_vsa")]
    vsa_resource: Option<String>,
    /// The form of the summary.
    #[arg(
        long,
        value_enum,
        value_name = "FORM",
        default_value_t = SummaryForm::Bundle,
        requires = "emit_vsa"
    )]
    vsa_format: SummaryForm,
    /// Sign a verdict on evidence from a file, for which nobody vouches. The summary says so.
    #[arg(long, requires_all = ["emit_vsa", "evidence"])]
    unsafe_unsigned_evidence: bool,
    #[command(flatten)]
    signing: SigningArguments,
}

/// The form of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SummaryForm {
    /// A Sigstore bundle.
    Bundle,
    /// The DSSE envelope alone, as slsa-verifier's verify-vsa reads it; with --key only.
    Envelope,
}

/// A summary that will be written where a verdict comes.
pub(super) struct Summary<'a> {
    arguments: &'a SummaryArguments,
    file: &'a Path,
    verifier: &'a str,
    /// The release, as it was named.
    named: &'a str,
    policy: String,
    /// A key is read before anything is asked; an identity's token would not live that long.
    signer: Option<(Asking, Signer)>,
    statement: Option<Vec<u8>>,
    passed: bool,
}

impl SummaryArguments {
    /// Removes an older summary, and refuses what cannot be summed up. Nothing is asked.
    ///
    /// # Errors
    /// A file that is no summary, and a question that is not about one named release.
    pub(super) fn check(
        &self,
        targets: &[PathBuf],
        question: &Question,
        from_file: bool,
    ) -> Result<(), Failure> {
        let Some(file) = &self.emit_vsa else {
            return match self.signing.are_given() {
                true => Err(Failure::new(
                    "options for signing, and nothing to sign",
                    "say --emit-vsa FILE --vsa-verifier URI, or leave them out",
                )),
                false => Ok(()),
            };
        };
        remove_older(file)?;
        for (option, uri) in [
            ("--vsa-verifier", &self.vsa_verifier),
            ("--vsa-resource", &self.vsa_resource),
        ] {
            let url = uri.as_deref().map(Url::parse);
            let is_fit = url.is_none_or(|url| {
                url.is_ok_and(|url| url.username().is_empty() && url.password().is_none())
            });
            if !is_fit {
                // Not shown: it may hold a password.
                return Err(Failure::new(
                    format!("{option}: this is no URI, or one with a user's name or password"),
                    "write one such as https://example.com/release-gate",
                ));
            }
        }
        if self.vsa_format == SummaryForm::Envelope && self.signing.key.is_none() {
            return Err(Failure::new(
                "--vsa-format envelope: it has no room for a certificate",
                "sign with --key FILE, or write a bundle",
            ));
        }
        if named(question).is_none() {
            return Err(Failure::new(
                "--emit-vsa: a summary is about one named release",
                "name it once: --version VERSION",
            ));
        }
        if from_file && !self.unsafe_unsigned_evidence {
            return Err(Failure::new(
                "--emit-vsa: nobody vouches for evidence from a file, and a signature would",
                "leave out --evidence, or say --unsafe-unsigned-evidence: the summary tells it",
            ));
        }
        for target in targets {
            if let Some(shorthand) = shorthand_of(target)? {
                return Err(Failure::new(
                    format!("--emit-vsa: the policy of `{shorthand}` would be guessed"),
                    format!("write it with `lockstep init {shorthand}` and name that"),
                ));
            }
        }
        Ok(())
    }

    /// What will be signed, where it is asked for. Reads the key.
    ///
    /// # Errors
    /// Several components, and a key that cannot be read.
    pub(super) fn summary<'a>(
        &'a self,
        targets: &[Target],
        question: &'a Question,
        ambient: &Ambient,
        terminal: &Terminal,
    ) -> Result<Option<Summary<'a>>, Failure> {
        let (Some(file), Some(verifier)) = (&self.emit_vsa, &self.vsa_verifier) else {
            return Ok(None);
        };
        let (Some(named), [target]) = (named(question), targets) else {
            return Err(Failure::new(
                format!(
                    "--emit-vsa: a summary is about one component, not {}",
                    targets.len()
                ),
                "name the policy of one component, and a run for each",
            ));
        };
        let signer = match self.signing.key {
            Some(_) => Some(self.signer(ambient, terminal)?),
            None => None,
        };
        Ok(Some(Summary {
            arguments: self,
            file,
            verifier,
            named,
            policy: target.path.display().to_string(),
            signer,
            statement: None,
            passed: false,
        }))
    }

    fn signer(&self, ambient: &Ambient, terminal: &Terminal) -> Result<(Asking, Signer), Failure> {
        let asking = Asking::new(false, ambient, terminal)?;
        let signer = Signer::of(&self.signing, ambient, &asking, terminal)?;
        Ok((asking, signer))
    }
}

impl Summary<'_> {
    /// Takes the verdict.
    ///
    /// # Errors
    /// One that is too large to be a statement.
    pub(super) fn take(&mut self, judged: &Judged) -> Result<(), Failure> {
        let verdict = &judged.verdict;
        let versions: BTreeSet<&str> = verdict.cells.iter().map(|it| it.version.as_str()).collect();
        // As the scheme writes it, so that a tag and its version give one address.
        let version = match versions.first() {
            Some(version) if versions.len() == 1 => version,
            _ => self.named,
        };
        let environment = verdict.environment.as_ref().map(|it| it.as_str());
        let resource = match &self.arguments.vsa_resource {
            Some(resource) => resource.clone(),
            None => resource(verdict.component.as_str(), version, environment),
        };
        let summarised = Summarised {
            verifier: self.verifier,
            resource: &resource,
            policy: &self.policy,
        };
        let statement = summarised.statement(verdict, &judged.evidence);
        self.statement = statement.map_err(|error| {
            let hint = "judge for an --environment that needs fewer channels";
            Failure::new(format!("--emit-vsa: {error}"), hint)
        })?;
        self.passed = verdict.outcome == Outcome::Allow;
        Ok(())
    }

    /// Signs and writes the summary of the verdict that was told.
    ///
    /// # Errors
    /// What cannot be signed or written; there is no file then.
    pub(super) fn write(
        self,
        ending: Ending,
        ambient: &Ambient,
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        let file = shown(self.file);
        let statement = match (self.statement, ending) {
            (Some(statement), Ending::Fine | Ending::Deny | Ending::Indeterminate) => statement,
            _ => {
                terminal.note(&format!(
                    "--emit-vsa: no verdict names a digest to speak of, so there is no {file}"
                ));
                return Ok(());
            }
        };
        interrupt::ends_it("interrupted: the verdict was told, and there is no summary of it");
        let (asking, signer) = match self.signer {
            Some(signer) => signer,
            None => self.arguments.signer(ambient, terminal)?,
        };
        let bundle = signer.sign(&statement, &asking, terminal)?;
        let text = match self.arguments.vsa_format {
            SummaryForm::Bundle => bundle.json,
            SummaryForm::Envelope => envelope(&bundle).map_err(unsigned)?,
        };
        write_bundle(self.file, &text, true, &|_| false).map_err(unsigned)?;
        let result = if self.passed { "PASSED" } else { "FAILED" };
        terminal.note(&format!(
            "a summary, {result}, signed by {}, is in {file}",
            signer.identity()
        ));
        Ok(())
    }
}

/// The one release that a question names.
fn named(question: &Question) -> Option<&str> {
    match &question.which {
        Which::Named(names) => match names.as_slice() {
            [name] => Some(name),
            _ => None,
        },
        Which::Newest | Which::Built { .. } | Which::All { .. } => None,
    }
}

/// Removes an older summary: whatever happens from here on, nobody takes it for this run's.
fn remove_older(file: &Path) -> Result<(), Failure> {
    let shown = shown(file);
    let hint = "name a file in a folder that exists and may be written to";
    let failed = |error: std::io::Error| {
        let error = visible_line(&error.to_string());
        Failure::new(format!("--emit-vsa: {shown}: {error}"), hint)
    };
    if file == Path::new("-") {
        return Err(Failure::new(
            "--emit-vsa: the verdict goes to standard output",
            "name a file for its summary",
        ));
    }
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    folder.metadata().map_err(failed)?;
    let metadata = match file.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    let is_summary = metadata.is_file()
        && metadata.len() <= BUNDLE_BYTES as u64
        && UnverifiedBundle::read(&std::fs::read(file).map_err(failed)?)
            .and_then(|bundle| bundle.unverified_statement())
            .is_ok_and(|it| it.is_some_and(|it| it.predicate_type == SUMMARY_PREDICATE));
    if !is_summary {
        return Err(Failure::new(
            format!("--emit-vsa: {shown}: something else than a summary is there"),
            "move it away, or name another file",
        ));
    }
    std::fs::remove_file(file).map_err(failed)
}
