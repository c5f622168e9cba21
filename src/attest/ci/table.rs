//! The CI systems that are told apart and described by one table of their variables.

use super::variable::{
    Variable, address, identifier, image, name, number, reference, repository, resource_name, uri,
};
use super::{BuildDefinition, Provenance, ProvenanceError, RunDetails, commit, known, map, source};
use crate::observe::Environment;

/// One CI system: which of its variables say what. The first of several that is set counts.
struct System {
    name: &'static str,
    /// Its build type, described in docs/attest.md.
    build_type: &'static str,
    /// The variable that shows that it runs, and its value where others set it too.
    sign: (&'static str, Option<&'static str>),
    /// Who builds.
    builder: &'static [Piece],
    repository: &'static [Variable],
    commit: &'static [&'static str],
    reference: &'static [Variable],
    /// The run.
    invocation: &'static [Piece],
    external: &'static [(&'static str, Variable)],
    internal: &'static [(&'static str, Variable)],
}

/// A part of a text that is put together.
enum Piece {
    Text(&'static str),
    Value(Variable),
}

use Piece::{Text, Value};

const SYSTEMS: [System; 6] = [
    System {
        name: "Jenkins",
        build_type: "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-jenkinsv1",
        sign: ("JENKINS_URL", None),
        builder: &[Value(address("JENKINS_URL"))],
        repository: &[repository("GIT_URL"), repository("GIT_URL_1")],
        commit: &["GIT_COMMIT"],
        reference: &[
            reference("TAG_NAME"),
            reference("GIT_BRANCH"),
            reference("BRANCH_NAME"),
        ],
        invocation: &[Value(address("BUILD_URL"))],
        external: &[("job", name("JOB_NAME")), ("tag", reference("TAG_NAME"))],
        internal: &[
            ("number", number("BUILD_NUMBER")),
            ("node", name("NODE_NAME")),
        ],
    },
    System {
        name: "AWS CodeBuild",
        build_type: "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-codebuildv1",
        sign: ("CODEBUILD_BUILD_ARN", None),
        builder: &[
            Text("https://codebuild."),
            Value(identifier("AWS_REGION")),
            Text(".amazonaws.com/"),
        ],
        repository: &[repository("CODEBUILD_SOURCE_REPO_URL")],
        commit: &["CODEBUILD_RESOLVED_SOURCE_VERSION"],
        reference: &[
            reference("CODEBUILD_WEBHOOK_HEAD_REF"),
            reference("CODEBUILD_SOURCE_VERSION"),
        ],
        invocation: &[Value(resource_name("CODEBUILD_BUILD_ARN"))],
        external: &[
            ("trigger", reference("CODEBUILD_WEBHOOK_TRIGGER")),
            ("initiator", name("CODEBUILD_INITIATOR")),
        ],
        internal: &[
            ("number", number("CODEBUILD_BUILD_NUMBER")),
            ("image", image("CODEBUILD_BUILD_IMAGE")),
        ],
    },
    System {
        name: "Azure Pipelines",
        build_type: "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-azure-pipelinesv1",
        sign: ("TF_BUILD", None),
        builder: &[
            Value(address("SYSTEM_COLLECTIONURI")),
            Value(name("SYSTEM_TEAMPROJECT")),
            Text("/_build/definition/"),
            Value(number("SYSTEM_DEFINITIONID")),
        ],
        repository: &[repository("BUILD_REPOSITORY_URI")],
        commit: &["BUILD_SOURCEVERSION"],
        reference: &[reference("BUILD_SOURCEBRANCH")],
        invocation: &[
            Value(address("SYSTEM_COLLECTIONURI")),
            Value(name("SYSTEM_TEAMPROJECT")),
            Text("/_build/results/"),
            Value(number("BUILD_BUILDID")),
        ],
        external: &[
            ("definition", name("BUILD_DEFINITIONNAME")),
            ("reason", identifier("BUILD_REASON")),
        ],
        internal: &[
            ("job", identifier("SYSTEM_JOBID")),
            ("attempt", number("SYSTEM_JOBATTEMPT")),
        ],
    },
    System {
        name: "CircleCI",
        build_type: "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-circleciv1",
        sign: ("CIRCLECI", Some("true")),
        builder: &[Text("https://circleci.com/")],
        repository: &[repository("CIRCLE_REPOSITORY_URL")],
        commit: &["CIRCLE_SHA1"],
        reference: &[reference("CIRCLE_TAG"), reference("CIRCLE_BRANCH")],
        invocation: &[Value(address("CIRCLE_BUILD_URL"))],
        external: &[
            ("job", name("CIRCLE_JOB")),
            ("tag", reference("CIRCLE_TAG")),
        ],
        internal: &[
            ("number", number("CIRCLE_BUILD_NUM")),
            ("pipeline", identifier("CIRCLE_PIPELINE_ID")),
            ("workflow", identifier("CIRCLE_WORKFLOW_ID")),
        ],
    },
    System {
        name: "Buildkite",
        build_type: "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-buildkitev1",
        sign: ("BUILDKITE", Some("true")),
        builder: &[
            Text("https://buildkite.com/"),
            Value(identifier("BUILDKITE_ORGANIZATION_SLUG")),
            Text("/"),
            Value(identifier("BUILDKITE_PIPELINE_SLUG")),
        ],
        repository: &[repository("BUILDKITE_REPO")],
        commit: &["BUILDKITE_COMMIT"],
        reference: &[reference("BUILDKITE_TAG"), reference("BUILDKITE_BRANCH")],
        invocation: &[Value(address("BUILDKITE_BUILD_URL"))],
        external: &[
            ("source", identifier("BUILDKITE_SOURCE")),
            ("tag", reference("BUILDKITE_TAG")),
        ],
        internal: &[
            ("build", identifier("BUILDKITE_BUILD_ID")),
            ("job", identifier("BUILDKITE_JOB_ID")),
        ],
    },
    // Tekton sets no variables of its own: docs/attest.md says which the task passes on.
    System {
        name: "Tekton",
        build_type: "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-tektonv1",
        sign: ("TEKTON_TASKRUN_NAME", None),
        builder: &[Value(uri("TEKTON_BUILDER_ID"))],
        repository: &[repository("TEKTON_SOURCE_URL")],
        commit: &["TEKTON_SOURCE_COMMIT"],
        reference: &[reference("TEKTON_SOURCE_REF")],
        invocation: &[Value(identifier("TEKTON_TASKRUN_UID"))],
        external: &[
            ("task", identifier("TEKTON_TASK_NAME")),
            ("pipeline", identifier("TEKTON_PIPELINE_NAME")),
        ],
        internal: &[
            ("namespace", identifier("TEKTON_NAMESPACE")),
            ("task-run", identifier("TEKTON_TASKRUN_NAME")),
            ("pipeline-run", identifier("TEKTON_PIPELINERUN_NAME")),
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
        let hint = "docs/attest.md lists the variables that are read; what the system leaves unset, \
                    the job may set for this command";
        ProvenanceError::new(message, hint)
    };
    // The first that is set counts: one that does not fit never makes way for another.
    let first = |variables: &[Variable]| {
        let is_set = |it: &&Variable| environment.get(it.name).is_some();
        let variable = variables.iter().find(is_set)?;
        known(environment, *variable)
    };
    let composed = |pieces: &[Piece]| {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Value(it) => {
                    let value = known(environment, *it);
                    text.push_str(&value.ok_or_else(|| missing(it.name))?);
                }
                Text(piece) => text.push_str(piece),
            }
        }
        Ok(text)
    };
    let named = |entries: &[(&'static str, Variable)]| {
        map(entries
            .iter()
            .map(|(key, it)| (*key, known(environment, *it))))
    };

    let builder = composed(system.builder)?;
    let invocation = composed(system.invocation)?;
    let repository = first(system.repository);
    let repository = repository.ok_or_else(|| missing(system.repository[0].name))?;
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
