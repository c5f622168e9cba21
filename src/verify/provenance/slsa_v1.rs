//! SLSA provenance 1.x (<https://slsa.dev/spec/v1.1/provenance>).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::facts::{Facts, Source};
use super::predicate::wrong;
use super::{RepositoryAddress, Workflow};
use crate::verify::VerifyError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Predicate {
    build_definition: BuildDefinition,
    run_details: RunDetails,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuildDefinition {
    build_type: String,
    #[serde(default)]
    external_parameters: Option<ExternalParameters>,
    #[serde(default)]
    internal_parameters: Option<InternalParameters>,
    #[serde(default)]
    resolved_dependencies: Option<Vec<Dependency>>,
}

/// Of the parameters only what the build types below have; those of others are not looked at.
#[derive(Default, Deserialize)]
struct ExternalParameters {
    #[serde(default)]
    workflow: Value,
}

#[derive(Default, Deserialize)]
struct InternalParameters {
    #[serde(default)]
    github: Value,
    #[serde(rename = "GITHUB_EVENT_NAME", default)]
    event_name: Value,
    #[serde(rename = "GITHUB_REPOSITORY_ID", default)]
    repository_id: Value,
}

#[derive(Deserialize)]
struct RunDetails {
    builder: Builder,
    #[serde(default)]
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Builder {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    invocation_id: Option<String>,
}

#[derive(Deserialize)]
struct Dependency {
    #[serde(default)]
    uri: Option<String>,
    #[serde(default)]
    digest: Option<BTreeMap<String, String>>,
}

/// The `workflow` of GitHub's build types.
#[derive(Deserialize)]
struct GithubWorkflow {
    #[serde(rename = "ref")]
    reference: String,
    repository: String,
    path: String,
}

#[derive(Default, Deserialize)]
struct Github {
    event_name: Option<String>,
    repository_id: Option<String>,
    runner_environment: Option<String>,
}

/// GitHub's workflow build type, in the two places where it has stood
/// (<https://actions.github.io/buildtypes/workflow/v1>).
const GITHUB_WORKFLOW: [&str; 2] = [
    "https://actions.github.io/buildtypes/workflow/v1",
    "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
];

/// slsa-github-generator's own builders.
const GENERATOR: &str = "https://github.com/slsa-framework/slsa-github-generator/";

/// GitLab's runner writes the commit under `sha256`
/// (<https://docs.gitlab.com/ci/runners/configure_runners/#artifact-provenance-metadata>).
const GITLAB: &str = "https://gitlab.com/gitlab-org/gitlab-runner/";

pub(super) fn read(predicate: Predicate) -> Result<Facts, VerifyError> {
    let Predicate {
        build_definition: definition,
        run_details,
    } = predicate;
    let build_type = definition.build_type;
    if build_type.is_empty() {
        return Err(wrong("buildType", ""));
    }
    let mut facts = Facts {
        sources: sources(
            definition.resolved_dependencies,
            build_type.starts_with(GITLAB),
        )?,
        builder: Some(run_details.builder.id),
        invocation: run_details.metadata.and_then(|it| it.invocation_id),
        ..Facts::default()
    };
    let external = definition.external_parameters.unwrap_or_default();
    let internal = definition.internal_parameters.unwrap_or_default();
    if GITHUB_WORKFLOW.contains(&build_type.as_str()) {
        github(&mut facts, external.workflow, internal.github)?;
    } else if build_type.starts_with(GENERATOR) {
        facts.trigger = internal.event_name.as_str().map(str::to_owned);
        facts.repository_id = internal.repository_id.as_str().map(str::to_owned);
    }
    facts.build_type = Some(build_type);
    Ok(facts)
}

fn github(facts: &mut Facts, workflow: Value, github: Value) -> Result<(), VerifyError> {
    let workflow: GithubWorkflow = serde_json::from_value(workflow)
        .map_err(|error| wrong("externalParameters.workflow", &error.to_string()))?;
    let address = &workflow.repository;
    let repository: RepositoryAddress = address
        .parse()
        .map_err(|_| wrong("externalParameters.workflow.repository", address))?;
    // The source is the dependency that is this repository; a reusable workflow's may stand beside.
    let built = facts.sources.iter().find(|it| it.repository == repository);
    let built = built.cloned().unwrap_or_else(|| Source {
        repository: repository.clone(),
        reference: None,
        commit: None,
    });
    facts.sources = vec![built];
    facts.first_is_built = true;
    let github: Option<Github> = serde_json::from_value(github)
        .map_err(|error| wrong("internalParameters.github", &error.to_string()))?;
    let github = github.unwrap_or_default();
    facts.trigger = github.event_name;
    facts.repository_id = github.repository_id;
    facts.runner_environment = github.runner_environment;
    facts.workflow = Some(Workflow {
        repository,
        path: workflow.path,
        reference: workflow.reference,
    });
    Ok(())
}

/// The git repositories among the dependencies.
fn sources(
    dependencies: Option<Vec<Dependency>>,
    commit_under_sha256: bool,
) -> Result<Vec<Source>, VerifyError> {
    let mut sources = Vec::new();
    for dependency in dependencies.unwrap_or_default() {
        let (Some(uri), Some(digest)) = (dependency.uri, dependency.digest) else {
            continue;
        };
        let commit = ["gitCommit", "sha1", "sha256"]
            .iter()
            .filter(|it| **it != "sha256" || commit_under_sha256)
            .find_map(|it| digest.get(*it));
        if let Some(source) = source(&uri, commit)? {
            sources.push(source);
        }
    }
    Ok(sources)
}

/// A source; nothing where the address is none of a git repository.
pub(super) fn source(uri: &str, commit: Option<&String>) -> Result<Option<Source>, VerifyError> {
    let Some(commit) = commit else {
        return Ok(None);
    };
    let Ok((repository, reference)) = RepositoryAddress::with_reference(uri) else {
        return Ok(None);
    };
    Ok(Some(Source {
        repository,
        reference: reference.filter(|it| it.starts_with("refs/")),
        commit: Some(commit.parse().map_err(|_| wrong("commit", commit))?),
    }))
}
