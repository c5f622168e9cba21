//! SLSA provenance 0.2 (<https://slsa.dev/spec/v0.2/provenance>).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::facts::Facts;
use super::predicate::wrong;
use super::slsa_v1::source;
use crate::verify::VerifyError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Predicate {
    builder: Builder,
    build_type: String,
    #[serde(default)]
    invocation: Option<Invocation>,
    #[serde(default)]
    metadata: Option<Metadata>,
    #[serde(default)]
    materials: Option<Vec<Place>>,
}

#[derive(Deserialize)]
struct Builder {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    #[serde(default)]
    config_source: Option<Place>,
    #[serde(default)]
    environment: Option<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    build_invocation_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    #[serde(default)]
    uri: Option<String>,
    #[serde(default)]
    digest: Option<BTreeMap<String, String>>,
    #[serde(default)]
    entry_point: Option<String>,
}

/// Build types that put GitHub's variables into `invocation.environment`.
const GITHUB: [&str; 2] = [
    "https://github.com/slsa-framework/slsa-github-generator/",
    "https://github.com/npm/",
];

pub(super) fn read(predicate: Predicate) -> Result<Facts, VerifyError> {
    let Predicate {
        builder,
        build_type,
        invocation,
        metadata,
        materials,
    } = predicate;
    if build_type.is_empty() {
        return Err(wrong("buildType", ""));
    }
    let mut facts = Facts {
        builder: Some(builder.id),
        invocation: metadata.and_then(|it| it.build_invocation_id),
        ..Facts::default()
    };
    let (configuration, environment) = match invocation {
        Some(it) => (it.config_source, it.environment.unwrap_or_default()),
        None => (None, BTreeMap::new()),
    };
    if let Some(Place {
        uri: Some(uri),
        digest,
        entry_point,
    }) = configuration
    {
        let digest = digest.unwrap_or_default();
        facts.sources.extend(source(&uri, digest.get("sha1"))?);
        facts.first_is_built = !facts.sources.is_empty();
        let path = entry_point.filter(|it| it.starts_with(".github/workflows/"));
        facts.workflow_path = path.map(|it| match it.split_once('@') {
            Some((path, _)) => path.to_owned(),
            None => it,
        });
    }
    for material in materials.unwrap_or_default() {
        let (Some(uri), Some(digest)) = (material.uri, material.digest) else {
            continue;
        };
        facts.sources.extend(source(&uri, digest.get("sha1"))?);
    }
    if GITHUB.iter().any(|it| build_type.starts_with(it)) {
        let variable = |names: [&str; 2]| {
            let value = names.iter().find_map(|it| environment.get(*it))?;
            value.as_str().map(str::to_owned)
        };
        facts.trigger = variable(["github_event_name", "GITHUB_EVENT_NAME"]);
        facts.repository_id = variable(["github_repository_id", "GITHUB_REPOSITORY_ID"]);
    }
    facts.build_type = Some(build_type);
    Ok(facts)
}
