//! Where identity tokens come from: an option, a variable, the CI system that runs this program.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use url::Url;

use super::token::TOKEN_BYTES;
use super::{IdentityToken, KeylessOptions, ask};
use crate::attest::SignError;
use crate::model::visible;
use crate::observe::Environment;
use crate::observe::http::{Client, Credential, Request};

/// For whom tokens are, where nobody says otherwise.
const AUDIENCE: &str = "sigstore";

/// How long a CI system's own program may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The token that was named, else the one of `SIGSTORE_ID_TOKEN`, else the one of the CI system.
pub(super) async fn identity_token(
    environment: &Environment,
    client: &Client,
    options: &KeylessOptions,
) -> Result<IdentityToken, SignError> {
    let audience = options.audience.as_deref();
    let audience = audience.or_else(|| environment.get("LOCKSTEP_OIDC_AUDIENCE"));
    let audience = audience.unwrap_or(AUDIENCE);
    if let Some(named) = &options.identity_token {
        return of_option(named, audience);
    }
    if let Some(token) = environment.get("SIGSTORE_ID_TOKEN") {
        return IdentityToken::read(token, "SIGSTORE_ID_TOKEN", audience);
    }
    let is = |name: &str| environment.get(name) == Some("true");
    if is("GITHUB_ACTIONS") {
        return of_github(environment, client, audience).await;
    }
    if is("GITLAB_CI") {
        return Err(none(
            "GitLab gave this job no identity token",
            "add `id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}` to the job",
        ));
    }
    if is("CIRCLECI") {
        let claims = serde_json::json!({ "aud": audience }).to_string();
        let arguments = ["run", "oidc", "get", "--root-issuer", "--claims", &claims];
        return of_program(environment, "circleci", &arguments, audience).await;
    }
    if is("BUILDKITE") {
        let arguments = ["oidc", "request-token", "--audience", audience];
        return of_program(environment, "buildkite-agent", &arguments, audience).await;
    }
    Err(none(
        "there is no identity to sign with",
        "give a token with --identity-token or SIGSTORE_ID_TOKEN, sign with --key, or run in GitHub \
         Actions (`permissions: id-token: write`), GitLab CI (`id_tokens`), CircleCI or Buildkite; \
         at a terminal outside of CI you would be asked to sign in",
    ))
}

/// Whether the environment gives a token, or is a CI system that can be asked for one.
pub(super) fn is_there(environment: &Environment) -> bool {
    let systems = ["GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "BUILDKITE"];
    let is = |name: &&str| environment.get(name) == Some("true");
    environment.get("SIGSTORE_ID_TOKEN").is_some() || systems.iter().any(is)
}

/// A token, or the name of a file that holds one.
fn of_option(named: &str, audience: &str) -> Result<IdentityToken, SignError> {
    // `eyJ` begins every JSON object in base64url; a file of that name is named `./eyJ…`.
    if named.trim_start().starts_with("eyJ") {
        return IdentityToken::read(named, "--identity-token", audience);
    }
    // The name is not shown: who mistypes a token gives its text here.
    let unreadable = |why: &str| {
        none(
            &format!("--identity-token is neither a token nor the name of a file: {why}"),
            "a token begins with `eyJ`",
        )
    };
    let path = Path::new(named);
    let file = std::fs::metadata(path).map_err(|error| unreadable(&error.kind().to_string()))?;
    if !file.is_file() || file.len() > TOKEN_BYTES as u64 {
        return Err(unreadable("not a file, or longer than 64 KiB"));
    }
    let text = std::fs::read_to_string(path).map_err(|_| unreadable("not readable as text"))?;
    let whence = format!("the file {}", visible(&path.display().to_string(), 100));
    IdentityToken::read(&text, &whence, audience)
}

/// GitHub Actions gives tokens at an address of its own ("OpenID Connect reference", GitHub Docs).
async fn of_github(
    environment: &Environment,
    client: &Client,
    audience: &str,
) -> Result<IdentityToken, SignError> {
    const WHAT: &str = "the token service of GitHub Actions";
    let variables = (
        environment.get("ACTIONS_ID_TOKEN_REQUEST_URL"),
        environment.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
    );
    let (Some(url), Some(secret)) = variables else {
        return Err(none(
            "GitHub Actions gave this job no identity",
            "add `permissions: {id-token: write, contents: read}` to the job; a workflow of a pull \
             request from a fork never gets one",
        ));
    };
    let mut url = Url::parse(url).map_err(|_| {
        none(
            "ACTIONS_ID_TOKEN_REQUEST_URL is no address",
            "GitHub Actions sets it; do not set it yourself",
        )
    })?;
    url.query_pairs_mut().append_pair("audience", audience);
    let credential = Credential::bearer("ACTIONS_ID_TOKEN_REQUEST_TOKEN", secret.to_owned());
    let request = Request::get(url, "application/json")
        .credential(credential)
        .confidential()
        .body_cap(2 * TOKEN_BYTES as u64);
    let reply = ask::send(client, &request, WHAT).await?;
    #[derive(Deserialize)]
    struct Answer {
        value: String,
    }
    // The reason is not told: it would quote the answer.
    let answer: Answer = serde_json::from_slice(&reply.body)
        .map_err(|_| ask::malformed(WHAT, request.url(), "no token"))?;
    IdentityToken::read(&answer.value, "GitHub Actions", audience)
}

/// What a program of the CI system prints. Neither its output nor its complaints are ever shown.
async fn of_program(
    environment: &Environment,
    program: &str,
    arguments: &[&str],
    audience: &str,
) -> Result<IdentityToken, SignError> {
    let failed = |why: &str| {
        none(
            &format!("the program {program} gave no identity token: {why}"),
            "run it by hand in the job, or give a token in SIGSTORE_ID_TOKEN",
        )
    };
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment.all())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(&format!("it cannot be started ({})", error.kind())))?;
    let stdout = child.stdout.take().ok_or_else(|| failed("no output"))?;
    let finish = async {
        let mut output = String::new();
        let mut stdout = stdout.take(TOKEN_BYTES as u64 + 1);
        stdout.read_to_string(&mut output).await.ok()?;
        if output.len() > TOKEN_BYTES {
            return None;
        }
        Some((output, child.wait().await.ok()?))
    };
    match tokio::time::timeout(TIMEOUT, finish).await {
        Err(_) => Err(failed("it did not end within 60 s")),
        Ok(None) => Err(failed("it prints more than 64 KiB, or no text")),
        Ok(Some((_, status))) if !status.success() => Err(failed("it failed")),
        Ok(Some((output, _))) => {
            let whence = format!("the program {program}");
            IdentityToken::read(&output, &whence, audience)
        }
    }
}

fn none(message: &str, hint: &str) -> SignError {
    SignError {
        unanswered: false,
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
    }
}
