//! What environments that were captured from real jobs become in a predicate.

use lockstep::attest::ci::{Provenance, Stated};

use super::ci::{environment, kept, provenance};

/// What a job's provenance must say.
struct Said {
    system: &'static str,
    builder: &'static str,
    invocation: &'static str,
    source: &'static str,
    commit: &'static str,
}

const SAID: [Said; 7] = [
    Said {
        system: "azure-pipelines",
        builder: "https://dev.azure.com/ondrejmachulda/ci-detector/_build/definition/1",
        invocation: "https://dev.azure.com/ondrejmachulda/ci-detector/_build/results/33",
        source: "git+https://github.com/OndraM/ci-detector@refs/heads/test-azure-pipelines",
        commit: "6411f07f6cd88db7fc4f26edae51cf091eb707e1",
    },
    Said {
        system: "buildkite",
        builder: "https://buildkite.com/julialang/scimlbenchmarks-dot-jl",
        invocation: "https://buildkite.com/julialang/scimlbenchmarks-dot-jl/builds/3000",
        source: "git+https://github.com/SciML/SciMLBenchmarks.jl.git@master",
        commit: "449e59114745bdf31beb22db3be60ada0e57e18c",
    },
    Said {
        system: "circleci",
        builder: "https://circleci.com/",
        invocation: "https://circleci.com/gh/OndraM/ci-detector/1337",
        source: "git+https://github.com/OndraM/ci-detector@test-circleci",
        commit: "fad3f7bdbf3515d1e9285b8aa80feeff74507bdd",
    },
    Said {
        system: "codebuild",
        builder: "https://codebuild.eu-west-1.amazonaws.com/",
        invocation: "arn:aws:codebuild:eu-west-1:911074024513:build/\
                     project-api-pr:449b6959-c0f7-41ac-aac8-7fec365d3004",
        source: "git+https://github.com/project-app/project-api.git@test/evn",
        commit: "c150e3a3d2d89acd1b1222bf6f7a50b45a4218c0",
    },
    Said {
        system: "gitlab",
        builder: "https://gitlab.com/diggerdev/digger-demo/-/runners/12270845",
        invocation: "5229168106",
        source: "https://gitlab.com/diggerdev/digger-demo",
        commit: "ffaf8ce1eb166a318fbb43e25ce708f37675d174",
    },
    // The commit of the merged result: neither branch's own.
    Said {
        system: "gitlab-merge-request",
        builder: "https://gitlab.com/diggerdev/digger-demo/-/runners/12270857",
        invocation: "5229209492",
        source: "https://gitlab.com/diggerdev/digger-demo",
        commit: "b8c339f048d4d1296ca5791584158744b166df83",
    },
    Said {
        system: "jenkins",
        builder: "http://jenkins.foo/",
        invocation: "http://jenkins.foo/job/foo_job_name/1337/",
        source: "git+ssh://gitserver:7999/project/repo.git@origin/branchname",
        commit: "11cc783de14cf438a41a60af7cd148a43da74ccd",
    },
];

#[test]
fn a_real_job_says_builder_run_source_and_commit_and_no_secret() {
    let captured = kept("fixtures/ci/captured");
    let names: Vec<&str> = captured.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(names, SAID.map(|said| said.system));
    for (said, (_, variables)) in SAID.iter().zip(&captured) {
        let provenance = provenance(&environment(variables));
        assert_eq!(provenance.builder(), Some(said.builder));
        assert_eq!(provenance.commit(), Some(said.commit));
        let value = serde_json::to_value(&provenance).unwrap();
        let run = &value["runDetails"]["metadata"]["invocationId"];
        assert_eq!(run, said.invocation);
        let source = &value["buildDefinition"]["resolvedDependencies"][0]["uri"];
        assert_eq!(source, said.source);
        assert!(!value.to_string().contains("PLANTED"), "{value}");
    }
}

/// CodePipeline starts a build from an archive: the address of the repository is not among the
/// variables then, and the job says it.
#[test]
fn what_codepipeline_leaves_open_the_job_may_set() {
    let captured = kept("fixtures/ci/captured");
    let (_, variables) = captured.iter().find(|it| it.0 == "codebuild").unwrap();
    let mut variables = variables.clone();
    let at = variables
        .iter()
        .position(|it| it.0 == "CODEBUILD_SOURCE_REPO_URL");
    let (name, _) = variables.remove(at.unwrap());
    let refused =
        Provenance::of_environment(&environment(&variables), None, &Stated::default()).unwrap_err();
    assert!(refused.message.contains(&name), "{refused:?}");
    assert!(refused.hint.contains("the job may set"), "{refused:?}");
    variables.push((name, "https://github.com/acme/app".to_owned()));
    // The archive is no reference of that repository.
    let version = variables
        .iter_mut()
        .find(|it| it.0 == "CODEBUILD_SOURCE_VERSION");
    version.unwrap().1 = "arn:aws:s3:::bucket/pipeline/App/OGgJCVJ.zip".to_owned();
    let set = provenance(&environment(&variables));
    let value = serde_json::to_value(&set).unwrap();
    let source = &value["buildDefinition"]["resolvedDependencies"][0]["uri"];
    assert_eq!(source, "git+https://github.com/acme/app");
    assert_eq!(
        value["buildDefinition"]["externalParameters"]["ref"],
        serde_json::Value::Null
    );
}
