//! A repository on GitHub: the files at its default branch, and what its releases hold.

use serde_json::Value as Json;
use url::Url;

use super::address::Reach;
use super::tree::{self, FILE_BYTES, FILES, Files, WORKFLOWS, is_workflow};
use super::{Begun, Clue, Clues, Origin, Place, Says};
use crate::model::visible;
use crate::observe::github::{Api, RAW, home, speaks};
use crate::observe::http::{Client, Unanswered};

/// The most workflows that are read: without a token there are 60 requests an hour.
const WORKFLOWS_ASKED: usize = 8;

/// The beginning at `github:OWNER/REPOSITORY`.
pub(super) fn of_name(client: &Client, owner: &str, repository: &str) -> Begun {
    let environment = client.environment();
    let mut found = Clues::default();
    let Some(mut url) = home(environment) else {
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

/// What the repository's files and releases say; where they cannot be read, that.
pub(super) async fn read(client: &Client, source: &Url) -> Clues {
    let mut clues = Clues::default();
    if !speaks(source, client.environment()) {
        let host = visible(source.host_str().unwrap_or_default(), 80);
        clues.unknown.push(format!(
            "the files of {source} were not read: {host} is not known to be a GitHub"
        ));
        return clues;
    }
    let Some(api) = Api::of(source, client) else {
        clues
            .unknown
            .push(format!("{source} is no repository of a GitHub: not read"));
        return clues;
    };
    match files(&api).await {
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
    match releases(&api, source).await {
        Ok(Some(clue)) => clues.clues.push(clue),
        Ok(None) => {}
        Err(why) => clues.unknown.push(format!(
            "the releases of {source} could not be read: {}",
            why.failure.detail
        )),
    }
    clues
}

/// Names of the files in a folder; none where there is no such folder.
async fn names(api: &Api, folder: &str) -> Result<Vec<String>, Unanswered> {
    let json: Json = match api.read(api.contents(folder)).await {
        Ok((_, json)) => json,
        Err(unanswered) if unanswered.is_not_found() && !folder.is_empty() => {
            return Ok(Vec::new());
        }
        Err(unanswered) => return Err(unanswered),
    };
    let names = json.as_array().into_iter().flatten();
    let names = names
        .filter(|it| it["type"] != "dir")
        .filter_map(|it| it["name"].as_str());
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let names = names.filter(|it| it.len() <= 200 && it.chars().all(plain));
    Ok(names.take(1_000).map(str::to_owned).collect())
}

async fn files(api: &Api) -> Result<Files, Unanswered> {
    let top = names(api, "").await?;
    let mut wanted: Vec<String> = FILES
        .iter()
        .filter(|path| top.iter().any(|name| name == *path))
        .map(|path| (*path).to_owned())
        .collect();
    let workflows = names(api, WORKFLOWS).await?;
    // Those whose names speak of publishing first: not all may be asked.
    let mut workflows: Vec<String> = workflows.into_iter().filter(|it| is_workflow(it)).collect();
    let speaks = [
        "release", "publish", "deploy", "docker", "image", "build", "cd",
    ];
    workflows.sort_by_key(|name| !speaks.iter().any(|word| name.contains(word)));
    let workflows = workflows.into_iter().take(WORKFLOWS_ASKED);
    wanted.extend(workflows.map(|name| format!("{WORKFLOWS}/{name}")));
    let mut files = Files::new();
    for path in wanted {
        let reply = api.get(api.contents(&path), RAW, FILE_BYTES).await?;
        if let Ok(text) = String::from_utf8(reply.body) {
            files.insert(path, text);
        }
    }
    Ok(files)
}

/// A clue where there are releases that are published.
async fn releases(api: &Api, source: &Url) -> Result<Option<Clue>, Unanswered> {
    let mut url = api.below(&["releases"]);
    url.set_query(Some("per_page=5"));
    let (_, json) = api.read::<Json>(url).await?;
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
    let why = format!("{source} has GitHub releases{more}");
    let place = Place::GithubRelease { distributions };
    Ok(Some(Clue::new(Origin::Host, Says::Place(place), why)))
}
