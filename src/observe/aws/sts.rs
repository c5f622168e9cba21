//! Keys of a role, from the Security Token Service.
//!
//! Source: AWS STS API reference, AssumeRole and AssumeRoleWithWebIdentity (version 2011-06-15).

use std::path::Path;
use std::sync::Arc;

use url::form_urlencoded;

use super::endpoint::{Endpoint, Service};
use super::keys::Keys;
use super::refusal;
use super::signer::V4;
use super::unanswered;
use crate::model::FailureKind;
use crate::observe::environment::configuration_file;
use crate::observe::http::{Client, Credential, Request, Unanswered};

/// A role that is asked for.
pub(super) struct Role<'a> {
    /// What the keys will be called.
    pub(super) label: String,
    pub(super) arn: &'a str,
    /// Name of the session, in AWS's logs.
    pub(super) session: Option<&'a str>,
    /// `external_id` of a profile.
    pub(super) external_id: Option<&'a str>,
    /// `duration_seconds` of a profile.
    pub(super) seconds: Option<&'a str>,
    pub(super) region: &'a str,
}

/// The longest answer, in bytes.
const ANSWER_BYTES: u64 = 64 << 10;

/// The session's name where nobody gives one.
const SESSION: &str = "lockstep";

/// By the token in a file, as EKS and CI systems write it: no key is needed.
pub(super) async fn by_web_identity(
    client: &Client,
    role: &Role<'_>,
    token_file: &Path,
) -> Result<Keys, Box<Unanswered>> {
    let Some(token) = configuration_file(token_file) else {
        let words = format!(
            "{}: the file of the web identity token cannot be read",
            role.label
        );
        return Err(unanswered(FailureKind::Unauthorized, words));
    };
    let mut form = form("AssumeRoleWithWebIdentity", role);
    form.push(("WebIdentityToken", token.trim()));
    ask(client, role, &form, Credential::anonymous()).await
}

/// By the keys of somebody who may take the role.
pub(super) async fn by_keys(
    client: &Client,
    role: &Role<'_>,
    keys: Keys,
) -> Result<Keys, Box<Unanswered>> {
    let mut form = form("AssumeRole", role);
    form.extend(role.external_id.map(|id| ("ExternalId", id)));
    let label = keys.label.clone();
    let signer = V4::new(keys, Service::Sts.signing_name(), role.region);
    let credential = Credential::signer(label, Arc::new(signer));
    ask(client, role, &form, credential).await
}

fn form<'a>(action: &'static str, role: &Role<'a>) -> Vec<(&'static str, &'a str)> {
    let mut form = vec![
        ("Action", action),
        ("Version", "2011-06-15"),
        ("RoleArn", role.arn),
        ("RoleSessionName", role.session.unwrap_or(SESSION)),
    ];
    form.extend(role.seconds.map(|seconds| ("DurationSeconds", seconds)));
    form
}

async fn ask(
    client: &Client,
    role: &Role<'_>,
    form: &[(&str, &str)],
    credential: Credential,
) -> Result<Keys, Box<Unanswered>> {
    let endpoint = Endpoint::of(client.environment(), Service::Sts, role.region)
        .map_err(|failure| Box::new(Unanswered::of(failure)))?;
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = Request::idempotent_post(endpoint.url, "application/xml", body.into_bytes())
        .header("content-type", "application/x-www-form-urlencoded")
        .credential(credential)
        .confidential()
        .explained()
        .body_cap(ANSWER_BYTES);
    let reply = client.send(&request).await.map_err(|unanswered| {
        let mut refused = refusal::explained(unanswered, "sts:AssumeRole", role.region);
        refused.failure.detail = format!("{}: {}", role.label, refused.failure.detail);
        refused
    })?;
    keys(&reply.body, &role.label).ok_or_else(|| {
        let words = format!("{}: the answer to AssumeRole holds no key", role.label);
        unanswered(FailureKind::Malformed, words)
    })
}

fn keys(body: &[u8], label: &str) -> Option<Keys> {
    let document = roxmltree::Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let credentials = document
        .descendants()
        .find(|node| node.tag_name().name() == "Credentials")?;
    let text = |name: &str| {
        let found = credentials
            .children()
            .find(|node| node.tag_name().name() == name);
        found?.text()
    };
    let keys = Keys::new(
        label,
        text("AccessKeyId")?,
        text("SecretAccessKey")?,
        Some(text("SessionToken")?),
    )?;
    let expires = text("Expiration")?.parse().ok()?;
    Some(Keys {
        expires: Some(expires),
        ..keys
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_with_their_end_and_a_torn_answer_holds_none() {
        let xml = r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2026-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"#;
        let found = keys(xml.as_bytes(), "aws:x").unwrap();
        assert_eq!(found.session_token.as_deref(), Some("t"));
        assert_eq!(found.expires, Some("2026-01-01T00:00:00Z".parse().unwrap()));
        for end in 0..xml.len() {
            assert_eq!(keys(&xml.as_bytes()[..end], "x"), None);
        }
        assert_eq!(keys(xml.replace("Expiration>", "E>").as_bytes(), "x"), None);
    }
}
