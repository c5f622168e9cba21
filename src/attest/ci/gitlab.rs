//! GitLab CI: GitLab's own build type
//! (<https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1/>).

use serde_json::{Value, json};

use super::variable::{Variable, address, definition, identifier, moment, name, number, reference};
use super::{
    BuildDefinition, Provenance, ProvenanceError, RunDetails, commit, known, map, needed, source,
};
use crate::observe::Environment;

/// The build type of GitLab's jobs.
const BUILD_TYPE: &str = "https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1";

/// Variables of the job that say what was asked for. GitLab itself lists every variable and masks
/// those that are marked; here those only that cannot hold a secret.
const VARIABLES: [Variable; 12] = [
    reference("CI_COMMIT_BRANCH"),
    reference("CI_COMMIT_REF_NAME"),
    identifier("CI_COMMIT_REF_PROTECTED"),
    identifier("CI_COMMIT_SHA"),
    reference("CI_COMMIT_TAG"),
    definition("CI_CONFIG_PATH"),
    name("CI_JOB_STAGE"),
    number("CI_PIPELINE_ID"),
    identifier("CI_PIPELINE_SOURCE"),
    number("CI_PROJECT_ID"),
    number("CI_PROJECT_NAMESPACE_ID"),
    identifier("CI_PROJECT_PATH"),
];

pub(super) fn provenance(environment: &Environment) -> Result<Provenance, ProvenanceError> {
    let needed = |variable| needed(environment, variable);
    let known = |variable| known(environment, variable);
    let project = needed(address("CI_PROJECT_URL"))?;
    let sha = commit(&needed(identifier("CI_COMMIT_SHA"))?, "CI_COMMIT_SHA")?;
    let runner = needed(number("CI_RUNNER_ID"))?;
    let job = needed(number("CI_JOB_ID"))?;

    let variables = map(VARIABLES.map(|it| (it.name, known(it))));
    let mut external = map([
        ("source", Some(project.clone())),
        ("entryPoint", Some(needed(name("CI_JOB_NAME"))?)),
    ]);
    external.insert("variables".to_owned(), Value::Object(variables));
    // GitLab's runner states its executor here as well; no variable of the job names it.
    let internal = map([
        ("name", known(name("CI_RUNNER_DESCRIPTION"))),
        (
            "architecture",
            known(identifier("CI_RUNNER_EXECUTABLE_ARCH")),
        ),
        ("job", Some(job.clone())),
    ]);
    let mut builder = map([("id", Some(format!("{project}/-/runners/{runner}")))]);
    if let Some(revision) = known(identifier("CI_RUNNER_REVISION")) {
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
                ("startedOn", known(moment("CI_JOB_STARTED_AT"))),
            ]),
        },
    })
}
