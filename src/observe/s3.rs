//! The channel `s3`: objects in a bucket.

mod listing;
mod names;
mod object;

use std::sync::Arc;

use self::names::Keys;
use super::aws::{Service, Session};
use super::examine::{Thing, examined_as_asked};
use super::http::Unanswered;
use super::{About, Answers, Ask, Asking, Configured, Examinations, Examine, Kind, table};
use crate::model::settings::{Fields, Key, Shape};
use crate::model::{Content, Observation, RedactedUrl, Traits, Wanted};

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
        "how the object of a release is named, such as `dags/{name}-{version}.zip`; of several names, a release has them all",
    ),
    Key::required("region", Shape::Text, "the AWS region, as in `eu-west-1`"),
    Key::optional(
        "download",
        Shape::Boolean,
        "`true`: an object of up to 64 MiB whose SHA-256 the server does not state is read and hashed; otherwise its content is not stated",
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
        let bucket = table::named(fields, "bucket", about);
        // Judged as they will be used. Observations are named after the release, whose objects are
        // facts of one entry.
        let templates = table::templates(fields, "key");
        let region = table::region(fields);
        let download = fields.boolean("download").is_some_and(|it| it.value);
        let (bucket, region) = (bucket?, region?);
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
        let bucket = Arc::new(Bucket {
            name: bucket.value,
            region,
            keys: Keys::new(about.component.as_str(), templates)?,
            download,
        });
        Some(Configured {
            examine: Some(bucket.clone()),
            ask: Some(super::attached::with_store(bucket, about.source)),
            ..Configured::usual(traits, table::version_alone())
        })
    }
}

struct Bucket {
    name: String,
    region: String,
    keys: Keys,
    download: bool,
}

impl Ask for Bucket {
    fn ask<'a>(&'a self, asking: &'a Asking<'a>) -> Answers<'a> {
        Box::pin(self.list(asking))
    }

    fn look_up<'a>(&'a self, asking: &'a Asking<'a>, wanted: &'a [Wanted]) -> Answers<'a> {
        Box::pin(self.read(asking, wanted))
    }
}

impl Examine for Bucket {
    fn examine<'a>(&'a self, asking: &'a Asking<'a>) -> Examinations<'a> {
        let listing = Thing {
            what: "names of objects",
            hint: "`s3:ListBucket` of this bucket",
        };
        let entry = Thing {
            what: "objects",
            hint: "`s3:GetObject` of the objects, and `kms:Decrypt` where a key of yours encrypts them",
        };
        Box::pin(examined_as_asked(self, asking, listing, entry))
    }
}

impl Bucket {
    async fn s3(&self, asking: &Asking<'_>) -> Result<Session, Box<Unanswered>> {
        Session::of(asking.client, Service::S3, &self.region).await
    }

    async fn list(&self, asking: &Asking<'_>) -> Vec<Observation> {
        match self.s3(asking).await {
            Ok(s3) => listing::ask(self, &s3, asking).await,
            Err(unanswered) => {
                let place = RedactedUrl::of_path(&format!("s3://{}/", self.name));
                asking.observe_failure("anonymous", place, *unanswered)
            }
        }
    }

    /// A listing does not tell checksums: each object of a wanted release is asked for.
    async fn read(&self, asking: &Asking<'_>, wanted: &[Wanted]) -> Vec<Observation> {
        let s3 = self.s3(asking).await;
        let mut observations = Vec::new();
        for wanted in wanted {
            observations.extend(match &s3 {
                Ok(s3) => object::ask(self, s3, asking, &wanted.name).await,
                Err(unanswered) => {
                    let place = RedactedUrl::of_path(&format!("s3://{}/", self.name));
                    let why = Unanswered::clone(unanswered);
                    object::failed(asking, "anonymous", place, &wanted.name, why)
                }
            });
        }
        observations
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
