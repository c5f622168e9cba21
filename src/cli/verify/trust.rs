//! What signatures are verified against: the roots that are known, or the one that is named.

use std::cell::OnceCell;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::arguments::TrustArguments;
use crate::check::{Refreshed, RootInUse, roots_in_use};
use crate::cli::exit::Failure;
use crate::cli::say::Terminal;
use crate::cli::trust::unusable;
use crate::model::{Digest, Leniency, TrustDomain, TrustMaterial, visible_line};
use crate::observe::Environment;
use crate::report::{TrustSource, TrustUsed};
use crate::verify::{TrustError, Verifier};

/// The most bytes that a file of roots, or of a key, may have.
const TRUST_BYTES: u64 = 8 * 1024 * 1024;

/// A trust domain and its verifier, which is built when it is first needed: most bundles are of the
/// first domain, and reading a root costs as much as verifying several.
pub(super) struct Trust {
    domain: TrustDomain,
    source: TrustSource,
    refreshed: Option<Refreshed>,
    verifier: OnceCell<Result<Verifier, TrustError>>,
}

impl Trust {
    /// How the domain is called.
    pub(super) fn label(&self) -> &str {
        &self.domain.label
    }

    /// The verifier.
    ///
    /// # Errors
    /// Material that cannot be used.
    pub(super) fn verifier(&self) -> Result<&Verifier, &TrustError> {
        let verifier = self.verifier.get_or_init(|| Verifier::new(&self.domain));
        verifier.as_ref()
    }

    /// What results say of it.
    pub(super) fn used(&self) -> TrustUsed {
        let digest = |text: &Arc<str>| Digest::of(text.as_bytes());
        let (root, key) = match &self.domain.material {
            TrustMaterial::TrustedRoot(root) => (Some(digest(root)), None),
            TrustMaterial::Key { pem, root } => (root.as_ref().map(digest), Some(digest(pem))),
        };
        TrustUsed {
            trust: self.domain.label.clone(),
            source: self.source,
            root,
            key,
            updated: self.refreshed.map(|it| it.updated),
            expires: self.refreshed.map(|it| it.expires),
            expired: self.refreshed.map(|it| it.expired),
        }
    }
}

/// What the arguments name; else the public roots as they are kept on this machine.
///
/// What the caller names is read whole, wrong or not needed; only what this program carries with it,
/// or keeps, waits until it is needed.
///
/// # Errors
/// A file that cannot be read, a store that is damaged, or material that cannot be used.
pub(super) fn trusted(
    arguments: &TrustArguments,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Result<Vec<Trust>, Failure> {
    let roots = match &arguments.trusted_root {
        Some(file) => roots(file)?.into_iter().map(Root::of_file).collect(),
        None => public_roots(environment, terminal)?,
    };
    let roots: Vec<Root> = match arguments.key.is_some() && arguments.trusted_root.is_none() {
        // A key signs with nobody's instance; what vouches for it is the public log.
        true => roots.into_iter().take(1).collect(),
        false => roots,
    };
    let keyed = match &arguments.key {
        Some(file) => {
            let (label, pem) = text(file)?;
            Some((label, Arc::from(pem)))
        }
        None => None,
    };
    let leniency = arguments.leniency();
    let mut trusted = Vec::new();
    let mut unusable_material = Vec::new();
    for root in roots {
        let mut domain = match &keyed {
            Some((label, pem)) => with_key(label, pem, root.domain),
            None => root.domain,
        };
        let own = domain.leniency;
        domain.leniency = Leniency {
            unsafe_no_log: own.unsafe_no_log || leniency.unsafe_no_log,
            unsafe_set_only: own.unsafe_set_only || leniency.unsafe_set_only,
            unsafe_no_sct: own.unsafe_no_sct || leniency.unsafe_no_sct,
        };
        let trust = Trust {
            domain,
            source: root.source,
            refreshed: root.refreshed,
            verifier: OnceCell::new(),
        };
        let named = arguments.trusted_root.is_some() || arguments.key.is_some();
        match named
            .then(|| trust.verifier().err().map(ToString::to_string))
            .flatten()
        {
            Some(error) => unusable_material.push(error),
            None => trusted.push(trust),
        }
    }
    // Beside a key a root is there for its logs. One without any, as GitHub's own, is of no use to it
    // and no reason to stop where another has some.
    match unusable_material.into_iter().next() {
        Some(error) if keyed.is_none() || trusted.is_empty() => {
            let hint = "a trusted root is Sigstore's trusted_root.json, a key a public key in PEM: \
                        `lockstep key public FILE` prints that of a private key";
            Err(Failure::new(error, hint))
        }
        _ => Ok(trusted),
    }
}

/// A root, and where it comes from.
struct Root {
    domain: TrustDomain,
    source: TrustSource,
    refreshed: Option<Refreshed>,
}

impl Root {
    fn of_file(domain: TrustDomain) -> Self {
        Self {
            domain,
            source: TrustSource::File,
            refreshed: None,
        }
    }
}

/// The public instances' roots, with a note where one is over.
fn public_roots(environment: &Environment, terminal: &mut Terminal) -> Result<Vec<Root>, Failure> {
    let roots = roots_in_use(environment).map_err(unusable)?;
    let root = |it: RootInUse| {
        if let Some(note) = it.note() {
            terminal.note(&note);
        }
        Root {
            domain: it.domain,
            source: match it.refreshed {
                Some(_) => TrustSource::Updated,
                None => TrustSource::Embedded,
            },
            refreshed: it.refreshed,
        }
    };
    Ok(roots.into_iter().map(root).collect())
}

/// The roots of a file, one or JSON Lines as `gh attestation trusted-root` writes them.
fn roots(file: &Path) -> Result<Vec<TrustDomain>, Failure> {
    let (label, text) = text(file)?;
    let values = serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>();
    let roots: Result<Vec<&RawValue>, _> = values.take(100).collect();
    let hint = "this should be Sigstore's trusted_root.json";
    let roots = roots.map_err(|error| Failure::new(format!("{label}: {error}"), hint))?;
    if roots.is_empty() {
        return Err(Failure::new(format!("{label}: it is empty"), hint));
    }
    let one = roots.len() == 1;
    let domain = |(at, root): (usize, &RawValue)| TrustDomain {
        label: match one {
            true => label.clone(),
            false => format!("{label} (root {})", at + 1),
        },
        // One root is its file, byte for byte: that is what its digest names.
        material: TrustMaterial::TrustedRoot(if one {
            Arc::from(text.as_str())
        } else {
            Arc::from(root.get())
        }),
        leniency: Leniency::default(),
    };
    Ok(roots.into_iter().enumerate().map(domain).collect())
}

/// A key, whose log entries and timestamps are those of this root.
fn with_key(label: &str, pem: &Arc<str>, root: TrustDomain) -> TrustDomain {
    TrustDomain {
        label: format!("{label}, {}", root.label),
        material: TrustMaterial::Key {
            pem: pem.clone(),
            root: match root.material {
                TrustMaterial::TrustedRoot(root) => Some(root),
                TrustMaterial::Key { root, .. } => root,
            },
        },
        leniency: Leniency::default(),
    }
}

fn text(file: &Path) -> Result<(String, String), Failure> {
    let label = visible_line(&file.display().to_string());
    let read = || -> std::io::Result<String> {
        let mut text = String::with_capacity(32 * 1024);
        File::open(file)?
            .take(TRUST_BYTES + 1)
            .read_to_string(&mut text)?;
        match text.len() as u64 > TRUST_BYTES {
            true => Err(std::io::Error::other(format!(
                "more than {TRUST_BYTES} bytes"
            ))),
            false => Ok(text),
        }
    };
    let read = read().map_err(|error| {
        Failure::new(
            format!("{label}: {error}"),
            "this should be a file that can be read",
        )
    })?;
    Ok((label, read))
}
