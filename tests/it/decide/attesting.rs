//! What the tests of provenance put together: a policy with a trusted root of their own, releases
//! with their files, bundles that an authority of theirs signed, and the verdict on all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use lockstep::decide::{Question, evaluate, wanted_attestations};
use lockstep::model::{
    Digest, EVIDENCE_SCHEMA, Evidence, Finding, Policy, Time, Verdict, WantedAttestations,
};
use lockstep::verify::{Origin, check};
use serde_json::{Value, json};

use super::world::{LATER, NOW, listing, question};
use crate::authority::{Authority, Claims, Options};

/// 2026-03-01, before the present round.
pub(super) const SIGNED: i64 = 1_772_323_200;

pub(super) const BUILD: &str = "https://slsa.dev/provenance/v1";
pub(super) const PUBLISH: &str = "https://docs.pypi.org/attestations/publish/v1";

pub(super) static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new("acme"));
static ROOT: LazyLock<String> = LazyLock::new(|| AUTHORITY.trusted_root_json());

/// A package with one file, whose provenance is needed.
pub(super) const PACKAGE: &str = r#"
[component]
name = "api"
source = "https://github.com/acme/api"
announced-by = "tag"

[line.release]
scheme = "semver"

[channel.tag]
kind = "git-tag"
tag = "v{version}"

[channel.pypi]
kind = "pypi"

[[provenance]]
channels = ["pypi"]
kind = "build"
workflows = "release.yml"
trusted-root = "root.json"
"#;

/// The commit of a digit, forty times.
pub(super) fn commit(digit: char) -> String {
    String::from(digit).repeat(40)
}

/// A digest of a name.
pub(super) fn digest(of: &str) -> Digest {
    Digest::of(of.as_bytes())
}

/// Who builds `acme/api` at a tag and commit.
pub(super) fn release(version: &str, digit: char) -> Claims {
    Claims::github("acme/api", &format!("refs/tags/v{version}"), &commit(digit))
}

/// A statement about artifacts.
pub(super) fn statement(predicate_type: &str, predicate: &Value, about: &[Digest]) -> String {
    let subjects: Vec<Value> = about
        .iter()
        .map(|it| json!({"name": "a", "digest": {"sha256": it.hex()}}))
        .collect();
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": predicate_type,
        "predicate": predicate,
    })
    .to_string()
}

/// A predicate of a build type of which nothing is known.
pub(super) fn predicate() -> Value {
    json!({
        "buildDefinition": {"buildType": "https://build.test/v1", "externalParameters": {}},
        "runDetails": {"builder": {"id": "https://build.test/builder"}},
    })
}

/// A build attestation of artifacts, signed for somebody.
pub(super) fn built(claims: &Claims, about: &[Digest]) -> String {
    let statement = statement(BUILD, &predicate(), about);
    AUTHORITY.sign(&statement, claims, &Options::at(SIGNED))
}

/// A publish attestation of artifacts, signed for somebody.
pub(super) fn published(claims: &Claims, about: &[Digest]) -> String {
    let statement = statement(PUBLISH, &Value::Null, about);
    AUTHORITY.sign(&statement, claims, &Options::at(SIGNED))
}

/// Observations and the documents that they name.
#[derive(Clone, Default)]
pub(super) struct Told {
    pub(super) observations: Vec<String>,
    pub(super) bundles: BTreeMap<Digest, String>,
}

impl Told {
    /// Versions with the digit of their commit: tags, and one wheel of each on PyPI.
    pub(super) fn packages(versions: &[(&str, char)]) -> Self {
        let tags: Vec<String> = versions
            .iter()
            .map(|(it, digit)| format!(r#""v{it}":{{"commit":"{}"}}"#, commit(*digit)))
            .collect();
        let files: Vec<String> = versions
            .iter()
            .map(|(it, _)| {
                format!(
                    r#""{it}":{{"files":{{"{it}.whl":{{"digest":"{}"}}}}}}"#,
                    wheel(it)
                )
            })
            .collect();
        Self {
            observations: vec![
                listing("tag", NOW, &tags.join(",")),
                listing("pypi", NOW, &files.join(",")),
            ],
            bundles: BTreeMap::new(),
        }
    }

    /// One place that was asked in the present round what is attached to a name's artifacts.
    pub(super) fn attach(
        &mut self,
        channel: &str,
        name: &str,
        artifacts: &[(Digest, &[&String])],
    ) -> &mut Self {
        self.attach_at(NOW, channel, name, artifacts)
    }

    /// The same in another round.
    pub(super) fn attach_at(
        &mut self,
        round: &str,
        channel: &str,
        name: &str,
        artifacts: &[(Digest, &[&String])],
    ) -> &mut Self {
        let mut named: BTreeMap<String, BTreeSet<Digest>> = BTreeMap::new();
        for (artifact, documents) in artifacts {
            let all = named.entry(artifact.to_string()).or_default();
            for document in *documents {
                let id = Digest::of(document.as_bytes());
                self.bundles.insert(id, (*document).clone());
                all.insert(id);
            }
        }
        let facts = json!({"attestations": {"artifacts": named}});
        let number = self.observations.len();
        self.observations.push(format!(
            r#"{{"at":"{round}","round":"{round}","channel":"{channel}","credential":"anonymous",
            "endpoint":"https://example.com/attestations/{number}","query":{{"attestations":"{name}"}},
            "answer":{{"seen":{{"facts":{facts},"coverage":"complete"}}}}}}"#
        ));
        self
    }

    /// The package's wheel, attested by these documents.
    pub(super) fn wheel(&mut self, version: &str, documents: &[&String]) -> &mut Self {
        self.attach("pypi", version, &[(wheel(version), documents)])
    }

    pub(super) fn evidence(&self, decided_at: &str) -> Evidence {
        let text = json!({
            "schema": EVIDENCE_SCHEMA,
            "component": "api",
            "decided-at": decided_at,
            "bundles": self.bundles,
            "observations": [],
        });
        let observations = format!(r#""observations":[{}]"#, self.observations.join(","));
        let text = text
            .to_string()
            .replace(r#""observations":[]"#, &observations);
        Evidence::read_all(&text).unwrap().remove(0)
    }

    pub(super) fn verdict(&self, policy: &str, version: &str) -> Verdict {
        self.asked(policy, question(Some(version), None), LATER)
    }

    /// The verdict on a question at a time, of evidence gathered long after.
    pub(super) fn asked(&self, policy: &str, question: Question, now: &str) -> Verdict {
        let policy = load(policy);
        let now: Time = now.parse().unwrap();
        let checked = check(self.evidence(LATER), Origin::Asked, &policy.trust).unwrap();
        evaluate(&policy, &checked, &question, now).unwrap()
    }

    pub(super) fn findings(&self, policy: &str, version: &str) -> Vec<Finding> {
        self.verdict(policy, version).findings
    }

    /// What would be asked about attestations.
    pub(super) fn wanted(
        &self,
        policy: &str,
        version: Option<&str>,
    ) -> BTreeMap<String, Vec<WantedAttestations>> {
        let policy = load(policy);
        let checked = check(self.evidence(LATER), Origin::Asked, &policy.trust).unwrap();
        let now = LATER.parse().unwrap();
        let wanted = wanted_attestations(&policy, &checked, &question(version, None), now);
        let wanted = wanted.unwrap().into_iter();
        wanted.map(|(name, all)| (name.to_string(), all)).collect()
    }
}

/// The digest of a version's wheel.
pub(super) fn wheel(version: &str) -> Digest {
    digest(&format!("{version}.whl"))
}

/// The policy of a text, beside the authority's trusted root.
pub(super) fn load(text: &str) -> Policy {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("root.json"), &*ROOT).unwrap();
    let path = folder.path().join("policy.toml");
    std::fs::write(&path, text).unwrap();
    let loaded = lockstep::policy::load(&path, &lockstep::decide::codes());
    let mut loaded = loaded.unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    loaded.components.remove(0).policy
}

/// The codes of open findings that count.
pub(super) fn codes(verdict: &Verdict) -> Vec<&str> {
    let open = verdict.findings.iter().filter(|it| it.is_open());
    open.map(|it| it.code.as_str()).collect()
}
