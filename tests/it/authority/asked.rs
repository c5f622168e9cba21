//! What an authority is asked to sign, for whom, and how.

use super::{Kind, Sct};

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// What a certificate says of its holder.
#[derive(Clone, Default)]
pub(crate) struct Claims {
    /// A URI, or an e-mail address.
    pub(crate) identity: String,
    pub(crate) issuer: String,
    pub(crate) source_repository: Option<String>,
    pub(crate) source_repository_id: Option<String>,
    pub(crate) source_digest: Option<String>,
    pub(crate) source_ref: Option<String>,
    pub(crate) source_owner: Option<String>,
    pub(crate) source_owner_id: Option<String>,
    pub(crate) build_signer_uri: Option<String>,
    pub(crate) build_signer_digest: Option<String>,
    pub(crate) build_config_uri: Option<String>,
    pub(crate) build_config_digest: Option<String>,
    pub(crate) build_trigger: Option<String>,
    pub(crate) run_invocation: Option<String>,
    pub(crate) runner_environment: Option<String>,
    pub(crate) repository_visibility: Option<String>,
    pub(crate) deployment_environment: Option<String>,
    /// What no sound certificate has: names beside the identity, an older issuer that is another
    /// one, extensions that stand there once more.
    pub(crate) further_names: Vec<String>,
    pub(crate) older_issuer: Option<String>,
    pub(crate) again: Vec<(u8, String)>,
}

/// The transparency log that a signature is entered in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Logged {
    /// Rekor v1: promise with a time, and proof.
    V1(Kind),
    /// Rekor v2: proof, no time.
    V2,
    /// Rekor v1 as bundles before v0.2 have it: a promise alone.
    PromiseOnly(Kind),
    Nowhere,
}

/// The version of the bundle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Version {
    V0_1,
    V0_2,
    V0_3,
}

/// How something is signed.
#[derive(Clone)]
pub(crate) struct Options {
    /// When it is signed; the certificate begins then.
    pub(crate) time: i64,
    pub(crate) version: Version,
    pub(crate) logged: Logged,
    /// The times of the timestamps.
    pub(crate) stamps: Vec<i64>,
    /// Seconds that the certificate is valid.
    pub(crate) lifetime: i64,
    /// The time that the log promises; [`Self::time`] where it is none.
    pub(crate) integrated: Option<i64>,
    pub(crate) sct: Sct,
    /// Which intermediate issues the certificate: the one of its name, or one of two of a name.
    pub(crate) intermediate: usize,
    /// Position in the log, and its size.
    pub(crate) index: u64,
    pub(crate) size: u64,
    /// What the log holds instead of the true entry.
    pub(crate) body: Option<Vec<u8>>,
    /// The payload type of the envelope.
    pub(crate) payload_type: String,
    /// The key that signs; one of the statement's own where it is none.
    pub(crate) signing_seed: Option<String>,
}

impl Options {
    /// A v0.3 bundle with an entry of Rekor v1 made at a time.
    pub(crate) fn at(time: i64) -> Self {
        Self {
            time,
            version: Version::V0_3,
            logged: Logged::V1(Kind::Dsse),
            stamps: Vec::new(),
            lifetime: 600,
            integrated: None,
            sct: Sct::Good,
            intermediate: 0,
            index: 5,
            size: 11,
            body: None,
            payload_type: PAYLOAD_TYPE.to_owned(),
            signing_seed: None,
        }
    }

    /// The same in Rekor v2, with a timestamp.
    pub(crate) fn v2_at(time: i64) -> Self {
        Self {
            logged: Logged::V2,
            stamps: vec![time],
            ..Self::at(time)
        }
    }

    /// No log, a timestamp: as GitHub's instance for private repositories.
    pub(crate) fn unlogged_at(time: i64) -> Self {
        Self {
            logged: Logged::Nowhere,
            stamps: vec![time],
            sct: Sct::Missing,
            ..Self::at(time)
        }
    }
}

impl Claims {
    /// Of a GitHub Actions workflow `release.yml` of `owner/name`, run on a push of a reference.
    pub(crate) fn github(repository: &str, reference: &str, commit: &str) -> Self {
        let address = format!("https://github.com/{repository}");
        let workflow = format!("{address}/.github/workflows/release.yml@{reference}");
        let owner = repository.split('/').next().unwrap();
        let some = |text: &str| Some(text.to_owned());
        Self {
            identity: workflow.clone(),
            issuer: "https://token.actions.githubusercontent.com".to_owned(),
            source_repository: some(&address),
            source_repository_id: some("1000"),
            source_digest: some(commit),
            source_ref: some(reference),
            source_owner: Some(format!("https://github.com/{owner}")),
            source_owner_id: some("2000"),
            build_signer_uri: some(&workflow),
            build_signer_digest: some(commit),
            build_config_uri: some(&workflow),
            build_config_digest: some(commit),
            build_trigger: some("push"),
            run_invocation: Some(format!("{address}/actions/runs/3000/attempts/1")),
            runner_environment: some("github-hosted"),
            repository_visibility: some("public"),
            deployment_environment: None,
            ..Self::default()
        }
    }

    /// Of a person.
    pub(crate) fn person(email: &str, issuer: &str) -> Self {
        Self {
            identity: email.to_owned(),
            issuer: issuer.to_owned(),
            ..Self::default()
        }
    }

    /// The extensions by the last arc of their object identifier.
    pub(super) fn numbered(&self) -> Vec<(u8, String)> {
        [
            (9, &self.build_signer_uri),
            (10, &self.build_signer_digest),
            (11, &self.runner_environment),
            (12, &self.source_repository),
            (13, &self.source_digest),
            (14, &self.source_ref),
            (15, &self.source_repository_id),
            (16, &self.source_owner),
            (17, &self.source_owner_id),
            (18, &self.build_config_uri),
            (19, &self.build_config_digest),
            (20, &self.build_trigger),
            (21, &self.run_invocation),
            (22, &self.repository_visibility),
            (23, &self.deployment_environment),
        ]
        .into_iter()
        .filter_map(|(arc, value)| Some((arc, value.clone()?)))
        .collect()
    }
}
