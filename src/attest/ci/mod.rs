//! What the surrounding CI system says of the build, as SLSA provenance v1. Only variables that are
//! named here are read: nothing else of the environment can reach a predicate.

mod github;
mod gitlab;
mod kind;
mod stated;
mod table;
mod variable;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use github::TokenClaims;
pub use stated::Stated;

use crate::model::{Commit, StatementError, visible};
use crate::observe::Environment;

use super::statement::{Predicate, SLSA_PROVENANCE};
use variable::Variable;

/// SLSA provenance v1 as it is filled (<https://slsa.dev/spec/v1.1/provenance>).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// What was built, from what.
    pub build_definition: BuildDefinition,
    /// Who built it, in which run.
    pub run_details: RunDetails,
}

/// What was built, from what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildDefinition {
    /// How the parameters are to be read.
    pub build_type: String,
    /// What whoever started the build decided.
    pub external_parameters: Map<String, Value>,
    /// What the platform decided.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub internal_parameters: Map<String, Value>,
    /// What it was built from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolved_dependencies: Vec<Value>,
}

/// Who built it, in which run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunDetails {
    /// The platform that is trusted to say this.
    pub builder: Map<String, Value>,
    /// The run.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

/// Why provenance cannot be written. Holds no value of any variable but a commit's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProvenanceError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Provenance {
    /// What the environment says, with what the caller states instead of it or beside it.
    ///
    /// `claims` are those of the identity token of this very job, where there is one.
    ///
    /// # Errors
    /// [`ProvenanceError`] where no CI system is there and not enough is stated, or where one is and
    /// a variable that it always sets is missing or not what it should be.
    pub fn of_environment(
        environment: &Environment,
        claims: Option<&TokenClaims>,
        stated: &Stated,
    ) -> Result<Self, ProvenanceError> {
        let found = if environment.get("GITHUB_ACTIONS") == Some("true") {
            Some(github::provenance(environment, claims)?)
        } else if environment.get("GITLAB_CI") == Some("true") {
            Some(gitlab::provenance(environment)?)
        } else {
            table::provenance(environment)?
        };
        stated.over(found)
    }

    /// Whether a CI system that is known runs this, whatever it says of the build.
    pub fn is_in_ci(environment: &Environment) -> bool {
        let is = |name: &str| environment.get(name) == Some("true");
        is("GITHUB_ACTIONS") || is("GITLAB_CI") || table::is_there(environment)
    }

    /// The predicate.
    ///
    /// # Errors
    /// Never in practice: JSON holds it.
    pub fn predicate(&self) -> Result<Predicate, StatementError> {
        let value = serde_json::to_value(self).map_err(|it| StatementError(it.to_string()))?;
        Predicate::new(SLSA_PROVENANCE, &value)
    }

    /// Who built it.
    pub fn builder(&self) -> Option<&str> {
        self.run_details.builder.get("id").and_then(Value::as_str)
    }

    /// The commit that it was built from.
    pub fn commit(&self) -> Option<&str> {
        self.build_definition
            .resolved_dependencies
            .iter()
            .find_map(|it| it.get("digest")?.get("gitCommit")?.as_str())
    }
}

impl ProvenanceError {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

/// A variable that its CI system always sets.
fn needed(environment: &Environment, variable: Variable) -> Result<String, ProvenanceError> {
    known(environment, variable).ok_or_else(|| {
        let name = variable.name;
        let message = format!("{name} is not set, or holds what no predicate may hold");
        ProvenanceError::new(
            message,
            "is this a job of that system? outside of it, unset its variables and say --builder-id",
        )
    })
}

/// A variable; nothing where it is not set or is not of its kind.
fn known(environment: &Environment, variable: Variable) -> Option<String> {
    let text = environment.get(variable.name)?;
    variable.kind.read(text)
}

/// A commit of a variable.
fn commit(text: &str, whence: &str) -> Result<String, ProvenanceError> {
    let commit: Commit = text.parse().map_err(|_| {
        let message = format!("{whence} is `{}`, no full commit", visible(text, 80));
        ProvenanceError::new(
            message,
            "all 40 or 64 digits, as `git rev-parse HEAD` prints them",
        )
    })?;
    Ok(commit.as_str().to_owned())
}

/// A git repository at a commit, as a resolved dependency.
fn source(uri: &str, commit: &str) -> Value {
    json!({"uri": uri, "digest": {"gitCommit": commit}})
}

/// A table of those values that are there.
fn map(entries: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Map<String, Value> {
    let there = entries.into_iter().filter_map(|(key, value)| {
        let value = value?;
        Some((key.to_owned(), Value::String(value)))
    });
    there.collect()
}
