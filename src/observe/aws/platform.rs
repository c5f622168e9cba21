//! Keys that AWS gives the programs on its machines: containers (ECS, EKS) and instances (IMDSv2).

use std::time::Duration;

use url::Url;

use super::keys::Keys;
use super::unanswered;
use crate::model::FailureKind;
use crate::observe::Environment;
use crate::observe::environment::configuration_file;
use crate::observe::http::{
    Client, Credential, HeaderName, HeaderValue, Reply, Request, Unanswered,
};

/// An instance answers at once; elsewhere nobody does.
const INSTANCE_TIMEOUT: Duration = Duration::from_secs(1);

/// A container's agent may have to ask first.
const CONTAINER_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest answer, in bytes.
const ANSWER_BYTES: u64 = 64 << 10;

/// The keys of a container, where the environment names where it gets them (AWS SDKs and Tools
/// Reference Guide, "Container credential provider").
pub(super) async fn container(client: &Client) -> Result<Option<Keys>, Box<Unanswered>> {
    let environment = client.environment();
    let refuse = |why: String| unanswered(FailureKind::Unsupported, why);
    let address = if let Some(path) = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
        let root = "http://169.254.170.2/";
        let joined = Url::parse(root).and_then(|root| root.join(path));
        let inside = joined.ok().filter(|url| url.as_str().starts_with(root));
        inside
            .ok_or_else(|| refuse("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path".to_owned()))?
    } else if let Some(full) = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
        Url::parse(full)
            .map_err(|_| refuse("AWS_CONTAINER_CREDENTIALS_FULL_URI is no address".to_owned()))?
    } else {
        return Ok(None);
    };
    let label = "aws:container";
    let credential = match container_token(environment)? {
        Some(token) => Credential::field(label, HeaderName::from_static("authorization"), token),
        None => Credential::anonymous(),
    };
    let request = request(Request::get(address, "application/json")).credential(credential);
    let reply = within(CONTAINER_TIMEOUT, client, &request).await?;
    let malformed = || {
        let words = "the container's answer holds no key";
        unanswered(FailureKind::Malformed, words)
    };
    Keys::of_json(label, &reply.body)
        .map(Some)
        .ok_or_else(malformed)
}

fn container_token(environment: &Environment) -> Result<Option<HeaderValue>, Box<Unanswered>> {
    let refuse = |name: &str| {
        let words = format!("{name} holds no token that can be sent");
        unanswered(FailureKind::Unsupported, words)
    };
    let file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    let variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
    let (name, token) = if let Some(path) = environment.get(file) {
        let text = configuration_file(path.as_ref()).ok_or_else(|| refuse(file))?;
        (file, text.trim().to_owned())
    } else if let Some(token) = environment.get(variable) {
        (variable, token.to_owned())
    } else {
        return Ok(None);
    };
    HeaderValue::from_str(&token)
        .map(Some)
        .map_err(|_| refuse(name))
}

/// The keys of the role of the EC2 instance that this runs on, by IMDSv2; nothing where there is no
/// such service or no role (Amazon EC2 user guide, "Retrieve security credentials from instance
/// metadata").
pub(super) async fn instance(client: &Client) -> Result<Option<Keys>, Box<Unanswered>> {
    let environment = client.environment();
    let disabled = environment.get("AWS_EC2_METADATA_DISABLED");
    if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    let root = match environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
        Some(text) => text.trim_end_matches('/'),
        None => "http://169.254.169.254",
    };
    let address = |path: &str| {
        Url::parse(&format!("{root}/latest/{path}")).map_err(|_| {
            let words = "AWS_EC2_METADATA_SERVICE_ENDPOINT is no address";
            unanswered(FailureKind::Unsupported, words)
        })
    };
    let life = HeaderValue::from_static("21600");
    let request_token = request(Request::idempotent_put(address("api/token")?, "*/*"))
        .header_value("x-aws-ec2-metadata-token-ttl-seconds", life);
    let Ok(token) = within(INSTANCE_TIMEOUT, client, &request_token).await else {
        return Ok(None);
    };
    let malformed = || {
        let words = "the instance metadata hold no key";
        unanswered(FailureKind::Malformed, words)
    };
    let token = HeaderValue::from_bytes(&token.body).map_err(|_| malformed())?;
    let field = HeaderName::from_static("x-aws-ec2-metadata-token");
    let credential = Credential::field("aws:instance", field, token);
    let folder = "meta-data/iam/security-credentials/";
    let ask = async |path: &str| {
        let request = request(Request::get(address(path)?, "*/*")).credential(credential.clone());
        within(INSTANCE_TIMEOUT, client, &request).await
    };
    let role = match ask(folder).await {
        Ok(reply) => reply,
        // The instance has no role.
        Err(unanswered) if unanswered.is_not_found() => return Ok(None),
        Err(unanswered) => return Err(unanswered),
    };
    let role = String::from_utf8(role.body).map_err(|_| malformed())?;
    let role = role.lines().next().unwrap_or_default().trim();
    // IAM API reference, RoleName: `[\w+=,.@-]+`.
    let word = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@-_".contains(&b);
    if role.is_empty() || role.len() > 64 || !role.bytes().all(word) {
        return Err(malformed());
    }
    let reply = ask(&format!("{folder}{role}")).await?;
    Keys::of_json("aws:instance", &reply.body)
        .map(Some)
        .ok_or_else(malformed)
}

fn request(request: Request) -> Request {
    request.to_platform().explained().body_cap(ANSWER_BYTES)
}

async fn within(
    time: Duration,
    client: &Client,
    request: &Request,
) -> Result<Reply, Box<Unanswered>> {
    match tokio::time::timeout(time, client.send(request)).await {
        Ok(sent) => sent.map_err(Box::new),
        Err(_) => {
            let words = format!("no answer with a key within {} s", time.as_secs());
            Err(unanswered(FailureKind::Timeout, words))
        }
    }
}
