//! Policy files: text becomes a valid policy in one step, or every error with its line.
//!
//! A policy is TOML; `model` holds what it becomes, the kinds of `observe` own the tables of their
//! channels. Nothing here asks a network.

mod agreement;
mod amend;
mod channel;
mod component;
mod declared;
mod document;
mod environment;
mod extend;
pub mod guess;
mod leader;
mod line;
mod names;
mod provenance;
mod reference;
mod render;
mod rendered;
mod schema;
mod source;
mod waiver;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::settings::{Diagnostic, Fields, Gravity, Key, Place, Shape, Table};
use crate::model::{AgreeOn, Agreement, Component, Digest, Name, Policy, Time, TrustDomain};
use crate::observe::{About, Configured};

pub use amend::{AmendError, NewWaiver, with_waiver};
pub use declared::{Declarations, Position};
pub use reference::{ReferenceTable, reference};
pub use render::render_diagnostics;
pub use rendered::{NoLine, Rendered, RenderedChannel, RenderedLine, rendered};
pub use schema::schema;
pub use source::Source;

const COMPONENT: &str = "component";
const EXTENDS: &str = "extends";

/// The tables of a policy file.
const KEYS: &[Key] = &[
    Key::required(
        COMPONENT,
        Shape::Table(component::KEYS),
        "what is released together, `[component]` with `name = \"api\"`",
    ),
    Key::required(
        "line",
        Shape::Named(line::KEYS),
        "release lines, at least one: `[line.release]` with `scheme = \"semver\"`",
    ),
    Key::required(
        "channel",
        Shape::Channels,
        "places where a release appears, at least one: `[channel.release]` with `kind = \"github-release\"`",
    ),
    Key::optional(
        "agree",
        Shape::Tables(agreement::KEYS),
        "channels that must agree, and on what: `[[agree]]`",
    ),
    Key::optional(
        "provenance",
        Shape::Tables(provenance::KEYS),
        "attestations that channels need: `[[provenance]]`",
    ),
    Key::optional(
        "environment",
        Shape::Named(environment::KEYS),
        "where releases are deployed to: `[environment.production]`",
    ),
    Key::optional(
        "waiver",
        Shape::Tables(waiver::KEYS),
        "dated, reasoned, expiring exemptions: `[[waiver]]`",
    ),
];

/// A policy file that is valid.
#[derive(Clone)]
pub struct Loaded {
    /// One item for each name of the component.
    pub components: Vec<Item>,
    /// What has no effect or surprises.
    pub warnings: Vec<Diagnostic>,
    /// The files that it was read from, the policy itself first.
    pub sources: Vec<Source>,
}

/// One component's policy, and how its channels are asked.
#[derive(Clone)]
pub struct Item {
    /// The policy.
    pub policy: Policy,
    /// Its channels in the same order.
    pub channels: Vec<(Name, Configured)>,
    /// Where its tables stand.
    pub declared: Arc<Declarations>,
}

/// Why a policy file is not valid: every error of it, warnings too.
///
/// Its text is the plain rendering of [`PolicyErrors::render`].
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.render(false))]
pub struct PolicyErrors(Box<Refused>);

#[derive(Debug, Clone)]
struct Refused {
    path: PathBuf,
    diagnostics: Vec<Diagnostic>,
    sources: Vec<Source>,
}

impl Refused {
    fn render(&self, colour: bool) -> String {
        render_diagnostics(&self.diagnostics, &self.sources, colour)
    }
}

impl PolicyErrors {
    /// The policy file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// What is wrong, in the order of the file.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0.diagnostics
    }

    /// The files that the diagnostics point into.
    pub fn sources(&self) -> &[Source] {
        &self.0.sources
    }

    /// Everything that is wrong, as [`render_diagnostics`] shows it.
    pub fn render(&self, colour: bool) -> String {
        self.0.render(colour)
    }
}

/// Reads and checks a policy file and what it extends.
///
/// `codes` are the codes of the rules that the caller has: a waiver with another is an error.
///
/// # Errors
/// [`PolicyErrors`] with everything that is wrong at once, or with what kept a file from being
/// read.
pub fn load(path: &Path, codes: &[&str]) -> Result<Loaded, PolicyErrors> {
    read(path, None, codes, None)
}

/// Checks a text as if it were what the file holds; what it extends is read from files.
///
/// # Errors
/// As [`load`].
pub fn load_text(path: &Path, text: String, codes: &[&str]) -> Result<Loaded, PolicyErrors> {
    read(path, Some(text), codes, None)
}

/// Reads and checks many policy files, and warns of waivers that have expired at `now`.
///
/// Gives a result for each path, in the same order.
pub fn lint(
    paths: &[PathBuf],
    now: Time,
    codes: &[&str],
) -> Vec<(PathBuf, Result<Loaded, PolicyErrors>)> {
    let one = |path: &PathBuf| (path.clone(), read(path, None, codes, Some(now)));
    paths.iter().map(one).collect()
}

fn read(
    path: &Path,
    text: Option<String>,
    codes: &[&str],
    now: Option<Time>,
) -> Result<Loaded, PolicyErrors> {
    let refused = |diagnostics, sources| {
        PolicyErrors(Box::new(Refused {
            path: path.to_owned(),
            diagnostics,
            sources,
        }))
    };
    let extended = match extend::read(path, text) {
        Ok(extended) => extended,
        Err((diagnostic, sources)) => return Err(refused(vec![*diagnostic], sources)),
    };
    let digest = extended.digest();
    let mut diagnostics = Vec::new();
    let folder = extend::folder_of(path);
    let sources = extended.sources;
    let surroundings = Surroundings {
        folder,
        codes,
        now,
        digest,
        sources: &sources,
    };
    let components = assemble(&extended.table, &surroundings, &mut diagnostics);
    in_order(&mut diagnostics);
    if diagnostics.iter().any(|d| d.gravity == Gravity::Error) {
        return Err(refused(diagnostics, sources));
    }
    // A refusal always says why.
    if components.is_empty() {
        let error = source::whole_file(
            "the policy declares no component".to_owned(),
            "give it one: `[component]` with `name = \"api\"`",
        );
        return Err(refused(vec![*error], sources));
    }
    Ok(Loaded {
        components,
        warnings: diagnostics,
        sources,
    })
}

/// Sorts by place and leaves each once: a family's members repeat each other's.
fn in_order(diagnostics: &mut Vec<Diagnostic>) {
    let at = |diagnostic: &Diagnostic| {
        let place = diagnostic.place.as_ref();
        place.map(|place| (place.source, place.bytes.start, place.bytes.end))
    };
    diagnostics.sort_by(|one, other| {
        at(one)
            .cmp(&at(other))
            .then_with(|| one.gravity.cmp(&other.gravity))
            .then_with(|| one.message.cmp(&other.message))
    });
    diagnostics.dedup();
}

/// What a policy is read with, beside its tables.
struct Surroundings<'a> {
    folder: &'a Path,
    codes: &'a [&'a str],
    /// Where given, waivers that have expired are warned of.
    now: Option<Time>,
    digest: Digest,
    sources: &'a [Source],
}

fn assemble(
    table: &Table,
    surroundings: &Surroundings<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Item> {
    let Surroundings {
        folder,
        codes,
        now,
        digest,
        sources,
    } = *surroundings;
    let top = Place {
        source: 0,
        bytes: 0..0,
    };
    let mut root = Fields::open(table, &top, "the policy", &[KEYS], diagnostics);
    let family = component::read(&mut root);
    let lines = line::read(&mut root);
    let names = family.names_or_stand_in();
    let members: Vec<(Name, channel::Channels)> = names
        .iter()
        .map(|name| {
            let about = About {
                component: name,
                source: family.source_or_stand_in.as_ref(),
                folder,
                branches: &family.branches,
                repository_id: family.repository_id,
            };
            let channels = channel::read(&mut root, &about, &lines, sources);
            (name.clone(), channels)
        })
        .collect();
    // The members differ in names alone: what refers to channels is read once.
    let known = members
        .first()
        .map_or(&[][..], |(_, channels)| channels.known.as_slice());
    let announced_by = leader::read(&mut root, &family, known);
    let agreements = agreement::read(&mut root, known, sources);
    let source = family.source_or_stand_in.as_ref();
    let provenance = provenance::read(&mut root, known, &lines, sources, source);
    let environments = environment::read(&mut root, known, announced_by.as_ref(), &lines);
    let waivers = waiver::read(&mut root, &lines, codes, now, sources);
    if let Some((_, channels)) = members.first() {
        warn_of_idle_lines(&mut root, &lines, channels);
    }
    let Some(announced_by) = announced_by else {
        return Vec::new();
    };
    let declared = Arc::new(declared::find(table, sources));
    let digest = with_trust(digest, &provenance.trust);
    let trust = trust(&provenance, &agreements, family.source.as_ref());
    let item = |(name, channels): (Name, channel::Channels)| {
        let (channels, configured) = channels
            .valid
            .into_iter()
            .map(|(channel, configured)| {
                let name = channel.name.clone();
                (channel, (name, configured))
            })
            .unzip();
        let policy = Policy {
            component: Component {
                name,
                source: family.source.as_ref().map(|url| url.to_string()),
                repository_id: family.repository_id,
                branches: family.branches.clone(),
                release_hours: family.release_hours.clone(),
            },
            announced_by: announced_by.clone(),
            lines: lines.valid.clone(),
            channels,
            agreements: agreements.clone(),
            provenance: provenance.valid.clone(),
            trust: trust.clone(),
            environments: environments.clone(),
            waivers: waivers.clone(),
            digest,
            guessed: None,
        };
        Item {
            policy,
            channels: configured,
            declared: declared.clone(),
        }
    };
    members.into_iter().map(item).collect()
}

/// Whom the attestations that a policy asks for are verified against. Those that everybody trusts
/// are always among them: what they signed is sound, whether or not it counts here.
fn trust(
    provenance: &provenance::Provenances,
    agreements: &[Agreement],
    source: Option<&url::Url>,
) -> Vec<TrustDomain> {
    let asks =
        !provenance.valid.is_empty() || agreements.iter().any(|it| it.on == AgreeOn::SameCommit);
    if !asks {
        return Vec::new();
    }
    let is_on_github = source.and_then(url::Url::host_str) == Some("github.com");
    provenance::joined(&provenance::usual(is_on_github), provenance.trust.clone())
}

/// The digest of a policy and of the files of trust that it names: another root is another policy.
fn with_trust(digest: Digest, named: &[TrustDomain]) -> Digest {
    let usual = provenance::usual(true);
    let named: Vec<String> = named
        .iter()
        .filter(|domain| !usual.contains(domain))
        .map(|domain| format!("{}\n", domain.id()))
        .collect();
    if named.is_empty() {
        return digest;
    }
    Digest::of(format!("{digest}\n{}", named.concat()).as_bytes())
}

fn warn_of_idle_lines(root: &mut Fields<'_>, lines: &line::Lines, channels: &channel::Channels) {
    // A channel with errors might carry it.
    if channels.valid.len() < channels.known.len() || !lines.are_all_valid() {
        return;
    }
    for (line, place) in &lines.names {
        let carried =
            |(channel, _): &(crate::model::Channel, Configured)| channel.naming(line).is_some();
        if !channels.valid.iter().any(carried) {
            let message = format!("no channel carries line `{line}`");
            let hint = "name it in `lines` of a channel, or take it out";
            root.report(Diagnostic::warning(place, message).hint(hint));
        }
    }
}
