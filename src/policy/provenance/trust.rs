//! Whom a `[[provenance]]` trusts: files beside the policy, else what this program carries with it.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path};
use std::sync::Arc;

use crate::model::settings::{Diagnostic, Fields, Placed};
use crate::model::{Digest, Leniency, TrustDomain, TrustMaterial, visible};
use crate::policy::extend::folder_of;
use crate::policy::source::Source;
use crate::verify::{self, Verifier};

/// The most bytes of a trusted root: 1 MiB. The public one has 7 KiB.
const ROOT_BYTES: u64 = 1 << 20;

/// The most bytes of a public key: 64 KiB.
const KEY_BYTES: u64 = 1 << 16;

/// What one table says about trust: domains of which any counts, and whether it names a key.
pub(super) struct Trusted {
    pub(super) domains: Vec<TrustDomain>,
    pub(super) by_key: bool,
}

/// Whom attestations are verified against where a table does not say: Sigstore's public instance,
/// and GitHub's own, which attests private repositories, where the source is there.
pub(in crate::policy) fn usual(is_on_github: bool) -> Vec<TrustDomain> {
    let mut domains = vec![verify::public_good()];
    if is_on_github {
        domains.push(verify::github());
    }
    domains
}

/// Reads `trusted-root`, `key` and `unsafe-no-log`.
pub(super) fn read(fields: &mut Fields<'_>, sources: &[Source], usual: &[TrustDomain]) -> Trusted {
    let root = fields.text("trusted-root");
    let key = fields.text("key");
    let no_log = fields.boolean("unsafe-no-log");
    if let (Some(no_log), None) = (&no_log, &key) {
        let message = "`unsafe-no-log` of [[provenance]] without `key`";
        let hint = "only a key that is kept by its owner may sign without a log: a certificate \
                    lives for minutes, and the log says when it was used";
        fields.report(Diagnostic::error(&no_log.place, message).hint(hint));
    }
    let no_log = no_log.is_some_and(|it| it.value);
    let by_key = key.is_some();
    let root_text = root
        .as_ref()
        .map(|root| file(fields, sources, "trusted-root", root, ROOT_BYTES));
    let key_text = key
        .as_ref()
        .map(|key| file(fields, sources, "key", key, KEY_BYTES));
    // A file that could not be read is reported; what is returned then is never used.
    let nothing = Trusted {
        domains: Vec::new(),
        by_key,
    };
    let (label, material) = match (root_text, key_text) {
        (None, None) => {
            return Trusted {
                domains: usual.to_vec(),
                by_key,
            };
        }
        (Some(None), _) | (_, Some(None)) => return nothing,
        (Some(Some(root)), None) => (root.name, TrustMaterial::TrustedRoot(root.text)),
        (root, Some(Some(key))) => {
            let root = match root {
                Some(Some(root)) => Some(root.text),
                _ if no_log => None,
                _ => public_root(usual),
            };
            let pem = key.text;
            (key.name, TrustMaterial::Key { pem, root })
        }
    };
    let domain = TrustDomain {
        label,
        material,
        leniency: Leniency {
            unsafe_no_log: no_log,
            ..Leniency::default()
        },
    };
    if let Err(error) = Verifier::new(&domain)
        && let Some(text) = key.as_ref().or(root.as_ref())
    {
        let message = format!("this cannot be used: {error}");
        let hint = match by_key {
            true => {
                "a public key in PEM, as `lockstep key public` and `cosign public-key` print it"
            }
            false => "a `trusted_root.json`, as Sigstore publishes it and instances generate it",
        };
        fields.report(Diagnostic::error(&text.place, message).hint(hint));
        return nothing;
    }
    Trusted {
        domains: vec![domain],
        by_key,
    }
}

/// The logs and timestamp authorities beside which a key is used where the table names none.
fn public_root(usual: &[TrustDomain]) -> Option<Arc<str>> {
    usual.iter().find_map(|domain| match &domain.material {
        TrustMaterial::TrustedRoot(root) => Some(root.clone()),
        TrustMaterial::Key { .. } => None,
    })
}

/// A file that a policy names.
struct NamedFile {
    /// Its name, safe to show.
    name: String,
    text: Arc<str>,
}

/// Reads a file that a policy names; the path begins at the folder of the file that names it, and
/// does not lead out of it.
fn file(
    fields: &mut Fields<'_>,
    sources: &[Source],
    key: &str,
    named: &Placed<String>,
    most: u64,
) -> Option<NamedFile> {
    let mut refuse = |why: String, hint: &str| {
        let message = format!("`{key}` of [[provenance]]: {why}");
        fields.report(Diagnostic::error(&named.place, message).hint(hint));
        None
    };
    let relative = Path::new(&named.value);
    let plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if named.value.is_empty() || named.value.contains('\\') || !relative.components().all(plain) {
        return refuse(
            "this leads out of the policy's folder".to_owned(),
            "name a file in the same folder or below it",
        );
    }
    let above = sources.get(named.place.source).or_else(|| sources.first());
    let folder = above.map_or(Path::new("."), |source| folder_of(source.path()));
    let path = folder.join(relative);
    let shown = visible(&path.display().to_string(), 200);
    match (std::fs::canonicalize(&path), std::fs::canonicalize(folder)) {
        (Ok(real), Ok(folder)) if real.starts_with(&folder) => {}
        (Ok(_), Ok(_)) => {
            return refuse(
                "a link leads out of the policy's folder".to_owned(),
                "put the file itself into the folder",
            );
        }
        _ => {
            return refuse(
                format!("there is no file {shown}"),
                "the path begins at the folder of the file that names it",
            );
        }
    }
    // Asked first: opening a pipe would wait for its writer.
    if !std::fs::metadata(&path).is_ok_and(|it| it.is_file()) {
        return refuse(format!("{shown} is no regular file"), "name a file");
    }
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        let error = visible(&error.to_string(), 120);
        return refuse(format!("{shown} cannot be read: {error}"), "check the path");
    }
    if bytes.len() as u64 > most {
        return refuse(
            format!("{shown} has more than {most} bytes"),
            "is this the right file?",
        );
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return refuse(
            format!("{shown} is not text in UTF-8"),
            "is this the right file?",
        );
    };
    if key == "key" && text.contains("PRIVATE KEY") {
        return refuse(
            format!("{shown} holds a private key"),
            "name its public key, and keep the private one out of the folder",
        );
    }
    let name = relative.file_name().unwrap_or_default().to_string_lossy();
    Some(NamedFile {
        name: visible(&name, 100),
        text: text.into(),
    })
}

/// The domains of all tables, each once, those that verify by default first.
pub(in crate::policy) fn joined(
    usual: &[TrustDomain],
    named: Vec<TrustDomain>,
) -> Vec<TrustDomain> {
    let mut known: Vec<Digest> = Vec::new();
    let mut all = Vec::new();
    for domain in usual.iter().cloned().chain(named) {
        let id = domain.id();
        if !known.contains(&id) {
            known.push(id);
            all.push(domain);
        }
    }
    all
}
