//! `lockstep verify`: who signed an artifact, and from which source it was built.

mod arguments;
mod bundles;
mod subject;
mod trust;

use crate::model::{ArtifactDigest, Time};
use crate::observe;
use crate::report::{self, Proof, Rejection, VerifiedSubject};
use crate::verify::{Expectations, Fault, TrustError, UnverifiedDocument, VerifyError};

use super::Format;
use super::exit::{Ending, Failure};
use super::say::Terminal;

pub(super) use arguments::VerifyArguments;
pub(super) use bundles::Bundles;
use subject::Subject;
use trust::Trusted;

pub(super) fn run(arguments: &VerifyArguments, terminal: &mut Terminal) -> Result<Ending, Failure> {
    let expectations = arguments.expectations()?;
    let trusted = trust::trusted(&arguments.trust)?;
    let now = observe::now();
    let named = match arguments.bundle.as_slice() {
        [] => None,
        names => Some(Bundles::read(names)?),
    };
    let mut subjects = Vec::new();
    for text in &arguments.subjects {
        let subject = Subject::read(text)?;
        let beside;
        let bundles = match &named {
            Some(bundles) => bundles,
            None => {
                beside = Bundles::read(&[subject.bundle_beside()?])?;
                &beside
            }
        };
        let digests = subject.digests(bundles)?;
        let mut found = VerifiedSubject {
            subject: text.clone(),
            digests,
            verified: false,
            proofs: Vec::new(),
            rejections: Vec::new(),
        };
        for (name, document) in &bundles.found {
            let digest = document.as_ref().ok().map(|it| it.bundle.digest());
            let result = match document {
                Ok(document) => {
                    let artifact = fitting(document, &found.digests);
                    prove(name, document, &artifact, &trusted, &expectations, now)
                }
                Err(error) => Err(error.clone()),
            };
            match result {
                Ok(proof) => found.proofs.push(proof),
                Err(error) => found.rejections.push(Rejection::new(name, digest, error)),
            }
        }
        // What came furthest says most: a signature of somebody else more than a bundle about
        // another file.
        found
            .rejections
            .sort_by_key(|it| std::cmp::Reverse(it.fault));
        found.verified = !found.proofs.is_empty();
        subjects.push(found);
    }
    let escapes = arguments.unsafe_options();
    let text = match arguments.format {
        Format::Human => report::human_verification(terminal.paper(), &subjects, &escapes),
        Format::Json => {
            report::json_verification(&subjects, &escapes).map_err(std::io::Error::from)?
        }
    };
    terminal.result(&text)?;
    Ok(match subjects.iter().all(|it| it.verified) {
        true => Ending::Fine,
        false => Ending::Deny,
    })
}

/// The digest that a bundle is about, where it is about one of these; else the first.
fn fitting(document: &UnverifiedDocument, digests: &[ArtifactDigest]) -> ArtifactDigest {
    let statement = document.bundle.unverified_statement().ok().flatten();
    let about = statement.and_then(|statement| {
        let is_about = |it: &&ArtifactDigest| statement.subjects_with(it).next().is_some();
        digests.iter().find(is_about).copied()
    });
    about.unwrap_or(digests[0])
}

/// Verifies a bundle under each trust domain until one proves what is expected.
fn prove(
    name: &str,
    document: &UnverifiedDocument,
    artifact: &ArtifactDigest,
    trusted: &[Trusted],
    expectations: &Expectations,
    now: Time,
) -> Result<Proof, VerifyError> {
    let mut worst: Option<VerifyError> = None;
    for domain in trusted {
        let unusable = |why: &TrustError| VerifyError::new(Fault::Malformed, why.to_string());
        let result = domain
            .verifier()
            .map_err(unusable)
            .and_then(|verifier| document.verify(verifier, artifact, now))
            .and_then(|verified| {
                let (build, met) = expectations.check(&verified, artifact)?;
                Ok((verified, build, met))
            });
        match result {
            Ok((verified, build, met)) => {
                return Ok(Proof {
                    found: name.to_owned(),
                    format: document.format,
                    trust: domain.label().to_owned(),
                    signature: verified.signature().clone(),
                    build,
                    met,
                });
            }
            Err(error) if worst.as_ref().is_none_or(|it| it.fault < error.fault) => {
                worst = Some(error);
            }
            Err(_) => {}
        }
    }
    Err(worst.unwrap_or_else(|| {
        VerifyError::new(Fault::Unsupported, "there is nothing to verify it against")
    }))
}
