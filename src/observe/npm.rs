//! The channel `npm`: versions of a package in a registry that speaks npm's protocol.
//!
//! One answer, the full packument, holds everything that the registry says. Its hashes are SHA-512;
//! where files must agree with other channels the tarballs in question are read, by choice.

mod attestations;
mod npmrc;
mod packument;
mod registry;
mod tarballs;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use url::Url;

pub(super) use attestations::attachments;
pub use packument::{Packument, Published, parse_packument};

use self::registry::Registry;
use super::attached::with_store;
use super::examine::examined;
use super::http::{Client, Reply, Request, Unanswered};
use super::{
    About, Answers, Ask, Asking, Attached, Configured, Examinations, Examine, InCheckout, Kind,
    malformed, table,
};
use crate::model::settings::{Diagnostic, Fields, Key, Placed, Shape, WebAddress};
use crate::model::version::Scheme;
use crate::model::{
    Content, Coverage, Duration, Failure, RedactedUrl, Traits, Wanted, WantedAttestations, visible,
};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct Npm;

const KEYS: &[Key] = &[
    Key::optional(
        "package",
        Shape::Text,
        "name of the package: the component's name where not given; `{name}` is the component. Its versions are read as semver and are names as they are",
    ),
    Key::optional(
        "registry",
        Shape::Text,
        "address of the registry: the public one where not given; `npm`: the one that npm is configured with on this machine",
    ),
    Key::optional(
        "hash-files",
        Shape::Text,
        "reads the tarballs of the releases in question, up to so much in a run, such as `200MB`, and states their SHA-256: an agreement on `same-files` needs it. The registry itself states SHA-512 only",
    ),
];

/// A package in a registry.
struct Package {
    name: String,
    registry: Registry,
    /// Bytes of tarballs that may be read in one run; 0: none are.
    hash_bytes: u64,
}

impl Kind for Npm {
    fn name(&self) -> &'static str {
        "npm"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let package = table::named(fields, "package", about).unwrap_or_else(|| Placed {
            value: about.component.as_str().to_owned(),
            place: fields.place().clone(),
        });
        let registry = registry(fields, about)?;
        let hash_bytes = hash_files(fields)?;
        if !is_package(&package.value) {
            let hint = "give `package`, as in `ui` or `@acme/ui`";
            return table::refuse(fields, "package", &package, "is no package name", hint);
        }
        let traits = Traits {
            can_lead: false,
            content: Content::Files,
            // `gitHead` is whatever the uploader wrote.
            lists: true,
            states_commit: false,
            states_time: true,
        };
        let package = Arc::new(Package {
            name: package.value,
            registry,
            hash_bytes,
        });
        Some(Configured {
            scheme: Some(Scheme::Semver),
            usual_lag: Duration::from_minutes(60),
            examine: Some(package.clone()),
            ask: Some(with_store(package, about.source)),
            ..Configured::usual(traits, table::version_alone())
        })
    }
}

impl Ask for Package {
    fn ask<'a>(&'a self, asking: &'a Asking<'a>) -> Answers<'a> {
        Box::pin(async move {
            match self.read(asking.client).await {
                Ok(seen) => {
                    let listing = seen.packument.listing(&self.name);
                    let label = seen.credential.label();
                    asking.observe_listing(&seen.reply, label, listing, Coverage::Complete)
                }
                Err((label, endpoint, unanswered)) => {
                    asking.observe_failure(&label, endpoint, *unanswered)
                }
            }
        })
    }

    fn look_up<'a>(&'a self, asking: &'a Asking<'a>, wanted: &'a [Wanted]) -> Answers<'a> {
        Box::pin(tarballs::look_up(self, asking, wanted))
    }

    fn attestations<'a>(
        &'a self,
        asking: &'a Asking<'a>,
        wanted: &'a [WantedAttestations],
    ) -> Pin<Box<dyn Future<Output = Attached> + Send + 'a>> {
        Box::pin(attestations::attached(self, asking, wanted))
    }

    fn in_checkout(&self, checkout: &Path) -> Option<InCheckout> {
        super::files::built(checkout, &self.name)
    }
}

impl Examine for Package {
    fn examine<'a>(&'a self, asking: &'a Asking<'a>) -> Examinations<'a> {
        Box::pin(async {
            let hint = "check the package's name; a private one needs a token in `.npmrc` that may \
                        read it (GitHub Packages: `read:packages`)";
            let observations = self.ask(asking).await;
            observations
                .iter()
                .map(|it| examined(it, "versions", hint))
                .collect()
        })
    }
}

/// A packument as it was read.
struct Seen {
    /// Address of the registry as it was named: the credential is for its origin.
    registry: Url,
    reply: Reply,
    packument: Packument,
    credential: super::http::Credential,
}

impl Package {
    /// Reads the packument; the label, the place and the reason where that fails.
    async fn read(&self, client: &Client) -> Result<Seen, (String, RedactedUrl, Box<Unanswered>)> {
        let resolved = self.registry.resolve(&self.name, client);
        let (base, credential) = resolved.map_err(|why| {
            let place = RedactedUrl::of_path("the registry that npm is configured with");
            ("anonymous".to_owned(), place, Box::new(Unanswered::of(why)))
        })?;
        let url = registry::packument_address(&base, &self.name);
        let label = credential.label().to_owned();
        let failed = |unanswered| (label.clone(), RedactedUrl::of(&url), Box::new(unanswered));
        let request = Request::get(url.clone(), "application/json").credential(credential.clone());
        let reply = client.send(&request).await.map_err(failed)?;
        let packument = packument(&reply, &self.name).map_err(|why| failed(Unanswered::of(why)))?;
        Ok(Seen {
            registry: base,
            reply,
            packument,
            credential,
        })
    }
}

fn packument(reply: &Reply, name: &str) -> Result<Packument, Failure> {
    let media = reply.media_type();
    if media != "application/json" {
        let shown = visible(&media, 60);
        return Err(malformed(format!(
            "the answer is `{shown}`, not a package of an npm registry"
        )));
    }
    let packument = parse_packument(&reply.body)?;
    if packument.name != name {
        let shown = visible(&packument.name, 80);
        return Err(malformed(format!(
            "the answer is about another package: `{shown}`"
        )));
    }
    Ok(packument)
}

/// Reads `registry`; nothing where it is wrong.
fn registry(fields: &mut Fields<'_>, about: &About<'_>) -> Option<Registry> {
    if fields.key_place("registry").is_none() {
        return Some(Registry::Public);
    }
    // Of a wrong type, which was reported.
    let text = fields.text("registry")?;
    if text.value == "npm" {
        return Some(Registry::Npm {
            folder: about.folder.to_owned(),
        });
    }
    let address = text.value.parse::<WebAddress>();
    match (address, Url::parse(&text.value)) {
        (Ok(_), Ok(url)) => Some(Registry::At(url)),
        (Err(error), _) => {
            let message = format!("`registry` of {}: {error}", fields.what());
            let hint = "an address such as `https://npm.pkg.github.com`, or `npm`";
            fields.report(Diagnostic::error(&text.place, message).hint(hint));
            None
        }
        (Ok(_), Err(_)) => table::refuse(fields, "registry", &text, "is no address", "https://…"),
    }
}

/// Reads `hash-files`: a number of bytes, such as `200MB`; nothing where it is wrong.
fn hash_files(fields: &mut Fields<'_>) -> Option<u64> {
    if fields.key_place("hash-files").is_none() {
        return Some(0);
    }
    let text = fields.text("hash-files")?;
    match table::bytes(&text.value) {
        Some(bytes) => Some(bytes),
        None => {
            let hint = "a number with kB, MB or GB, at most 4GB, as in `200MB`";
            table::refuse(fields, "hash-files", &text, "is no number of bytes", hint)
        }
    }
}

/// A name of npm's, legacy upper-case ones included (npm documentation, package.json, "name").
pub(super) fn is_package(name: &str) -> bool {
    let part = |part: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~!'()*".contains(&b);
        !part.is_empty() && !part.starts_with(['.', '_']) && part.bytes().all(allowed)
    };
    let (scope, bare) = match name.strip_prefix('@') {
        Some(scoped) => match scoped.split_once('/') {
            Some((scope, bare)) => (Some(scope), bare),
            None => return false,
        },
        None => (None, name),
    };
    name.len() <= 214 && scope.is_none_or(part) && part(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_name_may_have_one_scope() {
        for right in ["ui", "@acme/ui", "JSONStream", "lodash.merge"] {
            assert!(is_package(right), "{right}");
        }
        for wrong in [
            "", "@acme", "@acme/", "a/b", "@a/b/c", ".x", "_x", "a b", "@/x", "é",
        ] {
            assert!(!is_package(wrong), "{wrong}");
        }
    }
}
