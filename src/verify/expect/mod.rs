//! What somebody expects of a verified signature: whatever is expected must be met, and is listed.

mod matching;
mod tag;

use serde::Serialize;

use super::{
    Build, BuildKind, Fault, RepositoryAddress, Signer, Verified, VerifyError, VouchedBy,
    is_slsa_provenance,
};
use crate::model::{ArtifactDigest, Commit, visible_line};

pub use matching::{Matching, MatchingError, Pattern};
pub use tag::{VersionedTag, VersionedTagError};

/// What is expected. Nothing of it is optional once it is given: what a signature cannot state is
/// not met.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// Whose certificate it is.
    pub identity: Option<Matching>,
    /// Who says so.
    pub issuer: Option<Matching>,
    /// The source repository.
    pub repository: Option<RepositoryAddress>,
    /// The host's number of the repository.
    pub repository_id: Option<String>,
    /// The git reference, in full.
    pub reference: Option<String>,
    /// The tag, exactly.
    pub tag: Option<String>,
    /// The tag as a version, of which parts may be left away.
    pub versioned_tag: Option<VersionedTag>,
    /// The commit.
    pub commit: Option<Commit>,
    /// The file of the top-level workflow, with `@` and the reference or without.
    pub workflow: Option<String>,
    /// `github-hosted`, `self-hosted`.
    pub runner_environment: Option<String>,
    /// The builder: [`Build::is_built_by`].
    pub builder: Option<String>,
    /// The build type of SLSA provenance.
    pub build_type: Option<String>,
    /// What started it.
    pub trigger: Option<String>,
    /// What kind of statement.
    pub predicate: PredicateWanted,
}

/// What kind of statement is expected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PredicateWanted {
    /// SLSA provenance of any version that is read.
    #[default]
    Slsa,
    /// PyPI's or npm's publish attestation.
    Publish,
    /// No statement: a signature over the artifact itself.
    Signature,
    /// Whatever it is.
    Any,
    /// Exactly this predicate type.
    Type(String),
}

/// An expectation that was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Met {
    /// What it is about: `certificate-identity`, as the option of the command is called.
    pub what: &'static str,
    /// What was expected.
    pub expected: String,
    /// What the signature says.
    pub found: String,
}

impl Expectations {
    /// Holds a verified signature against what is expected.
    ///
    /// # Errors
    /// The first expectation that is not met, with both values; [`Fault::Statement`] where
    /// certificate and predicate contradict each other.
    pub fn check(
        &self,
        verified: &Verified,
        artifact: &ArtifactDigest,
    ) -> Result<(Build, Vec<Met>), VerifyError> {
        if !verified.is_about(artifact) {
            let message = match verified {
                Verified::Statement(_) => format!("no subject of the statement is {artifact}"),
                Verified::Artifact(other) => {
                    format!("the signature is over {}, not {artifact}", other.digest())
                }
            };
            return Err(VerifyError::new(Fault::Subject, message));
        }
        let mut met = Vec::new();
        self.signer(verified.signature().signer(), &mut met)?;
        self.statement(verified, &mut met)?;
        let build = Build::of_verified(verified)?;
        self.source(&build, verified, &mut met)?;
        Ok((build, met))
    }

    fn signer(&self, signer: &Signer, met: &mut Vec<Met>) -> Result<(), VerifyError> {
        let claims = match signer {
            Signer::Certificate(claims) => Some(claims),
            Signer::Key { .. } => None,
        };
        let identity = claims.map(|it| it.identity.as_str());
        let issuer = claims.map(|it| it.issuer.as_str());
        for (what, expected, found) in [
            ("certificate-oidc-issuer", &self.issuer, issuer),
            ("certificate-identity", &self.identity, identity),
        ] {
            if let Some(expected) = expected {
                let fits = found.is_some_and(|it| expected.matches(it));
                let text = expected.to_string();
                let result = meet(Fault::Identity, what, text, found, fits, met);
                result.map_err(|error| match found {
                    Some(it) if expected.matches_part(it) => error.hint(
                        "the pattern matches a part, and must match the whole: write `.*` at its \
                         ends where more may stand there",
                    ),
                    _ => error,
                })?;
            }
        }
        Ok(())
    }

    fn statement(&self, verified: &Verified, met: &mut Vec<Met>) -> Result<(), VerifyError> {
        let found = verified
            .statement()
            .map(|it| it.statement().predicate_type.as_str());
        let (expected, fits) = match &self.predicate {
            PredicateWanted::Any => return Ok(()),
            PredicateWanted::Slsa => ("slsa", found.is_some_and(is_slsa_provenance)),
            PredicateWanted::Publish => ("publish", found.is_some_and(super::is_publish)),
            PredicateWanted::Signature => ("signature", found.is_none()),
            PredicateWanted::Type(wanted) => (wanted.as_str(), found == Some(wanted)),
        };
        let found = Some(found.unwrap_or("signature"));
        let expected = expected.to_owned();
        meet(
            Fault::Statement,
            "predicate-type",
            expected,
            found,
            fits,
            met,
        )
        .map_err(|error| {
            error.hint(
                "--predicate-type says what is expected: slsa, publish, signature, any, or a URI",
            )
        })
    }

    fn source(
        &self,
        build: &Build,
        verified: &Verified,
        met: &mut Vec<Met>,
    ) -> Result<(), VerifyError> {
        let is_certified = matches!(verified.signature().signer(), Signer::Certificate(_));
        // Anybody can get a certificate for their own address and write any repository into a
        // predicate: without an identity only the certificate's own claims count.
        if is_certified && build.vouched_by == VouchedBy::Signer && self.identity.is_none() {
            let about_source = self.repository.is_some() || self.repository_id.is_some();
            if about_source {
                let message = "the certificate names no source repository; what the predicate says \
                               is the word of whoever signed";
                return Err(VerifyError::new(Fault::Identity, message)
                    .hint("say whose word counts with --certificate-identity"));
            }
        }
        let repository = self.repository.as_ref().map(RepositoryAddress::to_string);
        let found = build.repository.as_ref().map(RepositoryAddress::to_string);
        equal("source-repository", &repository, found.as_deref(), met)?;
        let found = build.repository_id.as_deref();
        equal("source-repository-id", &self.repository_id, found, met)?;
        let reference = build.reference.as_deref();
        equal("source-ref", &self.reference, reference, met)?;
        let tag = reference.and_then(|it| it.strip_prefix("refs/tags/"));
        equal("source-tag", &self.tag, tag, met)?;
        if let Some(expected) = &self.versioned_tag {
            let fits = tag.is_some_and(|it| expected.matches(it));
            let text = expected.to_string();
            meet(
                Fault::Expectation,
                "source-versioned-tag",
                text,
                tag,
                fits,
                met,
            )?;
        }
        if let Some(expected) = &self.commit {
            let found = build.commit.as_ref().map(Commit::as_str);
            let fits = found == Some(expected.as_str()) && build.kind != BuildKind::Publish;
            let text = expected.to_string();
            let result = meet(Fault::Expectation, "source-commit", text, found, fits, met);
            result.map_err(|error| match build.kind {
                BuildKind::Publish => error.hint(
                    "a publish attestation says who uploaded, not from which commit it was built",
                ),
                _ => error,
            })?;
        }
        if let Some(expected) = &self.workflow {
            let found = build.workflow.as_ref();
            let found = found.map(|it| match expected.contains('@') {
                true => format!("{}@{}", it.path, it.reference),
                false => it.path.clone(),
            });
            equal("workflow", &Some(expected.clone()), found.as_deref(), met)?;
        }
        let found = build.runner_environment.as_deref();
        equal("runner-environment", &self.runner_environment, found, met)?;
        if let Some(expected) = &self.builder {
            let fits = build.is_built_by(expected);
            let found = build.builder.as_deref();
            meet(
                Fault::Expectation,
                "builder",
                expected.clone(),
                found,
                fits,
                met,
            )?;
        }
        equal(
            "build-type",
            &self.build_type,
            build.build_type.as_deref(),
            met,
        )?;
        equal("trigger", &self.trigger, build.trigger.as_deref(), met)
    }
}

fn equal(
    what: &'static str,
    expected: &Option<String>,
    found: Option<&str>,
    met: &mut Vec<Met>,
) -> Result<(), VerifyError> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let fits = found == Some(expected.as_str());
    meet(Fault::Expectation, what, expected.clone(), found, fits, met)
}

fn meet(
    fault: Fault,
    what: &'static str,
    expected: String,
    found: Option<&str>,
    fits: bool,
    met: &mut Vec<Met>,
) -> Result<(), VerifyError> {
    if let (true, Some(found)) = (fits, found) {
        let found = found.to_owned();
        met.push(Met {
            what,
            expected,
            found,
        });
        return Ok(());
    }
    let expected = visible_line(&expected);
    let message = match found {
        Some(found) => format!(
            "{what}: expected `{expected}`, the signature says `{}`",
            visible_line(found)
        ),
        None => format!("{what}: expected `{expected}`, the signature does not say"),
    };
    Err(VerifyError::new(fault, message).hint(usual_cause(what, found)))
}

/// What usually lies behind an expectation that is not met.
fn usual_cause(what: &str, found: Option<&str>) -> &'static str {
    match (what, found) {
        ("certificate-oidc-issuer" | "certificate-identity", Some(_)) => {
            "somebody else signed it; expect who it was only if you know that they should"
        }
        ("source-tag" | "source-versioned-tag", None) => {
            "it was not built from a tag; --source-ref takes a branch"
        }
        ("source-tag" | "source-versioned-tag" | "source-ref", Some(_)) => {
            "it is of another release, or was built from another branch; a tag is written without \
             refs/tags/, a reference with it"
        }
        ("source-repository", Some(_)) => {
            "it was built elsewhere, as in a fork, or the repository has another name now"
        }
        ("source-repository-id", Some(_)) => {
            "a repository that is deleted and made anew has another number"
        }
        ("source-commit", Some(_)) => "another build of the same name, or a tag that was moved",
        ("workflow", Some(_)) => {
            "the whole path in the repository, as in .github/workflows/release.yml"
        }
        ("builder", Some(_)) => "the whole address; without `@…` at any tag or branch",
        (_, None) => {
            "what a signature leaves open is never met; `lockstep inspect` shows what it says"
        }
        _ => "it was built in another way; `lockstep inspect` shows all that it says",
    }
}
