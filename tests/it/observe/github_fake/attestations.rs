//! The store of attestations: inline bundles as before July 2026, and since then `null` with a signed
//! address on the storage, where a block of Snappy lies.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::serve::Said;
use super::{State, answers};

/// Every bundle of every repository.
#[derive(Default)]
pub(crate) struct Store {
    kept: Vec<Kept>,
    /// Bundles lie on the storage.
    pub(crate) elsewhere: bool,
    /// What `bundle_url` says instead.
    pub(crate) hostile_url: Option<String>,
    /// What the storage gives instead of a block.
    pub(crate) block: Option<Vec<u8>>,
}

struct Kept {
    repository: String,
    digests: Vec<String>,
    bundle: Value,
}

impl State {
    pub(crate) fn attestations(&mut self) -> &mut Store {
        &mut self.attestations
    }

    /// Makes an account a user.
    pub(crate) fn user(&mut self, name: &str) {
        self.users.push(name.to_owned());
    }

    /// `users/OWNER`, and the list of whichever kind of account it is: of the repositories that a
    /// token may see. The list of the other kind is not found.
    pub(super) fn about_account(
        &self,
        path: &str,
        query: &str,
        token: &str,
        host: &str,
    ) -> Option<Said> {
        let mut parts = path.trim_start_matches('/').splitn(4, '/');
        let (list, owner) = (parts.next()?, parts.next()?);
        if !["users", "orgs"].contains(&list) {
            return None;
        }
        let missing = || Some(Said::error("404 Not Found", "Not Found"));
        let below = format!("{owner}/");
        let own = self.repositories.iter();
        let mut own = own.filter(|it| it.name.starts_with(&below)).peekable();
        let is_user = self.users.iter().any(|it| it == owner);
        if own.peek().is_none() {
            return missing();
        }
        match (parts.next(), parts.next()) {
            (None, None) if list == "users" => {
                let mut account = answers::user(owner, host);
                account["type"] = if is_user { "User" } else { "Organization" }.into();
                Some(Said::ok("simple-user", account))
            }
            (Some("attestations"), Some(digest)) if is_user == (list == "users") => {
                let seen = own.filter(|it| !it.private || !token.is_empty());
                let all = seen.flat_map(|it| self.attestations.of(&it.name, digest, &self.storage));
                let below = format!("{list}/{owner}/attestations/{digest}");
                let mut said = self.page("", all.collect(), &below, query, host);
                said.document = json!({"attestations": said.document});
                Some(said)
            }
            _ => missing(),
        }
    }
}

impl Store {
    /// Keeps the bundle of a POST under the digests of its statement's subjects.
    pub(super) fn keep(&mut self, repository: &str, body: &[u8]) -> Option<usize> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let payload = body["bundle"]["dsseEnvelope"]["payload"].as_str()?;
        let statement: Value = serde_json::from_slice(&STANDARD.decode(payload).ok()?).ok()?;
        let subjects = statement["subject"].as_array()?.iter();
        let digests = subjects
            .flat_map(|subject| subject["digest"].as_object().unwrap())
            .map(|(algorithm, hex)| format!("{algorithm}:{}", hex.as_str().unwrap()));
        self.kept.push(Kept {
            repository: repository.to_owned(),
            digests: digests.collect(),
            bundle: body["bundle"].clone(),
        });
        Some(self.kept.len())
    }

    pub(super) fn of(&self, repository: &str, digest: &str, storage: &str) -> Vec<Value> {
        let kept = self.kept.iter().enumerate();
        let kept = kept.filter(|(_, it)| it.repository == repository);
        let kept = kept.filter(|(_, it)| it.digests.iter().any(|it| it == digest));
        kept.map(|(number, it)| match self.elsewhere {
            false => json!({"bundle": it.bundle, "repository_id": 1}),
            true => {
                let own = format!("{storage}/bundle/{number}?sig=s3cr3t-planted");
                let url = self.hostile_url.clone().unwrap_or(own);
                json!({"bundle": null, "bundle_url": url, "repository_id": 1})
            }
        })
        .collect()
    }

    pub(super) fn block(&self, number: &str) -> Option<Vec<u8>> {
        let kept = self.kept.get(number.parse::<usize>().ok()?)?;
        let text = kept.bundle.to_string();
        let block = snap::raw::Encoder::new().compress_vec(text.as_bytes());
        self.block.clone().or(block.ok())
    }
}
