//! A TUF repository that these tests sign themselves, served on loopback: whole, or wrong in one way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ed25519_dalek::{Signer as _, SigningKey};
use lockstep::model::{Digest, canonical_json};
use serde_json::{Value, json};

use crate::observe::loopback::{Loopback, Step, answer};

/// What the next publication says.
#[derive(Clone)]
pub(crate) struct Publication {
    /// Key seeds of each root's root role, oldest first; its length is the newest root's version.
    pub(crate) roots: Vec<Vec<u8>>,
    /// Key seed of all other roles.
    pub(crate) online: u8,
    pub(crate) timestamp: u64,
    pub(crate) snapshot: u64,
    pub(crate) targets: u64,
    pub(crate) expires: [&'static str; 4],
    pub(crate) trusted_root: String,
    /// Targets that are listed beside the trusted root, by whatever name.
    pub(crate) listed: Vec<String>,
    /// What is listed as the digest of the trusted root, where it is not its own.
    pub(crate) digest: Option<String>,
}

pub(crate) const FAR: &str = "2999-01-01T00:00:00Z";

impl Publication {
    pub(crate) fn new() -> Self {
        Self {
            roots: vec![vec![1]],
            online: 2,
            timestamp: 1,
            snapshot: 1,
            targets: 1,
            expires: [FAR; 4],
            trusted_root: sigstore_trust_root::SIGSTORE_STAGING_TRUSTED_ROOT.to_owned(),
            listed: Vec::new(),
            digest: None,
        }
    }

    /// The same, one version further, with another trusted root.
    pub(crate) fn next(&self) -> Self {
        Self {
            timestamp: self.timestamp + 1,
            snapshot: self.snapshot + 1,
            targets: self.targets + 1,
            trusted_root: sigstore_trust_root::SIGSTORE_GITHUB_TRUSTED_ROOT.to_owned(),
            ..self.clone()
        }
    }

    /// The first root, as somebody would be handed it.
    pub(crate) fn first_root(&self) -> String {
        String::from_utf8(self.root(0)).unwrap()
    }

    /// Every file of the repository by its path.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for at in 0..self.roots.len() {
            files.insert(format!("/{}.root.json", at + 1), self.root(at));
        }
        let body = self.trusted_root.as_bytes();
        let own = hex(body);
        let digest = self.digest.clone().unwrap_or_else(|| own.clone());
        let entry = |digest: &str| json!({"length": body.len(), "hashes": {"sha256": digest}});
        let mut listed = serde_json::Map::new();
        for name in &self.listed {
            listed.insert(name.clone(), entry(&own));
            files.insert(format!("/targets/{own}.{name}"), body.to_vec());
        }
        listed.insert("trusted_root.json".to_owned(), entry(&digest));
        files.insert(format!("/targets/{own}.trusted_root.json"), body.to_vec());
        let [_, timestamp, snapshot, targets] = self.expires;
        let targets = self.online(json!({"_type": "targets", "spec_version": "1.0.0",
            "version": self.targets, "expires": targets, "targets": listed}));
        let snapshot = self.online(json!({"_type": "snapshot", "spec_version": "1.0.0",
            "version": self.snapshot, "expires": snapshot,
            "meta": {"targets.json": pin(&targets, self.targets)}}));
        let timestamp = self.online(json!({"_type": "timestamp", "spec_version": "1.0.0",
            "version": self.timestamp, "expires": timestamp,
            "meta": {"snapshot.json": pin(&snapshot, self.snapshot)}}));
        files.insert(format!("/{}.targets.json", self.targets), targets);
        files.insert(format!("/{}.snapshot.json", self.snapshot), snapshot);
        files.insert("/timestamp.json".to_owned(), timestamp);
        files
    }

    fn online(&self, signed: Value) -> Vec<u8> {
        envelope(&signed, &[self.online])
    }

    fn root(&self, at: usize) -> Vec<u8> {
        let own = &self.roots[at];
        let all: Vec<u8> = own.iter().copied().chain([self.online]).collect();
        let keys: serde_json::Map<String, Value> = all
            .iter()
            .map(|seed| (key_id(*seed), public(*seed)))
            .collect();
        let ids = |seeds: &[u8]| seeds.iter().map(|seed| key_id(*seed)).collect::<Vec<_>>();
        let online = json!({"keyids": [key_id(self.online)], "threshold": 1});
        let signed = json!({"_type": "root", "spec_version": "1.0.0", "version": at + 1,
            "expires": self.expires[0], "consistent_snapshot": true, "keys": keys,
            "roles": {"root": {"keyids": ids(own), "threshold": own.len()},
                "timestamp": online, "snapshot": online, "targets": online}});
        // Signed by the keys of the root before as well (TUF specification, section 6.1).
        let mut signers = own.clone();
        if let Some(before) = at.checked_sub(1) {
            signers.extend(self.roots[before].iter().filter(|seed| !own.contains(seed)));
        }
        envelope(&signed, &signers)
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> Value {
    let bytes = key(seed).verifying_key();
    let hex: String = bytes
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": hex}})
}

fn key_id(seed: u8) -> String {
    hex(&canonical_json(&public(seed)).unwrap())
}

fn envelope(signed: &Value, seeds: &[u8]) -> Vec<u8> {
    let bytes = canonical_json(signed).unwrap();
    let signatures: Vec<Value> = seeds
        .iter()
        .map(|seed| {
            let signature = key(*seed).sign(&bytes).to_bytes();
            let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({"keyid": key_id(*seed), "sig": hex})
        })
        .collect();
    serde_json::to_vec(&json!({"signed": signed, "signatures": signatures})).unwrap()
}

fn pin(bytes: &[u8], version: u64) -> Value {
    json!({"version": version, "length": bytes.len(), "hashes": {"sha256": hex(bytes)}})
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string().replace("sha256:", "")
}

/// The server; what it serves can be replaced.
pub(crate) struct Repository {
    pub(crate) server: Loopback,
    files: Arc<Mutex<BTreeMap<String, Vec<Step>>>>,
}

impl Repository {
    pub(crate) fn serve(publication: &Publication) -> Self {
        let files: Arc<Mutex<BTreeMap<String, Vec<Step>>>> = Arc::default();
        let served = Arc::clone(&files);
        let server = Loopback::start(move |heard| {
            let files = served.lock().unwrap();
            let found = files.get(&heard.target).cloned();
            found.unwrap_or_else(|| answer("404 Not Found", &[], b""))
        });
        let repository = Self { server, files };
        repository.publish(publication);
        repository
    }

    pub(crate) fn publish(&self, publication: &Publication) {
        let files = publication.files().into_iter();
        let steps = files.map(|(path, bytes)| (path, answer("200 OK", &[], &bytes)));
        *self.files.lock().unwrap() = steps.collect();
    }

    /// Answers otherwise at one path.
    pub(crate) fn replace(&self, path: &str, steps: Vec<Step>) {
        self.files.lock().unwrap().insert(path.to_owned(), steps);
    }

    pub(crate) fn url(&self) -> url::Url {
        url::Url::parse(&self.server.url("/")).unwrap()
    }
}
