//! The channel `lambda`: the zip of an AWS Lambda function.

use super::{About, Configured, Kind, table};
use crate::model::settings::{Fields, Key, Shape};
use crate::model::{Content, Traits};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct Lambda;

const KEYS: &[Key] = &[
    Key::required(
        "function",
        Shape::Text,
        "name of the function; `{name}` is the component",
    ),
    Key::required("region", Shape::Text, "the AWS region, as in `eu-west-1`"),
    Key::optional(
        "qualifier",
        Shape::Text,
        "the alias or version number that is looked at: `$LATEST` where not given. The release's version is the description of what is there",
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
        let function = table::named(fields, "function", about);
        let region = table::region(fields);
        // AWS Lambda API reference, GetFunction: FunctionName and Qualifier.
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if let Some(qualifier) = fields.text("qualifier") {
            let text = &qualifier.value;
            let right = text == "$LATEST"
                || (!text.is_empty() && text.len() <= 128 && text.bytes().all(word));
            if !right {
                let hint = "an alias such as `live`, a version number, or `$LATEST`";
                return table::refuse(fields, "qualifier", &qualifier, "is no qualifier", hint);
            }
        }
        let (function, _) = (function?, region?);
        if function.value.len() > 64 || !function.value.bytes().all(word) {
            let hint = "the bare name of 1 to 64 of A-Z a-z 0-9 - _, no ARN";
            return table::refuse(fields, "function", &function, "is no function name", hint);
        }
        let traits = Traits {
            can_lead: false,
            content: Content::Object,
            lists: true,
            states_commit: false,
            states_time: true,
        };
        Some(Configured::usual(traits, table::version_alone()))
    }
}
