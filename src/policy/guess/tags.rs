//! How tags are written and versions are read, told from the tags that there are.

use std::cmp::Ordering;

use crate::model::version::{Scheme, Template, Version};

/// Ways to write a tag, the usual ones first.
const TEMPLATES: &[&str] = &[
    "v{version}",
    "{version}",
    "{name}@{version}",
    "{name}-v{version}",
    "{name}/v{version}",
    "{name}-{version}",
    "{name}/{version}",
    "release-{version}",
    "releases/{version}",
    "release/{version}",
];

/// The most tags that are looked at.
const TAGS: usize = 20_000;

/// The most templates that a guess looks up.
const KEPT: usize = 3;

/// What the tags say.
pub(super) struct Tags {
    pub(super) templates: Vec<String>,
    pub(super) scheme: Scheme,
    pub(super) why: String,
}

/// Reads the tags of components of these names.
pub(super) fn read(
    tags: Option<&[String]>,
    names: &[String],
    is_python: bool,
    is_family: bool,
) -> Tags {
    let mut counted: Vec<(&str, Vec<&str>)> =
        TEMPLATES.iter().map(|it| (*it, Vec::new())).collect();
    let parsed: Vec<Option<Template>> = TEMPLATES.iter().map(|it| it.parse().ok()).collect();
    let all = tags.unwrap_or_default();
    for tag in all.iter().take(TAGS) {
        // Templates that begin with the name are told from `{name}-v…` by trying all of them.
        for (template, (_, versions)) in parsed.iter().zip(&mut counted) {
            let read = |name: &String| template.as_ref()?.read(name, tag);
            if let Some(version) = names.iter().find_map(read).filter(|it| is_version(it)) {
                versions.push(version);
                break;
            }
        }
    }
    counted.retain(|(_, versions)| !versions.is_empty());
    let matched: usize = counted.iter().map(|(_, versions)| versions.len()).sum();
    let versions: Vec<&str> = counted
        .iter()
        .flat_map(|(_, it)| it.iter().copied())
        .collect();
    let scheme = scheme(&versions, is_python);
    counted.retain(|(_, versions)| versions.len() * 10 >= matched);
    // The one that is in use comes first: the one of the highest version.
    counted.sort_by(|(_, one), (_, other)| {
        let highest = |versions: &[&str]| {
            let read = versions
                .iter()
                .filter_map(|it| Version::parse(it, scheme).ok());
            read.reduce(|a, b| {
                if a.precedence(&b) == Some(Ordering::Less) {
                    b
                } else {
                    a
                }
            })
        };
        match (highest(one), highest(other)) {
            (Some(one), Some(other)) => other.precedence(&one).unwrap_or(Ordering::Equal),
            _ => other.len().cmp(&one.len()),
        }
    });
    let mut templates: Vec<String> = counted
        .iter()
        .take(KEPT)
        .map(|(template, _)| (*template).to_owned())
        .collect();
    let why = if templates.is_empty() {
        // Packages with a scope usually share their repository with others.
        let scoped = names.iter().any(|name| name.starts_with('@'));
        let usual: &[&str] = match (is_family, scoped) {
            (true, _) => &["{name}@{version}"],
            (false, true) => &["{name}@{version}", "v{version}"],
            (false, false) => &["v{version}", "{version}"],
        };
        templates = usual.iter().map(|it| (*it).to_owned()).collect();
        match tags {
            None => "how tags are written is not known, these are the usual ways".to_owned(),
            Some([]) => "there is no tag yet, these are the usual ways".to_owned(),
            Some(all) => format!(
                "none of the {} tags is written in a way that is known",
                all.len()
            ),
        }
    } else {
        format!("{matched} of {} tags are written so", all.len())
    };
    Tags {
        templates,
        scheme,
        why,
    }
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && [Scheme::Semver, Scheme::Pep440, Scheme::Calver]
            .iter()
            .any(|scheme| Version::parse(text, *scheme).is_ok())
}

/// What PyPI has is pep440. Else whatever reads the most, semver before calver before pep440.
fn scheme(versions: &[&str], is_python: bool) -> Scheme {
    if is_python {
        return Scheme::Pep440;
    }
    let dated = |text: &&&str| {
        let year: String = text.chars().take_while(char::is_ascii_digit).collect();
        matches!(year.parse::<u32>(), Ok(2000..=2100))
    };
    let read = |scheme: Scheme| {
        versions
            .iter()
            .filter(|it| Version::parse(it, scheme).is_ok())
            .count()
    };
    let dates = versions.iter().filter(dated).count();
    if dates * 2 > versions.len() && read(Scheme::Calver) >= dates {
        return Scheme::Calver;
    }
    if read(Scheme::Semver) * 2 >= versions.len() {
        return Scheme::Semver;
    }
    Scheme::Pep440
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tags: &[&str], name: &str) -> (Vec<String>, Scheme) {
        let tags: Vec<String> = tags.iter().map(|it| (*it).to_owned()).collect();
        let read = read(Some(&tags), &[name.to_owned()], false, false);
        (read.templates, read.scheme)
    }

    #[test]
    fn the_way_in_use_is_told_from_the_tags() {
        assert_eq!(
            of(&["v1.0.0", "v1.1.0", "nightly"], "api").0,
            ["v{version}"]
        );
        assert_eq!(
            of(&["1.0.0", "v2.0.0"], "api").0,
            ["v{version}", "{version}"]
        );
        assert_eq!(
            of(&["1.9.0", "1.10.0", "v1.2.0"], "api").0,
            ["{version}", "v{version}"]
        );
        assert_eq!(of(&["@acme/ui@1.0.0"], "@acme/ui").0, ["{name}@{version}"]);
        assert_eq!(of(&["api-v1.0.0"], "api").0, ["{name}-v{version}"]);
        assert_eq!(of(&[], "api").0, ["v{version}", "{version}"]);
    }

    #[test]
    fn the_scheme_is_the_one_that_reads_the_tags() {
        assert_eq!(of(&["v1.0.0", "v1.1.0-rc.1"], "api").1, Scheme::Semver);
        assert_eq!(of(&["2026.01.05", "2026.02.01"], "api").1, Scheme::Calver);
        assert_eq!(of(&["1.0", "1.1b2", "2.0.post1"], "api").1, Scheme::Pep440);
    }
}
