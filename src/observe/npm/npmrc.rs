//! npm's configuration: `.npmrc` files and `npm_config_…` variables, as far as registries and
//! logins go (npm documentation, "npmrc" and "config").

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::observe::Environment;
use crate::observe::environment::configuration_file;
use crate::observe::http::Credential;

/// What npm is configured with.
pub(super) struct Npmrc<'e> {
    environment: &'e Environment,
    /// The project's keys, which say where to ask and never as whom.
    project: Vec<(String, String)>,
    /// The user's and the machine's keys, first come first.
    own: Vec<(String, String)>,
}

impl<'e> Npmrc<'e> {
    /// Reads the files; those that are not there say nothing.
    ///
    /// A project's file is in a folder that may be a checkout of somebody else's: no variable of
    /// the environment is filled into it and no login is taken from it, so that it cannot send a
    /// secret to a host of its choice.
    pub(super) fn read(environment: &'e Environment, project: Option<&Path>) -> Self {
        let text = |path: &Path| configuration_file(path).unwrap_or_default();
        let project = project.map(|folder| pairs(&text(&folder.join(".npmrc")), None));
        let variable = |name: &str| {
            let loud = format!("NPM_CONFIG_{}", name.to_ascii_uppercase());
            let quiet = format!("npm_config_{name}");
            let found = environment.first_of(&[&quiet, &loud]);
            found.map(|(_, value)| PathBuf::from(value))
        };
        let user = variable("userconfig");
        let user = user.or_else(|| Some(environment.home()?.join(".npmrc")));
        let files = [user, variable("globalconfig")];
        let own = files.iter().flatten();
        Self {
            environment,
            project: project.unwrap_or_default(),
            own: own
                .flat_map(|path| pairs(&text(path), Some(environment)))
                .collect(),
        }
    }

    /// The registry of a package: that of its scope, else the default one.
    pub(super) fn registry(&self, package: &str) -> Option<String> {
        let scope = package.split_once('/').map(|(scope, _)| scope);
        let of_scope = scope.and_then(|scope| self.value(&format!("{scope}:registry")));
        of_scope.or_else(|| self.value("registry"))
    }

    /// The login for an address: of the longest path that is configured for its host.
    ///
    /// A token, else `_auth`, else `username` with `_password` (`npm-registry-fetch`, `getAuth`).
    pub(super) fn credential(&self, url: &Url) -> Option<Credential> {
        let host = url.host_str()?;
        let port = url.port().map(|port| format!(":{port}"));
        let mut place = format!("//{host}{}{}", port.unwrap_or_default(), url.path());
        loop {
            if let Some(credential) = self.credential_of(&place) {
                return Some(credential);
            }
            // `//host/a/b/` is asked before `//host/a/b`, then `//host/a/`, and so on.
            match place.strip_suffix('/') {
                Some(shorter) if shorter.len() > 2 => place.truncate(shorter.len()),
                Some(_) => return None,
                None => {
                    let slash = place.rfind('/')?;
                    if slash < 2 {
                        return None;
                    }
                    place.truncate(slash + 1);
                }
            }
        }
    }

    fn credential_of(&self, place: &str) -> Option<Credential> {
        let secret = |key: &str| self.secret(&format!("{place}:{key}"));
        if let Some(token) = secret("_authToken") {
            return Some(Credential::bearer(".npmrc", token));
        }
        if let Some(login) = secret("_auth").and_then(|auth| decoded(&auth)) {
            let (user, password) = login.split_once(':')?;
            return Some(basic(user, password));
        }
        let (user, password) = (secret("username")?, decoded(&secret("_password")?)?);
        Some(basic(&user, &password))
    }

    /// A key of the user's or the machine's; variables come first, as with npm.
    fn secret(&self, key: &str) -> Option<String> {
        let variable = self.environment.get(&format!("npm_config_{key}"));
        let kept = || find(&self.own, key);
        variable.or_else(kept).map(str::to_owned)
    }

    fn value(&self, key: &str) -> Option<String> {
        let names = [
            format!("npm_config_{key}"),
            format!("NPM_CONFIG_{}", key.to_ascii_uppercase()),
        ];
        let variable = names.iter().find_map(|name| self.environment.get(name));
        let kept = || find(&self.project, key).or_else(|| find(&self.own, key));
        variable.or_else(kept).map(str::to_owned)
    }
}

fn basic(user: &str, password: &str) -> Credential {
    Credential::basic(".npmrc", user.to_owned(), password.to_owned())
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()
}

/// Within one file the last line of a key counts, as `ini` reads it: the pairs are turned round.
fn find<'p>(pairs: &'p [(String, String)], key: &str) -> Option<&'p str> {
    let mut pairs = pairs.iter();
    let (_, value) = pairs.find(|(known, _)| known == key)?;
    Some(value)
}

fn pairs(text: &str, environment: Option<&Environment>) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['#', ';', '[']))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim().trim_matches(['"', '\''])))
        .filter_map(|(key, value)| {
            let value = expanded(value, environment)?;
            Some((expanded(key, environment)?, value))
        })
        .filter(|(_, value)| !value.is_empty())
        .collect();
    pairs.reverse();
    pairs
}

/// With `${NAME}` replaced by the variable, `${NAME?}` also by nothing; nothing at all where the
/// variable is not set or none may be used.
fn expanded(text: &str, environment: Option<&Environment>) -> Option<String> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}')?;
        whole.push_str(before);
        let value = environment?.get(name.trim_end_matches('?'));
        match value {
            Some(value) => whole.push_str(value),
            None if name.ends_with('?') => {}
            None => return None,
        }
        rest = after;
    }
    whole.push_str(rest);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label_and_print(npmrc: &Npmrc<'_>, url: &str) -> Option<Credential> {
        npmrc.credential(&Url::parse(url).unwrap())
    }

    #[test]
    fn a_login_belongs_to_its_host_and_path() {
        let folder = tempfile::tempdir().unwrap();
        let rc = folder.path().join("npmrc");
        let text = "//h.example/team/:_authToken=${TOKEN}\n//h.example/:_auth=bTpwdw==\n\
                    //p.example:8443/:username=u\n//p.example:8443/:_password=cHc=\n\
                    //absent.example/:_authToken=${NOT_SET}\n; //c.example/:_authToken=no\n";
        std::fs::write(&rc, text).unwrap();
        let environment = Environment::empty()
            .with("TOKEN", "t")
            .with("NPM_CONFIG_USERCONFIG", rc.to_str().unwrap())
            .with("npm_config_//e.example/:_authToken", "e");
        let npmrc = Npmrc::read(&environment, None);
        let token = |token: &str| Some(Credential::bearer(".npmrc", token.to_owned()));
        let login = |user: &str, password: &str| Some(basic(user, password));
        for (url, credential) in [
            ("https://h.example/team/@acme%2fui", token("t")),
            ("https://h.example/team/", token("t")),
            ("https://h.example/teams/x", login("m", "pw")),
            ("https://h.example/", login("m", "pw")),
            ("https://p.example:8443/x", login("u", "pw")),
            ("https://e.example/x/-/x-1.tgz", token("e")),
            ("https://p.example/x", None),
            ("https://h.example:444/team/x", None),
            ("https://sub.h.example/", None),
            ("https://absent.example/", None),
            ("https://c.example/", None),
        ] {
            assert_eq!(label_and_print(&npmrc, url), credential, "{url}");
        }
    }

    #[test]
    fn the_registry_of_a_scope_comes_before_the_default_one() {
        let folder = tempfile::tempdir().unwrap();
        let text = "registry=https://r.example/\n@acme:registry=https://acme.example/npm/\n";
        std::fs::write(folder.path().join(".npmrc"), text).unwrap();
        let environment = Environment::empty();
        let npmrc = Npmrc::read(&environment, Some(folder.path()));
        let registry = |name: &str| npmrc.registry(name);
        assert_eq!(registry("ui").as_deref(), Some("https://r.example/"));
        let scoped = registry("@acme/ui");
        assert_eq!(scoped.as_deref(), Some("https://acme.example/npm/"));
        let environment = environment.with("NPM_CONFIG_REGISTRY", "https://env.example/");
        let npmrc = Npmrc::read(&environment, Some(folder.path()));
        assert_eq!(
            npmrc.registry("ui").as_deref(),
            Some("https://env.example/")
        );
    }

    #[test]
    fn a_project_file_neither_logs_in_nor_reads_variables() {
        let folder = tempfile::tempdir().unwrap();
        let text = "registry=https://${SECRET}.evil.example/\n//evil.example/:_authToken=${SECRET}\n\
                    //evil.example/:_authToken=plain\n";
        std::fs::write(folder.path().join(".npmrc"), text).unwrap();
        let environment = Environment::empty().with("SECRET", "s");
        let npmrc = Npmrc::read(&environment, Some(folder.path()));
        assert_eq!(npmrc.registry("x"), None);
        assert_eq!(label_and_print(&npmrc, "https://evil.example/x"), None);
    }
}
