//! The channel `github-release`: releases of a GitHub repository with their assets.

use super::table::{globs, templates};
use super::{About, Configured, Kind};
use crate::model::settings::{Diagnostic, Fields, Key, Shape};
use crate::model::{Content, Traits};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct GithubRelease;

const KEYS: &[Key] = &[
    Key::required(
        "tag",
        Shape::TextOrTexts,
        "how the release's tag is written, such as `v{version}`; several are all looked up",
    ),
    Key::optional(
        "assets",
        Shape::TextOrTexts,
        "globs of the assets that agreements compare; all but checksums and bundles where not given",
    ),
];

impl Kind for GithubRelease {
    fn name(&self) -> &'static str {
        "github-release"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let templates = templates(fields, "tag");
        let assets = globs(fields, "assets");
        if about.source.is_none() {
            let place = fields.place().clone();
            fields.report(
                Diagnostic::error(&place, "a `github-release` channel needs a repository")
                    .hint("give `source` in [component]"),
            );
            return None;
        }
        if templates.is_empty() {
            return None;
        }
        let traits = Traits {
            can_lead: true,
            content: Content::Files,
            states_commit: true,
            states_time: true,
        };
        Some(Configured {
            assets,
            ..Configured::new(traits, templates)
        })
    }
}
