//! `lockstep verify`: who signed an artifact, and from which source it was built.

mod arguments;
mod bundles;
mod elsewhere;
mod subject;
mod summary;
mod trust;

use crate::model::{ArtifactDigest, Time};
use crate::observe;
use crate::report::{self, Proof, Rejection, Unread, VerifiedSubject};
use crate::verify::{
    Expectations, Fault, SummaryExpectations, TrustError, UnverifiedDocument, VerifyError,
};

use super::Format;
use super::ambient::Ambient;
use super::exit::{Ending, Failure};
use super::say::Terminal;

pub(super) use arguments::VerifyArguments;
pub(super) use bundles::Bundles;
use elsewhere::PlaceQuestion;
pub(super) use elsewhere::{PlaceArguments, StoreArguments};
pub(super) use subject::Subject;
use subject::not_here;

pub(super) fn run(
    arguments: &VerifyArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let expectations = arguments.expectations()?;
    let summary = arguments.summary.expectations();
    let trusted = trust::trusted(&arguments.trust, &ambient.environment, terminal)?;
    let judge = Judge {
        expectations,
        summary,
        domains: trusted,
        now: observe::now(),
    };
    // What can be known to be wrong is said before anybody is asked.
    let texts = subject::expanded(&arguments.subjects)?;
    let wanted: Result<Vec<Wanted>, Failure> = texts
        .iter()
        .map(|text| wanted(text, arguments, ambient))
        .collect();
    let wanted = wanted?;
    let named = match arguments.bundle.as_slice() {
        [] => None,
        names => Some(Bundles::read(names)?),
    };
    let mut subjects = Vec::new();
    for (text, wanted) in texts.iter().zip(wanted) {
        match wanted {
            Wanted::Here(subject) => {
                let beside;
                let bundles = match &named {
                    Some(bundles) => bundles,
                    None => {
                        beside = Bundles::read(&[subject.bundle_beside()?])?;
                        &beside
                    }
                };
                let digests = subject.digests(bundles)?;
                subjects.push(judge.subject(text.clone(), digests, bundles, Vec::new()));
            }
            Wanted::Elsewhere(question) => {
                for it in question.ask(ambient, terminal)? {
                    let found = judge.subject(it.subject, it.digests, &it.bundles, it.unread);
                    subjects.push(found);
                }
            }
        }
    }
    let escapes = arguments.unsafe_options();
    let text = match arguments.format {
        Format::Human => report::human_verification(terminal.paper(), &subjects, &escapes),
        Format::Json => {
            let used: Vec<_> = judge.domains.iter().map(trust::Trust::used).collect();
            report::json_verification(&subjects, &used, &escapes).map_err(std::io::Error::from)?
        }
    };
    terminal.result(&text)?;
    Ok(ending(&subjects))
}

/// A subject, and where it is looked for.
enum Wanted {
    Here(Subject),
    Elsewhere(PlaceQuestion),
}

fn wanted(text: &str, arguments: &VerifyArguments, ambient: &Ambient) -> Result<Wanted, Failure> {
    let places = &arguments.places;
    let subject = match Subject::read(text)? {
        Subject::Elsewhere(_) if !arguments.bundle.is_empty() => return Err(not_here()),
        Subject::Elsewhere(subject) => subject,
        here if !places.store.is_given() => {
            places.only_elsewhere(text)?;
            return Ok(Wanted::Here(here));
        }
        here => {
            let digests = here.digests(&Bundles::default())?;
            observe::attached::Subject::Digest(digests[0])
        }
    };
    let question = places.question(text, subject, ambient);
    question.map(Wanted::Elsewhere)
}

/// The worst of all: what is not verified before what is not known.
fn ending(subjects: &[VerifiedSubject]) -> Ending {
    let mut ending = Ending::Fine;
    for subject in subjects.iter().filter(|it| !it.verified) {
        match subject.is_unknown() {
            true => ending = Ending::Indeterminate,
            false => return Ending::Deny,
        }
    }
    match subjects.is_empty() {
        true => Ending::Deny,
        false => ending,
    }
}

/// What a run verifies with.
struct Judge {
    expectations: Expectations,
    /// Where a verification summary is asked for.
    summary: Option<SummaryExpectations>,
    domains: Vec<trust::Trust>,
    now: Time,
}

impl Judge {
    /// What the bundles prove of a subject.
    fn subject(
        &self,
        subject: String,
        digests: Vec<ArtifactDigest>,
        bundles: &Bundles,
        unread: Vec<Unread>,
    ) -> VerifiedSubject {
        let (mut proofs, mut rejections) = (Vec::new(), Vec::new());
        for found in &bundles.found {
            let digest = found.document.as_ref().ok().map(|it| it.bundle.digest());
            let result = match &found.document {
                Ok(document) => {
                    let artifact = found.attached_to.or_else(|| fitting(document, &digests));
                    self.prove(&found.place, document, artifact)
                }
                Err(error) => Err(error.clone()),
            };
            match result {
                Ok(proof) => proofs.push(proof),
                Err(error) => rejections.push(Rejection::new(&found.place, digest, error)),
            }
        }
        // What came furthest says most: a signature of somebody else more than a bundle about
        // another file.
        rejections.sort_by_key(|it| std::cmp::Reverse(it.fault));
        VerifiedSubject {
            subject,
            digests,
            verified: !proofs.is_empty(),
            proofs,
            rejections,
            unread,
        }
    }

    /// Verifies a bundle under each trust domain until one proves what is expected.
    fn prove(
        &self,
        place: &str,
        document: &UnverifiedDocument,
        artifact: Option<ArtifactDigest>,
    ) -> Result<Proof, VerifyError> {
        let nothing = |what| VerifyError::new(Fault::Unsupported, what);
        let artifact = artifact.ok_or_else(|| nothing("there is no artifact to verify"))?;
        let mut worst: Option<VerifyError> = None;
        for domain in &self.domains {
            let unusable = |why: &TrustError| VerifyError::new(Fault::Malformed, why.to_string());
            let result = domain
                .verifier()
                .map_err(unusable)
                .and_then(|verifier| document.verify(verifier, &artifact, self.now))
                .and_then(|verified| {
                    let (build, mut met) = self.expectations.check(&verified, &artifact)?;
                    let summary = match (&self.summary, verified.statement()) {
                        (None, _) => None,
                        (Some(wanted), Some(statement)) => {
                            let (summary, more) = wanted.check(statement, &artifact, self.now)?;
                            met.extend(more);
                            Some(summary)
                        }
                        (Some(_), None) => {
                            let message = "a signature over the artifact itself is no summary";
                            return Err(VerifyError::new(Fault::Statement, message));
                        }
                    };
                    Ok((verified, build, summary, met))
                });
            match result {
                Ok((verified, build, summary, met)) => {
                    return Ok(Proof {
                        found: place.to_owned(),
                        artifact,
                        format: document.format,
                        trust: domain.label().to_owned(),
                        signature: verified.signature().clone(),
                        build,
                        summary,
                        met,
                    });
                }
                Err(error) if worst.as_ref().is_none_or(|it| it.fault < error.fault) => {
                    worst = Some(error);
                }
                Err(_) => {}
            }
        }
        Err(worst.unwrap_or_else(|| nothing("there is nothing to verify it against")))
    }
}

/// The digest that a bundle is about, where it is about one of these; else the first.
fn fitting(document: &UnverifiedDocument, digests: &[ArtifactDigest]) -> Option<ArtifactDigest> {
    let statement = document.bundle.unverified_statement().ok().flatten();
    let about = statement.and_then(|statement| {
        let is_about = |it: &&ArtifactDigest| statement.subjects_with(it).next().is_some();
        digests.iter().find(is_about).copied()
    });
    about.or_else(|| digests.first().copied())
}
