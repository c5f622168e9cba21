//! The channel `lambda`: the zip of an AWS Lambda function.

use super::{About, Configured, Kind};
use crate::model::settings::{Diagnostic, Fields, Key, Shape};
use crate::model::version::Template;
use crate::model::{Content, Traits, visible};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lambda;

const KEYS: &[Key] = &[
    Key::required("function", Shape::Text, "the function's name"),
    Key::optional(
        "region",
        Shape::Text,
        "the AWS region; what the environment says where not given",
    ),
    Key::optional(
        "qualifier",
        Shape::Text,
        "an alias or a version of the function; `$LATEST` where not given",
    ),
];

impl Kind for Lambda {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let mut valid = fields.text("function").is_some();
        for key in ["function", "region", "qualifier"] {
            let Some(text) = fields.text(key) else {
                continue;
            };
            let name = about.named(&text.value);
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_$:".contains(&b);
            if name.is_empty() || name.len() > 170 || !name.bytes().all(allowed) {
                let message = format!("`{key}`: `{}` is none", visible(&name, 80));
                fields.report(Diagnostic::error(&text.place, message));
                valid = false;
            }
        }
        let template: Template = "{version}".parse().ok()?;
        let traits = Traits {
            can_lead: false,
            content: Content::Object,
            states_commit: false,
            states_time: false,
        };
        valid.then(|| Configured::new(traits, vec![template]))
    }
}
