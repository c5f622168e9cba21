//! Which index is asked: the public one, the policy's, or what pip is configured with.

use std::path::PathBuf;

use url::Url;

use crate::model::{Failure, FailureKind};
use crate::observe::Environment;
use crate::observe::environment::configuration_file;

/// The public index.
const PUBLIC: &str = "https://pypi.org/simple/";

/// An index as a policy names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Index {
    /// Without a word in the policy.
    Public,
    /// An address.
    At(Url),
    /// What pip would install from.
    Pip,
}

impl Index {
    /// Reads the policy's word; the error is a sentence for a diagnostic and repeats no address,
    /// which may hold a password.
    pub(super) fn of_policy(text: &str) -> Result<Self, String> {
        if text == "pip" {
            return Ok(Self::Pip);
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "https" | "http") => Ok(Self::At(url)),
            _ => Err("`index` is no https:// address".to_owned()),
        }
    }

    /// Its address and the label of a credential in that address.
    pub(super) fn resolve(
        &self,
        environment: &Environment,
    ) -> Result<(Url, &'static str), Failure> {
        let text = match self {
            Self::Public => PUBLIC.to_owned(),
            Self::At(url) => return Ok((url.clone(), "index URL")),
            Self::Pip => pip_index(environment).unwrap_or_else(|| PUBLIC.to_owned()),
        };
        let url = Url::parse(text.trim()).map_err(|_| Failure {
            kind: FailureKind::Unsupported,
            detail: "the index that pip is configured with is no address".to_owned(),
        })?;
        Ok((url, "index URL"))
    }
}

/// The address of segments below another; its query and fragment are dropped.
pub(super) fn below(index: &Url, segments: &[&str]) -> Url {
    let mut url = index.clone();
    url.set_query(None);
    url.set_fragment(None);
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// The JSON API beside an index whose path ends in `simple`.
pub(super) fn json_api(index: &Url, project: &str) -> Option<Url> {
    let root = index.path().trim_end_matches('/').strip_suffix("/simple")?;
    let mut url = index.clone();
    url.set_path(root);
    Some(below(&url, &["pypi", project, "json"]))
}

/// Where the integrity API of an index has the provenance of a file (PEP 740); nothing for one whose
/// path does not end in `simple`.
pub(super) fn integrity(index: &Url, project: &str, version: &str, file: &str) -> Option<Url> {
    let root = index.path().trim_end_matches('/').strip_suffix("/simple")?;
    let mut url = index.clone();
    url.set_path(root);
    let segments = ["integrity", project, version, file, "provenance"];
    Some(below(&url, &segments))
}

/// What pip takes `index-url` from: `PIP_INDEX_URL`, then its configuration files from the most
/// specific to the most general, in each `[install]` before `[global]`. Where pip has none, what uv
/// would use: `UV_DEFAULT_INDEX`, `UV_INDEX_URL`.
fn pip_index(environment: &Environment) -> Option<String> {
    if let Some(url) = environment.get("PIP_INDEX_URL") {
        return Some(url.to_owned());
    }
    configuration_files(environment)
        .iter()
        .filter_map(|path| configuration_file(path))
        .find_map(|text| index_of_configuration(&text))
        .or_else(|| {
            let (_, url) = environment.first_of(&["UV_DEFAULT_INDEX", "UV_INDEX_URL"])?;
            Some(url.to_owned())
        })
}

/// pip's configuration files, most specific first ("Configuration" in pip's documentation).
/// `PIP_CONFIG_FILE` set to the null device switches all of them off.
fn configuration_files(environment: &Environment) -> Vec<PathBuf> {
    let mut files = Vec::new();
    if let Some(file) = environment.get("PIP_CONFIG_FILE") {
        if matches!(file, "/dev/null" | "nul" | "NUL") {
            return files;
        }
        files.push(PathBuf::from(file));
    }
    let name = if cfg!(windows) { "pip.ini" } else { "pip.conf" };
    let folder = |variable: &str| environment.get(variable).map(PathBuf::from);
    files.extend(folder("VIRTUAL_ENV").map(|prefix| prefix.join(name)));
    let home = environment.home();
    let config = folder("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    files.extend(config.map(|config| config.join("pip").join(name)));
    if let Some(home) = &home {
        files.push(home.join("Library/Application Support/pip").join(name));
        files.push(home.join(".pip").join(name));
        files.push(home.join("pip").join(name));
    }
    files.extend(folder("APPDATA").map(|data| data.join("pip").join(name)));
    files.extend(folder("PROGRAMDATA").map(|data| data.join("pip").join(name)));
    let shared = environment.get("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg");
    files.extend(std::env::split_paths(shared).map(|folder| folder.join("pip").join(name)));
    files.push(PathBuf::from("/etc/pip.conf"));
    files
}

fn index_of_configuration(text: &str) -> Option<String> {
    let mut section = String::new();
    let (mut global, mut install) = (None, None);
    for line in text.lines() {
        // A line that is indented continues a value; `index-url` has one line.
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        let line = line.trim();
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = name.trim().to_ascii_lowercase();
            continue;
        }
        let Some(at) = line.find(['=', ':']) else {
            continue;
        };
        let key = line[..at].trim().to_ascii_lowercase().replace('_', "-");
        let value = line[at + 1..].trim();
        if key == "index-url" && !value.is_empty() {
            match section.as_str() {
                "install" => install = Some(value.to_owned()),
                "global" => global = Some(value.to_owned()),
                _ => {}
            }
        }
    }
    install.or(global)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stand_below_the_index() {
        for text in ["https://h/simple", "https://h/simple/?a=b"] {
            let index = Url::parse(text).unwrap();
            assert_eq!(below(&index, &["x", ""]).as_str(), "https://h/simple/x/");
            assert_eq!(
                json_api(&index, "x").unwrap().as_str(),
                "https://h/pypi/x/json"
            );
        }
        let nested = Url::parse("https://h/api/pypi/dev/simple/").unwrap();
        let json = json_api(&nested, "x").unwrap();
        assert_eq!(json.as_str(), "https://h/api/pypi/dev/pypi/x/json");
        assert_eq!(
            json_api(&Url::parse("https://h/root/dev/+simple/").unwrap(), "x"),
            None
        );
    }

    #[test]
    fn pip_is_followed_only_where_the_policy_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pip.conf");
        let text = "[global]\nindex-url = https://a.example/simple\n[install]\nindex_url: https://b.example/simple\n";
        std::fs::write(&file, text).unwrap();
        let environment = Environment::empty().with("PIP_CONFIG_FILE", file.to_str().unwrap());
        let at = |index: Index, environment: &Environment| {
            index.resolve(environment).unwrap().0.to_string()
        };
        assert_eq!(at(Index::Public, &environment), PUBLIC);
        assert_eq!(at(Index::Pip, &environment), "https://b.example/simple");
        let variable = environment.with("PIP_INDEX_URL", "https://c.example/simple");
        assert_eq!(at(Index::Pip, &variable), "https://c.example/simple");
        let uv = Environment::empty()
            .with("PIP_CONFIG_FILE", "/dev/null")
            .with("UV_INDEX_URL", "https://d.example/simple");
        assert_eq!(at(Index::Pip, &uv), "https://d.example/simple");
    }

    #[test]
    fn an_index_is_an_address_and_an_error_repeats_none() {
        assert!(Index::of_policy("https://a.example/simple/").is_ok());
        for wrong in ["", "pypi", "ssh://me:secret@a.example/"] {
            let words = Index::of_policy(wrong).unwrap_err();
            assert!(!words.contains("secret"), "{wrong}");
        }
    }
}
