//! The channel `npm`: a package on a registry that speaks npm's protocol.

use super::{About, Configured, Kind};
use crate::model::settings::{Diagnostic, Fields, Key, Shape, WebAddress};
use crate::model::version::{Scheme, Template};
use crate::model::{Content, Duration, Traits, visible};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Npm;

const KEYS: &[Key] = &[
    Key::optional(
        "package",
        Shape::Text,
        "the package's name; by default the component's name",
    ),
    Key::optional(
        "registry",
        Shape::Text,
        "address of a registry, or `npm` for what npm would install from; by default the public one",
    ),
];

impl Kind for Npm {
    fn name(&self) -> &'static str {
        "npm"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let (name, place) = match fields.text("package") {
            Some(package) => (about.named(&package.value), package.place),
            None => (about.component.to_string(), fields.place().clone()),
        };
        if !is_package_name(&name) {
            let message = format!("`{}` is no name of an npm package", visible(&name, 80));
            fields.report(
                Diagnostic::error(&place, message)
                    .hint("give `package`, such as `left-pad` or `@acme/core`"),
            );
            return None;
        }
        if let Some(registry) = fields.text("registry")
            && registry.value != "npm"
        {
            fields.parse_placed::<WebAddress>("registry", &registry)?;
        }
        let template: Template = "{version}".parse().ok()?;
        let traits = Traits {
            can_lead: false,
            content: Content::Files,
            states_commit: false,
            states_time: true,
        };
        Some(Configured {
            scheme: Some(Scheme::Semver),
            usual_lag: Duration::from_minutes(60),
            ..Configured::new(traits, vec![template])
        })
    }
}

/// npm's rule for new packages: at most 214 characters, lower case, safe in an address.
fn is_package_name(name: &str) -> bool {
    let part = |part: &str| {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.~".contains(&b);
        !part.is_empty() && !part.starts_with(['.', '_']) && part.bytes().all(allowed)
    };
    let whole = match name.strip_prefix('@') {
        Some(scoped) => scoped
            .split_once('/')
            .is_some_and(|(scope, name)| part(scope) && part(name)),
        None => part(name),
    };
    name.len() <= 214 && whole
}
