//! Which branches contain a commit: by the list of branches and the API that compares.
//!
//! Branches are compared by the commit that they are at, never by name: whoever may push a tag may
//! give it the name of a branch.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use globset::{Glob, GlobMatcher};
use serde::Deserialize;
use tokio::task::JoinSet;

use super::{Api, Basis, pages};
use crate::model::{Commit, Coverage, Entry, Failure, FailureKind};
use crate::observe::http::Unanswered;
use crate::observe::malformed;

/// More branches than this are not compared with one commit.
const MOST_BRANCHES: usize = 100;

/// The branches that the globs of a policy name, with the commits that they are at.
struct Branches {
    matching: Arc<[Branch]>,
    basis: Basis,
    coverage: Coverage,
}

/// Whether branches contain a commit.
pub(in crate::observe) struct Contained {
    /// As far as it decides: a branch that contains it; or every branch that matches, where none
    /// does. Empty where that is not known.
    branches: BTreeMap<String, bool>,
    /// The answers.
    basis: Basis,
}

struct Branch {
    name: String,
    commit: Commit,
}

/// `short-branch` of the API description, as far as it is read.
#[derive(Deserialize)]
struct ShortBranch {
    name: String,
    commit: ShortCommit,
}

#[derive(Deserialize)]
struct ShortCommit {
    sha: String,
}

/// `commit-comparison`, as far as it is read.
#[derive(Deserialize)]
struct Comparison {
    status: String,
}

/// Asks of each commit whether a branch that matches contains it.
pub(in crate::observe) async fn contained(
    api: &Api,
    globs: &[String],
    commits: BTreeSet<Commit>,
) -> BTreeMap<Commit, Result<Contained, Unanswered>> {
    if commits.is_empty() {
        return BTreeMap::new();
    }
    match Branches::list(api, globs).await {
        Ok(branches) => branches.contain(api, commits).await,
        Err(unanswered) => {
            let failed = |commit| (commit, Err(unanswered.clone()));
            commits.into_iter().map(failed).collect()
        }
    }
}

/// An entry with the branches that decide; nothing where they are not known.
///
/// # Errors
/// [`Unanswered`] where a question has no answer.
pub(in crate::observe) fn with_branches(
    entry: Entry,
    answer: &Result<Contained, Unanswered>,
) -> Result<Option<(Entry, Basis)>, Unanswered> {
    let contained = answer.as_ref().map_err(Clone::clone)?;
    if contained.branches.is_empty() {
        return Ok(None);
    }
    let branches = contained.branches.clone();
    Ok(Some((Entry { branches, ..entry }, contained.basis.clone())))
}

impl Branches {
    /// Lists the branches and keeps those that match.
    ///
    /// # Errors
    /// [`Unanswered`] where they cannot be listed at all.
    async fn list(api: &Api, globs: &[String]) -> Result<Self, Unanswered> {
        let globs: Vec<GlobMatcher> = globs
            .iter()
            .filter_map(|glob| Some(Glob::new(glob).ok()?.compile_matcher()))
            .collect();
        let mut matching = Vec::new();
        let read = pages(api, api.listing(&["branches"]), |page: Vec<ShortBranch>| {
            for branch in page {
                // The first globs of a policy are most likely to hold what was released.
                let rank = globs.iter().position(|glob| glob.is_match(&branch.name));
                if let Some(rank) = rank {
                    let commit = branch.commit.sha.parse();
                    let commit = commit.map_err(|_| malformed("a branch without a commit"))?;
                    let name = branch.name;
                    matching.push((rank, Branch { name, commit }));
                }
            }
            Ok(())
        });
        let read = read.await?;
        matching.sort_by(|one, other| (one.0, &one.1.name).cmp(&(other.0, &other.1.name)));
        Ok(Self {
            matching: matching.into_iter().map(|(_, branch)| branch).collect(),
            basis: read.basis,
            coverage: read.coverage,
        })
    }

    /// Asks of each commit whether a branch contains it.
    async fn contain(
        &self,
        api: &Api,
        commits: BTreeSet<Commit>,
    ) -> BTreeMap<Commit, Result<Contained, Unanswered>> {
        let mut asking = JoinSet::new();
        let mut answers = BTreeMap::new();
        for commit in commits {
            // A task that breaks off leaves this word.
            let lost = Unanswered::of(malformed("the comparison broke off"));
            answers.insert(commit.clone(), Err(lost));
            let (api, branches) = (api.clone(), Arc::clone(&self.matching));
            let whole = match &self.coverage {
                Coverage::Complete => Ok(()),
                Coverage::Partial { why, .. } => Err(why.clone()),
            };
            asking.spawn(async move {
                let answer = compared(&api, &branches, whole, &commit).await;
                (commit, answer)
            });
        }
        while let Some(done) = asking.join_next().await {
            if let Ok((commit, mut answer)) = done {
                if let Ok(contained) = &mut answer {
                    contained.basis.join(&self.basis);
                }
                answers.insert(commit, answer);
            }
        }
        answers
    }
}

/// Compares until a branch contains the commit. `whole` says whether these are all branches.
async fn compared(
    api: &Api,
    branches: &[Branch],
    whole: Result<(), Failure>,
    commit: &Commit,
) -> Result<Contained, Unanswered> {
    let mut basis = Basis::default();
    let only = |name: &str| BTreeMap::from([(name.to_owned(), true)]);
    if let Some(branch) = branches.iter().find(|branch| branch.commit == *commit) {
        let branches = only(&branch.name);
        return Ok(Contained { branches, basis });
    }
    let mut not = BTreeMap::new();
    let mut known = true;
    for branch in branches.iter().take(MOST_BRANCHES) {
        let base_and_head = format!("{}...{commit}", branch.commit);
        let mut url = api.below(&["compare", &base_and_head]);
        url.set_query(Some("per_page=1"));
        match api.read::<Comparison>(url).await {
            Ok((reply, comparison)) => {
                basis.add(&reply);
                match comparison.status.as_str() {
                    "behind" | "identical" => {
                        let branches = only(&branch.name);
                        return Ok(Contained { branches, basis });
                    }
                    "ahead" | "diverged" => {
                        not.insert(branch.name.clone(), false);
                    }
                    _ => return Err(Unanswered::of(malformed("a comparison without a status"))),
                }
            }
            // One of the two commits is not there for this credential: nothing is known of them.
            Err(unanswered) if unanswered.is_not_found() => known = false,
            Err(unanswered) => return Err(unanswered),
        }
    }
    whole.map_err(Unanswered::of)?;
    if branches.len() > MOST_BRANCHES {
        return Err(Unanswered::of(Failure {
            kind: FailureKind::TooLarge,
            detail: format!("more than {MOST_BRANCHES} branches match `branches`"),
        }));
    }
    let branches = if known { not } else { BTreeMap::new() };
    Ok(Contained { branches, basis })
}
