//! GitLab CI: GitLab's own build type
//! (<https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1/>).

use serde_json::{Value, json};

use super::{
    BuildDefinition, Provenance, ProvenanceError, RunDetails, commit, known, map, needed, source,
};
use crate::observe::Environment;

/// The build type of GitLab's jobs.
const BUILD_TYPE: &str = "https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1";

/// Variables of the job that say what was asked for. GitLab itself lists every variable and masks
/// those that are marked; here those only that cannot hold a secret.
const VARIABLES: [&str; 12] = [
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_REF_PROTECTED",
    "CI_COMMIT_SHA",
    "CI_COMMIT_TAG",
    "CI_CONFIG_PATH",
    "CI_JOB_STAGE",
    "CI_PIPELINE_ID",
    "CI_PIPELINE_SOURCE",
    "CI_PROJECT_ID",
    "CI_PROJECT_NAMESPACE_ID",
    "CI_PROJECT_PATH",
];

pub(super) fn provenance(environment: &Environment) -> Result<Provenance, ProvenanceError> {
    let needed = |name| needed(environment, name);
    let known = |name| known(environment, name);
    let project = needed("CI_PROJECT_URL")?;
    let sha = commit(&needed("CI_COMMIT_SHA")?, "CI_COMMIT_SHA")?;
    let runner = needed("CI_RUNNER_ID")?;
    let job = needed("CI_JOB_ID")?;

    let variables = map(VARIABLES.map(|name| (name, known(name))));
    let mut external = map([
        ("source", Some(project.clone())),
        ("entryPoint", Some(needed("CI_JOB_NAME")?)),
    ]);
    external.insert("variables".to_owned(), Value::Object(variables));
    // GitLab's runner states its executor here as well; no variable of the job names it.
    let internal = map([
        ("name", known("CI_RUNNER_DESCRIPTION")),
        ("architecture", known("CI_RUNNER_EXECUTABLE_ARCH")),
        ("job", Some(job.clone())),
    ]);
    let mut builder = map([("id", Some(format!("{project}/-/runners/{runner}")))]);
    if let Some(revision) = known("CI_RUNNER_REVISION") {
        builder.insert("version".to_owned(), json!({"gitlab-runner": revision}));
    }
    Ok(Provenance {
        build_definition: BuildDefinition {
            build_type: BUILD_TYPE.to_owned(),
            external_parameters: external,
            internal_parameters: internal,
            resolved_dependencies: vec![source(&project, &sha)],
        },
        run_details: RunDetails {
            builder,
            metadata: map([
                ("invocationId", Some(job)),
                ("startedOn", known("CI_JOB_STARTED_AT")),
            ]),
        },
    })
}
