//! Signs a person in at an identity provider: the authorization code flow of OAuth 2.0 (RFC 6749,
//! section 4.1) with PKCE (RFC 7636), in the person's own browser (RFC 8252).
//!
//! Opens no browser and reads no terminal: whoever calls this shows the address, and brings the code
//! where no browser can.

mod callback;
mod discovery;
mod exchange;
mod listener;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sigstore_sign::oidc::SecretString;
use url::Url;

use super::{IdentityToken, KeylessOptions, Services, ambient};
use crate::attest::SignError;
use crate::observe::Environment;
use crate::observe::http::Client;
use discovery::Provider;
use listener::Listener;

/// The client that a person signs in to where nobody says otherwise, and so for whom tokens are.
const CLIENT: &str = "sigstore";

/// Where the provider shows the code to the person instead of sending it, as Sigstore's clients ask
/// for it.
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// The longest code in bytes.
const CODE_BYTES: usize = 4 << 10;

/// Where a person signs in.
#[derive(Debug, Clone, Default)]
pub struct SignInOptions {
    /// The issuer's address; `SIGSTORE_OIDC_ISSUER`, else the one of the services, where nothing is
    /// said.
    pub issuer: Option<String>,
    /// The client's identifier there; `SIGSTORE_OIDC_CLIENT_ID`, else `sigstore`, where nothing is
    /// said.
    pub client_id: Option<String>,
}

/// An identity provider that was found.
pub struct SignIn {
    client: Client,
    provider: Provider,
    client_id: String,
}

/// A person who was sent to the provider, whose browser brings the code here.
pub struct Redirected<'s> {
    request: AuthorizationRequest<'s>,
    listener: Listener,
}

/// A person who was sent to the provider and brings the code by hand.
pub struct OutOfBand<'s> {
    request: AuthorizationRequest<'s>,
}

/// One question to a person, with the secrets that tie the answer to it. Each is used once.
struct AuthorizationRequest<'s> {
    at: &'s SignIn,
    redirect: String,
    state: String,
    nonce: String,
    verifier: SecretString,
    url: Url,
}

impl SignIn {
    /// Asks the issuer how it is asked (OpenID Connect Discovery 1.0), after everything else that
    /// signing needs was seen to be there.
    ///
    /// # Errors
    /// [`SignError`] where services, trust or issuer are not named, and where the issuer does not
    /// answer, is another one, or names addresses that nobody should be sent to.
    pub async fn of_environment(
        environment: &Environment,
        client: &Client,
        keyless: &KeylessOptions,
        options: &SignInOptions,
    ) -> Result<Self, SignError> {
        let (services, _, _) = super::prepared(environment, keyless)?;
        let issuer = issuer(options, environment, &services)?;
        let client_id = options.client_id.as_deref();
        let client_id = client_id.or_else(|| environment.get("SIGSTORE_OIDC_CLIENT_ID"));
        Ok(Self {
            provider: discovery::discover(client, &issuer).await?,
            client: client.clone(),
            client_id: client_id.unwrap_or(CLIENT).to_owned(),
        })
    }

    /// Begins to listen for the browser on this machine.
    ///
    /// # Errors
    /// [`SignError`] where no port can be listened on.
    pub async fn by_browser(&self) -> Result<Redirected<'_>, SignError> {
        let listener = Listener::open().await?;
        let request = AuthorizationRequest::new(self, listener.address())?;
        Ok(Redirected { request, listener })
    }

    /// For a person whose browser is elsewhere.
    ///
    /// # Errors
    /// [`SignError`] where the system gives no random numbers.
    pub fn out_of_band(&self) -> Result<OutOfBand<'_>, SignError> {
        let request = AuthorizationRequest::new(self, OUT_OF_BAND.to_owned())?;
        Ok(OutOfBand { request })
    }
}

impl Redirected<'_> {
    /// What the person opens: `https`, or this machine.
    pub fn url(&self) -> &Url {
        &self.request.url
    }

    /// Waits so long for the browser, and trades the code that it brings for an identity token.
    ///
    /// # Errors
    /// [`SignError`] where nobody came in time, the provider refused, or its answer is not one to
    /// this question.
    pub async fn token(self, within: std::time::Duration) -> Result<IdentityToken, SignError> {
        let provider = &self.request.at.provider;
        let wanted = callback::Wanted {
            state: &self.request.state,
            issuer: provider.issuer.as_str(),
            names_issuer: provider.names_issuer,
        };
        let code = self.listener.code(&wanted, within).await?;
        exchange::token(&self.request, &code).await
    }
}

impl OutOfBand<'_> {
    /// What the person opens, on any machine.
    pub fn url(&self) -> &Url {
        &self.request.url
    }

    /// Trades the code that the provider showed to the person for an identity token.
    ///
    /// # Errors
    /// [`SignError`] for what is no code, and where the provider refused or its answer is not one to
    /// this question.
    pub async fn token(self, code: &str) -> Result<IdentityToken, SignError> {
        let code = callback::code(code.trim()).ok_or_else(|| SignError {
            unanswered: false,
            message: "what was typed is no code".to_owned(),
            hint: Some("copy the whole code that the page shows, and nothing else".to_owned()),
        })?;
        exchange::token(&self.request, &code).await
    }
}

impl<'s> AuthorizationRequest<'s> {
    fn new(at: &'s SignIn, redirect: String) -> Result<Self, SignError> {
        let verifier = SecretString::new(random()?);
        let challenge = digest(&SHA256, verifier.expose_secret().as_bytes());
        let (state, nonce) = (random()?, random()?);
        let mut url = at.provider.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &at.client_id)
            .append_pair("redirect_uri", &redirect)
            .append_pair("scope", "openid email")
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256");
        Ok(Self {
            at,
            redirect,
            state,
            nonce,
            verifier,
            url,
        })
    }
}

/// 256 random bits, which in base64url are a code verifier too (RFC 7636, section 4.1).
fn random() -> Result<String, SignError> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| SignError {
        unanswered: false,
        message: "the system gives no random numbers".to_owned(),
        hint: None,
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The issuer that was named, else the one of the signing config. That of the public-good instance
/// is not taken for a private one: its tokens would go to a certificate authority that could present
/// them at the public one as its own.
fn issuer(
    options: &SignInOptions,
    environment: &Environment,
    services: &Services,
) -> Result<String, SignError> {
    let named = options.issuer.as_deref();
    let named = named.or_else(|| environment.get("SIGSTORE_OIDC_ISSUER"));
    let issuer = named.or(services.issuer.as_deref());
    issuer.map(str::to_owned).ok_or_else(|| SignError {
        unanswered: false,
        message: "services of another Sigstore instance are named, but not where people sign in"
            .to_owned(),
        hint: Some(
            "name the issuer with --oidc-issuer, or give a token with --identity-token".to_owned(),
        ),
    })
}

/// Whether the environment gives an identity, or promises to: then nobody is asked to sign in.
pub fn gives_identity(environment: &Environment) -> bool {
    ambient::is_there(environment)
}
