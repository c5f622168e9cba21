//! What signatures are verified against: the roots that are known, or the one that is named.

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
use crate::verify::Verifier;

/// The most bytes that a file of roots, or of a key, may have.
const TRUST_BYTES: u64 = 8 * 1024 * 1024;

/// What a run trusts.
pub(super) struct Trusted {
    /// A verifier for each trust domain, with its name.
    pub(super) verifiers: Vec<(String, Verifier)>,
    /// The same as results say it.
    pub(super) used: Vec<TrustUsed>,
}

/// What the arguments name; else the public roots as they are kept on this machine.
///
/// # Errors
/// A file that cannot be read, a store that is damaged, or material that cannot be used.
pub(super) fn trusted(
    arguments: &TrustArguments,
    environment: &Environment,
    terminal: &mut Terminal,
) -> Result<Trusted, Failure> {
    let roots = match &arguments.trusted_root {
        Some(file) => roots(file)?.into_iter().map(Root::of_file).collect(),
        None => public_roots(environment, terminal)?,
    };
    let keyed = match &arguments.key {
        Some(file) => {
            let (label, pem) = text(file)?;
            Some((label, Arc::from(pem)))
        }
        None => None,
    };
    let leniency = arguments.leniency();
    let mut trusted = Trusted {
        verifiers: Vec::new(),
        used: Vec::new(),
    };
    for root in roots {
        let mut used = root.used();
        let mut domain = match &keyed {
            Some((label, pem)) => with_key(label, pem, root.domain),
            None => root.domain,
        };
        used.trust.clone_from(&domain.label);
        used.key = keyed.as_ref().map(|(_, pem)| Digest::of(pem.as_bytes()));
        let own = domain.leniency;
        domain.leniency = Leniency {
            unsafe_no_log: own.unsafe_no_log || leniency.unsafe_no_log,
            unsafe_set_only: own.unsafe_set_only || leniency.unsafe_set_only,
            unsafe_no_sct: own.unsafe_no_sct || leniency.unsafe_no_sct,
        };
        let verifier = Verifier::new(&domain).map_err(|error| {
            let hint = "a trusted root is Sigstore's trusted_root.json, a key a public key in PEM";
            Failure::new(error.to_string(), hint)
        })?;
        trusted.verifiers.push((domain.label, verifier));
        trusted.used.push(used);
    }
    Ok(trusted)
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

    fn used(&self) -> TrustUsed {
        TrustUsed {
            trust: self.domain.label.clone(),
            source: self.source,
            root: self.domain.texts().first().map(|it| it.0),
            key: None,
            updated: self.refreshed.map(|it| it.updated),
            expires: self.refreshed.map(|it| it.expires),
            expired: self.refreshed.map(|it| it.expired),
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
        let mut text = String::new();
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
