//! A repository on GitHub: the files at its default branch, and what its releases hold.

use serde_json::Value as Json;
use url::Url;

use super::address::{Reach, github_server};
use super::tree::{self, FILE_BYTES, FILES, Files, WORKFLOWS, is_workflow};
use super::{Begun, Clue, Clues, Origin, Place, Says};
use crate::model::visible;
use crate::observe::http::{Client, Credential, Request, Unanswered, is_loopback};

const JSON: &str = "application/vnd.github+json";
const RAW: &str = "application/vnd.github.raw+json";

/// The most workflows that are read: without a token there are 60 requests an hour.
const WORKFLOWS_ASKED: usize = 8;

/// The beginning at `github:OWNER/REPOSITORY`.
pub(super) fn of_name(client: &Client, owner: &str, repository: &str) -> Begun {
    let environment = client.environment();
    let mut found = Clues::default();
    let Some(mut url) = github_server(environment) else {
        let why = "GITHUB_SERVER_URL or GH_HOST is no address: nothing was asked";
        found.unknown.push(why.to_owned());
        return Begun { found, reach: None };
    };
    url.set_path(&format!("/{owner}/{repository}"));
    let reach = Reach::new(&url, environment);
    found.clues.push(Clue::new(
        Origin::User,
        Says::Source(url),
        "the shorthand names it",
    ));
    let reach = Some(reach);
    Begun { found, reach }
}

/// The API of a host: `api.github.com`, or `/api/v3` of any other that may be a GitHub. Which
/// hosts are one nobody can tell from their names: those of the environment and loopback ones.
pub(crate) fn api_of(source: &Url, server: Option<&Url>) -> Option<Url> {
    let host = source.host_str()?;
    if host == "github.com" {
        return Url::parse("https://api.github.com/").ok();
    }
    let is_github = server.and_then(Url::host_str) == Some(host) || is_loopback(source);
    is_github.then(|| source.join("/api/v3/").ok()).flatten()
}

/// The token for that host, which goes to no other.
pub(crate) fn credential_for(client: &Client, source: &Url) -> Credential {
    let environment = client.environment();
    let server = github_server(environment);
    let same = server.is_some_and(|server| server.origin() == source.origin());
    let token = environment.first_of(&["GH_TOKEN", "GITHUB_TOKEN"]);
    match token {
        Some((name, token)) if same => Credential::bearer(name, token.to_owned()),
        _ => Credential::anonymous(),
    }
}

/// `/repos/OWNER/NAME` and what stands below it.
pub(crate) fn below(api: &Url, source: &Url, rest: &str) -> Option<Url> {
    let path = source.path().trim_matches('/');
    if path.split('/').count() != 2 {
        return None;
    }
    api.join(&format!("repos/{path}{rest}")).ok()
}

/// What the repository's files and releases say; where they cannot be read, that.
pub(super) async fn read(client: &Client, source: &Url) -> Clues {
    let mut clues = Clues::default();
    let server = github_server(client.environment());
    let Some(api) = api_of(source, server.as_ref()) else {
        let host = visible(source.host_str().unwrap_or_default(), 80);
        clues.unknown.push(format!(
            "the files of {source} were not read: {host} is not known to be a GitHub"
        ));
        return clues;
    };
    let asking = Asking {
        client,
        api,
        source: source.clone(),
        credential: credential_for(client, source),
    };
    match asking.files().await {
        Ok(files) => {
            clues.source_was_read = true;
            let path = source.path().trim_matches('/').to_owned();
            tree::read(&files, Some(&path), "at the default branch", &mut clues);
            let package = files.get("package.json").map_or("", String::as_str);
            if files.contains_key("pnpm-workspace.yaml") || package.contains("\"workspaces\"") {
                let words = "the packages of the workspace were not read: `lockstep init` in a \
                             checkout reads them";
                clues.unknown.push(words.to_owned());
            }
        }
        // Who does not answer is not asked again.
        Err(why) => {
            clues.unknown.push(format!(
                "the files and releases of {source} could not be read: {}",
                why.failure.detail
            ));
            return clues;
        }
    }
    match asking.releases().await {
        Ok(Some(clue)) => clues.clues.push(clue),
        Ok(None) => {}
        Err(why) => clues.unknown.push(format!(
            "the releases of {source} could not be read: {}",
            why.failure.detail
        )),
    }
    clues
}

struct Asking<'c> {
    client: &'c Client,
    api: Url,
    source: Url,
    credential: Credential,
}

impl Asking<'_> {
    async fn get(&self, rest: &str, accept: &'static str) -> Result<Vec<u8>, Unanswered> {
        let url = below(&self.api, &self.source, rest).unwrap_or_else(|| self.api.clone());
        let request = Request::get(url, accept)
            .header("x-github-api-version", "2022-11-28")
            .credential(self.credential.clone())
            .body_cap(FILE_BYTES);
        Ok(self.client.send(&request).await?.body)
    }

    /// Names of the files in a folder; none where there is no such folder.
    async fn names(&self, folder: &str) -> Result<Vec<String>, Unanswered> {
        let body = match self.get(&format!("/contents/{folder}"), JSON).await {
            Ok(body) => body,
            Err(unanswered) if unanswered.is_not_found() && !folder.is_empty() => {
                return Ok(Vec::new());
            }
            Err(unanswered) => return Err(unanswered),
        };
        let json: Json = serde_json::from_slice(&body).unwrap_or_default();
        let names = json.as_array().into_iter().flatten();
        let names = names
            .filter(|it| it["type"] != "dir")
            .filter_map(|it| it["name"].as_str());
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let names = names.filter(|it| it.len() <= 200 && it.chars().all(plain));
        Ok(names.take(1_000).map(str::to_owned).collect())
    }

    async fn files(&self) -> Result<Files, Unanswered> {
        let top = self.names("").await?;
        let mut wanted: Vec<String> = FILES
            .iter()
            .filter(|path| top.iter().any(|name| name == *path))
            .map(|path| (*path).to_owned())
            .collect();
        let workflows = self.names(WORKFLOWS).await?;
        // Those whose names speak of publishing first: not all may be asked.
        let mut workflows: Vec<String> =
            workflows.into_iter().filter(|it| is_workflow(it)).collect();
        let speaks = [
            "release", "publish", "deploy", "docker", "image", "build", "cd",
        ];
        workflows.sort_by_key(|name| !speaks.iter().any(|word| name.contains(word)));
        let workflows = workflows.into_iter().take(WORKFLOWS_ASKED);
        wanted.extend(workflows.map(|name| format!("{WORKFLOWS}/{name}")));
        let mut files = Files::new();
        for path in wanted {
            let body = self.get(&format!("/contents/{path}"), RAW).await?;
            if let Ok(text) = String::from_utf8(body) {
                files.insert(path, text);
            }
        }
        Ok(files)
    }

    /// A clue where there are releases that are published.
    async fn releases(&self) -> Result<Option<Clue>, Unanswered> {
        let body = self.get("/releases?per_page=5", JSON).await?;
        let json: Json = serde_json::from_slice(&body).unwrap_or_default();
        let mut count = 0;
        let mut distributions = false;
        let releases = json.as_array().into_iter().flatten();
        for release in releases.filter(|it| it["draft"] == Json::Bool(false)) {
            count += 1;
            let assets = release["assets"].as_array().into_iter().flatten();
            let mut names = assets.filter_map(|asset| asset["name"].as_str());
            distributions |= names.any(|name| name.ends_with(".whl"));
        }
        if count == 0 {
            return Ok(None);
        }
        let more = match distributions {
            true => ", with wheels among the assets",
            false => "",
        };
        let why = format!("{} has GitHub releases{more}", self.source);
        let place = Place::GithubRelease { distributions };
        Ok(Some(Clue::new(Origin::Host, Says::Place(place), why)))
    }
}
