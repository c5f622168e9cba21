//! Stands in for an identity provider where people sign in: its discovery document, a page that sends
//! the browser back at once, and a token endpoint that checks what RFC 6749 and RFC 7636 say.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::authority::sha256;
use crate::observe::loopback::{Heard, Loopback, Step, answer, head};

/// Who signs in.
pub(crate) const PERSON: &str = "me@example.com";

/// In every code: it must be in no message.
pub(crate) const CODE: &str = "c0de-s3cr3t";

/// What is wrong with the provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    None,
    /// It calls itself something else in its discovery document.
    OtherIssuer,
    /// Its token endpoint is plain http, outside.
    PlainEndpoint,
    /// Its discovery document has no end.
    Endless,
    /// Its discovery document comes byte by byte.
    Slow,
    /// It knows no PKCE that protects.
    NoChallenge,
    /// It sends the browser back with the state of somebody else.
    OtherState,
    /// It never sends the browser back.
    Silent,
    /// The person does not consent.
    Denied,
    /// Its token endpoint sends the question elsewhere.
    Redirects(String),
    /// It refuses, and repeats what it was sent.
    Repeats,
    /// What stands in its token instead of what should.
    Claims(&'static str, Value),
}

type Fields = BTreeMap<String, String>;

#[derive(Default)]
struct Granted {
    /// By code: what the person's browser asked with.
    codes: BTreeMap<String, Fields>,
    /// What must never be shown.
    secrets: Vec<String>,
    /// Why a code was not taken.
    refused: Vec<&'static str>,
}

/// The provider; it ends with its value.
pub(crate) struct IdentityProvider {
    pub(crate) server: Loopback,
    granted: Arc<Mutex<Granted>>,
}

impl IdentityProvider {
    pub(crate) fn with(fault: Fault) -> Self {
        let granted: Arc<Mutex<Granted>> = Arc::default();
        let inside = Arc::clone(&granted);
        let server = Loopback::start(move |heard| {
            let (path, query) = heard.target.split_once('?').unwrap_or((&heard.target, ""));
            let issuer = format!("http://{}/id", heard.header("host").unwrap());
            match path {
                "/id/.well-known/openid-configuration" => discovery(&issuer, &fault),
                "/id/authorize" => authorize(&inside, fields(query.as_bytes()), &fault),
                "/id/token" => token(&inside, &issuer, heard, &fault),
                _ => answer("404 Not Found", &[], b""),
            }
        });
        Self { server, granted }
    }

    pub(crate) fn issuer(&self) -> String {
        self.server.url("/id")
    }

    /// Codes, verifiers and tokens that went to and fro.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.granted.lock().unwrap().secrets.clone()
    }

    /// What browsers asked with.
    pub(crate) fn asked(&self) -> Vec<BTreeMap<String, String>> {
        let heard = self.server.heard();
        let asked = heard.iter().filter_map(|it| {
            let query = it.target.strip_prefix("/id/authorize?")?;
            Some(fields(query.as_bytes()))
        });
        asked.collect()
    }

    pub(crate) fn refused(&self) -> Vec<&'static str> {
        self.granted.lock().unwrap().refused.clone()
    }
}

fn fields(form: &[u8]) -> Fields {
    form_urlencoded::parse(form).into_owned().collect()
}

fn json_answer(status: &str, value: &Value) -> Vec<Step> {
    let json = [("content-type", "application/json")];
    answer(status, &json, value.to_string().as_bytes())
}

fn discovery(issuer: &str, fault: &Fault) -> Vec<Step> {
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "code_challenge_methods_supported": ["S256", "plain"],
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
    });
    match fault {
        Fault::OtherIssuer => document["issuer"] = json!("https://accounts.example"),
        Fault::PlainEndpoint => document["token_endpoint"] = json!("http://id.example/token"),
        Fault::NoChallenge => document["code_challenge_methods_supported"] = json!(["plain"]),
        Fault::Endless => {
            let head = head("200 OK", &[("content-type", "application/json")]);
            return vec![Step::Send(head), Step::Repeat(vec![b' '; 65_536], 1 << 30)];
        }
        Fault::Slow => {
            let head = head("200 OK", &[("content-type", "application/json")]);
            let body = document.to_string().into_bytes();
            return vec![
                Step::Send(head),
                Step::Drip(body, Duration::from_millis(100)),
            ];
        }
        _ => {}
    }
    json_answer("200 OK", &document)
}

/// The person consents at once, unless a fault says otherwise.
fn authorize(granted: &Mutex<Granted>, mut asked: Fields, fault: &Fault) -> Vec<Step> {
    for (name, wanted) in [
        ("response_type", "code"),
        ("code_challenge_method", "S256"),
        ("scope", "openid email"),
    ] {
        assert_eq!(asked.get(name).map(String::as_str), Some(wanted));
    }
    // 256 bits in base64url.
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(asked[name].len(), 43, "{name}");
    }
    let redirect = asked["redirect_uri"].clone();
    let mut granted = granted.lock().unwrap();
    let code = format!("{CODE}-{}+/", granted.codes.len());
    let state = match fault {
        Fault::OtherState => "somebody-elses".to_owned(),
        _ => asked["state"].clone(),
    };
    if *fault == Fault::Silent {
        return answer("200 OK", &[], b"sign in here");
    }
    granted.secrets.push(code.clone());
    asked.insert("state".to_owned(), state.clone());
    granted.codes.insert(code.clone(), asked);
    if redirect == "urn:ietf:wg:oauth:2.0:oob" {
        return answer("200 OK", &[], format!("CODE:{code}").as_bytes());
    }
    let mut back = form_urlencoded::Serializer::new(String::new());
    match fault {
        Fault::Denied => back
            .append_pair("error", "access_denied")
            .append_pair("error_description", "The person\u{1b}[2J said no"),
        _ => back.append_pair("code", &code),
    };
    let back = back.append_pair("state", &state).finish();
    answer(
        "302 Found",
        &[("location", &format!("{redirect}?{back}"))],
        b"",
    )
}

fn token(granted: &Mutex<Granted>, issuer: &str, heard: &Heard, fault: &Fault) -> Vec<Step> {
    if let Fault::Redirects(elsewhere) = fault {
        return answer("307 Temporary Redirect", &[("location", elsewhere)], b"");
    }
    let asked = fields(&heard.body);
    let mut granted = granted.lock().unwrap();
    let text = |name: &str| asked.get(name).cloned().unwrap_or_default();
    granted.secrets.push(text("code_verifier"));
    if *fault == Fault::Repeats {
        let description = format!("code {} verifier {}", text("code"), text("code_verifier"));
        let refusal = json!({"error": "invalid_grant", "error_description": description});
        return json_answer("400 Bad Request", &refusal);
    }
    // A code is good once: it goes here.
    let of_code = granted.codes.remove(&text("code")).unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(sha256(text("code_verifier").as_bytes()));
    let wrong = [
        ("code", of_code.is_empty()),
        ("grant_type", text("grant_type") != "authorization_code"),
        (
            "redirect_uri",
            of_code.get("redirect_uri") != asked.get("redirect_uri"),
        ),
        (
            "client_id",
            of_code.get("client_id") != asked.get("client_id"),
        ),
        (
            "code_verifier",
            of_code.get("code_challenge") != Some(&challenge),
        ),
        (
            "content-type",
            heard.header("content-type") != Some("application/x-www-form-urlencoded"),
        ),
    ];
    if let Some((name, _)) = wrong.iter().find(|it| it.1) {
        granted.refused.push(name);
        let refusal = json!({"error": "invalid_grant", "error_description": name});
        return json_answer("400 Bad Request", &refusal);
    }
    let epoch = lockstep::model::Time::from_unix_seconds(0);
    let mut claims = json!({
        "iss": issuer, "sub": "person-1", "aud": of_code["client_id"], "email": PERSON,
        "email_verified": true, "nonce": of_code["nonce"],
        "exp": lockstep::observe::now().since(epoch).seconds() + 60,
    });
    if let Fault::Claims(name, value) = fault {
        claims[*name] = value.clone();
    }
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    let id_token = format!("eyJhbGciOiJSUzI1NiJ9.{claims}.c2lnbmF0dXJl");
    granted.secrets.push(id_token.clone());
    json_answer(
        "200 OK",
        &json!({"access_token": "acc3ss", "token_type": "bearer", "id_token": id_token}),
    )
}
