//! The channel `s3`: objects of a bucket, such as the files of a DAG.

use super::{About, Configured, Kind};
use crate::model::settings::{Diagnostic, Fields, Key, Shape};
use crate::model::version::Template;
use crate::model::{Content, Traits, visible};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct S3;

const KEYS: &[Key] = &[
    Key::required("bucket", Shape::Text, "the bucket"),
    Key::required(
        "key",
        Shape::Text,
        "the object's key, such as `dags/etl-{version}.py`",
    ),
    Key::optional(
        "region",
        Shape::Text,
        "the AWS region; what the environment says where not given",
    ),
];

impl Kind for S3 {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let mut valid = true;
        if let Some(bucket) = fields.text("bucket") {
            let name = about.named(&bucket.value);
            let allowed =
                |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b);
            if !(3..=63).contains(&name.len()) || !name.bytes().all(allowed) {
                let message = format!("`{}` is no name of a bucket", visible(&name, 80));
                fields.report(
                    Diagnostic::error(&bucket.place, message)
                        .hint("3 to 63 lower-case letters, digits, dots and hyphens"),
                );
                valid = false;
            }
        }
        if let Some(key) = fields.text("key") {
            let text = about.named(&key.value);
            if text.is_empty() || text.len() > 1_024 {
                let message = "`key` has 1 to 1,024 bytes";
                fields.report(Diagnostic::error(&key.place, message));
                valid = false;
            } else if let Err(error) = Template::file(&text) {
                fields.report(Diagnostic::error(&key.place, format!("`key`: {error}")));
                valid = false;
            }
        }
        // Observations are named after the release; the key says where its object lies.
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
