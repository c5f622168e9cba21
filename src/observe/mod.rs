//! Asks channels and gives dated observations; judges nothing.
//!
//! Each kind of channel is one file: its table in a policy, its questions, its observations. The
//! register [`KINDS`] is the only other place that knows it.

pub mod files;
pub mod github_release;
pub mod lambda;
pub mod manifest;
pub mod npm;
pub mod oci;
pub mod s3;
mod table;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use url::Url;

use crate::model::settings::{Fields, Key};
use crate::model::version::{Plus, Scheme, Template};
use crate::model::{Duration, Name, Observation, Time, Traits};

/// The kinds of channel that a policy can name.
pub const KINDS: &[&dyn Kind] = &[
    &github_release::GithubRelease,
    &npm::Npm,
    &oci::Oci,
    &files::Files,
    &manifest::Manifest,
    &lambda::Lambda,
    &s3::S3,
];

/// A kind of channel.
pub trait Kind: Sync {
    /// As `kind` in a policy writes it.
    fn name(&self) -> &'static str;
    /// The keys of its table, beside those that every channel has.
    fn keys(&self) -> &'static [Key];
    /// Reads its table. Errors go to the fields' diagnostics; nothing is returned then.
    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured>;
}

/// What a channel's table may refer to.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The component's name.
    pub component: &'a Name,
    /// Address of its source repository, where the policy gives one.
    pub source: Option<&'a Url>,
    /// The folder of the policy file: relative paths begin there.
    pub folder: &'a Path,
}

/// A channel as its table describes it.
#[derive(Clone)]
pub struct Configured {
    /// What this kind can and cannot do.
    pub traits: Traits,
    /// How its names are read, where that does not follow from the line (`pep440` for an index).
    pub scheme: Option<Scheme>,
    /// How its names are written.
    pub templates: Vec<Template>,
    /// What becomes of a `+`.
    pub plus: Plus,
    /// Declared suffixes.
    pub variants: Vec<String>,
    /// Templates of tags that move.
    pub floating: Vec<Template>,
    /// Whether names must be OCI tags.
    pub oci_tags: bool,
    /// Platforms that an image must have.
    pub platforms: Vec<String>,
    /// Globs of the files that agreements look at.
    pub assets: Vec<String>,
    /// `may-lag` where the policy does not say.
    pub usual_lag: Duration,
    /// Asks it; nothing where this program cannot yet.
    pub ask: Option<Arc<dyn Ask>>,
}

/// Something that can be asked.
pub trait Ask: Send + Sync {
    /// Asks once. Failures are observations too; this cannot fail otherwise.
    fn ask<'a>(
        &'a self,
        asking: &'a Asking<'a>,
    ) -> Pin<Box<dyn Future<Output = Vec<Observation>> + Send + 'a>>;
}

/// One run of asking, as one channel sees it.
pub struct Asking<'a> {
    /// The policy's name of the channel.
    pub channel: &'a Name,
    /// Start of the round.
    pub round: Time,
    /// Names that the release in question has here, to be looked up one by one where the channel
    /// has a question for that.
    pub names: &'a [String],
}
