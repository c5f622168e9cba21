//! The channel `github-release`: releases with their assets.

mod examine;

use std::sync::Arc;

use super::{About, Configured, Kind, table};
use crate::model::settings::{Diagnostic, Fields, Key, Shape};
use crate::model::{Content, Traits};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct GithubRelease;

const KEYS: &[Key] = &[
    Key::required(
        "tag",
        Shape::TextOrTexts,
        "how the tags of releases are written, such as `v{version}`; several are all looked up",
    ),
    Key::optional(
        "assets",
        Shape::TextOrTexts,
        "globs of the assets that agreements look at: all but checksums and bundles where not given",
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
        let templates = table::templates(fields, "tag");
        let assets = table::globs(fields, "assets");
        let place = fields.place().clone();
        let Some(source) = about.source else {
            fields.report(
                Diagnostic::error(&place, "a `github-release` channel needs a repository")
                    .hint("give `source` in [component], as in `https://github.com/acme/api`"),
            );
            return None;
        };
        // The API asks for exactly two parts; GitHub Enterprise has the same shape.
        let parts = source
            .path_segments()
            .map_or(0, |parts| parts.filter(|p| !p.is_empty()).count());
        if parts != 2 {
            fields.report(
                Diagnostic::error(&place, "`source` is no repository of GitHub")
                    .hint("a `github-release` channel needs `https://host/owner/repository`"),
            );
            return None;
        }
        let traits = Traits {
            can_lead: true,
            content: Content::Files,
            lists: true,
            states_commit: true,
            states_time: true,
        };
        Some(Configured {
            assets,
            examine: Some(Arc::new(examine::Repository {
                source: source.clone(),
                needs_branches: !about.branches.is_empty(),
            })),
            ..Configured::usual(traits, templates)
        })
    }
}
