//! Where an attestation that verified departs from what a table says.

use crate::model::{ProvenanceKind, visible_line};
use crate::verify::VouchedBy;

use super::claims::{Claims, is_repository};
use super::met::{TagCommit, Wanted};

/// One difference.
#[derive(Clone)]
pub(crate) struct Departure {
    pub(crate) what: What,
    /// A sentence's end: `is signed by …, not by …`.
    pub(crate) words: String,
    /// A commit that a waiver must name.
    pub(crate) commit: Option<String>,
}

/// Which rule a difference belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Signed by somebody else.
    Identity,
    /// Built by another builder.
    Builder,
    /// Built from another repository or reference.
    Source,
    /// Built from another commit.
    Commit,
}

/// The differences, and the facts that the attestation does not state, in words.
pub(super) fn of(wanted: &Wanted<'_>, claims: &Claims) -> (Vec<Departure>, Vec<String>) {
    let mut found = Found::default();
    own_word(wanted, claims, &mut found);
    identity(wanted, claims, &mut found);
    builder(wanted, claims, &mut found);
    source(wanted, claims, &mut found);
    commit(wanted, claims, &mut found);
    (found.departures, found.unstated)
}

#[derive(Default)]
struct Found {
    departures: Vec<Departure>,
    unstated: Vec<String>,
}

impl Found {
    fn departs(&mut self, what: What, words: String) {
        self.departures.push(Departure {
            what,
            words,
            commit: None,
        });
    }

    fn lacks(&mut self, fact: &str) {
        let words = format!("{fact} that its attestation is about (it says none)");
        self.unstated.push(words);
    }
}

/// A certificate that names no repository leaves it to its holder to say what was built, and anybody
/// can have one: their word counts where the policy names them. A key that the policy names is such
/// a name.
fn own_word(wanted: &Wanted<'_>, claims: &Claims, found: &mut Found) {
    let table = wanted.table;
    let Some(identity) = &claims.identity else {
        return;
    };
    if table.identities.contains(&identity.name) {
        return;
    }
    let is_build = table.kind == ProvenanceKind::Build;
    let build = &claims.build;
    let says = build.repository.is_some() || build.workflow.is_some();
    if is_build && says && build.vouched_by == VouchedBy::Signer {
        let words = format!(
            "is signed by {}, whose certificate names no repository and whom the policy does not \
             name",
            claims.signer()
        );
        found.departs(What::Identity, words);
    }
    if is_build && wanted.source.is_none() && table.issuer.is_none() && table.identities.is_empty()
    {
        let fact = "who may sign for it (the policy names neither a source nor an identity)";
        found.unstated.push(fact.to_owned());
    }
}

fn identity(wanted: &Wanted<'_>, claims: &Claims, found: &mut Found) {
    let table = wanted.table;
    // The holder of a key that the table names is nobody else.
    if let (Some(expected), Some(identity)) = (&table.issuer, &claims.identity)
        && identity.issuer != *expected
    {
        let words = format!(
            "is signed by an identity of {}, not of {expected}",
            visible_line(&identity.issuer)
        );
        found.departs(What::Identity, words);
    }
    if !table.identities.is_empty() {
        let name = claims.identity.as_ref().map(|it| it.name.as_str());
        if !name.is_some_and(|name| table.identities.iter().any(|it| it == name)) {
            let words = format!(
                "is signed by {}, not by {}",
                claims.signer(),
                table.identities.join(" or ")
            );
            found.departs(What::Identity, words);
        }
    }
    if table.workflows.is_empty() {
        return;
    }
    match &claims.build.workflow {
        None if claims.identity.is_none() => found.lacks("the workflow"),
        None => {
            let words = format!("is signed by {}, which is no workflow", claims.signer());
            found.departs(What::Identity, words);
        }
        Some(workflow) => {
            let path = workflow.path.as_str();
            let is_it = |file: &String| path == file || path.ends_with(&format!("/{file}"));
            if !table.workflows.iter().any(is_it) {
                let words = format!(
                    "is signed by the workflow {}, not by {}",
                    visible_line(path),
                    table.workflows.join(" or ")
                );
                found.departs(What::Identity, words);
            }
        }
    }
}

fn builder(wanted: &Wanted<'_>, claims: &Claims, found: &mut Found) {
    let expected = &wanted.table.builders;
    if expected.is_empty() {
        return;
    }
    match &claims.build.builder {
        None => found.lacks("the builder"),
        Some(_) if expected.iter().any(|it| claims.build.is_built_by(it)) => {}
        Some(builder) => {
            let words = format!(
                "is built by {}, not by {}",
                visible_line(builder),
                expected.join(" or ")
            );
            found.departs(What::Builder, words);
        }
    }
}

fn source(wanted: &Wanted<'_>, claims: &Claims, found: &mut Found) {
    // Somebody who signs with a mail address has no repository: the table's identities say enough.
    let by_name = !wanted.table.identities.is_empty() && wanted.table.source.is_none();
    match (wanted.source, &claims.build.repository) {
        (None, _) => {}
        (Some(_), None) if by_name => {}
        (Some(_), None) => found.lacks("the repository"),
        (Some(expected), Some(repository)) if is_repository(expected, repository) => {}
        (Some(expected), Some(repository)) => {
            let words = format!(
                "is from {}, not from {expected}",
                visible_line(repository.as_str())
            );
            found.departs(What::Source, words);
        }
    }
    number(wanted, claims, found);
    if let Some(expected) = &wanted.reference {
        match &claims.build.reference {
            None => found.lacks("the git reference"),
            Some(reference) if reference == expected => {}
            Some(reference) => {
                let words = format!(
                    "is from {}, not from {}",
                    visible_line(reference),
                    visible_line(expected)
                );
                found.departs(What::Source, words);
            }
        }
    }
}

/// The host's number of the repository, which a re-registered account cannot have.
///
/// A certificate that names the repository is held to it: the services that issue such state the
/// number, and one that does not is not read as equal (`not-stated`, so indeterminate; nothing
/// differs, so it is no `source-mismatch`). A predicate is the word of its signer, and no build type
/// but GitHub's has a place for the number: where the policy names the key or the identity, nobody
/// becomes that signer by re-registering an account, and only a number that is stated is compared.
fn number(wanted: &Wanted<'_>, claims: &Claims, found: &mut Found) {
    let Some(expected) = wanted.repository_id else {
        return;
    };
    let build = &claims.build;
    let is_named = match &claims.identity {
        Some(identity) => wanted.table.identities.contains(&identity.name),
        None => true,
    };
    match &build.repository_id {
        Some(id) if *id == expected.to_string() => {}
        Some(id) => {
            let words = format!(
                "is from the repository with the number {}, not {expected}",
                visible_line(id)
            );
            found.departs(What::Source, words);
        }
        // That the repository itself is not stated has been said.
        None if build.repository.is_none() => {}
        None if build.vouched_by == VouchedBy::Signer && is_named => {}
        None => found.lacks("the number of the repository"),
    }
}

/// Never of a publish attestation: it says who uploaded the bytes, on whichever commit.
fn commit(wanted: &Wanted<'_>, claims: &Claims, found: &mut Found) {
    if wanted.table.kind == ProvenanceKind::Publish {
        return;
    }
    match (&wanted.commit, claims.commit()) {
        (TagCommit::Any, _) => {}
        (TagCommit::Unstated, _) => {
            let fact =
                "a commit that its attestation can be held to (the leading channel says none)";
            found.unstated.push(fact.to_owned());
        }
        (TagCommit::Is(_), None) => found.lacks("the commit"),
        (TagCommit::Is(tag), Some(commit)) if commit == tag.as_str() => {}
        (TagCommit::Is(tag), Some(commit)) => found.departures.push(Departure {
            what: What::Commit,
            words: format!(
                "is built from commit {}, and the tag is at {}",
                visible_line(commit.get(..12).unwrap_or(commit)),
                tag.short()
            ),
            commit: Some(commit.to_owned()),
        }),
    }
}
