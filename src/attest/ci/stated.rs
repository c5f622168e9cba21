//! What the caller states of the build: all of it where no CI system is known, parts of it elsewhere.

use super::kind::Kind;
use super::{BuildDefinition, Provenance, ProvenanceError, RunDetails, commit, map, source};

/// What is stated by options.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    /// `--builder-id`.
    pub builder: Option<String>,
    /// `--build-type`.
    pub build_type: Option<String>,
    /// `--source-repository`.
    pub repository: Option<String>,
    /// `--source-commit`.
    pub commit: Option<String>,
    /// `--source-ref`.
    pub reference: Option<String>,
    /// `--invocation`.
    pub invocation: Option<String>,
}

/// The build type of what is told by options: docs/attest.md describes it.
const BUILD_TYPE: &str =
    "https://github.com/lockstep-gate/lockstep/blob/main/docs/attest.md#build-type-statedv1";

impl Stated {
    /// Nothing is stated.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is stated. Beside a CI system that is there, nothing may be: whoever verifies would not
    /// know who says what.
    pub(super) fn over(&self, found: Option<Provenance>) -> Result<Provenance, ProvenanceError> {
        if let Some(found) = found {
            return match self.is_empty() {
                true => Ok(found),
                false => Err(ProvenanceError::new(
                    "the build is described by the CI system that is running",
                    "leave out --builder-id, --build-type, --source-… and --invocation",
                )),
            };
        }
        let missing = |option: &str, hint: &str| {
            let message = format!("no CI system is known here, and {option} is not given");
            ProvenanceError::new(message, hint)
        };
        let refused = |option: &str| {
            let message = format!("{option} holds what no predicate may hold");
            ProvenanceError::new(message, "an address without user, password and query")
        };
        let read = |option: &str, kinds: &[Kind], value: &Option<String>| match value {
            Some(text) => match kinds.iter().find_map(|kind| kind.read(text)) {
                Some(read) => Ok(Some(read)),
                None => Err(refused(option)),
            },
            None => Ok(None),
        };
        // What is neither is told apart below, where it is shown.
        let uri = [Kind::Uri, Kind::Name];
        let builder = read("--builder-id", &uri, &self.builder)?.ok_or_else(|| {
            missing(
                "--builder-id",
                "say who builds: a URI that stands for this machine or service",
            )
        })?;
        let build_type = read("--build-type", &uri, &self.build_type)?;
        for (option, value) in [
            ("--builder-id", Some(&builder)),
            ("--build-type", build_type.as_ref()),
        ] {
            if let Some(other) = value.filter(|it| url::Url::parse(it).is_err()) {
                return Err(ProvenanceError::new(
                    format!("{option}: `{other}` is no URI"),
                    "write it as in https://ci.example/builder",
                ));
            }
        }
        let repository = read("--source-repository", &[Kind::Repository], &self.repository)?;
        let sha = match &self.commit {
            Some(text) => Some(commit(text, "--source-commit")?),
            None => None,
        };
        let reference = read("--source-ref", &[Kind::Reference], &self.reference)?;
        if let Some(short) = reference.as_ref().filter(|it| !it.starts_with("refs/")) {
            return Err(ProvenanceError::new(
                format!("--source-ref: `{short}` is no full reference"),
                "write `refs/heads/main` or `refs/tags/v1`",
            ));
        }
        let resolved = match (&repository, &sha) {
            (Some(repository), Some(sha)) => {
                let at = reference
                    .as_ref()
                    .map(|it| format!("@{it}"))
                    .unwrap_or_default();
                vec![source(&format!("{repository}{at}"), sha)]
            }
            (None, None) => Vec::new(),
            (Some(_), None) => {
                return Err(missing(
                    "--source-commit",
                    "a source is a repository and a commit",
                ));
            }
            (None, Some(_)) => {
                return Err(missing(
                    "--source-repository",
                    "a source is a repository and a commit",
                ));
            }
        };
        let run = [Kind::Uri, Kind::ResourceName, Kind::Name];
        let invocation = read("--invocation", &run, &self.invocation)?;
        Ok(Provenance {
            build_definition: BuildDefinition {
                build_type: build_type.unwrap_or_else(|| BUILD_TYPE.to_owned()),
                external_parameters: map([("repository", repository), ("ref", reference)]),
                internal_parameters: map([]),
                resolved_dependencies: resolved,
            },
            run_details: RunDetails {
                builder: map([("id", Some(builder))]),
                metadata: map([("invocationId", invocation)]),
            },
        })
    }
}
