//! Versions in the names of distribution files, of all kinds that indexes have ever held.

use std::str::FromStr;

use pep440_rs::Version;

use super::normalised_name;

const SOURCE: &[&str] = &[
    ".tar.gz",
    ".zip",
    ".tar.bz2",
    ".tgz",
    ".tar.xz",
    ".tar.z",
    ".tar.lzma",
    ".tar",
];

/// The version in a file's name, as written there; nothing where it cannot be told for sure.
///
/// `project` is the normalised name. Read are wheels (PyPA binary distribution format), sdists,
/// eggs, `bdist_wininst` and `bdist_msi` installers, `bdist_rpm` and `bdist_dumb` archives. What is
/// found is a version of PEP 440, so that `x-extra-1.0.zip` is not version `extra-1.0` of `x`.
pub fn version_of_file(project: &str, filename: &str) -> Option<String> {
    if filename.len() > 1_000 {
        return None;
    }
    let lower = filename.to_ascii_lowercase();
    let without = |end: &str| {
        lower
            .ends_with(end)
            .then(|| &filename[..filename.len() - end.len()])
    };
    if let Some(stem) = without(".whl") {
        let parts: Vec<&str> = stem.split('-').collect();
        let fits = matches!(parts.len(), 5 | 6) && normalised_name(parts[0]) == project;
        return fits.then(|| escaped(parts[1])).flatten();
    }
    if let Some(stem) = without(".egg") {
        // Name and version have no dash of their own; what follows is `-py3.8` and a platform.
        let mut parts = stem.split('-');
        let fits = normalised_name(parts.next()?) == project;
        return escaped(parts.next().filter(|_| fits)?);
    }
    if let Some(stem) = without(".exe").or_else(|| without(".msi")) {
        return after_name(project, stem, |rest| {
            cut_at(rest, &[".win32", ".win-", ".linux"])
        });
    }
    if let Some(stem) = without(".rpm") {
        // `-1.noarch`: the packager's number and the architecture.
        return after_name(project, stem, |rest| {
            rest.rsplit_once('-').map(|(version, _)| version)
        });
    }
    let stem = SOURCE.iter().find_map(|end| without(end))?;
    let platforms = [
        ".linux-",
        ".macosx-",
        ".win32",
        ".win-",
        ".cygwin",
        ".freebsd-",
        ".darwin",
    ];
    after_name(project, stem, Some)
        .or_else(|| after_name(project, stem, |rest| cut_at(rest, &platforms)))
}

/// The version after the project's name and a dash, wherever in the name that dash is.
fn after_name<'s>(
    project: &str,
    stem: &'s str,
    version_in: impl Fn(&'s str) -> Option<&'s str>,
) -> Option<String> {
    stem.match_indices('-')
        .filter(|(at, _)| normalised_name(&stem[..*at]) == project)
        .find_map(|(at, _)| valid(version_in(&stem[at + 1..])?))
}

fn cut_at<'s>(rest: &'s str, marks: &[&str]) -> Option<&'s str> {
    let lower = rest.to_ascii_lowercase();
    let at = marks.iter().filter_map(|mark| lower.find(mark)).min()?;
    Some(&rest[..at])
}

/// A version in which `_` stands for `-` (or for `+`, in front of a local part).
fn escaped(text: &str) -> Option<String> {
    valid(text)
        .or_else(|| valid(&text.replace('_', "-")))
        .or_else(|| valid(&text.replacen('_', "+", 1)))
}

fn valid(text: &str) -> Option<String> {
    Version::from_str(text).ok().map(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_file_tells_its_version() {
        for (name, version) in [
            ("graphene_pynamodb-2.3.0-py2.py3-none-any.whl", "2.3.0"),
            ("graphene.pynamodb-2.3.0-1-py3-none-any.whl", "2.3.0"),
            ("graphene_pynamodb-1.0+abc.1-py3-none-any.whl", "1.0+abc.1"),
            ("graphene_pynamodb-1.0_abc.1-py3-none-any.whl", "1.0+abc.1"),
            ("graphene-pynamodb-2.1.0.tar.gz", "2.1.0"),
            ("graphene_pynamodb-2.1.0rc1.zip", "2.1.0rc1"),
            ("Graphene.PynamoDB-1!2.0.tar.bz2", "1!2.0"),
            ("graphene-pynamodb-1.2.3-1.tar.gz", "1.2.3-1"),
            ("graphene_pynamodb-0.1-py2.7.egg", "0.1"),
            (
                "graphene_pynamodb-0.1_post1-py2.7-linux-x86_64.egg",
                "0.1_post1",
            ),
            ("graphene-pynamodb-0.1.win32.exe", "0.1"),
            ("graphene-pynamodb-0.1.win-amd64-py2.7.exe", "0.1"),
            ("graphene-pynamodb-0.1.win-amd64-py2.7.msi", "0.1"),
            ("graphene-pynamodb-0.1-1.noarch.rpm", "0.1"),
            ("graphene-pynamodb-0.1-1.src.rpm", "0.1"),
            ("graphene-pynamodb-0.1.linux-x86_64.tar.gz", "0.1"),
            ("graphene-pynamodb-0.1.macosx-10.9-x86_64.zip", "0.1"),
        ] {
            let found = version_of_file("graphene-pynamodb", name);
            assert_eq!(found.as_deref(), Some(version), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        for name in [
            "graphene-pynamodb-extra-1.0.tar.gz",
            "graphene-1.0.tar.gz",
            "graphene-pynamodb.tar.gz",
            "graphene-pynamodb-.zip",
            "graphene_pynamodb-2.3.0.whl",
            "graphene_pynamodb_extra-2.3.0-py3-none-any.whl",
            "graphene-pynamodb-1.0.deb",
            "-",
            "",
        ] {
            assert_eq!(version_of_file("graphene-pynamodb", name), None, "{name}");
        }
        assert_eq!(
            version_of_file("x", &format!("x-{}.zip", "1".repeat(2_000))),
            None
        );
    }
}
