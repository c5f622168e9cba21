//! An identity token (a JSON Web Token of OpenID Connect): what it claims, whether it can be used,
//! and never its text in any message.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sigstore_sign::oidc::SecretString;

use crate::attest::SignError;
use crate::model::{Time, visible};

/// The longest token, in bytes.
pub(super) const TOKEN_BYTES: usize = 64 << 10;

/// An identity token. Its claims are unverified: Fulcio verifies them.
#[derive(Clone)]
pub struct IdentityToken {
    raw: SecretString,
    claims: Map<String, Value>,
    audience: String,
    whence: String,
}

/// Without the token and what it claims.
impl fmt::Debug for IdentityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityToken({})", self.whence)
    }
}

impl IdentityToken {
    /// Reads the claims of a token. `whence` says in messages where it came from.
    pub(super) fn read(raw: &str, whence: &str, audience: &str) -> Result<Self, SignError> {
        let wrong = |why: &str| SignError {
            unanswered: false,
            message: format!("the identity token of {whence} {why}"),
            hint: Some("it is a JSON Web Token: three parts with dots between".to_owned()),
        };
        let raw = raw.trim();
        if raw.len() > TOKEN_BYTES {
            return Err(wrong("is longer than 64 KiB"));
        }
        let parts: Vec<&str> = raw.split('.').collect();
        let [_, payload, _] = parts[..] else {
            return Err(wrong("is no JSON Web Token"));
        };
        let payload = URL_SAFE_NO_PAD
            .decode(payload)
            .map_err(|_| wrong("is no JSON Web Token: its second part is no base64url"))?;
        // The reason is not told: it would quote what the token says.
        let claims: Map<String, Value> = serde_json::from_slice(&payload)
            .map_err(|_| wrong("is no JSON Web Token: its second part is no JSON object"))?;
        let token = Self {
            raw: SecretString::new(raw),
            claims,
            audience: audience.to_owned(),
            whence: whence.to_owned(),
        };
        for claim in ["iss", "sub"] {
            if token.unverified_claim(claim).is_none() {
                return Err(wrong(&format!("has no claim `{claim}`")));
            }
        }
        match token.seconds("exp") {
            Some(_) => Ok(token),
            None => Err(wrong("has no claim `exp`")),
        }
    }

    /// Whether Fulcio would take it now.
    pub(super) fn check(&self, now: Time) -> Result<(), SignError> {
        let error = |why: String, hint: &str| SignError {
            unanswered: false,
            message: format!("the identity token of {} {why}", self.whence),
            hint: Some(hint.to_owned()),
        };
        if let Some(expires) = self.seconds("exp")
            && expires <= now
        {
            return Err(error(
                format!("expired at {expires}; now it is {now}"),
                "get a fresh one: they live for minutes. Sign right after, and check the clock",
            ));
        }
        if let Some(begins) = self.seconds("nbf")
            && begins > now.plus(super::CLOCK_SKEW)
        {
            return Err(error(
                format!("is not valid before {begins}; now it is {now}"),
                "check the clock of this machine",
            ));
        }
        let wanted = self.audience.as_str();
        match self.is_for(wanted) {
            true => Ok(()),
            false => Err(error(
                format!("is not for the audience `{}`", visible(wanted, 100)),
                "ask for one with `aud: sigstore`, or name the other audience in LOCKSTEP_OIDC_AUDIENCE",
            )),
        }
    }

    /// Whether it is for this audience, among others.
    pub(super) fn is_for(&self, audience: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(several)) => several.iter().any(|one| one == audience),
            _ => false,
        }
    }

    /// A claim that is text.
    pub(super) fn unverified_claim(&self, name: &str) -> Option<&str> {
        let text = self.claims.get(name)?.as_str()?;
        (!text.is_empty()).then_some(text)
    }

    /// What Fulcio has the key's holder sign: the e-mail address of a person, the subject of anything
    /// else.
    pub(super) fn challenge(&self) -> &str {
        let email = self.unverified_claim("email");
        email.or(self.unverified_claim("sub")).unwrap_or_default()
    }

    /// The name that Fulcio is expected to put into the certificate, as its configuration for the
    /// public issuers has it; made visible.
    pub(super) fn identity(&self) -> String {
        let issuer = self.unverified_claim("iss").unwrap_or_default();
        let claim = |name: &str| self.unverified_claim(name);
        let name = if let Some(workflow) = claim("job_workflow_ref") {
            format!("{}/{workflow}", github_of(issuer))
        } else if let Some(pipeline) = claim("ci_config_ref_uri") {
            format!("https://{pipeline}")
        } else if let (Some(organization), Some(pipeline)) =
            (claim("organization_slug"), claim("pipeline_slug"))
        {
            format!("https://buildkite.com/{organization}/{pipeline}")
        } else {
            self.challenge().to_owned()
        };
        visible(&name, 500)
    }

    /// The token itself, for Fulcio alone.
    pub(super) fn secret(&self) -> &str {
        self.raw.expose_secret()
    }

    fn seconds(&self, claim: &str) -> Option<Time> {
        let number = self.claims.get(claim)?;
        // RFC 7519 allows fractions of seconds.
        let whole = number.as_i64().or_else(|| {
            let number = number.as_f64()?;
            (0.0..4e9).contains(&number).then_some(number as i64)
        })?;
        (0..=253_402_300_799)
            .contains(&whole)
            .then(|| Time::from_unix_seconds(whole))
    }
}

/// The server whose tokens this issuer makes: github.com, or a company's own `….ghe.com`.
fn github_of(issuer: &str) -> String {
    let company = issuer.strip_prefix("https://token.actions.");
    match company.filter(|host| host.ends_with(".ghe.com") && !host.contains('/')) {
        Some(host) => format!("https://{host}"),
        None => "https://github.com".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn token(claims: &str) -> String {
        let payload = URL_SAFE_NO_PAD.encode(claims);
        format!("eyJhbGciOiJSUzI1NiJ9.{payload}.c2lnbmF0dXJl")
    }

    fn read(claims: &str) -> Result<IdentityToken, SignError> {
        IdentityToken::read(&token(claims), "a test", "sigstore")
    }

    #[test]
    fn the_certificates_name_is_known_before_signing() {
        let base = r#""iss":"https://token.actions.githubusercontent.com","sub":"repo:a/b:ref:x","exp":1800000600,"aud":"sigstore""#;
        let identity = |more: &str| read(&format!("{{{base}{more}}}")).unwrap().identity();
        assert_eq!(
            identity(r#","job_workflow_ref":"a/b/.github/workflows/r.yml@refs/tags/v1""#),
            "https://github.com/a/b/.github/workflows/r.yml@refs/tags/v1"
        );
        assert_eq!(
            identity(r#","ci_config_ref_uri":"gitlab.com/a/b//.gitlab-ci.yml@refs/tags/v1""#),
            "https://gitlab.com/a/b//.gitlab-ci.yml@refs/tags/v1"
        );
        assert_eq!(
            identity(r#","organization_slug":"acme","pipeline_slug":"app""#),
            "https://buildkite.com/acme/app"
        );
        assert_eq!(identity(r#","email":"me@example.com""#), "me@example.com");
        assert_eq!(identity(""), "repo:a/b:ref:x");
    }

    #[test]
    fn expired_early_and_misaddressed_tokens_are_refused_with_the_times() {
        let check = |claims: &str| {
            let token = read(&format!(r#"{{"iss":"i","sub":"s",{claims}}}"#)).unwrap();
            token
                .check(Time::from_unix_seconds(NOW))
                .map_err(|why| why.message)
        };
        assert_eq!(check(r#""exp":1800000600,"aud":["x","sigstore"]"#), Ok(()));
        let why = check(r#""exp":1800000000,"aud":"sigstore""#).unwrap_err();
        assert!(why.contains("expired at 2027-01-15T08:00:00Z"), "{why}");
        let why = check(r#""exp":1800000600,"nbf":1800000300,"aud":"sigstore""#).unwrap_err();
        assert!(why.contains("not valid before"), "{why}");
        for other in [r#""aud":"https://github.com/a""#, r#""x":1"#, r#""aud":[]"#] {
            let why = check(&format!(r#""exp":1800000600,{other}"#)).unwrap_err();
            assert!(why.contains("audience `sigstore`"), "{why}");
        }
    }

    #[test]
    fn no_error_and_no_debug_output_shows_a_token() {
        let good = token(r#"{"iss":"i","sub":"s3cr3t","exp":1,"aud":"a"}"#);
        let shown = format!("{:?}", IdentityToken::read(&good, "a test", "a").unwrap());
        assert_eq!(shown, "IdentityToken(a test)");
        let longer = "x".repeat(TOKEN_BYTES + 1);
        for wrong in [
            "s3cr3t",
            "s3cr3t.s3cr3t!.s3cr3t",
            "s3cr3t.czNjcjN0.s3cr3t",
            &token(r#"["s3cr3t"]"#),
            &token(r#"{"sub":"s3cr3t","exp":1}"#),
            &token(r#"{"iss":"s3cr3t","sub":"s3cr3t","exp":"s3cr3t"}"#),
            &longer,
        ] {
            let why = IdentityToken::read(wrong, "a test", "a").unwrap_err();
            let shown = format!("{why:?}");
            assert!(
                !shown.contains("s3cr3t") && !shown.contains("czNj"),
                "{shown}"
            );
        }
    }
}
