//! What lies elsewhere: asks its places for it and for what is attached, and says what stays unknown.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::Args;
use url::Url;

use crate::check::attachments;
use crate::cli::ambient::Ambient;
use crate::cli::asked::unfit;
use crate::cli::exit::Failure;
use crate::cli::progress::Progress;
use crate::cli::say::Terminal;
use crate::model::{ArtifactDigest, visible_line};
use crate::observe::attached::{Attachments, Looking, Place, Store, Subject};
use crate::report::Unread;

use super::Bundles;

// Which of GitHub's stores of attestations is asked too.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct StoreArguments {
    /// Ask GitHub's attestation store of this repository: OWNER/NAME or its address. Of files and
    /// digests it alone is asked. Whose signature counts is said by the options for it, not here.
    #[arg(
        long,
        visible_alias = "repository",
        short = 'R',
        value_name = "OWNER/NAME"
    )]
    repo: Option<String>,
    /// Ask GitHub's attestation stores of all repositories of this user or organization that the
    /// credential may read: OWNER or its address. What it does not show is unknown.
    #[arg(long, value_name = "OWNER", conflicts_with = "repo")]
    owner: Option<String>,
}

impl StoreArguments {
    /// Whether one is named.
    pub(in crate::cli) fn is_given(&self) -> bool {
        self.repo.is_some() || self.owner.is_some()
    }

    /// The store that is named.
    ///
    /// # Errors
    /// A text that names none.
    pub(in crate::cli) fn read(&self, ambient: &Ambient) -> Result<Option<Store>, Failure> {
        let environment = &ambient.environment;
        let store = match (&self.repo, &self.owner) {
            (Some(text), _) => Store::of_repository(text, environment),
            (None, Some(text)) => Store::of_owner(text, environment),
            (None, None) => return Ok(None),
        };
        let store = store.map_err(|error| Failure::new(error.to_string(), error.hint));
        store.map(Some)
    }
}

// Where subjects and what is attached to them lie.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Places")]
pub(in crate::cli) struct PlaceArguments {
    #[command(flatten)]
    pub(in crate::cli) store: StoreArguments,
    /// Of an index of images the image of this platform, such as `linux/amd64`. What is attached to
    /// the index counts for it too, for the index names it by digest.
    #[arg(long, value_name = "PLATFORM")]
    pub(in crate::cli) platform: Option<String>,
    /// Address of the Simple API for `pypi:`; the public index where not given.
    #[arg(long, value_name = "URL")]
    index: Option<Url>,
    /// Address of the registry for `npm:`; the public one where not given.
    #[arg(long, value_name = "URL")]
    registry: Option<Url>,
    /// Open no connection; subjects that lie elsewhere are refused.
    #[arg(long, conflicts_with_all = ["repo", "owner"])]
    offline: bool,
}

/// One artifact that was asked for.
pub(in crate::cli) struct Elsewhere {
    /// What it is called in results.
    pub(in crate::cli) subject: String,
    /// The digest that the place states first; then the one of the index that names it.
    pub(in crate::cli) digests: Vec<ArtifactDigest>,
    /// What is attached to it.
    pub(in crate::cli) bundles: Bundles,
    /// What was not read, and why.
    pub(in crate::cli) unread: Vec<Unread>,
}

/// A question about a subject, without faults that can be known before anybody is asked.
pub(in crate::cli) struct PlaceQuestion {
    text: String,
    subject: Subject,
    store: Option<Store>,
    platform: Option<String>,
}

impl PlaceArguments {
    /// What lies here takes none of these options.
    ///
    /// # Errors
    /// An option that would change nothing.
    pub(in crate::cli) fn only_elsewhere(&self, text: &str) -> Result<(), Failure> {
        let given = [
            (self.platform.is_some(), "--platform", "oci:"),
            (self.index.is_some(), "--index", "pypi:"),
            (self.registry.is_some(), "--registry", "npm:"),
        ];
        match given.into_iter().find(|(is_given, ..)| *is_given) {
            Some((_, option, form)) => Err(unused(option, text, form)),
            None => Ok(()),
        }
    }

    /// The question about a subject.
    ///
    /// # Errors
    /// Options that do not go with it.
    pub(in crate::cli) fn question(
        &self,
        text: &str,
        mut subject: Subject,
        ambient: &Ambient,
    ) -> Result<PlaceQuestion, Failure> {
        let shown = visible_line(text);
        if self.offline {
            return Err(Failure::new(
                format!("--offline: {shown} lies elsewhere, and nobody is asked"),
                "save what is attached with `lockstep download` where there is a network; then name \
                 the digest, and what was saved with --bundle",
            ));
        }
        if self.platform.is_some() && !matches!(subject, Subject::Image(_)) {
            return Err(unused("--platform", text, "oci:"));
        }
        match (&mut subject, &self.index, &self.registry) {
            (Subject::PyPi(file), index, None) => file.index = index.clone(),
            (Subject::Npm(version), None, registry) => version.registry = registry.clone(),
            (_, None, None) => {}
            (_, Some(_), _) => return Err(unused("--index", text, "pypi:")),
            (_, None, Some(_)) => return Err(unused("--registry", text, "npm:")),
        }
        Ok(PlaceQuestion {
            text: text.to_owned(),
            subject,
            store: self.store.read(ambient)?,
            platform: self.platform.clone(),
        })
    }
}

impl PlaceQuestion {
    /// Asks. Every artifact of the subject is in the answer: each file of a version.
    ///
    /// # Errors
    /// [`Failure`] where nobody can be asked at all, and for a platform that the image is not for.
    pub(in crate::cli) fn ask(
        &self,
        ambient: &Ambient,
        terminal: &Terminal,
    ) -> Result<Vec<Elsewhere>, Failure> {
        let progress = Arc::new(Progress::new(terminal, 1));
        let looking = Looking {
            platforms: self.platform.is_some(),
        };
        let found = attachments(
            &self.subject,
            self.store.as_ref(),
            looking,
            &ambient.environment,
            progress,
        );
        let found = match found.map_err(unfit)? {
            Ok(found) => found,
            Err(unanswered) => {
                return Ok(vec![Elsewhere {
                    subject: self.text.clone(),
                    digests: Vec::new(),
                    bundles: Bundles::default(),
                    unread: vec![Unread::new(&self.text, &unanswered.to_string())],
                }]);
            }
        };
        let unread: Vec<Unread> = found.places.iter().filter_map(unread).collect();
        let artifacts = self.artifacts(&found)?;
        if artifacts.is_empty() {
            // A place that states no artifact has shown none that could be verified.
            let message = "it states no artifact that could be verified";
            return Ok(vec![Elsewhere {
                subject: self.text.clone(),
                digests: Vec::new(),
                bundles: Bundles::default(),
                unread: vec![Unread::new(&self.text, message)],
            }]);
        }
        let elsewhere = artifacts.into_iter().map(|(subject, digests)| Elsewhere {
            subject,
            bundles: attached(&found, &digests),
            digests,
            unread: unread.clone(),
        });
        Ok(elsewhere.collect())
    }

    /// The artifacts that are meant, each with the digests of which any may be attested to.
    fn artifacts(
        &self,
        found: &Attachments,
    ) -> Result<Vec<(String, Vec<ArtifactDigest>)>, Failure> {
        if let Some(platform) = &self.platform {
            let whole = found.artifacts.get("").copied();
            return match found.artifacts.get(platform) {
                Some(image) => {
                    let digests = std::iter::once(*image).chain(whole).collect();
                    Ok(vec![(format!("{} ({platform})", self.text), digests)])
                }
                None => {
                    let names = found.artifacts.keys().filter(|it| !it.is_empty());
                    let names: Vec<String> = names.map(|it| visible_line(it)).collect();
                    let hint = match names.is_empty() {
                        true => "it is one image and no index: leave --platform out".to_owned(),
                        false => format!("its platforms are {}", names.join(", ")),
                    };
                    let shown = visible_line(&self.text);
                    let message = format!("{shown}: no image for {}", visible_line(platform));
                    Err(Failure::new(message, hint))
                }
            };
        }
        let whole_version = matches!(&self.subject, Subject::PyPi(it) if it.file.is_none());
        let artifacts = found.artifacts.iter().map(|(name, digest)| {
            let subject = match whole_version {
                true => format!("{}/{name}", self.text),
                false => self.text.clone(),
            };
            (subject, vec![*digest])
        });
        Ok(artifacts.collect())
    }
}

fn unused(option: &str, subject: &str, form: &str) -> Failure {
    let hint = format!("it is for subjects that begin with `{form}`");
    let subject = visible_line(subject);
    Failure::new(format!("{option} does not go with {subject}"), hint)
}

/// What is attached to any of these digests, each document once.
fn attached(found: &Attachments, digests: &[ArtifactDigest]) -> Bundles {
    let mut bundles = Bundles::default();
    let mut known = BTreeSet::new();
    for place in &found.places {
        let Ok(answer) = &place.answer else {
            continue;
        };
        for artifact in digests {
            let documents = answer.attached.artifacts.get(artifact);
            for digest in documents.into_iter().flatten() {
                let text = answer.documents.get(digest);
                if let Some(text) = text.filter(|_| known.insert((*artifact, *digest))) {
                    let place = format!("{} ({digest})", place.endpoint);
                    bundles.add_attached(&place, *artifact, text);
                }
            }
        }
    }
    bundles
}

/// What was not read of a place.
fn unread(place: &Place) -> Option<Unread> {
    let endpoint = place.endpoint.to_string();
    match &place.answer {
        Err(unanswered) => Some(Unread::new(&endpoint, &unanswered.to_string())),
        Ok(known) => known.stopped.as_ref().map(|(at, why)| {
            let message = format!("not read whole, at {at}: {why}");
            Unread::new(&endpoint, &message)
        }),
    }
}
