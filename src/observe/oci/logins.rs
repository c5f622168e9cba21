//! Logins from Docker's and Podman's files (`config.json`, `auth.json`; docker-login(1),
//! containers-auth.json(5)) and from `DOCKER_AUTH_CONFIG`, which holds such a file's text.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::credential_helper;
use super::login::Login;
use super::manifest::place;
use crate::model::{Failure, FailureKind, visible_line};
use crate::observe::Environment;
use crate::observe::http::Credential;

/// How observations name a login that stands in a file.
const LABEL: &str = "docker configuration";

/// The longest file that is read.
const FILE_BYTES: u64 = 4 << 20;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Configuration {
    auths: Option<BTreeMap<String, Entry>>,
    cred_helpers: Option<BTreeMap<String, String>>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

/// The variable that holds the text of a configuration (Docker, GitLab CI).
const IN_ENVIRONMENT: &str = "DOCKER_AUTH_CONFIG";

/// The login for a repository of a registry: of the file in `REGISTRY_AUTH_FILE` alone, where that
/// is set; else the first of `DOCKER_AUTH_CONFIG` and Docker's and Podman's files. Nobody where none
/// has one.
///
/// # Errors
/// A file that cannot be read or understood, a helper that does not work: then nobody can say
/// whether there is a login.
pub(super) async fn login(
    environment: &Environment,
    host: &str,
    repository: &str,
    limit: Duration,
) -> Result<Login, Failure> {
    if environment.get("REGISTRY_AUTH_FILE").is_none()
        && let Some(text) = environment.get(IN_ENVIRONMENT)
        && let Some(configuration) = parsed(text.as_bytes(), IN_ENVIRONMENT)?
        && let Some(login) = configuration.stored(host, repository, IN_ENVIRONMENT)?
    {
        return Ok(login);
    }
    for path in files(environment) {
        let Some(configuration) = read(&path)? else {
            continue;
        };
        let from_helper = configuration.helper(host);
        if let Some((program, server)) = from_helper
            && let Some(login) = credential_helper::ask(environment, program, server, limit).await?
        {
            return Ok(login);
        }
        if let Some(login) = configuration.stored(host, repository, &path.to_string_lossy())? {
            return Ok(login);
        }
    }
    Ok(Login::anonymous())
}

fn files(environment: &Environment) -> Vec<PathBuf> {
    if let Some(file) = environment.get("REGISTRY_AUTH_FILE") {
        return vec![PathBuf::from(file)];
    }
    let home = environment.home();
    let docker = environment.get("DOCKER_CONFIG").map(PathBuf::from);
    let docker = docker.or_else(|| Some(home.as_ref()?.join(".docker")));
    let runtime = environment.get("XDG_RUNTIME_DIR").map(PathBuf::from);
    let configured = environment.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let configured = configured.or_else(|| Some(home.as_ref()?.join(".config")));
    let podman = |folder: PathBuf| folder.join("containers").join("auth.json");
    let files = [
        docker.map(|folder| folder.join("config.json")),
        runtime.map(podman),
        configured.map(podman),
    ];
    files.into_iter().flatten().collect()
}

fn read(path: &Path) -> Result<Option<Configuration>, Failure> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    let place = path.to_string_lossy();
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path);
    let read = opened.and_then(|file| file.take(FILE_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Ok(read) if read as u64 > FILE_BYTES => {
            let why = format!("it is longer than {FILE_BYTES} bytes");
            Err(unreadable(&place, &why))
        }
        Ok(_) => parsed(&bytes, &place),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(None),
        Err(error) => Err(unreadable(&place, &error.kind().to_string())),
    }
}

fn parsed(bytes: &[u8], source: &str) -> Result<Option<Configuration>, Failure> {
    // Docker takes an empty file as none.
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let read = serde_json::from_slice(bytes);
    read.map(Some)
        .map_err(|error| unreadable(source, &place(&error)))
}

fn unreadable(source: &str, why: &str) -> Failure {
    Failure {
        kind: FailureKind::Unauthorized,
        detail: format!(
            "the logins in {} cannot be read: {why}",
            visible_line(source)
        ),
    }
}

impl Configuration {
    /// The program that has the login, and the server that it knows the registry as.
    fn helper(&self, host: &str) -> Option<(&str, String)> {
        let server = match host {
            "docker.io" => "https://index.docker.io/v1/",
            other => other,
        };
        let mine = self.cred_helpers.iter().flatten();
        let mut mine = mine.filter(|(key, _)| place_of(key).0 == host);
        let program = mine.next().map(|(_, program)| program);
        let program = program.or(self.creds_store.as_ref())?;
        (!program.is_empty()).then(|| (program.as_str(), server.to_owned()))
    }

    /// The entry of the longest namespace that holds the repository.
    fn stored(&self, host: &str, repository: &str, source: &str) -> Result<Option<Login>, Failure> {
        let mut best: Option<(usize, &Entry)> = None;
        for (key, entry) in self.auths.iter().flatten() {
            let (their_host, namespace) = place_of(key);
            let below = repository.strip_prefix(namespace);
            let holds = namespace.is_empty()
                || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            let longer = best.is_none_or(|(length, _)| namespace.len() > length);
            if their_host == host && holds && longer && !entry.is_empty() {
                best = Some((namespace.len(), entry));
            }
        }
        let Some((_, entry)) = best else {
            return Ok(None);
        };
        let shown = visible_line(source);
        entry.login().map(Some).ok_or_else(|| Failure {
            kind: FailureKind::Unauthorized,
            detail: format!(
                "the login for {host} in {shown} cannot be read: run `docker login` again"
            ),
        })
    }
}

impl Entry {
    fn is_empty(&self) -> bool {
        let fields = [
            &self.auth,
            &self.username,
            &self.identitytoken,
            &self.registrytoken,
        ];
        fields
            .into_iter()
            .all(|field| field.as_ref().is_none_or(String::is_empty))
    }

    fn login(&self) -> Option<Login> {
        let filled = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        if let Some(token) = filled(&self.identitytoken) {
            return Some(Login::identity(LABEL, token));
        }
        if let Some(token) = filled(&self.registrytoken) {
            return Some(Login::Registry(Credential::bearer(LABEL, token)));
        }
        let (user, password) = match filled(&self.auth) {
            Some(auth) => {
                let plain = String::from_utf8(STANDARD.decode(auth.trim()).ok()?).ok()?;
                let (user, password) = plain.split_once(':')?;
                // Docker itself takes the padding of its older versions away.
                let password = password.trim_end_matches('\0');
                (user.to_owned(), password.to_owned())
            }
            None => (filled(&self.username)?, filled(&self.password)?),
        };
        Some(Login::of_user(LABEL, user, password))
    }
}

/// Host and namespace of a key: `ghcr.io`, `https://index.docker.io/v1/`, `ghcr.io/acme`.
fn place_of(key: &str) -> (&str, &str) {
    let bare = ["https://", "http://"]
        .iter()
        .find_map(|scheme| key.strip_prefix(scheme))
        .unwrap_or(key);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let host = match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        other => other,
    };
    let path = path.trim_end_matches('/');
    // The API's versions are part of old keys, not of a name.
    match matches!(path, "v1" | "v2") {
        true => (host, ""),
        false => (host, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_hosts_old_addresses_and_namespaces() {
        for (key, place) in [
            ("ghcr.io", ("ghcr.io", "")),
            ("https://index.docker.io/v1/", ("docker.io", "")),
            ("https://ghcr.io/v2/", ("ghcr.io", "")),
            ("docker.io/acme", ("docker.io", "acme")),
            ("localhost:5000/a/b/", ("localhost:5000", "a/b")),
        ] {
            assert_eq!(place_of(key), place, "{key}");
        }
    }
}
