//! What a predicate states of a build, before it is held against a certificate.

use serde::Serialize;

use super::{RepositoryAddress, Workflow, differs};
use crate::model::Commit;
use crate::verify::VerifyError;

/// What a predicate states.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Facts {
    /// Sources in the order in which they stand there.
    pub(crate) sources: Vec<Source>,
    /// True where the build type says that the first source is the one that was built.
    #[serde(skip)]
    pub(crate) first_is_built: bool,
    pub(crate) repository_id: Option<String>,
    pub(crate) workflow: Option<Workflow>,
    pub(crate) workflow_path: Option<String>,
    pub(crate) builder: Option<String>,
    pub(crate) build_type: Option<String>,
    pub(crate) trigger: Option<String>,
    pub(crate) runner_environment: Option<String>,
    pub(crate) invocation: Option<String>,
}

/// A repository that went into a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Source {
    pub(crate) repository: RepositoryAddress,
    pub(crate) reference: Option<String>,
    pub(crate) commit: Option<Commit>,
}

impl Facts {
    /// The source that was built: the first where the build type says so, else the only one.
    pub(super) fn only_source(&self) -> Option<&Source> {
        let first = self.sources.first()?;
        let all_equal = self.sources.iter().all(|it| it == first);
        (self.first_is_built || all_equal).then_some(first)
    }

    /// Holds the sources against those of a certificate. A build type of which nothing is known may
    /// list other repositories, but never the certified one at other commits alone.
    ///
    /// # Errors
    /// A contradiction, with both values.
    pub(super) fn agrees_on_source(
        &self,
        repository: &RepositoryAddress,
        commit: Option<&Commit>,
        reference: Option<&str>,
    ) -> Result<(), VerifyError> {
        let stated: Vec<&Source> = match self.first_is_built {
            true => self.sources.iter().take(1).collect(),
            false => {
                let same = |it: &&Source| it.repository == *repository;
                self.sources.iter().filter(same).collect()
            }
        };
        let Some(first) = stated.first() else {
            return Ok(());
        };
        differs(
            "source repository",
            repository.as_str(),
            first.repository.as_str(),
        )?;
        let commits: Vec<&Commit> = stated.iter().filter_map(|it| it.commit.as_ref()).collect();
        if let (Some(commit), Some(first)) = (commit, commits.first())
            && !commits.contains(&commit)
        {
            differs("commit", commit.as_str(), first.as_str())?;
        }
        let references: Vec<&str> = stated
            .iter()
            .filter_map(|it| it.reference.as_deref())
            .collect();
        if let (Some(reference), Some(first)) = (reference, references.first())
            && !references.contains(&reference)
        {
            differs("reference", reference, first)?;
        }
        Ok(())
    }
}
