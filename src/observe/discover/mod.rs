//! Learns from one place where else a component appears: plain clues, each with its reason.
//!
//! Whoever uploads writes most of what is read here. A clue is never a fact about a release; the
//! policy that is made of clues says so, and never allows.

mod address;
mod checkout;
mod github;
mod image;
mod package;
mod shell;
mod shorthand;
mod tree;
mod workflow;
mod yaml;

use std::path::Path;

use url::Url;

pub use address::same_repository;
pub use checkout::CheckoutError;
pub use shorthand::{Shorthand, ShorthandError};

use super::Environment;
use super::http::Client;
use crate::model::Failure;
use address::Reach;

/// What was learnt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clues {
    /// In the order in which they were found.
    pub clues: Vec<Clue>,
    /// Names of the repository's tags; nothing where they could not be read.
    pub tags: Option<Vec<String>>,
    /// Whether the files of the source were read.
    pub source_was_read: bool,
    /// What could not be learnt, in words.
    pub unknown: Vec<String>,
    /// Why the place that the user named could not be read.
    pub unread: Option<Failure>,
}

impl Clues {
    /// Something of the place that the user named was not read.
    fn unread(&mut self, what: &str, why: Failure) {
        self.unknown
            .push(format!("{what} could not be read: {}", why.detail));
        self.unread = Some(why);
    }
}

/// One thing that was learnt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clue {
    /// What.
    pub says: Says,
    /// Who says so, in words, made visible.
    pub why: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Why nobody may be sent there on the word of a guess; empty where that harms nobody.
    pub withheld: Option<&'static str>,
}

/// Who wrote what a clue was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The user, in the shorthand.
    User,
    /// Whoever configured this machine: where pip and npm install from.
    Machine,
    /// Whoever uploads: metadata of an index, labels of an image.
    Upload,
    /// Whoever commits: files of the source.
    Source,
    /// The host of the repository.
    Host,
}

/// What a clue says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// What the component is called.
    Name(String),
    /// Address of the source repository.
    Source(Url),
    /// The packages of a monorepo that are published.
    Family(Vec<String>),
    /// Releases appear there.
    Place(Place),
}

/// A place where releases appear. What is not known is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Releases of the source's GitHub repository.
    GithubRelease {
        /// Whether distributions of Python are among the assets.
        distributions: bool,
    },
    /// A project on an index.
    PyPi {
        /// Its name, where the publishing step or the metadata says it.
        project: Option<String>,
        /// The index, where it is not the public one.
        index: Option<String>,
    },
    /// A package in a registry.
    Npm {
        /// Its name.
        package: Option<String>,
        /// The registry, where it is not the public one.
        registry: Option<String>,
    },
    /// An image.
    Oci {
        /// Host and name.
        image: Option<String>,
        /// How it is tagged.
        tags: Vec<ImageTag>,
        /// Whether it is a Helm chart, where `+` becomes `_`.
        chart: bool,
    },
    /// The version that a file declares.
    Manifest {
        /// The file.
        file: String,
        /// The key.
        key: &'static str,
    },
    /// A function.
    Lambda {
        /// Its name.
        function: Option<String>,
        /// Its region.
        region: Option<String>,
    },
    /// Objects.
    S3 {
        /// The bucket.
        bucket: Option<String>,
        /// The key.
        key: Option<String>,
        /// The region.
        region: Option<String>,
    },
}

/// How a publishing step names an image's tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImageTag {
    /// A text with `{version}` in it.
    Version(String),
    /// As the git tag.
    AsGitTag,
    /// One that moves: `latest`, `{major}.{minor}`.
    Floating(String),
    /// Branch, commit and time: a development build.
    Development,
    /// The commit, or something that cannot be followed.
    Other(String),
}

impl Clue {
    pub(super) fn new(origin: Origin, says: Says, why: impl Into<String>) -> Self {
        let why: String = why.into();
        Self {
            says,
            why: crate::model::visible(&why, 300),
            origin,
            withheld: None,
        }
    }
}

/// Asks the place that a shorthand names, and what that place names where that harms nobody.
pub async fn from_shorthand(client: &Client, shorthand: &Shorthand) -> Clues {
    let mut clues = match shorthand {
        Shorthand::PyPi(name) => package::of_index(client, name).await,
        Shorthand::Npm(name) => package::of_registry(client, name).await,
        Shorthand::Github { owner, repository } => github::of_name(client, owner, repository),
        Shorthand::Oci { host, name } => image::of_registry(client, host, name).await,
    };
    let Some(reach) = clues.reach.take() else {
        return clues.found;
    };
    let mut found = clues.found;
    withhold(&mut found, &reach);
    let source = found.clues.iter().find_map(|clue| match &clue.says {
        Says::Source(url) if clue.withheld.is_none() => Some(url.clone()),
        _ => None,
    });
    if let Some(source) = source {
        let tags = super::git_tag::tag_names(client, &source);
        let (tags, host) = tokio::join!(tags, github::read(client, &source));
        match tags {
            Ok(names) => found.tags = Some(names),
            Err(why) => found
                .unknown
                .push(format!("the tags of {source} could not be read: {why}")),
        }
        found.source_was_read = host.source_was_read;
        found.clues.extend(host.clues);
        found.unknown.extend(host.unknown);
        ask_back(client, shorthand, &mut found).await;
    }
    withhold(&mut found, &reach);
    found
}

/// Reads a folder of this machine: its files, its tags, its remote. Asks nobody.
///
/// # Errors
/// [`CheckoutError`] where it is no folder that can be read.
pub fn from_checkout(environment: &Environment, folder: &Path) -> Result<Clues, CheckoutError> {
    checkout::read(environment, folder)
}

/// The publishing steps of one GitHub workflow, at this path of the source.
///
/// # Errors
/// A sentence that says why it cannot be read.
pub fn publishing_steps(path: &str, text: &str) -> Result<Vec<Clue>, String> {
    workflow::read(path, text, None)
}

/// Where the source says that it is published under a name, asks there which source that names:
/// anybody can write a name into a file.
async fn ask_back(client: &Client, shorthand: &Shorthand, found: &mut Clues) {
    let first_name = found.clues.iter().find_map(|clue| match &clue.says {
        Says::Name(name) => Some(name.clone()),
        _ => None,
    });
    let mut python = None;
    let mut npm = None;
    for clue in found.clues.iter().filter(|clue| clue.withheld.is_none()) {
        match &clue.says {
            Says::Place(Place::PyPi {
                project,
                index: None,
            }) => {
                python = python.or(project.clone().or(first_name.clone()));
            }
            Says::Place(Place::Npm {
                package,
                registry: None,
            }) => {
                npm = npm.or(package.clone().or(first_name.clone()));
            }
            _ => {}
        }
    }
    let python = python.filter(|name| shorthand::is_project(name));
    let npm = npm.filter(|name| shorthand::is_package(name));
    if let Some(name) = python.filter(|_| !matches!(shorthand, Shorthand::PyPi(_))) {
        take_back(package::of_index(client, &name).await, found);
    }
    if let Some(name) = npm.filter(|_| !matches!(shorthand, Shorthand::Npm(_))) {
        take_back(package::of_registry(client, &name).await, found);
    }
}

fn take_back(begun: Begun, found: &mut Clues) {
    for said in begun.found.clues {
        match &said.says {
            Says::Source(_) => found.clues.push(said),
            // Where it was asked, which is where this machine would install from.
            Says::Place(asked) => {
                let kind = std::mem::discriminant(asked);
                let same = found.clues.iter_mut().find(|clue| match &clue.says {
                    Says::Place(known) => std::mem::discriminant(known) == kind,
                    _ => false,
                });
                if let Some(known) = same {
                    known.origin = Origin::Machine;
                    known.says = said.says;
                }
            }
            Says::Name(_) | Says::Family(_) => {}
        }
    }
    found.unknown.extend(begun.found.unknown);
}

/// A beginning: what the first place said, and what may be asked from there.
struct Begun {
    found: Clues,
    reach: Option<Reach>,
}

/// Marks what nobody may be sent to on the word of a stranger.
fn withhold(clues: &mut Clues, reach: &Reach) {
    for clue in &mut clues.clues {
        let trusted = matches!(clue.origin, Origin::User | Origin::Machine);
        if trusted || clue.withheld.is_some() {
            continue;
        }
        let address = match &clue.says {
            Says::Source(url) => Some(url.clone()),
            Says::Place(
                Place::PyPi {
                    index: Some(at), ..
                }
                | Place::Npm {
                    registry: Some(at), ..
                },
            ) => {
                let address = Url::parse(at).ok();
                if address.is_none() {
                    clue.withheld = Some("it is no address");
                }
                address
            }
            Says::Place(Place::Oci {
                image: Some(image), ..
            }) => {
                let host = image.split('/').next().unwrap_or_default();
                let scheme = match host.starts_with("localhost") || host.starts_with("127.") {
                    true => "http",
                    false => "https",
                };
                let address = Url::parse(&format!("{scheme}://{host}/")).ok();
                // What is judged must be what is asked: nothing but a host, and perhaps a port.
                let is_host = |url: &Url| url.as_str() == format!("{scheme}://{host}/");
                if !address.as_ref().is_some_and(is_host) {
                    clue.withheld = Some("it begins with no host that is plainly written");
                }
                address
            }
            Says::Place(Place::Lambda { .. } | Place::S3 { .. }) => {
                clue.withheld = Some("it is asked with your AWS credentials: not on a guess");
                None
            }
            _ => None,
        };
        if let Some(address) = address {
            clue.withheld = clue.withheld.or(reach.may_ask(&address).err());
        }
    }
}
