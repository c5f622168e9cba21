//! The CI systems that are told apart and described by one table of their variables.

use super::{
    BuildDefinition, Provenance, ProvenanceError, RunDetails, clean, commit, known, map, source,
};
use crate::observe::Environment;

/// One CI system: which of its variables say what. The first of several that is set counts.
struct System {
    name: &'static str,
    /// Its build type, described in docs/attest.md.
    build_type: &'static str,
    /// The variable that shows that it runs, and its value where others set it too.
    sign: (&'static str, Option<&'static str>),
    /// Who builds: pieces, `$NAME` is a variable.
    builder: &'static [&'static str],
    repository: &'static [&'static str],
    commit: &'static [&'static str],
    reference: &'static [&'static str],
    /// The run: pieces as of `builder`.
    invocation: &'static [&'static str],
    external: &'static [(&'static str, &'static str)],
    internal: &'static [(&'static str, &'static str)],
}

const SYSTEMS: [System; 6] = [
    System {
        name: "Jenkins",
        build_type: "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-jenkinsv1",
        sign: ("JENKINS_URL", None),
        builder: &["$JENKINS_URL"],
        repository: &["GIT_URL", "GIT_URL_1"],
        commit: &["GIT_COMMIT"],
        reference: &["TAG_NAME", "GIT_BRANCH", "BRANCH_NAME"],
        invocation: &["$BUILD_URL"],
        external: &[("job", "JOB_NAME"), ("tag", "TAG_NAME")],
        internal: &[("number", "BUILD_NUMBER"), ("node", "NODE_NAME")],
    },
    System {
        name: "AWS CodeBuild",
        build_type: "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-codebuildv1",
        sign: ("CODEBUILD_BUILD_ARN", None),
        builder: &["https://codebuild.", "$AWS_REGION", ".amazonaws.com/"],
        repository: &["CODEBUILD_SOURCE_REPO_URL"],
        commit: &["CODEBUILD_RESOLVED_SOURCE_VERSION"],
        reference: &["CODEBUILD_WEBHOOK_HEAD_REF", "CODEBUILD_SOURCE_VERSION"],
        invocation: &["$CODEBUILD_BUILD_ARN"],
        external: &[
            ("trigger", "CODEBUILD_WEBHOOK_TRIGGER"),
            ("initiator", "CODEBUILD_INITIATOR"),
        ],
        internal: &[
            ("number", "CODEBUILD_BUILD_NUMBER"),
            ("image", "CODEBUILD_BUILD_IMAGE"),
        ],
    },
    System {
        name: "Azure Pipelines",
        build_type: "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-azure-pipelinesv1",
        sign: ("TF_BUILD", None),
        builder: &[
            "$SYSTEM_COLLECTIONURI",
            "$SYSTEM_TEAMPROJECT",
            "/_build/definition/",
            "$SYSTEM_DEFINITIONID",
        ],
        repository: &["BUILD_REPOSITORY_URI"],
        commit: &["BUILD_SOURCEVERSION"],
        reference: &["BUILD_SOURCEBRANCH"],
        invocation: &[
            "$SYSTEM_COLLECTIONURI",
            "$SYSTEM_TEAMPROJECT",
            "/_build/results/",
            "$BUILD_BUILDID",
        ],
        external: &[
            ("definition", "BUILD_DEFINITIONNAME"),
            ("reason", "BUILD_REASON"),
        ],
        internal: &[("job", "SYSTEM_JOBID"), ("attempt", "SYSTEM_JOBATTEMPT")],
    },
    System {
        name: "CircleCI",
        build_type: "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-circleciv1",
        sign: ("CIRCLECI", Some("true")),
        builder: &["https://circleci.com/"],
        repository: &["CIRCLE_REPOSITORY_URL"],
        commit: &["CIRCLE_SHA1"],
        reference: &["CIRCLE_TAG", "CIRCLE_BRANCH"],
        invocation: &["$CIRCLE_BUILD_URL"],
        external: &[("job", "CIRCLE_JOB"), ("tag", "CIRCLE_TAG")],
        internal: &[
            ("number", "CIRCLE_BUILD_NUM"),
            ("pipeline", "CIRCLE_PIPELINE_ID"),
            ("workflow", "CIRCLE_WORKFLOW_ID"),
        ],
    },
    System {
        name: "Buildkite",
        build_type: "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-buildkitev1",
        sign: ("BUILDKITE", Some("true")),
        builder: &[
            "https://buildkite.com/",
            "$BUILDKITE_ORGANIZATION_SLUG",
            "/",
            "$BUILDKITE_PIPELINE_SLUG",
        ],
        repository: &["BUILDKITE_REPO"],
        commit: &["BUILDKITE_COMMIT"],
        reference: &["BUILDKITE_TAG", "BUILDKITE_BRANCH"],
        invocation: &["$BUILDKITE_BUILD_URL"],
        external: &[("source", "BUILDKITE_SOURCE"), ("tag", "BUILDKITE_TAG")],
        internal: &[("build", "BUILDKITE_BUILD_ID"), ("job", "BUILDKITE_JOB_ID")],
    },
    // Tekton sets no variables of its own: docs/attest.md says which the task passes on.
    System {
        name: "Tekton",
        build_type: "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-tektonv1",
        sign: ("TEKTON_TASKRUN_NAME", None),
        builder: &["$TEKTON_BUILDER_ID"],
        repository: &["TEKTON_SOURCE_URL"],
        commit: &["TEKTON_SOURCE_COMMIT"],
        reference: &["TEKTON_SOURCE_REF"],
        invocation: &["$TEKTON_TASKRUN_UID"],
        external: &[
            ("task", "TEKTON_TASK_NAME"),
            ("pipeline", "TEKTON_PIPELINE_NAME"),
        ],
        internal: &[
            ("namespace", "TEKTON_NAMESPACE"),
            ("task-run", "TEKTON_TASKRUN_NAME"),
            ("pipeline-run", "TEKTON_PIPELINERUN_NAME"),
        ],
    },
];

/// Whether one of the table runs this.
pub(super) fn is_there(environment: &Environment) -> bool {
    system(environment).is_some()
}

fn system(environment: &Environment) -> Option<&'static System> {
    let runs = |system: &&System| match system.sign {
        (name, Some(value)) => environment.get(name) == Some(value),
        (name, None) => environment.get(name).is_some(),
    };
    SYSTEMS.iter().find(runs)
}

/// What the system that runs says; nothing where none of the table does.
pub(super) fn provenance(environment: &Environment) -> Result<Option<Provenance>, ProvenanceError> {
    let Some(system) = system(environment) else {
        return Ok(None);
    };
    let missing = |name: &str| {
        let message = format!(
            "{}: {name} is not set, or holds what no predicate may",
            system.name
        );
        ProvenanceError::new(message, "docs/attest.md lists the variables that are read")
    };
    let first = |names: &[&str]| names.iter().find_map(|name| known(environment, name));
    let composed = |pieces: &[&str]| {
        let mut text = String::new();
        for piece in pieces {
            match piece.strip_prefix('$') {
                Some(name) => {
                    text.push_str(&known(environment, name).ok_or_else(|| missing(name))?)
                }
                None => text.push_str(piece),
            }
        }
        Ok(text)
    };
    let named = |entries: &[(&'static str, &'static str)]| {
        map(entries
            .iter()
            .map(|(key, name)| (*key, known(environment, name))))
    };

    let builder = composed(system.builder)?;
    let invocation = composed(system.invocation)?;
    let repository = environment.first_of(system.repository);
    let repository = repository.and_then(|(_, text)| clean::repository(text));
    let repository = repository.ok_or_else(|| missing(system.repository[0]))?;
    let (name, sha) = environment
        .first_of(system.commit)
        .ok_or_else(|| missing(system.commit[0]))?;
    let sha = commit(sha, name)?;
    let reference = first(system.reference);

    let mut external = named(system.external);
    external.extend(map([
        ("repository", Some(repository.clone())),
        ("ref", reference.clone()),
    ]));
    let at = reference.map(|it| format!("@{it}")).unwrap_or_default();
    Ok(Some(Provenance {
        build_definition: BuildDefinition {
            build_type: system.build_type.to_owned(),
            external_parameters: external,
            internal_parameters: named(system.internal),
            resolved_dependencies: vec![source(&format!("{repository}{at}"), &sha)],
        },
        run_details: RunDetails {
            builder: map([("id", Some(builder))]),
            metadata: map([("invocationId", Some(invocation))]),
        },
    }))
}
