//! Before anything is published: a policy as far as a checkout of the source can answer for it.
//!
//! The leading channel becomes the tags of the checkout, manifests are read at the tagged commit,
//! and an index or a registry becomes what was built for it in `dist`. What is left goes the way of
//! every check: asked, verified, decided. Other channels are not required, and not asked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Target;
use super::asking::{client, runtime};
use super::judge::JudgeError;
use crate::decide::Which;
use crate::model::version::Reading;
use crate::model::{AgreeOn, Channel, Digest, Name, Policy, visible};
use crate::observe::http::Silent;
use crate::observe::{Environment, git_tag, tags_at_head};
use crate::policy::Item;

/// What a local check is about.
#[derive(Debug)]
pub enum LocalRelease {
    /// These versions, or the tags that announce them.
    Named(Vec<String>),
    /// What is tagged at the commit that is checked out, but only this tag where it is named.
    AtHead(Option<String>),
}

/// A local check, ready to be asked.
pub struct Local {
    /// The component, with the channels that the checkout answers for.
    pub target: Target,
    /// Its releases.
    pub which: Which,
    /// Channels that only a server can answer for.
    pub not_asked: Vec<Name>,
    /// Channels for which nothing is built.
    pub not_built: Vec<Name>,
}

/// The targets of a local check; those of which nothing is tagged are left out.
///
/// # Errors
/// [`JudgeError`] where the checkout cannot be read, where a named tag is not at its commit, and
/// where none of the components has a tag there.
pub fn in_checkout(
    targets: &[Target],
    checkout: &Path,
    release: &LocalRelease,
    environment: &Environment,
) -> Result<Vec<Local>, JudgeError> {
    let checkout: PathBuf = checkout.canonicalize().map_err(|error| JudgeError {
        message: format!("{}: cannot be read: {error}", shown(checkout)),
        hint: "name a checkout of the source with --path".to_owned(),
    })?;
    let tags = match release {
        LocalRelease::Named(_) => Vec::new(),
        LocalRelease::AtHead(named) => tags(&checkout, named.as_deref(), environment)?,
    };
    let mut found = Vec::new();
    for target in targets {
        let which = match release {
            LocalRelease::Named(texts) => texts.clone(),
            LocalRelease::AtHead(_) => of_component(&target.item.policy, &tags),
        };
        if !which.is_empty() {
            let all_built = matches!(release, LocalRelease::AtHead(_));
            found.push(derived(target, &checkout, which, all_built));
        }
    }
    if found.is_empty() {
        let tags: Vec<String> = tags.iter().map(|tag| visible(tag, 80)).collect();
        return Err(JudgeError {
            message: match tags.is_empty() {
                true => format!("{}: no tag is at HEAD", shown(&checkout)),
                false => format!(
                    "{}: none of the tags at HEAD is a release of these components: {}",
                    shown(&checkout),
                    tags.join(", ")
                ),
            },
            hint: "tag the commit, or name the release with --version".to_owned(),
        });
    }
    Ok(found)
}

fn tags(
    checkout: &Path,
    named: Option<&str>,
    environment: &Environment,
) -> Result<Vec<String>, JudgeError> {
    let client = client(environment, Arc::new(Silent))?;
    let read = runtime()?.block_on(tags_at_head(checkout, &client));
    let tags = read.map_err(|why| JudgeError {
        message: format!("{}: {}", shown(checkout), why.detail),
        hint: "name a checkout of the source with --path".to_owned(),
    })?;
    match named {
        None => Ok(tags),
        Some(named) if tags.iter().any(|tag| tag == named) => Ok(vec![named.to_owned()]),
        Some(named) => Err(JudgeError {
            message: format!(
                "GITHUB_REF names the tag `{}`, which is not at HEAD of {}",
                visible(named, 80),
                shown(checkout)
            ),
            hint: "check out the tag, tags included, or name the release with --version".to_owned(),
        }),
    }
}

/// The releases of this component that the tags announce.
fn of_component(policy: &Policy, tags: &[String]) -> Vec<String> {
    let leader = policy.channel(&policy.announced_by);
    let mut versions = Vec::new();
    for tag in tags {
        let namings = leader.into_iter().flat_map(|leader| &leader.lines);
        let release =
            namings
                .map(|(_, naming)| naming.read(tag))
                .find_map(|reading| match reading {
                    Reading::Release {
                        version,
                        variant: None,
                    } => Some(version.text().to_owned()),
                    _ => None,
                });
        versions.extend(release);
    }
    versions
}

/// The same component with the channels that the checkout answers for, and the names of the rest.
/// Where no release was named, all that is built is in question: it will be published together.
fn derived(target: &Target, checkout: &Path, named: Vec<String>, all_built: bool) -> Local {
    let mut policy = target.item.policy.clone();
    let mut channels = Vec::new();
    let mut kept: Vec<Channel> = Vec::new();
    let mut names: BTreeMap<Name, Name> = BTreeMap::new();
    let (mut not_asked, mut not_built) = (Vec::new(), Vec::new());
    let mut built = Vec::new();
    for (channel, (_, configured)) in policy.channels.iter().zip(&target.item.channels) {
        let leads = channel.name == policy.announced_by;
        let found = match (leads, &configured.ask) {
            (true, _) => Some(git_tag::of_checkout(checkout)),
            (false, Some(ask)) => ask.in_checkout(checkout),
            (false, None) => None,
        };
        let Some(found) = found else {
            match channel.kind {
                "pypi" | "npm" => not_built.push(channel.name.clone()),
                _ => not_asked.push(channel.name.clone()),
            }
            continue;
        };
        let name = match found.is_built {
            true => built_name(&channel.name, &policy.channels),
            false => channel.name.clone(),
        };
        if found.is_built {
            built.push(name.clone());
        }
        names.insert(channel.name.clone(), name.clone());
        kept.push(Channel {
            name: name.clone(),
            traits: found.traits,
            ..channel.clone()
        });
        let mut configured = configured.clone();
        configured.traits = found.traits;
        configured.ask = Some(found.ask);
        channels.push((name, configured));
    }
    policy.channels = kept;
    for agreement in &mut policy.agreements {
        let left = agreement.channels.iter().filter_map(|name| names.get(name));
        agreement.channels = left.cloned().collect();
    }
    policy.agreements.retain(|it| it.channels.len() > 1);
    // Nothing of this can be seen in a checkout: what is not published is attested by nobody, and
    // no host has said anything about its branches and times.
    policy.provenance.clear();
    policy.trust.clear();
    policy.agreements.retain(|it| it.on != AgreeOn::SameCommit);
    policy.environments.clear();
    policy.component.branches.clear();
    policy.component.repository_id = None;
    policy.component.release_hours = None;
    // Another question than the policy's own, so another digest than the policy's.
    policy.digest = Digest::of(format!("lockstep check --local\n{}", policy.digest).as_bytes());
    let target = Target {
        path: target.path.clone(),
        item: Item {
            policy,
            channels,
            declared: target.item.declared.clone(),
        },
    };
    let which = match all_built && !built.is_empty() {
        true => Which::Built { named, by: built },
        false => Which::Named(named),
    };
    Local {
        target,
        which,
        not_asked,
        not_built,
    }
}

/// `pypi-dist` for what would be uploaded to `pypi`.
fn built_name(name: &Name, channels: &[Channel]) -> Name {
    let taken = |wanted: &Name| channels.iter().any(|channel| channel.name == *wanted);
    let built: Option<Name> = format!("{name}-dist").parse().ok();
    built
        .filter(|built| !taken(built))
        .unwrap_or_else(|| name.clone())
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string(), 300)
}
