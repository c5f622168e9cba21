//! What the environment of a CI system becomes in a predicate, and what never does.

use lockstep::attest::ci::{Provenance, Stated, TokenClaims};
use lockstep::observe::Environment;
use serde_json::Value;

const COMMIT: &str = "0e58ed8671d6b60d0890c21b07f8835ace038e67";

/// The environments of `fixtures/ci`, written by hand as the vendors document them, as lines.
fn documented() -> Vec<(String, Vec<(String, String)>)> {
    let systems = kept("fixtures/ci");
    for (name, _) in &systems {
        let file = format!("fixtures/ci/{name}.env");
        let text = std::fs::read_to_string(crate::cli::root().join(file)).unwrap();
        assert!(text.starts_with("# https://"), "{name} names its origin");
    }
    systems
}

/// The environments of a folder, by system.
pub(super) fn kept(folder: &str) -> Vec<(String, Vec<(String, String)>)> {
    let folder = crate::cli::root().join(folder);
    let mut systems = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "env") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let variables = lines.map(|line| line.split_once('=').unwrap());
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        systems.push((name, variables.collect()));
    }
    systems.sort();
    systems
}

pub(super) fn environment(variables: &[(String, String)]) -> Environment {
    let with =
        |environment: Environment, (name, value): &(String, String)| environment.with(name, value);
    variables.iter().fold(Environment::empty(), with)
}

pub(super) fn provenance(environment: &Environment) -> Provenance {
    Provenance::of_environment(environment, None, &Stated::default()).unwrap()
}

#[test]
fn every_system_says_builder_commit_and_repository() {
    let systems = documented();
    assert_eq!(systems.len(), 8);
    for (name, variables) in systems {
        let provenance = provenance(&environment(&variables));
        assert_eq!(provenance.commit(), Some(COMMIT), "{name}");
        assert!(
            provenance.builder().unwrap().starts_with("https://"),
            "{name}"
        );
        let value = serde_json::to_value(&provenance).unwrap();
        let dependencies = &value["buildDefinition"]["resolvedDependencies"];
        let uri = dependencies[0]["uri"].as_str().unwrap();
        assert!(uri.contains("acme/api"), "{name}: {uri}");
        let id = value["runDetails"]["metadata"]["invocationId"].as_str();
        assert!(id.is_some_and(|id| !id.is_empty()), "{name}");
    }
}

#[test]
fn the_same_environment_gives_the_same_bytes() {
    for (name, mut variables) in documented() {
        let once = provenance(&environment(&variables)).predicate().unwrap();
        variables.reverse();
        let again = provenance(&environment(&variables)).predicate().unwrap();
        assert_eq!(once.value.get(), again.value.get(), "{name}");
    }
}

#[test]
fn no_secret_of_any_variable_reaches_a_predicate() {
    // Every variable that any system reads or sets, and names that hold secrets everywhere.
    let others = [
        "AWS_SECRET_ACCESS_KEY",
        "NPM_TOKEN",
        "TWINE_PASSWORD",
        "HOME",
        "PATH",
        "MY_KEY",
    ];
    for (name, variables) in documented() {
        let mut planted = environment(&variables);
        for (_, foreign) in documented() {
            for (variable, _) in foreign {
                // Signs of other systems would make it another system.
                let is_sign = [
                    "GITHUB_ACTIONS",
                    "GITLAB_CI",
                    "JENKINS_URL",
                    "CODEBUILD_BUILD_ARN",
                    "TF_BUILD",
                    "CIRCLECI",
                    "BUILDKITE",
                    "TEKTON_TASKRUN_NAME",
                ];
                if !variables.iter().any(|(own, _)| *own == variable)
                    && !is_sign.contains(&variable.as_str())
                {
                    planted = planted.with(variable, "PLANTED-foreign");
                }
            }
        }
        for other in others {
            if !variables.iter().any(|(own, _)| own == other) {
                planted = planted.with(other, "PLANTED-other");
            }
        }
        let text = provenance(&planted).predicate().unwrap();
        assert!(
            !text.value.get().contains("PLANTED"),
            "{name}: {}",
            text.value
        );
    }
}

#[test]
fn credentials_in_addresses_are_taken_out_of_every_variable() {
    for (name, variables) in documented() {
        for (at, (variable, value)) in variables.iter().enumerate() {
            let Some((scheme, rest)) = value.split_once("://") else {
                continue;
            };
            let mut planted = variables.clone();
            planted[at].1 = format!("{scheme}://user:PLANTED@{rest}?PLANTED=1#PLANTED");
            let environment = environment(&planted);
            match Provenance::of_environment(&environment, None, &Stated::default()) {
                Ok(provenance) => {
                    let text = provenance.predicate().unwrap();
                    assert!(!text.value.get().contains("PLANTED"), "{name}: {variable}");
                }
                Err(error) => {
                    let shown = format!("{error:?}");
                    assert!(!shown.contains("PLANTED"), "{name}: {variable}: {shown}");
                }
            }
        }
    }
}

/// A value is of the kind that its system documents, or is not taken over: what looks like an address
/// without a scheme is none, and an image keeps its name beside its digest.
#[test]
fn no_variable_takes_the_user_information_of_an_address_that_is_none() {
    for (name, variables) in documented() {
        for at in 0..variables.len() {
            for hidden in [
                "8:PLANTED@git.example/a.git",
                "user:PLANTED@git.example:acme/a.git",
                "PLANTED@git.example:acme/a.git",
                "x/user:PLANTED@git.example/a.git",
                "build 8:PLANTED@git.example",
                "https:PLANTED@git.example/a.git",
                "https:/PLANTED@git.example/a.git",
            ] {
                let mut planted = variables.clone();
                planted[at].1 = hidden.to_owned();
                let environment = environment(&planted);
                let said = Provenance::of_environment(&environment, None, &Stated::default());
                let shown = match said {
                    Ok(provenance) => provenance.predicate().unwrap().value.get().to_owned(),
                    // A commit's own variable is shown, so that one sees what is wrong.
                    Err(_) if variables[at].1 == COMMIT => continue,
                    Err(error) => format!("{error:?}"),
                };
                let variable = &variables[at].0;
                assert!(!shown.contains("PLANTED@"), "{name}: {variable}: {shown}");
            }
        }
    }
}

#[test]
fn an_image_keeps_its_name_beside_its_digest() {
    let image = format!("acme/ci:7.0@sha256:{}", "0a".repeat(32));
    let (_, variables) = documented()
        .into_iter()
        .find(|it| it.0 == "codebuild")
        .unwrap();
    let environment = environment(&variables).with("CODEBUILD_BUILD_IMAGE", image.as_str());
    let value = serde_json::to_value(provenance(&environment)).unwrap();
    let internal = &value["buildDefinition"]["internalParameters"];
    assert_eq!(internal["image"], image);
}

#[test]
fn github_is_said_as_actions_attest_says_it() {
    let (_, variables) = documented()
        .into_iter()
        .find(|it| it.0 == "github-actions")
        .unwrap();
    let value = serde_json::to_value(provenance(&environment(&variables))).unwrap();
    let expected: Value = serde_json::json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {
                "ref": "refs/tags/v1.4.2",
                "repository": "https://github.com/acme/api",
                "path": ".github/workflows/release.yml",
            }},
            "internalParameters": {"github": {
                "event_name": "push", "repository_id": "1001", "repository_owner_id": "77",
                "runner_environment": "github-hosted",
            }},
            "resolvedDependencies": [{
                "uri": "git+https://github.com/acme/api@refs/tags/v1.4.2",
                "digest": {"gitCommit": COMMIT},
            }],
        },
        "runDetails": {
            "builder": {"id":
                "https://github.com/acme/api/.github/workflows/release.yml@refs/tags/v1.4.2"},
            "metadata": {"invocationId":
                "https://github.com/acme/api/actions/runs/9000000001/attempts/2"},
        },
    });
    assert_eq!(value, expected);
}

#[test]
fn the_builder_is_the_reusable_workflow_that_the_token_names() {
    let (_, variables) = documented()
        .into_iter()
        .find(|it| it.0 == "github-actions")
        .unwrap();
    let claims = TokenClaims {
        job_workflow_ref: Some("acme/ci/.github/workflows/build.yml@refs/heads/main".to_owned()),
    };
    let provenance =
        Provenance::of_environment(&environment(&variables), Some(&claims), &Stated::default());
    let builder = "https://github.com/acme/ci/.github/workflows/build.yml@refs/heads/main";
    assert_eq!(provenance.unwrap().builder(), Some(builder));
}

#[test]
fn a_commit_that_is_none_and_a_variable_that_is_missing_are_errors() {
    for (name, variables) in documented() {
        for (at, (variable, value)) in variables.iter().enumerate() {
            if value != COMMIT {
                continue;
            }
            let mut wrong = variables.clone();
            wrong[at].1 = "HEAD".to_owned();
            let error = Provenance::of_environment(&environment(&wrong), None, &Stated::default())
                .unwrap_err();
            assert!(error.message.contains(variable), "{name}: {error}");
            wrong.remove(at);
            assert!(
                Provenance::of_environment(&environment(&wrong), None, &Stated::default()).is_err()
            );
        }
    }
}

#[test]
fn without_a_system_the_caller_says_it_and_beside_one_nobody_does() {
    let stated = Stated {
        builder: Some("https://builder.example/one".to_owned()),
        repository: Some("https://user:PLANTED@git.example/acme/api".to_owned()),
        commit: Some(COMMIT.to_owned()),
        ..Stated::default()
    };
    let empty = Environment::empty();
    let said = Provenance::of_environment(&empty, None, &stated).unwrap();
    assert_eq!(said.builder(), Some("https://builder.example/one"));
    assert_eq!(said.commit(), Some(COMMIT));
    assert!(!serde_json::to_string(&said).unwrap().contains("PLANTED"));
    assert!(Provenance::of_environment(&empty, None, &Stated::default()).is_err());
    for (name, variables) in documented() {
        let both = Provenance::of_environment(&environment(&variables), None, &stated);
        assert!(both.is_err(), "{name}");
    }
}
