//! The questions to Lambda and S3.

use lockstep::model::Observation;
use lockstep::observe::Environment;
use lockstep::observe::http::Limits;

use super::Asked;
use crate::observe::asking::World;
use crate::observe::loopback::Loopback;

pub(super) const QUESTIONS: &[Asked] = &[
    Asked {
        name: "lambda",
        kind: "lambda",
        target: "/2015-03-31/functions/x/configuration",
        media: "application/json",
        body: || {
            br#"{"FunctionName":"x","CodeSha256":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","LastModified":"2026-03-02T09:20:00.000+0000","Description":"1.0"}"#.to_vec()
        },
    },
    Asked {
        name: "s3",
        kind: "s3",
        target: "/bucket/?encoding-type=url&list-type=2&prefix=x-",
        media: "application/xml",
        body: || {
            let object = |key| {
                format!(
                    "<Contents><Key>{key}</Key><LastModified>2026-03-02T09:30:00.000Z</LastModified></Contents>"
                )
            };
            let objects = [object("x-1.0.zip"), object("x-1.1.zip")].concat();
            format!(
                "<ListBucketResult><IsTruncated>false</IsTruncated>{objects}</ListBucketResult>"
            )
            .into_bytes()
        },
    },
];

/// The client of a question: AWS is where the server is.
pub(super) fn world(limits: &Limits, server: &Loopback) -> World {
    let environment = Environment::empty()
        .with("AWS_ENDPOINT_URL", server.url(""))
        .with("AWS_ACCESS_KEY_ID", "AKIA1")
        .with("AWS_SECRET_ACCESS_KEY", "secret");
    World::with(limits.clone(), environment)
}

pub(super) fn ask(asked: &Asked, world: &World) -> Vec<Observation> {
    let region = ("region", "eu-west-1");
    match asked.kind {
        "lambda" => world.ask("lambda", None, &[("function", "x"), region]),
        _ => {
            let key = ("key", "{name}-{version}.zip");
            world.ask("s3", None, &[("bucket", "bucket"), region, key])
        }
    }
}
