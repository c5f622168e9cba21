//! What is expected of an incident: its `expected.toml`.

use std::path::{Component, Path};

use serde::Deserialize;

use crate::model::{Level, visible};

use super::ReplayError;

/// What happened and what is expected of each moment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Expected {
    /// The incident, in one line.
    pub incident: String,
    /// What happened.
    pub what: String,
    /// Whether it was an attack.
    pub kind: Kind,
    /// Signals of the catalogue that the channels showed.
    pub signals: Vec<String>,
    /// Public accounts of it.
    pub sources: Vec<String>,
    /// What in the fixture is made up.
    pub synthetic: Vec<String>,
    /// The moments.
    #[serde(rename = "case")]
    pub cases: Vec<ExpectedCase>,
}

/// Whether an incident was an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// It was.
    Attack,
    /// It was an oversight or nothing at all.
    Benign,
}

/// What is expected at one moment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ExpectedCase {
    /// Its name: `T+60`.
    pub name: String,
    /// The evidence file, beside this one.
    pub evidence: String,
    /// The release in question.
    #[serde(default)]
    pub version: Option<String>,
    /// Or several.
    #[serde(default)]
    pub versions: Vec<String>,
    /// The verdict.
    #[serde(default)]
    pub outcome: Option<ExpectedOutcome>,
    /// Only that it is not an allow.
    #[serde(default)]
    pub not_allow: bool,
    /// Codes that must be found; more may be.
    #[serde(default)]
    pub codes: Vec<String>,
    /// The level of mismatch.
    #[serde(default)]
    pub mismatch: Option<Level>,
    /// The level of suspicion.
    #[serde(default)]
    pub suspicion: Option<Level>,
    /// The signal that a comparison of channels cannot see here.
    #[serde(default)]
    pub limit: Option<String>,
}

/// A verdict, as `expected.toml` writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ExpectedOutcome {
    /// Allow.
    Allow,
    /// Deny.
    Deny,
    /// Indeterminate.
    Indeterminate,
}

/// The most bytes of an `expected.toml`.
const BYTES: u64 = 256 * 1024;

impl Expected {
    /// Reads and checks an `expected.toml`.
    pub(super) fn read(path: &Path) -> Result<Self, ReplayError> {
        let shown = visible(&path.display().to_string(), 300);
        let refuse = |message: String| ReplayError {
            message: format!("{shown}: {message}"),
            hint: Some("fixtures/incidents/README.md describes the file".to_owned()),
        };
        let length = std::fs::metadata(path).map(|it| it.len());
        if length.as_ref().is_ok_and(|length| *length > BYTES) {
            return Err(refuse(format!("has more than {BYTES} bytes")));
        }
        let text = std::fs::read_to_string(path)
            .map_err(|error| refuse(format!("cannot be read: {error}")))?;
        let expected: Self =
            toml_edit::de::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        if expected.cases.is_empty() {
            return Err(refuse("has no [[case]]".to_owned()));
        }
        for case in &expected.cases {
            case.check()
                .map_err(|what| refuse(format!("case `{}`: {what}", visible(&case.name, 60))))?;
        }
        Ok(expected)
    }
}

impl ExpectedCase {
    /// The releases in question.
    pub(super) fn named(&self) -> Vec<String> {
        self.version.iter().chain(&self.versions).cloned().collect()
    }

    fn check(&self) -> Result<(), &'static str> {
        let mut parts = Path::new(&self.evidence).components();
        if !matches!(
            (parts.next(), parts.next()),
            (Some(Component::Normal(_)), None)
        ) {
            return Err("`evidence` names a file beside this one");
        }
        if self.named().is_empty() {
            return Err("give `version` or `versions`");
        }
        // An expectation that nothing could fail is none.
        if self.outcome.is_none() && !self.not_allow {
            return Err("give `outcome`, or `not-allow = true`");
        }
        if self.outcome.is_some() && self.not_allow {
            return Err("`outcome` and `not-allow` exclude each other");
        }
        Ok(())
    }
}
