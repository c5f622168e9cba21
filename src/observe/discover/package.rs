//! What indexes and registries of packages say about a project: its repository, its own name.

use serde_json::Value as Json;
use url::Url;

use super::address::{self, Reach};
use super::{Begun, Clue, Clues, Origin, Place, Says};
use crate::model::{Failure, FailureKind, visible};
use crate::observe::Environment;
use crate::observe::environment::configuration_file;
use crate::observe::http::{Client, Credential, Reply, Request, Unanswered};
use crate::observe::pypi;

/// The public registry of npm.
const NPM: &str = "https://registry.npmjs.org/";

/// Labels of project URLs that mean the source (PyPA "Well-known Project URLs"), best first.
const LABELS: &[&str] = &[
    "source",
    "sourcecode",
    "repository",
    "code",
    "github",
    "gitlab",
    "homepage",
    "home",
];

/// The most project URLs that are looked at.
const URLS: usize = 64;

/// The beginning at `pypi:NAME`.
pub(super) async fn of_index(client: &Client, name: &str) -> Begun {
    let mut found = Clues::default();
    let (mut index, label) = match pypi::index_of_pip(client.environment()) {
        Ok(found) => found,
        Err(why) => {
            found.unknown.push(why.detail);
            return Begun { found, reach: None };
        }
    };
    let has_login = !index.username().is_empty() || index.password().is_some();
    let credential = Credential::taken_from(&mut index, label, client.netrc());
    let shown = match index.as_str() {
        "https://pypi.org/simple/" => None,
        // The address is written without its login: then pip's own configuration is meant.
        _ if has_login => Some("pip".to_owned()),
        other => Some(other.to_owned()),
    };
    let place = Place::PyPi {
        project: Some(name.to_owned()),
        index: shown,
    };
    found.clues.push(Clue::new(
        Origin::User,
        Says::Place(place),
        "the shorthand names it",
    ));
    let reach = Some(Reach::new(&index, client.environment()));
    let Some(url) = pypi::project_json(&index, name) else {
        let words = "the index has no JSON API beside it, so it names no repository";
        found.unknown.push(words.to_owned());
        return Begun { found, reach };
    };
    match ask(client, url, credential, "application/json").await {
        Ok((_, json)) => read_project(&json["info"], &mut found),
        // Many indexes have the Simple API alone, which names no repository.
        Err(why) if why.is_not_found() => found.unread(
            "what the index says",
            Failure {
                kind: FailureKind::NotFound,
                detail:
                    "its JSON API answers 404: there is no such project, or no such API beside \
                         the Simple one"
                        .to_owned(),
            },
        ),
        Err(why) => found.unread("what the index says", why.failure),
    }
    Begun { found, reach }
}

fn read_project(info: &Json, found: &mut Clues) {
    if let Some(name) = info["name"].as_str() {
        let why = format!("the index calls the project `{}`", visible(name, 80));
        found
            .clues
            .push(Clue::new(Origin::Upload, Says::Name(name.to_owned()), why));
    }
    let plain = |label: &str| -> String {
        let letters = label.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    let urls = info["project_urls"].as_object().into_iter().flatten();
    let mut urls: Vec<(String, &str)> = urls
        .take(URLS)
        .filter_map(|(label, url)| Some((label.clone(), url.as_str()?)))
        .collect();
    if let Some(page) = info["home_page"].as_str().filter(|it| !it.is_empty()) {
        urls.push(("Homepage".to_owned(), page));
    }
    let rank = |label: &str| LABELS.iter().position(|known| *known == plain(label));
    urls.sort_by_key(|(label, _)| rank(label).unwrap_or(LABELS.len()));
    for (label, url) in urls.iter().filter(|(label, _)| rank(label).is_some()) {
        source(
            url,
            &format!("project URL `{}` of the index", visible(label, 40)),
            found,
        );
    }
    if !found
        .clues
        .iter()
        .any(|clue| matches!(clue.says, Says::Source(_)))
    {
        found
            .unknown
            .push("the index names no source repository".to_owned());
    }
}

/// A repository that metadata names, or why it is none.
pub(super) fn source(text: &str, who: &str, found: &mut Clues) {
    match address::repository(text) {
        Ok(url) => {
            let same = |clue: &Clue| matches!(&clue.says, Says::Source(other) if address::same_repository(other, &url));
            if !found.clues.iter().any(same) {
                found
                    .clues
                    .push(Clue::new(Origin::Upload, Says::Source(url), who));
            }
        }
        Err(why) => found.unknown.push(format!(
            "{who} is `{}`, which is no repository: {why}",
            visible(text, 100)
        )),
    }
}

/// The beginning at `npm:NAME`.
pub(super) async fn of_registry(client: &Client, name: &str) -> Begun {
    let mut found = Clues::default();
    let environment = client.environment();
    let Some(mut registry) = registry_of_npm(name, environment) else {
        let words = "the registry that npm is configured with is no address: nothing was asked";
        found.unknown.push(words.to_owned());
        return Begun { found, reach: None };
    };
    let credential = Credential::taken_from(&mut registry, "registry URL", client.netrc());
    let place = Place::Npm {
        package: Some(name.to_owned()),
        registry: (registry.as_str() != NPM).then(|| registry.to_string()),
    };
    found.clues.push(Clue::new(
        Origin::User,
        Says::Place(place),
        "the shorthand names it",
    ));
    let reach = Some(Reach::new(&registry, environment));
    let Ok(url) = registry.join(&name.replacen('/', "%2F", 1)) else {
        return Begun { found, reach };
    };
    match ask(client, url, credential, "application/json").await {
        Ok((_, json)) => {
            // The document's own field, else that of the version most people install.
            let latest = json["dist-tags"]["latest"].as_str().unwrap_or_default();
            let fields = [&json["repository"], &json["versions"][latest]["repository"]];
            let field = fields
                .iter()
                .find_map(|it| it.as_str().or(it["url"].as_str()));
            match field {
                Some(text) => source(text, "the field `repository` of the package", &mut found),
                None => found
                    .unknown
                    .push("the package names no repository".to_owned()),
            }
        }
        Err(why) => found.unread("what the registry says", why.failure),
    }
    Begun { found, reach }
}

/// The registry that npm would install a package from: that of its scope in the user's `.npmrc`;
/// else the one of npm's variable, else of that file; else the public one.
fn registry_of_npm(name: &str, environment: &Environment) -> Option<Url> {
    let file = environment.home().map(|home| home.join(".npmrc"));
    let file = file
        .and_then(|path| configuration_file(&path))
        .unwrap_or_default();
    let setting = |key: &str| {
        file.lines()
            .filter_map(|line| line.split_once('='))
            .find(|(name, _)| name.trim() == key)
    };
    let scope = name
        .split_once('/')
        .map(|(scope, _)| format!("{scope}:registry"));
    let variable = environment.first_of(&["npm_config_registry", "NPM_CONFIG_REGISTRY"]);
    let text = scope
        .and_then(|key| Some(setting(&key)?.1))
        .or(variable.map(|(_, url)| url))
        .or_else(|| Some(setting("registry")?.1))
        .unwrap_or(NPM);
    let text = format!("{}/", text.trim().trim_matches('"').trim_end_matches('/'));
    Url::parse(&text).ok().filter(Url::has_host)
}

/// Asks for a document of JSON.
pub(super) async fn ask(
    client: &Client,
    url: Url,
    credential: Credential,
    accept: &'static str,
) -> Result<(Reply, Json), Unanswered> {
    let request = Request::get(url, accept).credential(credential);
    let reply = client.send(&request).await?;
    let json = serde_json::from_slice(&reply.body)
        .map_err(|_| Unanswered::of(crate::observe::malformed("the answer is no JSON")))?;
    Ok((reply, json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn npm_is_asked_where_it_would_install_from() {
        let folder = tempfile::tempdir().unwrap();
        let text = "registry=https://npm.acme.example\n@acme:registry=https://npm.pkg.github.com/\n\
                    //npm.pkg.github.com/:_authToken=secret\n";
        std::fs::write(folder.path().join(".npmrc"), text).unwrap();
        let environment = Environment::empty().with("HOME", folder.path().to_str().unwrap());
        let asked = |name: &str, environment: &Environment| {
            registry_of_npm(name, environment).unwrap().to_string()
        };
        assert_eq!(asked("ui", &environment), "https://npm.acme.example/");
        assert_eq!(
            asked("@acme/ui", &environment),
            "https://npm.pkg.github.com/"
        );
        let environment = environment.with("npm_config_registry", "https://other.example");
        assert_eq!(asked("@other/ui", &environment), "https://other.example/");
        assert_eq!(asked("ui", &Environment::empty()), NPM);
    }
}
