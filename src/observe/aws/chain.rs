//! Where credentials come from, in the order of the AWS command line; the first that is set up
//! counts, and where it fails, no later one is tried in its place: that would be somebody else.
//!
//! Environment variables, the profile, a web identity, the container, the EC2 instance.
//! Source: AWS CLI user guide, "Authentication and access credentials"; botocore's resolver.

use tokio::sync::Mutex;

use super::ecr::Login;
use super::keys::Keys;
use super::profiles::Profiles;
use super::sts::{self, Role};
use super::{platform, profile, unanswered};
use crate::model::{Duration, FailureKind, Time};
use crate::observe::Environment;
use crate::observe::environment::now;
use crate::observe::http::{Client, Unanswered};

/// Keys and failures are kept for a run, so that many channels ask once.
#[derive(Default)]
pub(in crate::observe) struct Wallet {
    keys: Mutex<Option<Kept>>,
    /// Logins of registries.
    pub(super) logins: Mutex<Vec<Login>>,
}

struct Kept {
    keys: Result<Keys, Box<Unanswered>>,
    until: Option<Time>,
}

/// A key that ends sooner is fetched anew.
pub(super) const MARGIN: Duration = Duration::from_seconds(120);

/// A failure is not asked for again before that.
const FAILURE: Duration = Duration::from_seconds(30);

/// The keys of this run. `region` says where roles are asked for, where nothing else says it.
pub(super) async fn keys(client: &Client, region: &str) -> Result<Keys, Box<Unanswered>> {
    // Held while asking: the others wait for the one answer.
    let mut kept = client.wallet().keys.lock().await;
    if let Some(kept) = kept
        .as_ref()
        .filter(|kept| kept.until.is_none_or(|end| now() < end))
    {
        return kept.keys.clone();
    }
    let keys = find(client, region).await;
    let until = match &keys {
        Ok(keys) => keys.expires.map(|end| end.minus(MARGIN)),
        Err(_) => Some(now().plus(FAILURE)),
    };
    *kept = Some(Kept {
        keys: keys.clone(),
        until,
    });
    keys
}

async fn find(client: &Client, region: &str) -> Result<Keys, Box<Unanswered>> {
    let environment = client.environment();
    if let Some(keys) = of_environment(environment)? {
        return Ok(keys);
    }
    let profiles = Profiles::of_environment(environment);
    let chosen = environment.first_of(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]);
    let name = chosen.map_or("default", |(_, name)| name);
    let usual = profiles.get(name).and_then(|profile| profile.get("region"));
    let region = environment
        .first_of(&["AWS_REGION", "AWS_DEFAULT_REGION"])
        .map(|(_, region)| region)
        .or(usual.map(String::as_str))
        .unwrap_or(region);
    let region = checked_region(region)?;
    if chosen.is_some() || profiles.get(name).is_some() {
        let found = profile::keys(client, &profiles, name, region, 0).await?;
        if let Some(keys) = found {
            return Ok(keys);
        }
    }
    let web = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE");
    if let Some((file, arn)) = web.zip(environment.get("AWS_ROLE_ARN")) {
        let role = Role {
            label: "aws:web identity".to_owned(),
            arn,
            session: environment.get("AWS_ROLE_SESSION_NAME"),
            external_id: None,
            seconds: None,
            region,
        };
        return sts::by_web_identity(client, &role, file.as_ref()).await;
    }
    if let Some(keys) = platform::container(client).await? {
        return Ok(keys);
    }
    if let Some(keys) = platform::instance(client).await? {
        return Ok(keys);
    }
    Err(unanswered(
        FailureKind::Unauthorized,
        "there is no AWS credential: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ))
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
pub(super) fn of_environment(environment: &Environment) -> Result<Option<Keys>, Box<Unanswered>> {
    let id = environment.get("AWS_ACCESS_KEY_ID");
    let secret = environment.get("AWS_SECRET_ACCESS_KEY");
    let token = environment.get("AWS_SESSION_TOKEN");
    let (Some(id), Some(secret)) = (id, secret) else {
        if id.is_none() {
            return Ok(None);
        }
        let words = "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not";
        return Err(unanswered(FailureKind::Unsupported, words));
    };
    let Some(keys) = Keys::new("aws:environment", id, secret, token) else {
        let words =
            "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN are no access key";
        return Err(unanswered(FailureKind::Unsupported, words));
    };
    Ok(Some(keys))
}

/// A region becomes part of a host's name.
fn checked_region(region: &str) -> Result<&str, Box<Unanswered>> {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !region.is_empty() && region.len() <= 32 && region.bytes().all(word) {
        return Ok(region);
    }
    let words = "AWS_REGION, or `region` of the profile, is no region such as eu-west-1";
    Err(unanswered(FailureKind::Unsupported, words))
}
