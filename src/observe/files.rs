//! The channel `files`: files in a folder, or those that a list of checksums names.
//!
//! Of a folder every file is hashed, and of wheels, sdists and npm tarballs the version inside is
//! read as well.

mod archive;
mod checksums;
mod folder;
mod lists;
mod meter;
mod naming;
mod tarball;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

pub use checksums::{Checksums, parse_checksums};

use self::folder::Contents;
use self::lists::Lists;
use self::naming::Naming;
use super::examine::examined;
use super::{
    About, Answers, Ask, Asking, Configured, Examinations, Examine, Examined, InCheckout, Kind,
    now, table,
};
use crate::model::settings::{Diagnostic, Fields, Key, Placed, Shape, WebAddress};
use crate::model::version::Template;
use crate::model::{
    Answer, Content, Coverage, Facts, Failure, FailureKind, Observation, Query, RedactedUrl,
    Traits, Wanted,
};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct Files;

const KEYS: &[Key] = &[
    Key::optional(
        "path",
        Shape::Text,
        "a folder with the files; it begins at the policy's own folder",
    ),
    Key::optional(
        "checksums",
        Shape::Text,
        "instead of `path`: a list of SHA-256 checksums, a file or an address, such as `https://dl.acme.example/{version}/SHA256SUMS`",
    ),
    Key::optional(
        "names",
        Shape::TextOrTexts,
        "how the files of a release are named, such as `api-{version}.zip`, or the folder that they are in; where not given, `{version}`, a folder for each. Wheels, sdists and npm tarballs of the component are known by their names too",
    ),
];

/// Files of a component.
#[derive(Clone)]
struct Source {
    place: Arc<Location>,
    naming: Arc<Naming>,
}

/// Where they are named.
enum Location {
    Folder(PathBuf),
    Lists(Lists),
}

impl Kind for Files {
    fn name(&self) -> &'static str {
        "files"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let path = table::named(fields, "path", about);
        let checksums = fields.text("checksums");
        let place = match (&path, &checksums) {
            (Some(_), Some(checksums)) => {
                let error = Diagnostic::error(
                    &checksums.place,
                    format!("{} has both `path` and `checksums`", fields.what()),
                );
                fields.report(error.hint("keep one of them"));
                return None;
            }
            (None, None) => {
                // One of a wrong type was reported already.
                if fields.key_place("path").is_none() && fields.key_place("checksums").is_none() {
                    let message = format!("{} has neither `path` nor `checksums`", fields.what());
                    let error = Diagnostic::error(fields.place(), message);
                    fields.report(error.hint("name a folder, or a list of checksums"));
                }
                return None;
            }
            (None, Some(checksums)) => {
                let template = checksums_template(fields, checksums)?;
                Location::Lists(Lists::new(template, about.folder))
            }
            (Some(path), None) if path.value.contains('\0') => {
                return table::refuse(fields, "path", path, "is no path", "name a folder");
            }
            (Some(path), None) => Location::Folder(about.folder.join(&path.value)),
        };
        // Observations are named after the release, whose files are facts of one entry: these
        // templates place files and name no releases.
        let naming = Naming {
            component: about.component.as_str().to_owned(),
            templates: table::templates(fields, "names"),
        };
        let traits = traits(match &place {
            Location::Folder(_) => true,
            // A list for each release tells nothing of the others.
            Location::Lists(lists) => lists.is_one(),
        });
        let (place, naming) = (Arc::new(place), Arc::new(naming));
        let source = Arc::new(Source { place, naming });
        Some(Configured {
            examine: Some(source.clone()),
            ask: Some(super::attached::with_store(source, about.source)),
            ..Configured::usual(traits, table::version_alone())
        })
    }
}

fn traits(lists: bool) -> Traits {
    Traits {
        can_lead: false,
        content: Content::Files,
        lists,
        states_commit: false,
        states_time: false,
    }
}

/// The folder of a checkout that packaging tools write to.
const BUILT: &str = "dist";

/// What was built of a project in a checkout, where anything was: what an index or a registry
/// would be given.
pub(super) fn built(checkout: &Path, project: &str) -> Option<InCheckout> {
    let folder = checkout.join(BUILT);
    if !folder.is_dir() {
        return None;
    }
    let naming = Naming {
        component: project.to_owned(),
        templates: Vec::new(),
    };
    let source = Source {
        place: Arc::new(Location::Folder(folder)),
        naming: Arc::new(naming),
    };
    Some(InCheckout {
        ask: Arc::new(source),
        traits: traits(true),
        is_built: true,
    })
}

impl Ask for Source {
    fn ask<'a>(&'a self, asking: &'a Asking<'a>) -> Answers<'a> {
        match &*self.place {
            Location::Folder(path) => Box::pin(read_folder(path, &self.naming, asking)),
            Location::Lists(lists) => Box::pin(lists.ask(&self.naming, asking)),
        }
    }

    fn look_up<'a>(&'a self, asking: &'a Asking<'a>, wanted: &'a [Wanted]) -> Answers<'a> {
        match &*self.place {
            Location::Folder(_) => Box::pin(std::future::ready(Vec::new())),
            Location::Lists(lists) => Box::pin(lists.look_up(&self.naming, asking, wanted)),
        }
    }

    /// What is on this machine anyway.
    fn in_checkout(&self, _: &Path) -> Option<InCheckout> {
        let lists = match &*self.place {
            Location::Folder(_) => true,
            Location::Lists(lists) if lists.is_local() => lists.is_one(),
            Location::Lists(_) => return None,
        };
        Some(InCheckout {
            ask: Arc::new(self.clone()),
            traits: traits(lists),
            is_built: false,
        })
    }
}

impl Examine for Source {
    fn examine<'a>(&'a self, asking: &'a Asking<'a>) -> Examinations<'a> {
        Box::pin(async {
            let (what, hint) = match &*self.place {
                Location::Folder(_) => ("files", "may this user read the folder and its files?"),
                Location::Lists(lists) if !lists.is_one() => {
                    let detail =
                        "each release has a list of its own, which is asked for by version";
                    return vec![Examined::unknown("checksums", "anonymous", detail).optional()];
                }
                Location::Lists(lists) if lists.is_local() => {
                    ("checksums", "may this user read the file?")
                }
                Location::Lists(_) => (
                    "checksums",
                    "check the address; a private server needs a login in `.netrc`",
                ),
            };
            let observations = self.ask(asking).await;
            observations
                .iter()
                .map(|it| examined(it, what, hint))
                .collect()
        })
    }
}

/// Reads a folder off the threads that serve other channels. The listing holds every file; a
/// release of which one cannot be read as what it is has a failure beside it.
async fn read_folder(path: &Path, naming: &Arc<Naming>, asking: &Asking<'_>) -> Vec<Observation> {
    let end = Instant::now() + asking.client.limits().total;
    let (folder, naming) = (path.to_owned(), Arc::clone(naming));
    let read = tokio::task::spawn_blocking(move || folder::read(&folder, &naming, end)).await;
    let read = read.unwrap_or_else(|_| {
        Err(Failure {
            kind: FailureKind::Unsupported,
            detail: "reading this folder broke off inside this program: please report it"
                .to_owned(),
        })
    });
    let endpoint = RedactedUrl::of_path(&path.to_string_lossy());
    let observe =
        |query, answer| asking.observe(now(), "anonymous", endpoint.clone(), query, answer);
    let failed = |why| Answer::Failed {
        why,
        retry_at: None,
    };
    match read {
        Ok(Contents {
            listing,
            body,
            broken,
        }) => {
            let answer = Answer::Seen {
                facts: Facts::Listing(listing),
                body: Some(body),
                unchanged_since: None,
                coverage: Coverage::Complete,
            };
            let mut observations = observe(Query::Listing, answer);
            for (version, why) in broken {
                observations.extend(observe(Query::Entry(version), failed(why)));
            }
            observations
        }
        Err(why) => observe(Query::Listing, failed(why)),
    }
}

fn checksums_template(fields: &mut Fields<'_>, text: &Placed<String>) -> Option<Template> {
    let template = match Template::file(&text.value) {
        Ok(template) => template,
        Err(error) => {
            let message = format!("`checksums` of {}: {error}", fields.what());
            fields.report(Diagnostic::error(&text.place, message));
            return None;
        }
    };
    // Judged as it will be asked; what a version fills in can change neither scheme nor host.
    let host = text
        .value
        .split("://")
        .nth(1)
        .map(|rest| rest.split('/').next().unwrap_or(rest));
    if host.is_some_and(|host| host.contains('{')) {
        let message = format!(
            "`checksums` of {}: the host is no part of a template",
            fields.what()
        );
        fields.report(Diagnostic::error(&text.place, message));
        return None;
    }
    if host.is_some()
        && let Err(error) = template.render("name", "1.2.3").parse::<WebAddress>()
    {
        let message = format!("`checksums` of {}: {error}", fields.what());
        let hint = "an https address or a path";
        fields.report(Diagnostic::error(&text.place, message).hint(hint));
        return None;
    }
    if ["{major}", "{minor}", "{patch}"]
        .iter()
        .any(|number| text.value.contains(number))
    {
        let message = format!("`checksums` of {} takes `{{version}}` alone", fields.what());
        fields.report(Diagnostic::error(&text.place, message));
        return None;
    }
    Some(template)
}
