//! What a build is read as, and every contradiction between certificate and predicate.

use super::*;
use crate::model::Digest;

const COMMIT: &str = "08802efe1f8e5fec4ad842d6b8ce97656092ee72";
const OTHER: &str = "1111111111111111111111111111111111111111";

fn statement(predicate_type: &str, name: &str, predicate: &str) -> Statement {
    let text = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"{name}","digest":{{"sha256":"{}"}}}}],"predicateType":"{predicate_type}","predicate":{predicate}}}"#,
        "ab".repeat(32)
    );
    Statement::read(text.as_bytes()).unwrap()
}

/// As actions/attest writes it.
fn github() -> serde_json::Value {
    serde_json::json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {"ref": "refs/tags/v1", "repository": "https://github.com/acme/api", "path": ".github/workflows/release.yml"}},
            "internalParameters": {"github": {"event_name": "release", "repository_id": "77", "repository_owner_id": "1", "runner_environment": "github-hosted"}},
            "resolvedDependencies": [{"uri": "git+https://github.com/acme/api@refs/tags/v1", "digest": {"gitCommit": COMMIT}}]
        },
        "runDetails": {
            "builder": {"id": "https://github.com/acme/api/.github/workflows/release.yml@refs/tags/v1"},
            "metadata": {"invocationId": "https://github.com/acme/api/actions/runs/1/attempts/1"}
        }
    })
}

fn generator() -> serde_json::Value {
    serde_json::json!({
        "builder": {"id": "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v1.9.0"},
        "buildType": "https://github.com/slsa-framework/slsa-github-generator/generic@v1",
        "invocation": {
            "configSource": {"uri": "git+https://github.com/acme/api@refs/tags/v1", "digest": {"sha1": COMMIT}, "entryPoint": ".github/workflows/release.yml"},
            "environment": {"github_event_name": "release", "github_repository_id": "77", "github_run_attempt": "1"}
        },
        "metadata": {"buildInvocationId": "1-1"},
        "materials": [{"uri": "git+https://github.com/acme/api@refs/tags/v1", "digest": {"sha1": COMMIT}}]
    })
}

fn claims() -> CertificateClaims {
    let text = |it: &str| Some(it.to_owned());
    let workflow = "https://github.com/acme/api/.github/workflows/release.yml@refs/tags/v1";
    CertificateClaims {
        identity: workflow.to_owned(),
        issuer: "https://token.actions.githubusercontent.com".to_owned(),
        build_signer_uri: text(workflow),
        build_config_uri: text(workflow),
        runner_environment: text("github-hosted"),
        source_repository: text("https://github.com/acme/api"),
        source_digest: text(COMMIT),
        source_ref: text("refs/tags/v1"),
        source_repository_id: text("77"),
        build_trigger: text("release"),
        run_invocation: text("https://github.com/acme/api/actions/runs/1/attempts/1"),
        ..CertificateClaims::default()
    }
}

fn signed(claims: CertificateClaims) -> Signer {
    Signer::Certificate(Box::new(claims))
}

fn key() -> Signer {
    Signer::Key {
        fingerprint: Digest::of(b"key"),
    }
}

fn build(predicate: &serde_json::Value, signer: &Signer) -> Result<Build, VerifyError> {
    let kind = match predicate.get("buildDefinition") {
        Some(_) => SLSA_PROVENANCE_V1,
        None => SLSA_PROVENANCE_V0_2,
    };
    Build::read(&statement(kind, "a.zip", &predicate.to_string()), signer)
}

#[test]
fn certificate_and_predicate_that_agree_give_one_build() {
    let build = build(&github(), &signed(claims())).unwrap();
    assert_eq!(build.kind, BuildKind::Build);
    assert_eq!(build.vouched_by, VouchedBy::Certificate);
    assert_eq!(
        build.repository.unwrap().as_str(),
        "https://github.com/acme/api"
    );
    assert_eq!(build.commit.unwrap().as_str(), COMMIT);
    assert_eq!(build.reference.as_deref(), Some("refs/tags/v1"));
    assert_eq!(
        build.workflow.unwrap().path,
        ".github/workflows/release.yml"
    );
    assert_eq!(build.trigger.as_deref(), Some("release"));
    assert_eq!(build.repository_id.as_deref(), Some("77"));
}

#[test]
fn the_generator_s_provenance_is_read() {
    let mut claims = claims();
    let builder = generator()["builder"]["id"].as_str().unwrap().to_owned();
    claims.identity.clone_from(&builder);
    claims.build_signer_uri = Some(builder.clone());
    let build = build(&generator(), &signed(claims)).unwrap();
    assert_eq!(build.commit.clone().unwrap().as_str(), COMMIT);
    assert!(build.is_built_by(&builder));
    assert!(build.is_built_by(builder.split('@').next().unwrap()));
    assert!(!build.is_built_by("https://github.com/slsa-framework/slsa-github-generator"));
}

#[test]
fn a_builder_without_a_reference_is_never_one_at_a_bare_commit() {
    let mut claims = claims();
    let file = "https://github.com/acme/builders/.github/workflows/build.yml";
    for (reference, fits) in [
        ("refs/tags/v1", true),
        ("refs/heads/main", true),
        ("refs/pull/1/merge", false),
        (OTHER, false),
    ] {
        claims.build_signer_uri = Some(format!("{file}@{reference}"));
        let mut predicate = github();
        predicate["runDetails"]["builder"]["id"] = claims.build_signer_uri.clone().into();
        let build = build(&predicate, &signed(claims.clone())).unwrap();
        assert_eq!(build.is_built_by(file), fits, "{reference}");
        assert!(build.is_built_by(&format!("{file}@{reference}")));
    }
}

#[test]
fn whatever_the_certificate_says_otherwise_is_a_contradiction_with_both_values() {
    for (pointer, value) in [
        (
            "/buildDefinition/externalParameters/workflow/repository",
            "https://github.com/evil/api",
        ),
        (
            "/buildDefinition/externalParameters/workflow/path",
            ".github/workflows/evil.yml",
        ),
        (
            "/buildDefinition/externalParameters/workflow/ref",
            "refs/heads/evil",
        ),
        (
            "/buildDefinition/internalParameters/github/event_name",
            "push",
        ),
        (
            "/buildDefinition/internalParameters/github/repository_id",
            "78",
        ),
        (
            "/buildDefinition/internalParameters/github/runner_environment",
            "self-hosted",
        ),
        (
            "/buildDefinition/resolvedDependencies/0/digest/gitCommit",
            OTHER,
        ),
        (
            "/buildDefinition/resolvedDependencies/0/uri",
            "git+https://github.com/acme/api@refs/heads/evil",
        ),
        (
            "/runDetails/builder/id",
            "https://github.com/evil/b/.github/workflows/x.yml@refs/tags/v1",
        ),
        (
            "/runDetails/builder/id",
            "https://github.com/actions/runner/self-hosted",
        ),
        (
            "/runDetails/metadata/invocationId",
            "https://github.com/acme/api/actions/runs/2/attempts/1",
        ),
    ] {
        let mut predicate = github();
        *predicate.pointer_mut(pointer).unwrap() = value.into();
        let error = build(&predicate, &signed(claims())).unwrap_err();
        assert_eq!(error.fault, Fault::Statement);
        assert!(error.message.contains("contradict"), "{pointer}: {error}");
        let word = value.rsplit(['/', '@']).next().unwrap();
        assert!(error.message.contains(word), "{pointer}: {error}");
    }
    for (pointer, value) in [
        (
            "/invocation/configSource/uri",
            "git+https://github.com/evil/api@refs/tags/v1",
        ),
        ("/invocation/configSource/digest/sha1", OTHER),
        (
            "/invocation/configSource/entryPoint",
            ".github/workflows/evil.yml",
        ),
        ("/invocation/environment/github_event_name", "push"),
        ("/invocation/environment/github_repository_id", "78"),
        (
            "/builder/id",
            "https://github.com/evil/b/.github/workflows/x.yml@refs/tags/v1",
        ),
    ] {
        let mut predicate = generator();
        predicate["builder"]["id"] = claims().identity.into();
        assert!(build(&predicate, &signed(claims())).is_ok());
        *predicate.pointer_mut(pointer).unwrap() = value.into();
        let error = build(&predicate, &signed(claims())).unwrap_err();
        assert!(error.message.contains("contradict"), "{pointer}: {error}");
    }
}

#[test]
fn a_builder_that_only_the_predicate_names_never_counts_beside_a_certificate() {
    let mut predicate = github();
    predicate["runDetails"]["builder"]["id"] = "https://trusted.example/builder".into();
    let build = build(&predicate, &signed(claims())).unwrap();
    assert!(!build.is_built_by("https://trusted.example/builder"));
    assert!(build.is_built_by(&claims().identity));
    assert!(build.is_built_by("https://github.com/actions/runner/github-hosted"));
    assert!(!build.is_built_by("https://github.com/actions/runner/self-hosted"));
}

/// THREATS row 2: a service whose certificates have fewer claims must not let its jobs write the
/// missing ones themselves, least of all the number that stands for the repository.
#[test]
fn what_a_certificate_leaves_open_no_predicate_fills_in() {
    let mut silent = claims();
    silent.source_repository_id = None;
    silent.runner_environment = None;
    silent.build_trigger = None;
    for predicate in [github(), generator()] {
        let mut silent = silent.clone();
        if predicate.get("builder").is_some() {
            silent.build_signer_uri = predicate["builder"]["id"].as_str().map(str::to_owned);
        }
        let build = build(&predicate, &signed(silent)).unwrap();
        assert_eq!(build.vouched_by, VouchedBy::Certificate);
        assert_eq!(build.repository_id, None);
        assert_eq!(build.runner_environment, None);
        assert_eq!(build.trigger, None);
        assert!(!build.is_built_by("https://github.com/actions/runner/github-hosted"));
    }
}

#[test]
fn the_signer_s_own_word_is_told_apart() {
    for signer in [
        key(),
        signed(CertificateClaims {
            identity: "a@acme.example".to_owned(),
            is_email: true,
            ..CertificateClaims::default()
        }),
    ] {
        for predicate in [github(), generator()] {
            let build = build(&predicate, &signer).unwrap();
            assert_eq!(build.vouched_by, VouchedBy::Signer);
            assert_eq!(build.commit.unwrap().as_str(), COMMIT);
            assert!(build.builder.is_some());
        }
    }
}

#[test]
fn a_predicate_of_another_type_than_named_is_refused() {
    for (kind, predicate) in [
        (SLSA_PROVENANCE_V1, generator().to_string()),
        (SLSA_PROVENANCE_V0_2, github().to_string()),
        (SLSA_PROVENANCE_V1, "null".to_owned()),
        (SLSA_PROVENANCE_V1, "{}".to_owned()),
        (SLSA_PROVENANCE_V1, r#""x""#.to_owned()),
        (
            SLSA_PROVENANCE_V1,
            r#"{"buildDefinition":{"buildType":"x"},"runDetails":{"builder":{"id":"a","id":"b"}}}"#
                .to_owned(),
        ),
        (
            SLSA_PROVENANCE_V1,
            r#"{"buildDefinition":{"buildType":""},"runDetails":{"builder":{"id":"a"}}}"#
                .to_owned(),
        ),
        (PYPI_PUBLISH, r#"{"commit":"x"}"#.to_owned()),
        (PYPI_PUBLISH, "[1]".to_owned()),
        (NPM_PUBLISH, "{}".to_owned()),
        (
            NPM_PUBLISH,
            r#"{"name":"a","version":"2","registry":"https://registry.npmjs.org"}"#.to_owned(),
        ),
    ] {
        let statement = statement(kind, "pkg:npm/a@1", &predicate);
        let error = Build::read(&statement, &signed(claims())).unwrap_err();
        assert_eq!(error.fault, Fault::Statement, "{predicate}");
    }
    let mut predicate = github();
    predicate["buildDefinition"]["resolvedDependencies"][0]["digest"]["gitCommit"] = "zz".into();
    assert!(build(&predicate, &key()).is_err());
}

#[test]
fn publish_attestations_say_who_and_not_from_what() {
    let npm = r#"{"name":"@acme/a","version":"1","registry":"https://registry.npmjs.org"}"#;
    for (kind, name, predicate) in [
        (PYPI_PUBLISH, "a.whl", "null"),
        (PYPI_PUBLISH, "a.whl", "{}"),
        (NPM_PUBLISH, "pkg:npm/%40acme/a@1", npm),
    ] {
        let build = Build::read(&statement(kind, name, predicate), &signed(claims())).unwrap();
        assert_eq!(build.kind, BuildKind::Publish);
        assert_eq!(build.vouched_by, VouchedBy::Certificate);
        let build = Build::read(&statement(kind, name, predicate), &key()).unwrap();
        assert_eq!(build.commit, None);
    }
}

#[test]
fn other_dependencies_of_an_unknown_build_type_contradict_nothing() {
    let mut predicate = github();
    predicate["buildDefinition"]["buildType"] = "https://acme.example/build/v1".into();
    let other = serde_json::json!({"uri": "git+https://github.com/acme/library", "digest": {"gitCommit": OTHER}});
    let dependencies = predicate["buildDefinition"]["resolvedDependencies"]
        .as_array_mut()
        .unwrap();
    dependencies.push(other);
    assert!(build(&predicate, &signed(claims())).is_ok());
    assert_eq!(build(&predicate, &key()).unwrap().commit, None);
    predicate["buildDefinition"]["resolvedDependencies"][0]["digest"]["gitCommit"] = OTHER.into();
    assert!(build(&predicate, &signed(claims())).is_err());
}

#[test]
fn gitlab_s_provenance_is_read() {
    let predicate = serde_json::json!({
        "buildDefinition": {
            "buildType": "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/2147fb44/PROVENANCE.md",
            "externalParameters": {"entryPoint": "build", "source": "https://gitlab.com/acme/group/api"},
            "resolvedDependencies": [{"uri": "https://gitlab.com/acme/group/api", "digest": {"sha256": COMMIT}}]
        },
        "runDetails": {"builder": {"id": "https://gitlab.com/acme/group/api/-/runners/1"}, "metadata": {"invocationId": "10"}}
    });
    let build_of_key = build(&predicate, &key()).unwrap();
    assert_eq!(build_of_key.commit.unwrap().as_str(), COMMIT);
    let mut claims = claims();
    claims.source_repository = Some("https://gitlab.com/acme/group/api".to_owned());
    claims.build_config_uri =
        Some("https://gitlab.com/acme/group/api//.gitlab-ci.yml@refs/tags/v1".to_owned());
    claims.build_signer_uri.clone_from(&claims.build_config_uri);
    let build = build(&predicate, &signed(claims)).unwrap();
    assert_eq!(build.workflow.unwrap().path, ".gitlab-ci.yml");
    assert_eq!(
        build.builder.unwrap(),
        "https://gitlab.com/acme/group/api//.gitlab-ci.yml@refs/tags/v1"
    );
}
