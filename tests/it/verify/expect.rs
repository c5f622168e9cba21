//! Every expectation on every way in which a signature comes: met where it is so, and never met
//! otherwise (an option that is ignored on one path is how verifiers have failed).

use lockstep::model::{Digest, Leniency, Time};
use lockstep::verify::{
    Expectations, Fault, Matching, PredicateWanted, Verified, Verifier, read_all,
};
use serde_json::{Value, json};

use crate::authority::{
    Authority, Claims, Key, Kind, Logged, Options, Version, pep_740, statement,
};

const TIME: i64 = 1_750_000_000;
const COMMIT: &str = "08802efe1f8e5fec4ad842d6b8ce97656092ee72";
const OTHER: &str = "1111111111111111111111111111111111111111";
const WORKFLOW: &str = ".github/workflows/release.yml";
const BUILDER: &str = "https://github.com/acme/api/.github/workflows/release.yml@refs/tags/v1.2.3";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

fn artifact() -> Digest {
    Digest::of(b"artifact")
}

fn said() -> String {
    let predicate = json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {"ref": "refs/tags/v1.2.3", "repository": "https://github.com/acme/api", "path": WORKFLOW}},
            "internalParameters": {"github": {"event_name": "push", "repository_id": "1000", "runner_environment": "github-hosted"}},
            "resolvedDependencies": [{"uri": "git+https://github.com/acme/api@refs/tags/v1.2.3", "digest": {"gitCommit": COMMIT}}],
        },
        "runDetails": {"builder": {"id": BUILDER}},
    });
    statement(
        "a",
        artifact(),
        "https://slsa.dev/provenance/v1",
        &predicate,
    )
}

/// A signature in each of the ways in which it may come, and whether a certificate made it.
fn paths() -> Vec<(&'static str, Verified, bool)> {
    let authority = Authority::new("expect");
    let key = Key::p256("expect key");
    let claims = Claims::github("acme/api", "refs/tags/v1.2.3", COMMIT);
    let promise = Options {
        version: Version::V0_1,
        logged: Logged::PromiseOnly(Kind::Dsse),
        ..Options::at(TIME)
    };
    let artifact_itself = Options {
        logged: Logged::V1(Kind::HashedRekord),
        ..Options::at(TIME)
    };
    let all = Leniency {
        unsafe_no_log: true,
        unsafe_set_only: true,
        unsafe_no_sct: true,
    };
    let root = authority.lenient("authority", all);
    let keyed = authority.key_domain(&key, Leniency::default());
    let v1 = authority.sign(&said(), &claims, &Options::at(TIME));
    let bundle: Value = serde_json::from_str(&v1).unwrap();
    let pep_740 = pep_740(&bundle);
    [
        ("Rekor v1", v1, &root, true),
        (
            "Rekor v2",
            authority.sign(&said(), &claims, &Options::v2_at(TIME)),
            &root,
            true,
        ),
        (
            "no log",
            authority.sign(&said(), &claims, &Options::unlogged_at(TIME)),
            &root,
            true,
        ),
        (
            "promise",
            authority.sign(&said(), &claims, &promise),
            &root,
            true,
        ),
        ("PEP 740", pep_740.to_string(), &root, true),
        (
            "artifact",
            authority.sign_artifact(b"artifact", &claims, &artifact_itself),
            &root,
            true,
        ),
        (
            "key",
            authority.sign_with(&key, &said(), &Options::at(TIME)),
            &keyed,
            false,
        ),
    ]
    .into_iter()
    .map(|(path, document, domain, is_certified)| {
        let verifier = Verifier::new(domain).unwrap();
        let document = read_all(document.as_bytes()).unwrap().remove(0).unwrap();
        let now = Time::from_unix_seconds(TIME + 60);
        let verified = document.verify(&verifier, &artifact().into(), now);
        (
            path,
            verified.unwrap_or_else(|error| panic!("{path}: {error}")),
            is_certified,
        )
    })
    .collect()
}

/// One expectation, with what meets it or with what does not.
type Set = fn(&mut Expectations, bool);

const FIELDS: [(&str, Set); 14] = [
    ("identity", |it, met| {
        it.identity = Some(Matching::Exact(if met { BUILDER } else { "x" }.to_owned()));
    }),
    ("identity pattern", |it, met| {
        it.identity =
            Some(Matching::pattern(if met { "https://github.*" } else { "github" }).unwrap());
    }),
    ("issuer", |it, met| {
        it.issuer = Some(Matching::Exact(
            if met { ISSUER } else { "https://gitlab.com" }.to_owned(),
        ));
    }),
    ("repository", |it, met| {
        let name = if met { "api" } else { "other" };
        it.repository = Some(format!("https://github.com/acme/{name}").parse().unwrap());
    }),
    ("repository id", |it, met| {
        it.repository_id = Some(if met { "1000" } else { "100" }.to_owned());
    }),
    ("reference", |it, met| {
        it.reference = Some(
            if met {
                "refs/tags/v1.2.3"
            } else {
                "refs/heads/main"
            }
            .to_owned(),
        );
    }),
    ("tag", |it, met| {
        it.tag = Some(if met { "v1.2.3" } else { "v1.2.4" }.to_owned())
    }),
    ("versioned tag", |it, met| {
        it.versioned_tag = Some(if met { "v1.2" } else { "v1.3" }.parse().unwrap());
    }),
    ("commit", |it, met| {
        it.commit = Some(if met { COMMIT } else { OTHER }.parse().unwrap())
    }),
    ("workflow", |it, met| {
        it.workflow = Some(if met { WORKFLOW } else { "release.yml" }.to_owned());
    }),
    ("runner", |it, met| {
        it.runner_environment = Some(if met { "github-hosted" } else { "self-hosted" }.to_owned());
    }),
    ("builder", |it, met| {
        it.builder = Some(if met { BUILDER } else { "https://x" }.to_owned())
    }),
    ("build type", |it, met| {
        let kind = if met { "workflow" } else { "other" };
        it.build_type = Some(format!("https://actions.github.io/buildtypes/{kind}/v1"));
    }),
    ("trigger", |it, met| {
        it.trigger = Some(if met { "push" } else { "release" }.to_owned())
    }),
];

#[test]
fn row_2_no_expectation_is_ignored_on_any_path() {
    for (path, verified, is_certified) in paths() {
        for (field, set) in FIELDS {
            let about = |met| {
                let mut expectations = Expectations {
                    predicate: PredicateWanted::Any,
                    ..Expectations::default()
                };
                set(&mut expectations, met);
                expectations.check(&verified, &artifact().into())
            };
            let states = match field {
                "identity" | "identity pattern" | "issuer" => is_certified,
                "build type" => path != "artifact",
                _ => true,
            };
            let met = about(true);
            assert_eq!(met.is_ok(), states, "{path}, {field}: {met:?}");
            assert!(met.is_err() || met.unwrap().1.len() == 1, "{path}, {field}");
            let error = about(false).unwrap_err();
            assert!(
                matches!(error.fault, Fault::Identity | Fault::Expectation),
                "{path}, {field}: {error}"
            );
        }
    }
}

#[test]
fn row_4_another_kind_of_statement_is_never_taken_for_the_expected_one() {
    for (path, verified, _) in paths() {
        for (wanted, fits) in [
            (PredicateWanted::Slsa, path != "artifact"),
            (PredicateWanted::Signature, path == "artifact"),
            (PredicateWanted::Publish, false),
            (PredicateWanted::Any, true),
            (
                PredicateWanted::Type("https://slsa.dev/provenance/v1".to_owned()),
                path != "artifact",
            ),
            (
                PredicateWanted::Type("https://slsa.dev/provenance".to_owned()),
                false,
            ),
            (PredicateWanted::Type(String::new()), false),
        ] {
            let expectations = Expectations {
                predicate: wanted.clone(),
                ..Expectations::default()
            };
            let result = expectations.check(&verified, &artifact().into());
            assert_eq!(result.is_ok(), fits, "{path}, {wanted:?}");
            assert!(
                fits || result.unwrap_err().fault == Fault::Statement,
                "{path}, {wanted:?}"
            );
        }
    }
}

#[test]
fn what_verified_for_one_artifact_is_no_proof_for_another() {
    for (path, verified, _) in paths() {
        let expectations = Expectations {
            predicate: PredicateWanted::Any,
            ..Expectations::default()
        };
        assert!(
            expectations.check(&verified, &artifact().into()).is_ok(),
            "{path}"
        );
        let error = expectations
            .check(&verified, &Digest::of(b"other").into())
            .unwrap_err();
        assert_eq!(error.fault, Fault::Subject, "{path}");
    }
}
