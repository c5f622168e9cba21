//! What signatures are verified against: the roots that are known, or the one that is named.

use std::cell::OnceCell;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::arguments::TrustArguments;
use crate::cli::exit::Failure;
use crate::model::{Leniency, TrustDomain, TrustMaterial, visible_line};
use crate::verify::{TrustError, Verifier, github, public_good};

/// The most bytes that a file of roots, or of a key, may have.
const TRUST_BYTES: u64 = 8 * 1024 * 1024;

/// A trust domain and its verifier, which is built when it is first needed: most bundles are of the
/// first domain.
pub(super) struct Trusted {
    domain: TrustDomain,
    verifier: OnceCell<Result<Verifier, TrustError>>,
}

impl Trusted {
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
}

/// The trust domains that count. What the caller names is read whole, wrong or not needed; only
/// what this program carries with it waits.
///
/// # Errors
/// A file that cannot be read, or material that cannot be used.
pub(super) fn trusted(arguments: &TrustArguments) -> Result<Vec<Trusted>, Failure> {
    let leniency = arguments.leniency();
    let mut domains = match &arguments.trusted_root {
        Some(file) => roots(file)?,
        // GitHub's instance has no log that could say when a key signed.
        None if arguments.key.is_some() && !leniency.unsafe_no_log => vec![public_good()],
        None => vec![public_good(), github()],
    };
    if let Some(file) = &arguments.key {
        domains = keyed(file, domains)?;
    }
    domains
        .into_iter()
        .map(|mut domain| {
            let own = domain.leniency;
            domain.leniency = Leniency {
                unsafe_no_log: own.unsafe_no_log || leniency.unsafe_no_log,
                unsafe_set_only: own.unsafe_set_only || leniency.unsafe_set_only,
                unsafe_no_sct: own.unsafe_no_sct || leniency.unsafe_no_sct,
            };
            let trusted = Trusted {
                domain,
                verifier: OnceCell::new(),
            };
            if arguments.trusted_root.is_some() || arguments.key.is_some() {
                trusted.verifier().map_err(|error| {
                    let hint = "a trusted root is Sigstore's trusted_root.json, a key a public \
                                key in PEM";
                    Failure::new(error.to_string(), hint)
                })?;
            }
            Ok(trusted)
        })
        .collect()
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

/// A key, whose log entries and timestamps are those of the first of these roots that fits.
fn keyed(file: &Path, roots: Vec<TrustDomain>) -> Result<Vec<TrustDomain>, Failure> {
    let (label, pem) = text(file)?;
    let pem: Arc<str> = Arc::from(pem);
    let domain = |root: TrustDomain| TrustDomain {
        label: format!("{label}, {}", root.label),
        material: TrustMaterial::Key {
            pem: pem.clone(),
            root: match root.material {
                TrustMaterial::TrustedRoot(root) => Some(root),
                TrustMaterial::Key { root, .. } => root,
            },
        },
        leniency: Leniency::default(),
    };
    Ok(roots.into_iter().map(domain).collect())
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
