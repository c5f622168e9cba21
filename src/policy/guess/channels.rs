//! Places as channels of a policy: one block of TOML each, with its reasons.

use std::collections::BTreeSet;

use url::Url;

use crate::observe::discover::{Clue, Clues, Origin, Place, Says};
use crate::observe::pypi::normalised_name;

use super::images;
use super::writing::quoted;
use super::{Frame, Leader};

/// A block of a policy.
pub(super) struct Block {
    /// What it is, such as "channel `pypi`".
    pub(super) what: String,
    /// Why it is thought; comments above it.
    pub(super) why: Vec<String>,
    /// The TOML.
    pub(super) toml: String,
    /// Why it is only shown.
    pub(super) not_used: Option<String>,
}

/// Every place but the leading one, and what must agree.
pub(super) fn blocks(clues: &Clues, frame: &Frame<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut seen: Vec<&Place> = Vec::new();
    let mut declared = false;
    for clue in &clues.clues {
        let Says::Place(place) = &clue.says else {
            continue;
        };
        if seen.contains(&place) || is_named_better(place, clues) {
            continue;
        }
        seen.push(place);
        let (name, toml) = match place {
            Place::GithubRelease { .. } | Place::Oci { .. } => continue,
            Place::PyPi { project, index } => {
                ("pypi", pypi(project.as_deref(), index.as_deref(), frame))
            }
            Place::Npm { package, registry } => {
                ("npm", npm(package.as_deref(), registry.as_deref(), frame))
            }
            Place::Manifest { file, key } => (
                "declared",
                format!(
                    "kind = \"manifest\"\nfile = {}\nkey = {}\n{}",
                    quoted(file),
                    quoted(key),
                    local_path(frame),
                ),
            ),
            Place::Lambda { function, region } => {
                ("function", lambda(function.as_deref(), region.as_deref()))
            }
            Place::S3 {
                bucket,
                key,
                region,
            } => (
                "objects",
                s3(bucket.as_deref(), key.as_deref(), region.as_deref()),
            ),
        };
        let mut block = channel(name, &mut taken, toml, &[clue], frame);
        if let Some(own) = of_another_project(place, clues) {
            block.not_used = Some(format!("it is another project than `{own}`"));
        }
        if matches!(place, Place::Manifest { .. }) {
            if frame.is_family || declared {
                let why = "one file's version is enough, and the one above is read already";
                let family = "each package of the family has a file of its own";
                let why = if frame.is_family { family } else { why };
                block.not_used.get_or_insert_with(|| why.to_owned());
            }
            declared = true;
        }
        blocks.push(block);
    }
    let mut used: Vec<(String, &images::Image<'_>)> = Vec::new();
    let images = images::of(clues);
    for image in &images {
        let (mut block, name) = images::channel_of(image, &mut taken, frame);
        if let Some(why) = image.refused() {
            block.not_used.get_or_insert(why);
        }
        if block.not_used.is_none() {
            used.push((name, image));
        }
        blocks.push(block);
    }
    blocks.extend(images::agreement(&used));
    blocks.extend(same_files(clues, frame, &taken));
    blocks
}

/// The folder that stands for the source where there is no remote.
pub(super) fn local_path(frame: &Frame<'_>) -> String {
    match (&frame.leads, &frame.local) {
        (Leader::LocalTag, Some(path)) => format!("path = {}\n", quoted(path)),
        _ => String::new(),
    }
}

/// The project that the shorthand names, where this place is of another one: the source may be
/// shared, or somebody else's.
fn of_another_project<'c>(place: &Place, clues: &'c Clues) -> Option<&'c str> {
    let project = |place: &Place| match place {
        Place::PyPi { project, .. } => project.clone(),
        Place::Npm { package, .. } => package.clone(),
        _ => None,
    };
    let other = project(place)?;
    clues.clues.iter().find_map(|clue| {
        let (Origin::User, Says::Place(given)) = (clue.origin, &clue.says) else {
            return None;
        };
        let own = match (given, place) {
            (
                Place::PyPi {
                    project: Some(own), ..
                },
                Place::PyPi { .. },
            )
            | (
                Place::Npm {
                    package: Some(own), ..
                },
                Place::Npm { .. },
            ) => own,
            _ => return None,
        };
        (normalised_name(own) != normalised_name(&other)).then_some(own.as_str())
    })
}

/// Whether the same project is named elsewhere with more certainty: a publishing step without an
/// index means the public one, or what the shorthand names.
fn is_named_better(place: &Place, clues: &Clues) -> bool {
    let better = |is: &dyn Fn(&Place) -> bool| {
        let other = |clue: &Clue| match &clue.says {
            Says::Place(other) => other != place && is(other),
            _ => false,
        };
        clues
            .clues
            .iter()
            .filter(|clue| clue.withheld.is_none())
            .any(other)
    };
    let same = |name: &Option<String>, other: &String| {
        name.as_ref()
            .is_none_or(|name| normalised_name(name) == normalised_name(other))
    };
    match place {
        Place::PyPi {
            project,
            index: None,
        } => better(
            &|other| matches!(other, Place::PyPi { project: Some(other), .. } if same(project, other)),
        ),
        Place::Npm {
            package,
            registry: None,
        } => better(
            &|other| matches!(other, Place::Npm { package: Some(other), .. } if same(package, other)),
        ),
        Place::Npm {
            package: None,
            registry,
        } => better(
            &|other| matches!(other, Place::Npm { package: Some(_), registry: known } if known == registry),
        ),
        _ => false,
    }
}

pub(super) fn channel(
    kind: &str,
    taken: &mut BTreeSet<String>,
    toml: String,
    clues: &[&Clue],
    frame: &Frame<'_>,
) -> Block {
    let name = free(kind, taken);
    let lines = match frame.has_development && !toml.contains("lines = ") {
        true => "lines = [\"release\"]\n",
        false => "",
    };
    let withheld = clues.iter().find_map(|clue| clue.withheld);
    let unknown = toml
        .lines()
        .find_map(|line| line.split_once(UNKNOWN).map(|(key, _)| key));
    let unknown = unknown.map(|key| {
        let key = key.trim_end_matches([' ', '=', '"']);
        format!("what to write for `{key}` cannot be told from there")
    });
    Block {
        what: format!("channel `{name}`"),
        why: clues.iter().take(4).map(|clue| clue.why.clone()).collect(),
        toml: format!("[channel.{name}]\n{toml}{lines}"),
        not_used: withheld.map(str::to_owned).or(unknown),
    }
}

/// Stands for what is not known in a block that is only shown.
const UNKNOWN: &str = "…";

fn free(kind: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{kind}-{number}"));
    let mut names = std::iter::once(kind.to_owned()).chain(numbered);
    let name = names.find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(name.clone());
    name
}

pub(super) fn key_or_unknown(key: &str, value: Option<&str>) -> String {
    format!("{key} = {}\n", quoted(value.unwrap_or(UNKNOWN)))
}

fn pypi(project: Option<&str>, index: Option<&str>, frame: &Frame<'_>) -> String {
    let mut toml = "kind = \"pypi\"\n".to_owned();
    let own = frame.names.first().map(String::as_str);
    if let Some(project) = project.filter(|it| Some(*it) != own) {
        toml.push_str(&format!("project = {}\n", quoted(project)));
    }
    if let Some(index) = index {
        toml.push_str(&format!("index = {}\n", quoted(index)));
    }
    toml
}

fn npm(package: Option<&str>, registry: Option<&str>, frame: &Frame<'_>) -> String {
    let mut toml = "kind = \"npm\"\n".to_owned();
    let own = frame.names.first().map(String::as_str);
    match package.filter(|it| Some(*it) != own && !frame.is_family) {
        Some(package) => toml.push_str(&format!("package = {}\n", quoted(package))),
        None => toml.push_str("package = \"{name}\"\n"),
    }
    if let Some(registry) = registry {
        toml.push_str(&format!(
            "registry = {}\n",
            quoted(without_login(registry).trim_end_matches('/'))
        ));
    }
    toml
}

/// A registry as it may be shown: whoever wrote a token into it meant no policy to hold it.
fn without_login(address: &str) -> String {
    let Ok(mut url) = Url::parse(address) else {
        return address.to_owned();
    };
    if url.username().is_empty() && url.password().is_none() {
        return address.to_owned();
    }
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

fn lambda(function: Option<&str>, region: Option<&str>) -> String {
    let function = key_or_unknown("function", function);
    format!(
        "kind = \"lambda\"\n{function}{}",
        key_or_unknown("region", region)
    )
}

fn s3(bucket: Option<&str>, key: Option<&str>, region: Option<&str>) -> String {
    let bucket = key_or_unknown("bucket", bucket);
    let key = key_or_unknown("key", key);
    format!(
        "kind = \"s3\"\n{bucket}{key}{}",
        key_or_unknown("region", region)
    )
}

/// A release whose assets are the distributions: the same files on both sides.
fn same_files(clues: &Clues, frame: &Frame<'_>, taken: &BTreeSet<String>) -> Option<Block> {
    let has = clues.clues.iter().any(|clue| {
        matches!(
            clue.says,
            Says::Place(Place::GithubRelease {
                distributions: true
            })
        )
    });
    if !has || !matches!(frame.leads, Leader::Release(_)) || !taken.contains("pypi") {
        return None;
    }
    Some(Block {
        what: "agreement of the files".to_owned(),
        why: vec!["the distributions are assets of the release too".to_owned()],
        toml: "[[agree]]\nchannels = [\"release\", \"pypi\"]\non = \"same-files\"\n".to_owned(),
        not_used: None,
    })
}
