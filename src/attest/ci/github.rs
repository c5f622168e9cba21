//! GitHub Actions: the published build type of its workflows
//! (<https://actions.github.io/buildtypes/workflow/v1>), filled as `actions/attest` fills it.

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::variable::{address, definition, identifier, number, reference};
use super::{
    BuildDefinition, Provenance, ProvenanceError, RunDetails, commit, known, map, needed, source,
};
use crate::observe::Environment;

/// The build type of GitHub's workflows.
const BUILD_TYPE: &str = "https://actions.github.io/buildtypes/workflow/v1";

/// Claims of a job's own identity token that say more than its environment; not verified here: the
/// certificate authority verifies the token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenClaims {
    /// The workflow file that the job stands in, with its reference: for a reusable workflow that
    /// one, where the environment knows only the caller.
    pub job_workflow_ref: Option<String>,
}

pub(super) fn provenance(
    environment: &Environment,
    claims: Option<&TokenClaims>,
) -> Result<Provenance, ProvenanceError> {
    let needed = |variable| needed(environment, variable);
    let server = needed(address("GITHUB_SERVER_URL"))?;
    let server = server.trim_end_matches('/');
    let name = needed(identifier("GITHUB_REPOSITORY"))?;
    let reference = needed(reference("GITHUB_REF"))?;
    let workflow = needed(definition("GITHUB_WORKFLOW_REF"))?;
    let sha = commit(&needed(identifier("GITHUB_SHA"))?, "GITHUB_SHA")?;
    let run = needed(number("GITHUB_RUN_ID"))?;
    let attempt = needed(number("GITHUB_RUN_ATTEMPT"))?;

    let path = workflow
        .strip_prefix(&format!("{name}/"))
        .unwrap_or(&workflow);
    let path = path.split('@').next().unwrap_or(path);
    let builder = claims
        .and_then(|claims| claims.job_workflow_ref.as_deref())
        .and_then(|it| Kind::Definition.read(it))
        .unwrap_or_else(|| workflow.clone());
    let repository = format!("{server}/{name}");

    let internal = map([
        (
            "event_name",
            known(environment, identifier("GITHUB_EVENT_NAME")),
        ),
        (
            "repository_id",
            known(environment, number("GITHUB_REPOSITORY_ID")),
        ),
        (
            "repository_owner_id",
            known(environment, number("GITHUB_REPOSITORY_OWNER_ID")),
        ),
        (
            "runner_environment",
            known(environment, identifier("RUNNER_ENVIRONMENT")),
        ),
    ]);
    let external = json!({"ref": reference, "repository": repository, "path": path});
    Ok(Provenance {
        build_definition: BuildDefinition {
            build_type: BUILD_TYPE.to_owned(),
            external_parameters: Map::from_iter([("workflow".to_owned(), external)]),
            internal_parameters: Map::from_iter([("github".to_owned(), Value::Object(internal))]),
            resolved_dependencies: vec![source(&format!("git+{repository}@{reference}"), &sha)],
        },
        run_details: RunDetails {
            builder: map([("id", Some(format!("{server}/{builder}")))]),
            metadata: map([(
                "invocationId",
                Some(format!(
                    "{repository}/actions/runs/{run}/attempts/{attempt}"
                )),
            )]),
        },
    })
}
