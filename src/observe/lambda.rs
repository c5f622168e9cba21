//! The channel `lambda`: the zip of an AWS Lambda function.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use super::aws::{Service, Session, digest_of_base64, encoded};
use super::examine::examined;
use super::http::{Reply, Request, Unanswered};
use super::{
    About, Answers, Ask, Asking, Configured, Examinations, Examine, Kind, malformed, table,
};
use crate::model::settings::{Fields, Key, Shape};
use crate::model::{
    Content, Coverage, Entry, Failure, FailureKind, Listing, Observation, RedactedUrl, Time,
    Traits, visible,
};

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
        let qualifier = fields.text("qualifier");
        if let Some(qualifier) = &qualifier {
            let text = &qualifier.value;
            let right = text == "$LATEST"
                || (!text.is_empty() && text.len() <= 128 && text.bytes().all(word));
            if !right {
                let hint = "an alias such as `live`, a version number, or `$LATEST`";
                return table::refuse(fields, "qualifier", qualifier, "is no qualifier", hint);
            }
        }
        let (function, region) = (function?, region?);
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
        let function = Arc::new(Function {
            name: function.value,
            region,
            qualifier: qualifier.map(|qualifier| qualifier.value),
        });
        Some(Configured {
            examine: Some(function.clone()),
            ask: Some(super::attached::with_store(function, about.source)),
            ..Configured::usual(traits, table::version_alone())
        })
    }
}

struct Function {
    name: String,
    region: String,
    qualifier: Option<String>,
}

/// Where functions are in the API.
const FUNCTIONS: &str = "2015-03-31/functions/";

/// The longest answer, in bytes: AWS holds the configuration of a function to a few kilobytes.
const ANSWER_BYTES: u64 = 1 << 20;

impl Ask for Function {
    fn ask<'a>(&'a self, asking: &'a Asking<'a>) -> Answers<'a> {
        Box::pin(self.read(asking))
    }
}

impl Examine for Function {
    fn examine<'a>(&'a self, asking: &'a Asking<'a>) -> Examinations<'a> {
        Box::pin(async {
            let hint = match self.alias() {
                Some(_) => {
                    "`lambda:GetFunctionConfiguration` and `lambda:GetAlias` of this function"
                }
                None => "`lambda:GetFunctionConfiguration` of this function",
            };
            let observations = self.read(asking).await;
            observations
                .iter()
                .map(|it| examined(it, "function", hint))
                .collect()
        })
    }
}

impl Function {
    async fn read(&self, asking: &Asking<'_>) -> Vec<Observation> {
        let lambda = match Session::of(asking.client, Service::Lambda, &self.region).await {
            Ok(lambda) => lambda,
            Err(unanswered) => {
                let place = format!("lambda:{}:{}", self.region, self.name);
                let place = RedactedUrl::of_path(&place);
                return asking.observe_failure("anonymous", place, *unanswered);
            }
        };
        let url = self.configuration(&lambda);
        let place = RedactedUrl::of(&url);
        match self.ask_function(&lambda, url, asking).await {
            Ok((reply, listing)) => {
                asking.observe_listing(&reply, lambda.label(), listing, Coverage::Complete)
            }
            Err(unanswered) => asking.observe_failure(lambda.label(), place, *unanswered),
        }
    }

    /// Of the two questions that tell the hash, the one that hands out no address of the code.
    fn configuration(&self, lambda: &Session) -> Url {
        let path = format!("{FUNCTIONS}{}/configuration", encoded(&self.name, false));
        let qualifier = self.qualifier.as_deref();
        let query = qualifier.map(|it| format!("Qualifier={}", encoded(it, false)));
        lambda.url(&path, query.as_deref())
    }

    async fn ask_function(
        &self,
        lambda: &Session,
        url: Url,
        asking: &Asking<'_>,
    ) -> Result<(Reply, Listing), Box<Unanswered>> {
        let unanswered = |why| Box::new(Unanswered::of(why));
        let request = Request::get(url, "application/json").body_cap(ANSWER_BYTES);
        let action = "lambda:GetFunctionConfiguration";
        let reply = lambda.send(asking.client, request, action).await?;
        let found: Configuration = serde_json::from_slice(&reply.body)
            .map_err(|_| unanswered(malformed("the answer is no configuration of a function")))?;
        if let Some(alias) = self.alias() {
            let path = format!("{FUNCTIONS}{}/aliases/{alias}", encoded(&self.name, false));
            let request = Request::get(lambda.url(&path, None), "application/json");
            let request = request.body_cap(ANSWER_BYTES);
            let action = "lambda:GetAlias";
            let answer = lambda.send(asking.client, request, action).await?;
            let alias: Alias = serde_json::from_slice(&answer.body)
                .map_err(|_| unanswered(malformed("the answer is no alias of a function")))?;
            alias.is_settled_on(&found.number).map_err(unanswered)?;
        }
        let listing = self.listing(found).map_err(unanswered)?;
        Ok((reply, listing))
    }

    /// The qualifier where it is an alias, which has a letter in it.
    fn alias(&self) -> Option<&str> {
        let qualifier = self.qualifier.as_deref()?;
        let number = qualifier.bytes().all(|b| b.is_ascii_digit());
        (qualifier != "$LATEST" && !number).then_some(qualifier)
    }

    /// The one version that is there. A description that cannot be one is kept as unnamed: what is
    /// there may be any version.
    fn listing(&self, found: Configuration) -> Result<Listing, Failure> {
        if found.name != self.name {
            let shown = visible(&found.name, 80);
            let words = format!("the answer is about another function: `{shown}`");
            return Err(malformed(words));
        }
        if found.package == Some(Package::Image) {
            let words = "the function runs an image, which a channel of kind `oci` looks at";
            return Err(failure(FailureKind::Unsupported, words));
        }
        if found.update == Some(Update::InProgress) {
            let words = "the function is being updated: what runs is not settled";
            return Err(failure(FailureKind::Stale, words));
        }
        let digest = digest_of_base64(&found.code)
            .ok_or_else(|| malformed("CodeSha256 is no SHA-256 in base64"))?;
        let published =
            moment(&found.modified).ok_or_else(|| malformed("LastModified is no time"))?;
        let mut listing = Listing::default();
        let version = found.description.trim();
        if can_be_version(version) {
            let entry = Entry {
                digest: Some(digest),
                published: Some(published),
                ..Entry::default()
            };
            listing.entries.insert(version.to_owned(), entry);
        } else {
            let shown = match version {
                "" => format!("{} without a description", found.name),
                version => visible(version, 200),
            };
            listing.unnamed.insert(shown);
        }
        Ok(listing)
    }
}

/// AWS Lambda API reference, FunctionConfiguration.
#[derive(Deserialize)]
struct Configuration {
    #[serde(rename = "FunctionName")]
    name: String,
    #[serde(rename = "Version", default)]
    number: String,
    #[serde(rename = "CodeSha256")]
    code: String,
    #[serde(rename = "LastModified")]
    modified: String,
    #[serde(rename = "Description", default)]
    description: String,
    #[serde(rename = "PackageType")]
    package: Option<Package>,
    #[serde(rename = "LastUpdateStatus")]
    update: Option<Update>,
}

#[derive(PartialEq, Eq, Deserialize)]
enum Package {
    Zip,
    Image,
}

#[derive(PartialEq, Eq, Deserialize)]
enum Update {
    Successful,
    Failed,
    InProgress,
}

/// AWS Lambda API reference, AliasConfiguration.
#[derive(Deserialize)]
struct Alias {
    #[serde(rename = "FunctionVersion")]
    number: String,
    #[serde(rename = "RoutingConfig")]
    routing: Option<Routing>,
}

#[derive(Deserialize)]
struct Routing {
    #[serde(rename = "AdditionalVersionWeights")]
    weights: Option<BTreeMap<String, f64>>,
}

impl Alias {
    /// Whether all its traffic goes to the version whose configuration was read.
    fn is_settled_on(&self, number: &str) -> Result<(), Failure> {
        let weights = self.routing.iter().flat_map(|it| &it.weights).flatten();
        if weights.into_iter().any(|(_, weight)| *weight > 0.0) {
            let words = "the alias splits its traffic between versions: what runs is not settled";
            return Err(failure(FailureKind::Stale, words));
        }
        if self.number != number {
            let words = "the alias was moved while it was read";
            return Err(failure(FailureKind::Stale, words));
        }
        Ok(())
    }
}

fn failure(kind: FailureKind, words: &str) -> Failure {
    Failure {
        kind,
        detail: words.to_owned(),
    }
}

/// One word with a digit; the line's scheme judges the rest.
fn can_be_version(text: &str) -> bool {
    text.len() <= 128
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_graphic())
}

/// As Lambda writes it: `2026-03-02T09:20:00.000+0000`, which is not quite RFC 3339.
fn moment(text: &str) -> Option<Time> {
    if text.len() > 40 {
        return None;
    }
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let time = jiff::Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?;
    Some(Time::from_unix_seconds(time.as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_lambda_are_read() {
        let time = "2026-03-02T09:20:00Z".parse().unwrap();
        assert_eq!(moment("2026-03-02T09:20:00.000+0000"), Some(time));
        assert_eq!(moment("2026-03-02T10:20:00.999+0100"), Some(time));
        assert_eq!(moment("2026-03-02T09:20:00.406731000Z"), Some(time));
        for wrong in ["", "yesterday", "2026-03-02T09:20:00"] {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_description_in_prose_is_no_version() {
        for good in [
            "1.4.2",
            "v1",
            "ingest-2026.01.05",
            "main-fa25b2ea-1674061254",
        ] {
            assert!(can_be_version(good), "{good}");
        }
        for bad in [
            "",
            "latest",
            "starts 2 ingests",
            "1.4.2\n",
            &"1".repeat(129),
        ] {
            assert!(!can_be_version(bad), "{bad}");
        }
    }
}
