//! The channel `s3`: objects in a bucket.

use super::{About, Configured, Kind, table};
use crate::model::settings::{Fields, Key, Shape};
use crate::model::{Content, Traits};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct S3;

const KEYS: &[Key] = &[
    Key::required(
        "bucket",
        Shape::Text,
        "name of the bucket; `{name}` is the component",
    ),
    Key::required(
        "key",
        Shape::TextOrTexts,
        "how the objects of a release are named, such as `dags/{name}-{version}.zip`",
    ),
    Key::required("region", Shape::Text, "the AWS region, as in `eu-west-1`"),
];

impl Kind for S3 {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let bucket = table::named(fields, "bucket", about);
        // Judged as they will be used. Observations are named after the release, whose objects are
        // facts of one entry.
        table::templates(fields, "key");
        let region = table::region(fields);
        let (bucket, _) = (bucket?, region?);
        if !is_bucket(&bucket.value) {
            let hint = "3 to 63 lower-case letters, digits, `.` and `-`";
            return table::refuse(fields, "bucket", &bucket, "is no bucket name", hint);
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

/// Amazon S3 user guide, "General purpose bucket naming rules".
fn is_bucket(name: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = name.as_bytes();
    let allowed = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(b);
    (3..=63).contains(&bytes.len())
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(allowed)
        && !name.contains("..")
}
