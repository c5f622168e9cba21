//! From a profile to keys: its own, a program's, or those of a role that it takes.

use std::future::Future;
use std::pin::Pin;

use super::keys::Keys;
use super::profiles::{Profile, Profiles, in_home};
use super::sts::{self, Role};
use super::{chain, platform, process, unanswered};
use crate::model::{FailureKind, visible};
use crate::observe::http::{Client, Unanswered};

/// Profiles that name one another, in one chain.
const MAXIMUM_DEPTH: usize = 5;

type Found<'a> = Pin<Box<dyn Future<Output = Result<Option<Keys>, Box<Unanswered>>> + Send + 'a>>;

/// The keys of a profile; nothing where it has none and names no way to any.
pub(super) fn keys<'a>(
    client: &'a Client,
    profiles: &'a Profiles,
    name: &'a str,
    region: &'a str,
    depth: usize,
) -> Found<'a> {
    Box::pin(async move {
        let label = format!("aws:profile {}", visible(name, 60));
        let refuse = |kind, why: &str| unanswered(kind, format!("{label}: {why}"));
        let Some(profile) = profiles.get(name) else {
            let why = "no such profile in the configuration of AWS";
            return Err(refuse(FailureKind::Unsupported, why));
        };
        if depth > MAXIMUM_DEPTH {
            let why = "more than 5 profiles take roles from one another";
            return Err(refuse(FailureKind::Unsupported, why));
        }
        let get = |key: &str| {
            profile
                .get(key)
                .map(String::as_str)
                .filter(|it| !it.is_empty())
        };
        if let Some(arn) = get("role_arn") {
            let role = Role {
                label: label.clone(),
                arn,
                session: get("role_session_name"),
                external_id: get("external_id"),
                seconds: get("duration_seconds"),
                region: get("region").unwrap_or(region),
            };
            if let Some(file) = get("web_identity_token_file") {
                let file = in_home(client.environment(), file);
                return sts::by_web_identity(client, &role, &file).await.map(Some);
            }
            if get("mfa_serial").is_some() {
                let why = "it wants a code of a person (mfa_serial): use `credential_process`, or keys in the environment";
                return Err(refuse(FailureKind::Unsupported, why));
            }
            let source = match (get("source_profile"), get("credential_source")) {
                (Some(source), None) if source == name => fixed(profile, &label),
                (Some(source), None) => keys(client, profiles, source, region, depth + 1).await?,
                (None, Some("Environment")) => chain::of_environment(client.environment())?,
                (None, Some("EcsContainer")) => platform::container(client).await?,
                (None, Some("Ec2InstanceMetadata")) => platform::instance(client).await?,
                _ => {
                    let why = "`role_arn` needs `source_profile`, `credential_source` or `web_identity_token_file`";
                    return Err(refuse(FailureKind::Unsupported, why));
                }
            };
            let Some(source) = source else {
                let why = "the source of its role has no keys";
                return Err(refuse(FailureKind::Unauthorized, why));
            };
            return sts::by_keys(client, &role, source).await.map(Some);
        }
        if let Some(keys) = fixed(profile, &label) {
            return Ok(Some(keys));
        }
        if get("aws_access_key_id").is_some() || get("aws_secret_access_key").is_some() {
            let why = "its access key is not whole";
            return Err(refuse(FailureKind::Unsupported, why));
        }
        if let Some(command) = get("credential_process") {
            let environment = client.environment();
            return process::run(command, label.clone(), environment)
                .await
                .map(Some);
        }
        if profile.keys().any(|key| key.starts_with("sso_")) || get("login_session").is_some() {
            let why = "signing in by browser is not read here: run `aws configure export-credentials --format env`, or name that command as `credential_process`";
            return Err(refuse(FailureKind::Unsupported, why));
        }
        Ok(None)
    })
}

fn fixed(profile: &Profile, label: &str) -> Option<Keys> {
    Keys::new(
        label,
        profile.get("aws_access_key_id")?,
        profile.get("aws_secret_access_key")?,
        profile.get("aws_session_token").map(String::as_str),
    )
}
