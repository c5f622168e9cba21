//! What a verified statement says about who built or published an artifact, and from what.

use serde::Deserialize;

use crate::model::visible_line;
use crate::verify::{Signer, VerifiedStatement};

/// The claims that rules compare. What the certificate says comes before the predicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) kind: ClaimsKind,
    /// Who signed; nothing where a key did.
    pub(crate) identity: Option<Identity>,
    pub(crate) repository: Option<String>,
    pub(crate) repository_id: Option<String>,
    pub(crate) commit: Option<String>,
    pub(crate) reference: Option<String>,
    /// The top-level workflow, as an address or a path, with its reference.
    pub(crate) workflow: Option<String>,
    pub(crate) builder: Option<String>,
}

/// Which of the two kinds of provenance it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimsKind {
    /// Says from which commit the bytes came.
    Build,
    /// Says who uploaded them.
    Publish,
    /// Says something else.
    Other,
}

/// The holder of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) issuer: String,
    pub(crate) name: String,
}

const BUILD: &[&str] = &[
    "https://slsa.dev/provenance/v1",
    "https://slsa.dev/provenance/v0.2",
];

const PUBLISH: &[&str] = &[
    "https://docs.pypi.org/attestations/publish/v1",
    "https://github.com/npm/attestation/tree/main/specs/publish/v0.1",
];

/// Whether a predicate of this type is provenance of one of the two kinds.
pub(crate) fn is_provenance(predicate_type: &str) -> bool {
    BUILD.contains(&predicate_type) || PUBLISH.contains(&predicate_type)
}

impl Claims {
    /// Reads them.
    ///
    /// # Errors
    /// Where the predicate cannot be read, or says another thing than the certificate, in words
    /// that are safe to show.
    pub(crate) fn of(verified: &VerifiedStatement) -> Result<Self, String> {
        let statement = verified.statement();
        let kind = match statement.predicate_type.as_str() {
            it if BUILD.contains(&it) => ClaimsKind::Build,
            it if PUBLISH.contains(&it) => ClaimsKind::Publish,
            _ => ClaimsKind::Other,
        };
        let said = match kind {
            ClaimsKind::Build => predicate(statement.predicate.as_ref().map(|it| it.get()))?,
            ClaimsKind::Publish | ClaimsKind::Other => Said::default(),
        };
        let Signer::Certificate(certificate) = verified.signature().signer() else {
            return Ok(Self {
                kind,
                identity: None,
                repository: said.repository,
                repository_id: None,
                commit: said.commit,
                reference: said.reference,
                workflow: said.workflow,
                builder: said.builder,
            });
        };
        let alike = |one: &str, other: &str| one == other;
        Ok(Self {
            kind,
            identity: Some(Identity {
                issuer: certificate.issuer.clone(),
                name: certificate.identity.clone(),
            }),
            repository: either(
                "the repository",
                &certificate.source_repository,
                said.repository,
                same_repository,
            )?,
            repository_id: certificate.source_repository_id.clone(),
            commit: either("the commit", &certificate.source_digest, said.commit, alike)?,
            reference: either(
                "the git reference",
                &certificate.source_ref,
                said.reference,
                alike,
            )?,
            workflow: certificate.build_config_uri.clone().or(said.workflow),
            builder: said.builder.or(certificate.build_signer_uri.clone()),
        })
    }

    /// How a message names who signed.
    pub(crate) fn signer(&self) -> String {
        match &self.identity {
            Some(identity) => visible_line(&identity.name),
            None => "a key".to_owned(),
        }
    }

    /// Who it is, whichever release it is about: the identity without its git reference.
    pub(crate) fn publisher(&self) -> Option<String> {
        let identity = self.identity.as_ref()?;
        let name = identity.name.split_once("@refs/");
        let name = name.map_or(identity.name.as_str(), |(name, _)| name);
        Some(format!(
            "{} ({})",
            visible_line(name),
            visible_line(&identity.issuer)
        ))
    }
}

fn either(
    what: &str,
    certificate: &Option<String>,
    predicate: Option<String>,
    alike: impl Fn(&str, &str) -> bool,
) -> Result<Option<String>, String> {
    match (certificate, predicate) {
        (Some(certificate), Some(predicate)) if !alike(certificate, &predicate) => Err(format!(
            "its certificate and its predicate contradict each other about {what}: {} and {}",
            visible_line(certificate),
            visible_line(&predicate)
        )),
        (Some(certificate), _) => Ok(Some(certificate.clone())),
        (None, predicate) => Ok(predicate),
    }
}

/// Whether two addresses are of one repository: `git+` before and `.git` or a reference behind do
/// not count, and neither does the case.
pub(crate) fn same_repository(one: &str, other: &str) -> bool {
    let plain = |text: &str| {
        let text = text.trim().to_ascii_lowercase();
        let text = text.strip_prefix("git+").unwrap_or(&text).to_owned();
        let text = text.split_once('@').map_or(text.as_str(), |it| it.0);
        let text = text.trim_end_matches('/');
        text.strip_suffix(".git").unwrap_or(text).to_owned()
    };
    plain(one) == plain(other)
}

/// What a predicate says.
#[derive(Default)]
struct Said {
    repository: Option<String>,
    commit: Option<String>,
    reference: Option<String>,
    workflow: Option<String>,
    builder: Option<String>,
}

/// SLSA provenance 1.x (<https://slsa.dev/spec/v1.1/provenance>) of the GitHub workflow build type,
/// and 0.2 (<https://slsa.dev/spec/v0.2/provenance>).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Predicate {
    build_definition: Option<Definition>,
    run_details: Option<Run>,
    builder: Option<Builder>,
    invocation: Option<Invocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    #[serde(default)]
    external_parameters: Parameters,
    #[serde(default)]
    resolved_dependencies: Vec<Dependency>,
}

#[derive(Deserialize, Default)]
struct Parameters {
    workflow: Option<Workflow>,
}

#[derive(Deserialize)]
struct Workflow {
    r#ref: Option<String>,
    repository: Option<String>,
    path: Option<String>,
}

#[derive(Deserialize)]
struct Dependency {
    uri: Option<String>,
    #[serde(default)]
    digest: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Run {
    builder: Option<Builder>,
}

#[derive(Deserialize)]
struct Builder {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    config_source: Option<ConfigSource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigSource {
    uri: Option<String>,
    #[serde(default)]
    digest: std::collections::BTreeMap<String, String>,
    entry_point: Option<String>,
}

fn predicate(text: Option<&str>) -> Result<Said, String> {
    let text = text.ok_or_else(|| "it has no predicate".to_owned())?;
    let predicate: Predicate = serde_json::from_str(text).map_err(|error| {
        format!(
            "its predicate cannot be read: {}",
            visible_line(&error.to_string())
        )
    })?;
    let builder = predicate.run_details.and_then(|it| it.builder);
    let mut said = Said {
        builder: builder.or(predicate.builder).map(|it| it.id),
        ..Said::default()
    };
    if let Some(definition) = predicate.build_definition {
        if let Some(workflow) = definition.external_parameters.workflow {
            said.repository = workflow.repository;
            said.reference = workflow.r#ref;
            said.workflow = workflow.path;
        }
        let git = definition.resolved_dependencies.into_iter();
        let mut git = git.filter_map(|it| {
            let commit = it
                .digest
                .get("gitCommit")
                .or(it.digest.get("sha1"))?
                .clone();
            Some((it.uri?, commit))
        });
        let own = said.repository.clone();
        let is_source = |(uri, _): &(String, String)| {
            own.as_deref().is_none_or(|own| same_repository(own, uri))
        };
        if let Some((uri, commit)) = git.find(is_source) {
            said.repository = said.repository.or(Some(uri));
            said.commit = Some(commit);
        }
    }
    if let Some(config) = predicate.invocation.and_then(|it| it.config_source) {
        said.commit = config
            .digest
            .get("sha1")
            .or(config.digest.get("gitCommit"))
            .cloned();
        said.reference = config.uri.as_deref().and_then(|uri| {
            let (_, reference) = uri.rsplit_once('@')?;
            Some(reference.to_owned())
        });
        said.repository = config.uri;
        said.workflow = config.entry_point;
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_one_however_it_is_written() {
        let one = "https://github.com/acme/api";
        for other in [
            "git+https://github.com/acme/api",
            "https://github.com/Acme/API.git",
            "git+https://github.com/acme/api@refs/tags/v1",
            "https://github.com/acme/api/",
        ] {
            assert!(same_repository(one, other), "{other}");
        }
        for other in [
            "https://github.com/acme/api2",
            "https://github.com.evil.example/acme/api",
            "https://evil.example/?https://github.com/acme/api",
        ] {
            assert!(!same_repository(one, other), "{other}");
        }
    }

    #[test]
    fn a_predicate_of_either_version_says_what_was_built() {
        let one = r#"{"buildDefinition":{"externalParameters":{"workflow":{"ref":"refs/tags/v1",
            "repository":"https://github.com/acme/api","path":".github/workflows/release.yml"}},
            "resolvedDependencies":[{"uri":"git+https://github.com/other/x@refs/heads/main","digest":{"gitCommit":"bb"}},
            {"uri":"git+https://github.com/acme/api@refs/tags/v1","digest":{"gitCommit":"aa"}}]},
            "runDetails":{"builder":{"id":"https://github.com/actions/runner"}}}"#;
        let old = r#"{"builder":{"id":"b"},"invocation":{"configSource":{
            "uri":"git+https://github.com/acme/api@refs/tags/v1","digest":{"sha1":"aa"},"entryPoint":".github/workflows/release.yml"}}}"#;
        for text in [one, old] {
            let said = predicate(Some(text)).unwrap();
            assert!(same_repository(
                &said.repository.unwrap(),
                "https://github.com/acme/api"
            ));
            assert_eq!(said.commit.as_deref(), Some("aa"));
            assert_eq!(said.reference.as_deref(), Some("refs/tags/v1"));
            assert_eq!(
                said.workflow.as_deref(),
                Some(".github/workflows/release.yml")
            );
            assert!(said.builder.is_some());
        }
        assert!(predicate(None).is_err());
        assert!(predicate(Some(r#"{"builder":[]}"#)).is_err());
    }
}
