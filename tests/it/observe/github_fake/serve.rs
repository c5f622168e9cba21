//! What the fake answers to a request.

use std::sync::Mutex;

use lockstep::model::Digest;
use serde_json::{Value, json};

use super::limits::Turn;
use super::{State, answers};
use crate::observe::git_tag::backend;
use crate::observe::loopback::{Heard, Step, answer};

/// What the REST API says: status, schema of the document or of its items, document, page links.
pub(super) struct Said {
    pub(super) status: &'static str,
    pub(super) schema: &'static str,
    pub(super) document: Value,
    pub(super) headers: Vec<(String, String)>,
}

impl Said {
    pub(super) fn ok(schema: &'static str, document: Value) -> Self {
        Self {
            status: "200 OK",
            schema,
            document,
            headers: Vec::new(),
        }
    }

    pub(super) fn error(status: &'static str, message: &str) -> Self {
        Self {
            status,
            document: answers::error(message, status),
            ..Self::ok("basic-error", Value::Null)
        }
    }

    fn header(mut self, name: &str, value: String) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }
}

/// The host: the API below `/api/v3`, else git.
pub(super) fn answered(state: &Mutex<State>, heard: &Heard) -> Vec<Step> {
    if let Some(target) = heard.target.strip_prefix("/api/v3") {
        return state.lock().unwrap().api(target, heard);
    }
    let found = state.lock().unwrap().git(heard);
    match found {
        // git runs without the lock: several requests are served at a time.
        Ok((root, heard)) => vec![Step::Send(backend(&root, &heard, None))],
        Err(steps) => steps,
    }
}

/// The storage of assets: a signed address, nobody's token.
pub(super) fn stored(state: &State, heard: &Heard) -> Vec<Step> {
    let path = heard.target.split('?').next().unwrap_or_default();
    if let Some(number) = path.strip_prefix("/bundle/") {
        let block = state.attestations.block(number);
        return match (block, heard.header("authorization")) {
            (Some(block), None) => answer("200 OK", &[], &block),
            _ => answer("400 Bad Request", &[], b""),
        };
    }
    let id = path
        .strip_prefix("/asset/")
        .and_then(|id| id.parse::<u64>().ok());
    let releases = state.repositories.iter().flat_map(|it| &it.releases);
    let asset = releases
        .flat_map(|it| &it.assets)
        .find(|it| Some(it.id) == id);
    match asset {
        Some(asset) if heard.header("authorization").is_none() => {
            let media = [("content-type", "application/octet-stream")];
            answer("200 OK", &media, &asset.bytes)
        }
        _ => answer("400 Bad Request", &[], b""),
    }
}

impl State {
    fn api(&mut self, target: &str, heard: &Heard) -> Vec<Step> {
        let token = self.token_of(heard);
        let label = token.clone().unwrap_or_default();
        let mut said = match self.limits.turn(&label) {
            Turn::Refused(status, message, retry_after) => {
                let refused = Said::error(status, message);
                match retry_after {
                    Some(seconds) => refused.header("retry-after", seconds.to_string()),
                    None => refused,
                }
            }
            Turn::Taken if token.is_none() => Said::error("401 Unauthorized", "Bad credentials"),
            Turn::Taken => self.say(target, heard, &label),
        };
        let items = match &said.document {
            Value::Array(items) => items.clone(),
            one => vec![one.clone()],
        };
        // Schemas that the trimmed description lacks are not checked.
        let checked = !said.schema.is_empty();
        let items = items.into_iter().filter(|_| checked);
        self.said.extend(items.map(|item| (said.schema, item)));
        let body = said.document.to_string().into_bytes();
        let ok = said.status == "200 OK";
        let tag = format!("W/\"{}\"", &Digest::of(&body).hex()[..20]);
        let unchanged = ok && heard.header("if-none-match") == Some(tag.as_str());
        if said.schema != "basic-error" || said.status.starts_with("404") {
            self.limits.count(&label, unchanged);
        }
        said.headers.extend(self.limits.headers(&label));
        if ok {
            said = said.header("etag", tag);
        }
        let mut headers: Vec<(&str, &str)> =
            vec![("content-type", "application/json; charset=utf-8")];
        headers.extend(
            said.headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        match unchanged {
            true => answer("304 Not Modified", &headers[1..], b""),
            false => answer(said.status, &headers, &body),
        }
    }

    /// The token of a request: empty for nobody, nothing for one that is not known.
    fn token_of(&self, heard: &Heard) -> Option<String> {
        let Some(value) = heard.header("authorization") else {
            return Some(String::new());
        };
        let known = |(token, _): &&(String, bool)| {
            value == format!("Bearer {token}")
                || value == format!("Basic {}", base64(&format!("x-access-token:{token}")))
        };
        self.tokens
            .iter()
            .find(known)
            .map(|(token, _)| token.clone())
    }

    fn writes(&self, token: &str) -> bool {
        self.tokens
            .iter()
            .any(|(known, writes)| known == token && *writes)
    }

    fn say(&mut self, target: &str, heard: &Heard, token: &str) -> Said {
        let host = format!("http://{}", heard.header("host").unwrap());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if let Some(said) = self.about_account(path, query, token, &host) {
            return said;
        }
        let mut parts = path.trim_start_matches('/').splitn(4, '/');
        let (position, rest) = match parts.next() {
            Some("repos") => {
                let name = format!(
                    "{}/{}",
                    parts.next().unwrap_or(""),
                    parts.next().unwrap_or("")
                );
                let rest = parts.next().unwrap_or("").to_owned();
                if let Some((_, id)) = self.moved.iter().find(|(old, _)| *old == name) {
                    let below = if rest.is_empty() {
                        String::new()
                    } else {
                        format!("/{rest}")
                    };
                    let query = if query.is_empty() {
                        String::new()
                    } else {
                        format!("?{query}")
                    };
                    let to = format!("{host}/api/v3/repositories/{id}{below}{query}");
                    let mut moved = Said::error("301 Moved Permanently", "Moved Permanently");
                    moved.document["url"] = json!(to);
                    return moved.header("location", to);
                }
                (
                    self.repositories.iter().position(|it| it.name == name),
                    rest,
                )
            }
            Some("repositories") => {
                let id = parts.next().unwrap_or("").parse::<u64>().unwrap_or(0);
                let rest: Vec<&str> = parts.collect();
                let position = self.repositories.iter().position(|it| it.id == id);
                (position, rest.join("/"))
            }
            _ => (None, String::new()),
        };
        let sees = |at: &usize| !self.repositories[*at].private || !token.is_empty();
        let Some(position) = position.filter(sees) else {
            return Said::error("404 Not Found", "Not Found");
        };
        self.about(position, &rest, query, heard, (token, &host))
    }

    /// Questions below one repository.
    fn about(
        &mut self,
        position: usize,
        rest: &str,
        query: &str,
        heard: &Heard,
        (token, host): (&str, &str),
    ) -> Said {
        let writes = self.writes(token);
        let repository = &self.repositories[position];
        // As GitHub does: by the repository's number.
        let below = |rest: &str| format!("repositories/{}/{rest}", repository.id);
        let visible = || repository.releases.iter().filter(|it| !it.draft || writes);
        let missing = || Said::error("404 Not Found", "Not Found");
        let (what, name) = rest.split_once('/').unwrap_or((rest, ""));
        match (what, name) {
            ("", "") => Said::ok("full-repository", answers::repository(repository, host)),
            ("releases", "") => {
                let all = visible()
                    .map(|it| answers::release(it, repository, host))
                    .collect();
                self.page("release", all, &below(rest), query, host)
            }
            ("releases", name) if name.starts_with("assets/") => {
                let id = name["assets/".len()..].parse::<u64>().unwrap_or(0);
                let there = visible().flat_map(|it| &it.assets).any(|it| it.id == id);
                if !there || heard.header("accept") != Some("application/octet-stream") {
                    return missing();
                }
                let to = format!("{}/asset/{id}?sig=s1gnature", self.storage);
                Said::error("302 Found", "Found").header("location", to)
            }
            ("attestations", "") if heard.method == "POST" => {
                let name = repository.name.clone();
                match writes
                    .then(|| self.attestations.keep(&name, &heard.body))
                    .flatten()
                {
                    Some(id) => Said {
                        status: "201 Created",
                        ..Said::ok("", json!({"id": id}))
                    },
                    None => Said::error("403 Forbidden", "Resource not accessible by integration"),
                }
            }
            ("attestations", digest) => {
                let all = self
                    .attestations
                    .of(&repository.name, digest, &self.storage);
                if all.is_empty() {
                    return missing();
                }
                let rest = format!("attestations/{digest}");
                let mut said = self.page("", all, &below(&rest), query, host);
                said.document = json!({"attestations": said.document});
                said
            }
            ("branches", "") => {
                let branches = repository.branches();
                let all = branches
                    .iter()
                    .map(|(name, at)| answers::branch(name, at, host))
                    .collect();
                self.page("short-branch", all, &below(rest), query, host)
            }
            ("compare", pair) => {
                let (base, head) = pair.split_once("...").unwrap();
                match repository.compare(base, head) {
                    Some((behind, ahead)) => {
                        let document = answers::comparison(base, head, behind, ahead, host);
                        Said::ok("commit-comparison", document)
                    }
                    None => missing(),
                }
            }
            _ => missing(),
        }
    }

    /// One page, with the address of the next in `Link` as GitHub writes it: by number.
    pub(super) fn page(
        &self,
        schema: &'static str,
        all: Vec<Value>,
        below: &str,
        query: &str,
        host: &str,
    ) -> Said {
        let number = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .find(|(key, _)| *key == name)
                .and_then(|(_, value)| value.parse::<usize>().ok())
        };
        let size = number("per_page").unwrap_or(30).min(100);
        let page = number("page").unwrap_or(1).max(1);
        let pages = all.len().div_ceil(size).max(1);
        let items: Vec<Value> = all.into_iter().skip((page - 1) * size).take(size).collect();
        let said = Said::ok(schema, Value::Array(items));
        if page >= pages {
            return said;
        }
        let of = |page: usize| format!("{host}/api/v3/{below}?per_page={size}&page={page}");
        let next = self.hostile_link.clone().unwrap_or_else(|| of(page + 1));
        said.header(
            "link",
            format!("<{next}>; rel=\"next\", <{}>; rel=\"last\"", of(pages)),
        )
    }

    /// The folder to serve and the request as git's program takes it; else the answer.
    fn git(&self, heard: &Heard) -> Result<(std::path::PathBuf, Heard), Vec<Step>> {
        let token = self
            .token_of(heard)
            .ok_or_else(|| answer("401 Unauthorized", &[], b""))?;
        let path = heard.target.trim_start_matches('/');
        let mut parts = path.splitn(3, '/');
        let owner = parts.next().unwrap_or_default();
        let name = parts.next().unwrap_or_default();
        let rest = parts.next().unwrap_or_default();
        let name = format!("{owner}/{}", name.strip_suffix(".git").unwrap_or(name));
        if let Some((_, id)) = self.moved.iter().find(|(old, _)| *old == name)
            && let Some(now) = self.repositories.iter().find(|it| it.id == *id)
        {
            let to = format!("/{}/{rest}", now.name);
            return Err(answer("301 Moved Permanently", &[("location", &to)], b""));
        }
        let found = self.repositories.iter().find(|it| it.name == name);
        let found = found.filter(|it| !it.private || !token.is_empty());
        // As GitHub: whether it exists is told to nobody who may not see it.
        let found = found.ok_or_else(|| answer("404 Not Found", &[], b""))?;
        let mut heard = heard.clone();
        heard.target = format!("{}/{rest}", found.git_path());
        Ok((self.root.clone(), heard))
    }
}

/// RFC 4648 section 4.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut coded = String::new();
    for three in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let six = (bits >> (18 - 6 * digit)) & 63;
            coded.push(if digit > three.len() {
                '='
            } else {
                char::from(DIGITS[six as usize])
            });
        }
    }
    coded
}
