//! What a policy makes of one version: every name that is looked up, shown before anything is.

use serde::Serialize;

use super::Item;
use crate::model::version::{Naming, Scheme, Version, collisions};
use crate::model::{Name, visible};

/// One version under every line that can read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rendered {
    /// The component.
    pub component: Name,
    /// The lines that read the version, in the order of the file.
    pub lines: Vec<RenderedLine>,
}

/// One version under one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RenderedLine {
    /// The line.
    pub line: Name,
    /// Its scheme.
    pub scheme: Scheme,
    /// The canonical form: two texts with one form are one version.
    pub canonical: String,
    /// Whether it is a stable version, which floating tags follow.
    pub stable: bool,
    /// The channels that carry the line.
    pub channels: Vec<RenderedChannel>,
}

/// The names of one version in one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RenderedChannel {
    /// The channel.
    pub channel: Name,
    /// Its kind.
    pub kind: &'static str,
    /// The exact names that are looked up; empty where it is incomparable.
    pub names: Vec<String>,
    /// The names of declared variants.
    pub variants: Vec<String>,
    /// The floating tags that follow this version while it is the highest.
    pub floating: Vec<String>,
    /// Why the version has no name here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomparable: Option<String>,
    /// Other versions of the line, like this one, that this channel could not tell from it.
    pub collides_with: Vec<String>,
}

/// No line of the policy reads the version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{version}` is a version of no line of this policy: {}", .why.join("; "))]
pub struct NoLine {
    /// The text, safe to show.
    pub version: String,
    /// For each line, why not.
    pub why: Vec<String>,
}

/// The names of a version in every channel.
///
/// # Errors
/// [`NoLine`] where no line's scheme reads the text.
pub fn rendered(item: &Item, version_text: &str) -> Result<Rendered, NoLine> {
    let policy = &item.policy;
    let mut lines = Vec::new();
    let mut why = Vec::new();
    for line in &policy.lines {
        let version = match Version::parse(version_text, line.scheme) {
            Ok(version) => version,
            Err(error) => {
                why.push(format!("line `{}`: {error}", line.name));
                continue;
            }
        };
        let like = alike(&version);
        let channels = policy.channels.iter().filter_map(|channel| {
            let naming = channel.naming(&line.name)?;
            Some(in_channel(
                &channel.name,
                channel.kind,
                naming,
                &version,
                &like,
            ))
        });
        lines.push(RenderedLine {
            line: line.name.clone(),
            scheme: line.scheme,
            canonical: version.key().to_owned(),
            stable: version.is_stable(),
            channels: channels.collect(),
        });
    }
    if lines.is_empty() {
        let version = visible(version_text, 80);
        return Err(NoLine { version, why });
    }
    Ok(Rendered {
        component: policy.component.name.clone(),
        lines,
    })
}

fn in_channel(
    channel: &Name,
    kind: &'static str,
    naming: &Naming,
    version: &Version,
    like: &[Version],
) -> RenderedChannel {
    let (names, incomparable) = match naming.exact(version) {
        Ok(names) => (names, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let variants = naming.variant_names(version).unwrap_or_default();
    let floating = naming.floating_names(version);
    let mut collides_with: Vec<String> = collisions(naming, std::iter::once(version).chain(like))
        .into_iter()
        .filter(|collision| collision.versions.contains(version))
        .flat_map(|collision| collision.versions)
        .filter(|other| other != version)
        .map(|other| other.text().to_owned())
        .collect();
    collides_with.sort();
    collides_with.dedup();
    RenderedChannel {
        channel: channel.clone(),
        kind,
        names,
        variants: variants.into_iter().map(|variant| variant.name).collect(),
        floating: floating.into_iter().map(|floating| floating.name).collect(),
        incomparable,
        collides_with,
    }
}

/// Versions that channels are known to confuse with this one: another spelling of the
/// pre-release, another build, a build where a pre-release was.
fn alike(version: &Version) -> Vec<Version> {
    if version.scheme() != Scheme::Semver {
        return Vec::new();
    }
    let (before, build) = match version.text().split_once('+') {
        Some((before, build)) => (before, Some(build)),
        None => (version.text(), None),
    };
    let (core, pre) = match before.split_once('-') {
        Some((core, pre)) => (core, Some(pre)),
        None => (before, None),
    };
    let mut texts = vec![before.to_owned(), format!("{before}+build.1")];
    if let Some(build) = build {
        texts.push(format!("{core}-{build}"));
    }
    if let Some(pre) = pre {
        texts.push(format!("{core}+{pre}"));
        let digits = pre.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = &pre[digits.len()..];
        let word = digits.trim_end_matches(['.', '-']);
        let families: [&[&str]; 4] = [
            &["rc", "c", "pre", "preview"],
            &["a", "alpha"],
            &["b", "beta"],
            &["dev"],
        ];
        let same = |words: &&&[&str]| words.contains(&word.to_ascii_lowercase().as_str());
        for word in families.iter().find(same).copied().unwrap_or_default() {
            for word in [(*word).to_owned(), word.to_ascii_uppercase()] {
                texts.push(format!("{core}-{word}.{number}"));
                texts.push(format!("{core}-{word}{number}"));
                if number.is_empty() {
                    texts.push(format!("{core}-{word}.0"));
                } else if number == "0" {
                    texts.push(format!("{core}-{word}"));
                }
            }
        }
    }
    let parsed = texts
        .iter()
        .filter_map(|text| Version::parse(text, Scheme::Semver).ok());
    parsed
        .filter(|other| other.key() != version.key())
        .collect()
}
