//! The channel `pypi`: a project on an index that speaks the Simple API (PEP 503, 691, 700), with
//! the JSON API beside it where the index has one.
//!
//! Each answer is an observation of its own: copies of the Simple API have been seen stale while
//! the JSON API was fresh, and what disagrees is for the rules to judge.

mod assemble;
mod filename;
mod index;
mod integrity;
mod project_json;
mod simple_html;
mod simple_json;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

pub use assemble::{SimpleFile, SimplePage, normalised_name};
pub use filename::version_of_file;
pub(super) use integrity::attachments;
pub use project_json::{ProjectPage, parse_project_json};
pub use simple_html::parse_simple_html;
pub use simple_json::parse_simple_json;

use self::index::Index;
use super::attached::with_store;
use super::examine::examined;
use super::http::{Credential, Reply, Request, Unanswered};
use super::{
    About, Answers, Ask, Asking, Attached, Configured, Examinations, Examine, InCheckout, Kind,
    malformed,
};
use crate::model::settings::{Diagnostic, Fields, Key, Shape};
use crate::model::version::{Scheme, Template};
use crate::model::{
    Content, Coverage, Duration, Failure, Observation, RedactedUrl, Traits, WantedAttestations,
    visible,
};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct PyPi;

const KEYS: &[Key] = &[
    Key::optional(
        "project",
        Shape::Text,
        "the project's name on the index; by default the component's name",
    ),
    Key::optional(
        "index",
        Shape::Text,
        "address of a Simple API, or `pip` for what pip would install from; by default the public one",
    ),
];

/// JSON where the index has it, else HTML (PEP 691 section "Version + Format Selection").
const SIMPLE: &str = "application/vnd.pypi.simple.v1+json, \
     application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

struct Project {
    name: String,
    index: Index,
}

impl Kind for PyPi {
    fn name(&self) -> &'static str {
        "pypi"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let place = fields.place().clone();
        let (name, place) = match super::table::named(fields, "project", about) {
            Some(project) => (project.value, project.place),
            None => (about.component.as_str().to_owned(), place),
        };
        if !is_project_name(&name) {
            let shown = visible(&name, 80);
            let message = format!("`{shown}` is no name of a Python project");
            let hint = "give `project` with letters, digits and . _ - between them";
            fields.report(Diagnostic::error(&place, message).hint(hint));
            return None;
        }
        let index = match fields.text("index") {
            None => Index::Public,
            Some(text) => match Index::of_policy(&text.value) {
                Ok(index) => index,
                Err(words) => {
                    let hint = "write the address of a Simple API, such as https://pypi.acme.example/simple/, or `pip`";
                    fields.report(Diagnostic::error(&text.place, words).hint(hint));
                    return None;
                }
            },
        };
        // The template is a constant that parses; without it there is no channel.
        let template: Template = "{version}".parse().ok()?;
        let traits = Traits {
            can_lead: false,
            content: Content::Files,
            lists: true,
            states_commit: false,
            states_time: true,
        };
        let project = Arc::new(Project { name, index });
        Some(Configured {
            scheme: Some(Scheme::Pep440),
            usual_lag: Duration::from_minutes(60),
            examine: Some(project.clone()),
            ask: Some(with_store(project, about.source)),
            ..Configured::usual(traits, vec![template])
        })
    }
}

/// What pip would install from, and the label of a login in that address.
pub(super) fn index_of_pip(
    environment: &super::Environment,
) -> Result<(url::Url, &'static str), Failure> {
    Index::Pip.resolve(environment)
}

/// Where an index says in JSON what it knows of a project; nothing for one without that API.
pub(super) fn project_json(index: &url::Url, name: &str) -> Option<url::Url> {
    index::json_api(index, &normalised_name(name))
}

/// The grammar of names (PyPA "Names and normalization").
fn is_project_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let inside = |b: &u8| b.is_ascii_alphanumeric() || b"._-".contains(b);
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    name.len() <= 128 && bytes.iter().all(inside) && ends(bytes.first()) && ends(bytes.last())
}

impl Ask for Project {
    fn ask<'a>(&'a self, asking: &'a Asking<'a>) -> Answers<'a> {
        Box::pin(self.read(asking))
    }

    fn attestations<'a>(
        &'a self,
        asking: &'a Asking<'a>,
        wanted: &'a [WantedAttestations],
    ) -> Pin<Box<dyn Future<Output = Attached> + Send + 'a>> {
        Box::pin(integrity::attached(self, asking, wanted))
    }

    fn in_checkout(&self, checkout: &Path) -> Option<InCheckout> {
        super::files::built(checkout, &self.name)
    }
}

impl Examine for Project {
    fn examine<'a>(&'a self, asking: &'a Asking<'a>) -> Examinations<'a> {
        Box::pin(async {
            let hint = "check the project's name; a private index needs a login in `.netrc` or in \
                        the index's address";
            let observations = self.read(asking).await;
            observations
                .iter()
                .map(|it| examined(it, "versions", hint))
                .collect()
        })
    }
}

impl Project {
    async fn read(&self, asking: &Asking<'_>) -> Vec<Observation> {
        let name = normalised_name(&self.name);
        let (mut index, label) = match self.index.resolve(asking.client.environment()) {
            Ok(found) => found,
            Err(why) => {
                let place = RedactedUrl::of_path("the index that pip is configured with");
                return asking.observe_failure("anonymous", place, Unanswered::of(why));
            }
        };
        let credential = Credential::taken_from(&mut index, label, asking.client.netrc());
        let label = credential.label().to_owned();
        let simple_url = index::below(&index, &[&name, ""]);
        let json_url = index::json_api(&index, &name);
        let ask_simple = async {
            let request = Request::get(simple_url.clone(), SIMPLE).credential(credential.clone());
            let reply = asking.client.send(&request).await.map_err(Box::new)?;
            let page = simple_page(&reply, &name).map_err(unreadable)?;
            Ok::<_, Box<Unanswered>>((reply, page))
        };
        let ask_json = async {
            let url = json_url.clone()?;
            let request = Request::get(url, "application/json").credential(credential.clone());
            match asking.client.send(&request).await {
                Ok(reply) => {
                    let page = project_page(&reply, &name).map_err(unreadable);
                    Some(page.map(|page| (reply, page)))
                }
                Err(unanswered) if is_no_such_api(&unanswered) => None,
                Err(unanswered) => Some(Err(Box::new(unanswered))),
            }
        };
        let (simple, json) = tokio::join!(ask_simple, ask_json);
        let known = match &json {
            Some(Ok((_, page))) => Some(page),
            _ => None,
        };
        let mut observations = match simple.and_then(|(reply, page)| {
            let listing = assemble::of_simple(&page, &name, known).map_err(unreadable)?;
            Ok((reply, listing, page.whole))
        }) {
            Ok((reply, listing, whole)) => {
                asking.observe_listing(&reply, &label, listing, coverage(whole))
            }
            Err(unanswered) => {
                asking.observe_failure(&label, RedactedUrl::of(&simple_url), *unanswered)
            }
        };
        match json {
            None => {}
            Some(Ok((reply, page))) => {
                let whole = page.has_releases;
                let listing = assemble::of_project(page);
                observations.extend(match listing {
                    Ok(listing) => asking.observe_listing(&reply, &label, listing, releases(whole)),
                    Err(why) => {
                        let endpoint = RedactedUrl::of(&reply.url);
                        asking.observe_failure(&label, endpoint, Unanswered::of(why))
                    }
                });
            }
            Some(Err(unanswered)) => {
                let endpoint = RedactedUrl::of(&json_url.unwrap_or(simple_url));
                observations.extend(asking.observe_failure(&label, endpoint, *unanswered));
            }
        }
        observations
    }
}

/// An index without a JSON API says so; that is normal and no failure.
fn is_no_such_api(unanswered: &Unanswered) -> bool {
    unanswered.is_not_found() || matches!(unanswered.status, Some(405 | 501))
}

fn coverage(whole: bool) -> Coverage {
    partly(
        whole,
        "the end of the page",
        "the page has no end tag: it was cut off",
    )
}

fn releases(whole: bool) -> Coverage {
    partly(
        whole,
        "the newest version",
        "the JSON API lists no `releases`",
    )
}

fn partly(whole: bool, stopped_at: &str, words: &str) -> Coverage {
    if whole {
        return Coverage::Complete;
    }
    Coverage::Partial {
        stopped_at: stopped_at.to_owned(),
        why: malformed(words),
    }
}

fn simple_page(reply: &Reply, name: &str) -> Result<SimplePage, Failure> {
    let mut page = match reply.media_type().as_str() {
        "application/vnd.pypi.simple.v1+json" | "application/json" => {
            parse_simple_json(&reply.body)?
        }
        "application/vnd.pypi.simple.v1+html" | "text/html" => {
            parse_simple_html(&reply.body, &reply.url, name)?
        }
        other => {
            let shown = visible(other, 60);
            return Err(malformed(format!(
                "the answer is `{shown}`, not a Simple API page"
            )));
        }
    };
    check_name(page.name.as_deref(), name)?;
    let header = reply.header("x-pypi-last-serial");
    page.serial = page
        .serial
        .or(header.and_then(|serial| serial.parse().ok()));
    Ok(page)
}

fn project_page(reply: &Reply, name: &str) -> Result<ProjectPage, Failure> {
    let found = reply.media_type();
    if found != "application/json" {
        let shown = visible(&found, 60);
        return Err(malformed(format!(
            "the JSON API's answer is `{shown}`, not JSON"
        )));
    }
    let page = parse_project_json(&reply.body)?;
    check_name(Some(&page.name), name)?;
    Ok(page)
}

/// An answer about another project is no answer.
fn check_name(found: Option<&str>, name: &str) -> Result<(), Failure> {
    match found {
        Some(found) if normalised_name(found) != name => {
            let shown = visible(found, 80);
            Err(malformed(format!(
                "the answer is about another project: `{shown}`"
            )))
        }
        _ => Ok(()),
    }
}

fn unreadable(failure: Failure) -> Box<Unanswered> {
    Box::new(Unanswered::of(failure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_python_projects() {
        for good in ["a", "graphene-pynamodb", "A.b_c-9"] {
            assert!(is_project_name(good), "{good}");
        }
        for bad in ["", "-a", "a-", "@acme/ui", "a/b", "a b", "é"] {
            assert!(!is_project_name(bad), "{bad}");
        }
    }

    #[test]
    fn an_answer_about_another_project_is_refused() {
        assert!(check_name(Some("Graphene_PynamoDB"), "graphene-pynamodb").is_ok());
        assert!(check_name(Some("graphene"), "graphene-pynamodb").is_err());
    }
}
