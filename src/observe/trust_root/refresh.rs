//! Walks from an instance's first root to its trusted root (TUF specification, section 5): over the
//! network, or over what is kept.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt as _;
use sigstore_trust_root::{SigningConfig, TrustedRoot};
use sigstore_tuf::{Error, Repository, Role, Updater, UpdaterConfig};
use url::Url;

use super::repository::{Kept, Mirror};
use super::{Instance, StoredRoot, TrustRootError, TrustRootFault, store};
use crate::model::{RedactedUrl, Time, TrustDomain, TrustMaterial, visible};
use crate::observe::Environment;
use crate::observe::http::Client;

/// The targets that are wanted; no other name is ever asked for or written.
const TRUSTED_ROOT: &str = "trusted_root.json";
const SIGNING_CONFIG: &str = "signing_config.v0.2.json";

/// The longest target, in bytes.
const TARGET_BYTES: u64 = 4 << 20;

/// What a refresh did.
#[derive(Debug, Clone)]
pub struct Updated {
    /// What is kept now.
    pub root: StoredRoot,
    /// The file.
    pub path: PathBuf,
    /// Whether the trusted root is another one than before.
    pub changed: bool,
}

/// Refreshes an instance from its mirror and keeps the outcome. On any failure what was kept stays
/// as it was.
///
/// # Errors
/// [`TrustRootError`] for a mirror that cannot be reached, metadata that is expired, older than what
/// was seen, or not signed by whom it must be, and a store that cannot be written.
pub async fn update(
    client: &Client,
    instance: &Instance,
    now: Time,
) -> Result<Updated, TrustRootError> {
    let environment = client.environment();
    let before = store::read(environment, instance)?;
    let base = Url::parse(&instance.mirror).map_err(|_| TrustRootError {
        fault: TrustRootFault::Invalid,
        message: "the mirror's address cannot be read".to_owned(),
        hint: Some("write it as https://HOST/".to_owned()),
    })?;
    let shown = RedactedUrl::of(&base).to_string();
    let kept = Kept::of(before.as_ref().map(bytes).unwrap_or_default());
    let mirror = Mirror {
        client: client.clone(),
        base,
    };
    let failed = |error: Error| failure(&error, instance, &shown);
    let walked = walk(mirror, instance, kept.clone(), now)
        .await
        .map_err(failed)?;
    let mut files = BTreeMap::new();
    for (name, bytes) in kept.files() {
        if is_numbered_snapshot(&name) {
            continue;
        }
        // JSON that was verified is UTF-8; names are keys of a map and nothing else.
        let text = String::from_utf8(bytes).map_err(|_| {
            failed(Error::Malformed(format!(
                "{} is no text",
                visible(&name, 100)
            )))
        })?;
        files.insert(name, text);
    }
    let old = before
        .as_ref()
        .and_then(|content| target(content, TRUSTED_ROOT));
    let changed = old != Some(walked.trusted_root.as_str());
    let content = store::Content::new(shown.clone(), now, files);
    let root = walked.stored(instance, &content, now);
    let path = store::write(environment, instance, &content)?;
    Ok(Updated {
        root,
        path,
        changed,
    })
}

/// What is kept of an instance, verified again; nothing where nothing is.
///
/// # Errors
/// [`TrustRootError`] for a store that cannot be read, and one whose content does not verify.
pub fn stored(
    environment: &Environment,
    instance: &Instance,
    now: Time,
) -> Result<Option<StoredRoot>, TrustRootError> {
    let Some(content) = store::read(environment, instance)? else {
        return Ok(None);
    };
    let walk_at = |time: Time| {
        let kept = Kept::of(bytes(&content));
        // Nothing of it waits for anything.
        let walked = walk(kept.clone(), instance, kept, time).now_or_never();
        walked.unwrap_or(Err(Error::NotRefreshed))
    };
    let walked = match walk_at(now) {
        // It was not when it was refreshed; everything else is verified at that time.
        Err(Error::Expired { .. }) => walk_at(content.updated),
        other => other,
    };
    let walked = walked.map_err(|error| {
        let why = format!("what is kept does not verify: {}", words(&error));
        store::damaged(environment, instance, &why)
    })?;
    Ok(Some(walked.stored(instance, &content, now)))
}

/// What a walk leads to.
struct Walked {
    trusted_root: String,
    signing_config: Option<String>,
    versions: [u64; 4],
    expires: jiff::Timestamp,
}

async fn walk(
    repository: impl Repository + 'static,
    instance: &Instance,
    kept: Kept,
    now: Time,
) -> sigstore_tuf::Result<Walked> {
    let now = timestamp(now)?;
    let mut config = UpdaterConfig::default();
    config.target_max_length = TARGET_BYTES;
    let mut updater = Updater::new(repository, instance.root.as_bytes())?
        .with_config(config)
        .with_store(kept);
    updater.refresh(now).await?;
    let root = text(updater.get_target(TRUSTED_ROOT, now).await?)?;
    let config = match updater.get_target(SIGNING_CONFIG, now).await {
        Ok(bytes) => Some(text(bytes)?),
        Err(Error::TargetNotFound(_)) => None,
        Err(error) => return Err(error),
    };
    TrustedRoot::from_json(&root)
        .map_err(|error| Error::Malformed(format!("{TRUSTED_ROOT}: {error}")))?;
    if let Some(config) = &config {
        SigningConfig::from_json(config)
            .map_err(|error| Error::Malformed(format!("{SIGNING_CONFIG}: {error}")))?;
    }
    let trusted = updater.trusted();
    let (Some(time), Some(snapshot), Some(targets)) = (
        trusted.timestamp(),
        trusted.snapshot(),
        trusted.targets_role("targets"),
    ) else {
        return Err(Error::NotRefreshed);
    };
    let first = trusted.root();
    let expires = [
        first.expires(),
        time.expires(),
        snapshot.expires(),
        targets.expires(),
    ];
    Ok(Walked {
        trusted_root: root,
        signing_config: config,
        versions: [
            first.version,
            time.version,
            snapshot.version,
            targets.version,
        ],
        expires: expires.into_iter().min().unwrap_or(now),
    })
}

impl Walked {
    fn stored(&self, instance: &Instance, content: &store::Content, now: Time) -> StoredRoot {
        let expires = Time::from_unix_seconds(self.expires.as_second());
        StoredRoot {
            domain: TrustDomain {
                label: instance.label.clone(),
                material: TrustMaterial::TrustedRoot(self.trusted_root.as_str().into()),
                leniency: instance.leniency,
            },
            signing_config: self.signing_config.as_deref().map(Arc::from),
            updated: content.updated,
            mirror: visible(&content.mirror, 300),
            versions: self.versions,
            expires,
            expired: expires <= now,
        }
    }
}

fn bytes(content: &store::Content) -> BTreeMap<String, Vec<u8>> {
    let files = content.files.iter();
    files
        .map(|(name, text)| (name.clone(), text.clone().into_bytes()))
        .collect()
}

fn target<'c>(content: &'c store::Content, name: &str) -> Option<&'c str> {
    content
        .files
        .get(&format!("targets/{name}"))
        .map(String::as_str)
}

fn text(bytes: Vec<u8>) -> sigstore_tuf::Result<String> {
    String::from_utf8(bytes).map_err(|_| Error::Malformed("a target is no text".to_owned()))
}

fn timestamp(time: Time) -> sigstore_tuf::Result<jiff::Timestamp> {
    let epoch = Time::from_unix_seconds(0);
    let seconds = i64::try_from(time.since(epoch).seconds()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds)
        .map_err(|_| Error::Malformed("the clock shows no usable time".to_owned()))
}

/// The TUF client keeps each snapshot under its version too; nobody reads those.
fn is_numbered_snapshot(name: &str) -> bool {
    let version = name.strip_suffix(".snapshot.json");
    version.is_some_and(|version| version.bytes().all(|byte| byte.is_ascii_digit()))
}

/// An error of the TUF client with its causes, in visible words.
pub(super) fn words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    visible(&words, 400)
}

/// A failed refresh, in the words that matter to people.
fn failure(error: &Error, instance: &Instance, mirror: &str) -> TrustRootError {
    let (fault, what, hint) = match error {
        Error::Transport { .. } => (
            TrustRootFault::Unreachable,
            "no whole answer",
            "try again, or name another mirror with --mirror; what was kept is still there",
        ),
        Error::Expired { .. } => (
            TrustRootFault::Expired,
            "its metadata has expired",
            "the mirror is not maintained, or somebody keeps newer metadata from you; check the clock \
             of this machine, and try another mirror",
        ),
        Error::Rollback { .. } | Error::BadRootVersion { .. } => (
            TrustRootFault::Rollback,
            "it has older metadata than was seen before",
            "the mirror is behind, or somebody wants you to trust keys that were given up; try \
             another mirror",
        ),
        _ => (
            TrustRootFault::Invalid,
            "its metadata does not verify",
            "the mirror is of another instance (then name its first root with --root), or damaged",
        ),
    };
    TrustRootError {
        fault,
        message: format!("{} from {mirror}: {what}: {}", instance.label, words(error)),
        hint: Some(hint.to_owned()),
    }
}
