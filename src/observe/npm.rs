//! The channel `npm`: versions of a package in a registry that speaks npm's protocol.

use super::{About, Configured, Kind, table};
use crate::model::settings::{Diagnostic, Fields, Key, Placed, Shape, WebAddress};
use crate::model::version::Scheme;
use crate::model::{Content, Duration, Traits};

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
];

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
        registry(fields)?;
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
        Some(Configured {
            scheme: Some(Scheme::Semver),
            usual_lag: Duration::from_minutes(60),
            ..Configured::usual(traits, table::version_alone())
        })
    }
}

/// Reads `registry`; nothing where it is wrong.
fn registry(fields: &mut Fields<'_>) -> Option<()> {
    let Some(text) = fields.text("registry") else {
        // Not given, or of a wrong type, which was reported.
        return Some(());
    };
    if text.value == "npm" {
        return Some(());
    }
    if let Err(error) = text.value.parse::<WebAddress>() {
        let message = format!("`registry` of {}: {error}", fields.what());
        let hint = "an address such as `https://npm.pkg.github.com`, or `npm`";
        fields.report(Diagnostic::error(&text.place, message).hint(hint));
        return None;
    }
    Some(())
}

/// A name of npm's, legacy upper-case ones included (npm documentation, package.json, "name").
fn is_package(name: &str) -> bool {
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
