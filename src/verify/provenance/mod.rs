//! What a verified statement says about a build, with what the certificate says counting first.

mod facts;
mod predicate;
mod repository;
mod slsa_v0_2;
mod slsa_v1;

use serde::Serialize;

use super::{CertificateClaims, Fault, Signer, Verified, VerifiedStatement, VerifyError};
use crate::model::{Commit, Statement, visible_line};

use facts::Facts;
pub use predicate::{
    NPM_PUBLISH, PYPI_PUBLISH, SLSA_PROVENANCE_V0_2, SLSA_PROVENANCE_V1, is_publish,
    is_slsa_provenance,
};
pub use repository::{RepositoryAddress, RepositoryAddressError, Workflow};

/// What is known of the making, or the uploading, of the artifacts of a statement.
///
/// Where a continuous integration service's certificate signed, the claims of the certificate
/// stand here; the predicate, which the job wrote itself, adds only what no certificate has a claim
/// for, and never what this one leaves open. Else the signer's own word stands here, and [`Build::vouched_by`] says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Build {
    /// What kind of statement it is.
    pub kind: BuildKind,
    /// The predicate type that was signed; empty for a signature over the artifact itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub predicate_type: String,
    /// Whose word the facts about the source are.
    pub vouched_by: VouchedBy,
    /// The source repository.
    pub repository: Option<RepositoryAddress>,
    /// The host's number of the repository.
    pub repository_id: Option<String>,
    /// The commit; for [`BuildKind::Publish`] the one of the workflow that uploaded, which says
    /// nothing about what was built.
    pub commit: Option<Commit>,
    /// The git reference, in full: `refs/tags/v1`.
    pub reference: Option<String>,
    /// The top-level build configuration.
    pub workflow: Option<Workflow>,
    /// What built: of a certificate always what it names as the signing configuration.
    pub builder: Option<String>,
    /// The build type of SLSA provenance.
    pub build_type: Option<String>,
    /// What started it: `push`, `release`.
    pub trigger: Option<String>,
    /// `github-hosted`, `self-hosted`.
    pub runner_environment: Option<String>,
    /// The run.
    pub invocation: Option<String>,
}

/// What kind of statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuildKind {
    /// SLSA provenance: from which source the bytes came.
    Build,
    /// PyPI's or npm's publish attestation: who uploaded them.
    Publish,
    /// Anything else.
    Other,
}

/// Whose word the facts about the source are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VouchedBy {
    /// A certificate that names the source repository: the service that ran the job says so.
    Certificate,
    /// The predicate alone: whoever holds the key or the identity says so.
    Signer,
}

impl Build {
    /// Reads a verified statement.
    ///
    /// # Errors
    /// [`Fault::Statement`] where the predicate is not of the type that the statement names, and
    /// where certificate and predicate state different things.
    pub fn of(verified: &VerifiedStatement) -> Result<Self, VerifyError> {
        Self::read(verified.statement(), verified.signature().signer())
    }

    /// Whether this is the builder that `id` names: exactly, or, for an `id` without `@`, at any
    /// tag or branch. Never at a bare commit or a pull request: on GitHub anybody can put a commit
    /// of a fork there. npm's `https://github.com/actions/runner/github-hosted` names a runner
    /// environment.
    pub fn is_built_by(&self, id: &str) -> bool {
        let Some(builder) = self.builder.as_deref() else {
            return false;
        };
        if builder == id {
            return true;
        }
        if let Some(environment) = id.strip_prefix(RUNNERS) {
            return self.vouched_by == VouchedBy::Certificate
                && self.runner_environment.as_deref() == Some(environment);
        }
        let at_reference = builder.strip_prefix(id).and_then(|it| it.strip_prefix('@'));
        !id.contains('@')
            && at_reference
                .is_some_and(|it| it.starts_with("refs/tags/") || it.starts_with("refs/heads/"))
    }

    /// Reads what verified, whether it is a statement or a signature over the artifact itself, of
    /// which only the certificate says anything.
    pub(super) fn of_verified(verified: &Verified) -> Result<Self, VerifyError> {
        match verified {
            Verified::Statement(statement) => Self::of(statement),
            Verified::Artifact(artifact) => Self::merged(
                BuildKind::Other,
                String::new(),
                Facts::default(),
                artifact.signature().signer(),
            ),
        }
    }

    /// Reads what nobody has verified, to be shown as such.
    pub(crate) fn of_unverified(
        statement: Option<&Statement>,
        signer: &Signer,
    ) -> Result<Self, VerifyError> {
        match statement {
            Some(statement) => Self::read(statement, signer),
            None => Self::merged(BuildKind::Other, String::new(), Facts::default(), signer),
        }
    }

    fn read(statement: &Statement, signer: &Signer) -> Result<Self, VerifyError> {
        let (kind, stated) = predicate::read(statement)?;
        Self::merged(kind, statement.predicate_type.clone(), stated, signer)
    }

    fn merged(
        kind: BuildKind,
        predicate_type: String,
        stated: Facts,
        signer: &Signer,
    ) -> Result<Self, VerifyError> {
        let claims = match signer {
            Signer::Certificate(claims) => Some(claims.as_ref()),
            Signer::Key { .. } => None,
        };
        let mut build = Self {
            kind,
            predicate_type,
            vouched_by: VouchedBy::Signer,
            repository: None,
            repository_id: None,
            commit: None,
            reference: None,
            workflow: None,
            builder: None,
            build_type: stated.build_type.clone(),
            trigger: None,
            runner_environment: None,
            invocation: None,
        };
        match claims.filter(|claims| claims.source_repository.is_some()) {
            Some(claims) => build.take_claims(claims, stated)?,
            None => build.take_stated(stated),
        }
        if let Some(claims) = claims {
            build.builder = claims
                .build_signer_uri
                .clone()
                .or_else(|| (!claims.is_email).then(|| claims.identity.clone()))
                .or(build.builder);
        }
        Ok(build)
    }

    fn take_stated(&mut self, stated: Facts) {
        let source = stated.only_source();
        self.repository = source.map(|it| it.repository.clone());
        self.commit = source.and_then(|it| it.commit.clone());
        self.reference = source.and_then(|it| it.reference.clone());
        self.repository_id = stated.repository_id;
        self.workflow = stated.workflow;
        self.builder = stated.builder;
        self.trigger = stated.trigger;
        self.runner_environment = stated.runner_environment;
        self.invocation = stated.invocation;
    }

    fn take_claims(
        &mut self,
        claims: &CertificateClaims,
        stated: Facts,
    ) -> Result<(), VerifyError> {
        self.vouched_by = VouchedBy::Certificate;
        let text = claims.source_repository.as_deref().unwrap_or_default();
        let repository: RepositoryAddress = text.parse().map_err(|_| {
            let message = format!(
                "the certificate's source repository `{}` is no address of a repository",
                visible_line(text)
            );
            VerifyError::new(Fault::Certificate, message)
        })?;
        let commit = claims
            .source_digest
            .as_deref()
            .and_then(|it| it.parse().ok());
        let reference = claims.source_ref.clone();
        stated.agrees_on_source(&repository, commit.as_ref(), reference.as_deref())?;
        let workflow = claims.build_config_uri.as_deref();
        let workflow: Option<Workflow> = workflow.and_then(|it| it.parse().ok());
        if let (Some(certified), Some(path)) = (&workflow, &stated.workflow_path) {
            differs("workflow", &certified.path, path)?;
        }
        if let (Some(certified), Some(said)) = (&workflow, &stated.workflow) {
            differs("workflow", &certified.to_string(), &said.to_string())?;
        }
        let runner = stated
            .builder
            .as_deref()
            .and_then(|it| it.strip_prefix(RUNNERS));
        let runner = runner.map(str::to_owned);
        let signer = claims.build_signer_uri.as_ref();
        if let (Some(signer), Some(said)) = (signer, &stated.builder)
            && said.contains("/.github/workflows/")
        {
            differs("builder", signer, said)?;
        }
        let id = &claims.source_repository_id;
        let environment = &claims.runner_environment;
        self.repository_id = certified("repository id", id, &stated.repository_id)?;
        self.trigger = certified("trigger", &claims.build_trigger, &stated.trigger)?;
        certified("runner environment", environment, &runner)?;
        self.runner_environment = certified(
            "runner environment",
            environment,
            &stated.runner_environment,
        )?;
        let run = &claims.run_invocation;
        let comparable = stated.invocation.filter(|it| it.contains("/actions/runs/"));
        self.invocation = certified("run", run, &comparable)?.or(comparable);
        self.repository = Some(repository);
        self.commit = commit;
        self.reference = reference;
        self.workflow = workflow;
        Ok(())
    }
}

/// What npm names as the builder on GitHub: an environment, not a configuration.
const RUNNERS: &str = "https://github.com/actions/runner/";

/// The certificate's value; an error where one is stated and differs. What a certificate leaves open
/// stays open: the job that wrote the predicate could say there what it likes.
fn certified(
    what: &str,
    certified: &Option<String>,
    stated: &Option<String>,
) -> Result<Option<String>, VerifyError> {
    if let (Some(certified), Some(stated)) = (certified, stated) {
        differs(what, certified, stated)?;
    }
    Ok(certified.clone())
}

/// An error unless both are the same.
fn differs(what: &str, certified: &str, stated: &str) -> Result<(), VerifyError> {
    if certified == stated {
        return Ok(());
    }
    let message = format!(
        "certificate and predicate contradict each other about the {what}: the certificate says \
         `{}`, the predicate `{}`",
        visible_line(certified),
        visible_line(stated)
    );
    let hint = "the certificate's word is that of the service that ran the job, the predicate's \
                that of the job itself: find out who wrote it";
    Err(VerifyError::new(Fault::Statement, message).hint(hint))
}

#[cfg(test)]
mod tests;
