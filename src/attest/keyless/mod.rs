//! Signs without a key to keep: an identity token, a certificate that lives ten minutes, a log entry
//! and a timestamp; and has logs and timestamp authorities witness what local keys sign.
//!
//! Every question goes through the one client of `observe::http`. What was signed is verified under
//! the trusted root before it is given out: a service that answers nonsense gives no bundle.

mod ambient;
mod ask;
mod fulcio;
mod rekor;
mod services;
mod sign_in;
mod timestamp;
mod token;
mod witness;

use sigstore_sign::bundle::BundleV03;
use sigstore_sign::crypto::KeyPair;
use sigstore_types::{DerCertificate, DsseEnvelope, DsseSignature, KeyId, PayloadBytes};

pub use services::{LogService, RekorVersion, ServiceOptions, Services};
pub use sign_in::{OutOfBand, Redirected, SignIn, SignInOptions, gives_identity};
pub use token::IdentityToken;
pub use witness::SigstoreWitness;
use witness::WitnessKey;

use super::{Sign, SignError, SignedBundle, Signing};
use crate::model::{Duration, STATEMENT_PAYLOAD_TYPE, Statement, TrustDomain};
use crate::observe::http::Client;
use crate::observe::trust_root::trusted_root_of_store;
use crate::observe::{Environment, now};
use crate::verify::{UnverifiedBundle, Verifier, public_good};

/// How far the clocks of logs and timestamp authorities may be ahead of this machine's when their
/// answers are verified at once. A verifier that comes later needs no such grace.
const CLOCK_SKEW: Duration = Duration::from_seconds(120);

/// With what identity and with which services to sign.
#[derive(Debug, Clone, Default)]
pub struct KeylessOptions {
    /// Which certificate authority, logs and timestamp authorities.
    pub services: ServiceOptions,
    /// An identity token, or the name of a file that holds one; nothing: what the environment has.
    pub identity_token: Option<String>,
    /// The token of somebody who signed in ([`SignIn`]); it counts before every other.
    pub signed_in: Option<IdentityToken>,
    /// For whom identity tokens are asked; `LOCKSTEP_OIDC_AUDIENCE`, else `sigstore`, where nothing is
    /// said.
    pub audience: Option<String>,
    /// What the bundle must verify under: nothing means the public-good instance, as it was last
    /// refreshed on this machine.
    pub trust: Option<TrustDomain>,
}

/// Signs with certificates that Fulcio gives for an identity token.
pub struct Keyless {
    client: Client,
    services: Services,
    verifier: Verifier,
    trust: TrustDomain,
    token: IdentityToken,
    identity: String,
}

impl Keyless {
    /// Takes the identity token that is named, or that this environment gives, and the services.
    /// Asks for the token at most; nothing is signed.
    ///
    /// # Errors
    /// [`SignError`] where there is no token, where it is unusable (expired, for somebody else), and
    /// where services or trust do not fit together.
    pub async fn of_environment(
        environment: &Environment,
        client: &Client,
        options: &KeylessOptions,
    ) -> Result<Self, SignError> {
        let (services, trust, verifier) = prepared(environment, options)?;
        let token = match &options.signed_in {
            Some(token) => token.clone(),
            None => ambient::identity_token(environment, client, options).await?,
        };
        token.check(now())?;
        let identity = token.identity();
        Ok(Self {
            client: client.clone(),
            services,
            verifier,
            trust,
            token,
            identity,
        })
    }

    /// What a bundle of this signer verifies under.
    pub fn trust(&self) -> &TrustDomain {
        &self.trust
    }

    /// Whether everybody can read what these services log, forever.
    pub fn is_public(&self) -> bool {
        self.services.public_good
    }

    /// What the identity token says, as text; unverified, for filling in a predicate. Fulcio alone
    /// decides what the certificate says.
    pub fn unverified_claim(&self, name: &str) -> Option<&str> {
        self.token.unverified_claim(name)
    }

    async fn sign_statement(&self, statement: &[u8]) -> Result<SignedBundle, SignError> {
        // Before a certificate is asked for: what no verifier reads need not be in a log forever.
        Statement::read(statement).map_err(|error| SignError {
            unanswered: false,
            message: format!("not a Statement that can be signed: {error}"),
            hint: None,
        })?;
        self.token.check(now())?;
        let crypto = |what: &str| SignError {
            unanswered: false,
            message: format!("the cryptographic library cannot {what}"),
            hint: None,
        };
        let key = KeyPair::generate_ecdsa_p256().map_err(|_| crypto("make a key"))?;
        let certificate = self.certificate(&key).await?;
        let payload = PayloadBytes::from_bytes(statement);
        let encoded = sigstore_types::pae(STATEMENT_PAYLOAD_TYPE, statement);
        let signature = key.sign(&encoded).map_err(|_| crypto("sign"))?;
        let signature = DsseSignature::new(signature, KeyId::default());
        let envelope = DsseEnvelope::new(STATEMENT_PAYLOAD_TYPE, payload, signature);

        let verifier = rekor::LogVerifier::Certificate(&certificate);
        let witnessed = witness::ask(&self.client, &self.services, &envelope, &verifier).await?;
        let mut bundle = BundleV03::with_certificate_and_dsse(certificate, envelope);
        for entry in witnessed.log_entries {
            bundle = bundle.with_tlog_entry(entry);
        }
        for token in witnessed.timestamps {
            bundle = bundle.with_rfc3161_timestamp(token);
        }
        let json = bundle.into_bundle().to_json().map_err(|_| SignError {
            unanswered: false,
            message: "the bundle cannot be written as JSON".to_owned(),
            hint: None,
        })?;
        let bundle = SignedBundle { json };
        self.prove(&bundle)?;
        Ok(bundle)
    }

    async fn certificate(&self, key: &KeyPair) -> Result<DerCertificate, SignError> {
        match &self.services.certificates {
            Some(authority) => fulcio::certificate(&self.client, authority, &self.token, key).await,
            None => Err(SignError {
                unanswered: false,
                message: "no certificate authority is named".to_owned(),
                hint: None,
            }),
        }
    }

    fn prove(&self, bundle: &SignedBundle) -> Result<(), SignError> {
        prove_with(bundle, &self.verifier)
    }
}

impl Sign for Keyless {
    fn sign<'a>(&'a self, statement: &'a [u8]) -> Signing<'a> {
        Box::pin(self.sign_statement(statement))
    }

    fn identity(&self) -> &str {
        &self.identity
    }
}

/// Verifies what was just signed, under the trust that others will verify it with.
///
/// # Errors
/// [`SignError`] with the reason why nobody would accept it.
pub fn prove(bundle: &SignedBundle, trust: &TrustDomain) -> Result<(), SignError> {
    let verifier = Verifier::new(trust).map_err(|error| SignError {
        unanswered: false,
        message: error.to_string(),
        hint: None,
    })?;
    prove_with(bundle, &verifier)
}

fn prove_with(bundle: &SignedBundle, verifier: &Verifier) -> Result<(), SignError> {
    let proved = UnverifiedBundle::read(bundle.json.as_bytes())
        .and_then(|bundle| verifier.verify_statement(&bundle, now().plus(CLOCK_SKEW)));
    proved.map(drop).map_err(|error| SignError {
        unanswered: false,
        message: format!("what was signed does not verify: {error}"),
        hint: error.hint.or_else(|| {
            let hint = "the services and the trusted root must be of one Sigstore instance; for a \
                        private one name its root with --trusted-root";
            Some(hint.to_owned())
        }),
    })
}

/// The services, and what they give is verified under: all that signing needs but an identity.
fn prepared(
    environment: &Environment,
    options: &KeylessOptions,
) -> Result<(Services, TrustDomain, Verifier), SignError> {
    let services = Services::choose(&options.services, environment)?;
    let trust = trust_of(&services, options.trust.as_ref(), environment)?;
    let verifier = Verifier::new(&trust).map_err(|error| SignError {
        unanswered: false,
        message: error.to_string(),
        hint: None,
    })?;
    if services.certificates.is_none() {
        return Err(SignError {
            unanswered: false,
            message: "the services name no certificate authority (Fulcio)".to_owned(),
            hint: Some("name it with --fulcio-url, or sign with --key".to_owned()),
        });
    }
    services.check()?;
    Ok((services, trust, verifier))
}

/// The trust that the services belong to.
pub(super) fn trust_of(
    services: &Services,
    named: Option<&TrustDomain>,
    environment: &Environment,
) -> Result<TrustDomain, SignError> {
    match named {
        Some(domain) => Ok(domain.clone()),
        None if services.public_good => {
            let kept = trusted_root_of_store(environment).map_err(|error| SignError {
                unanswered: false,
                message: error.message,
                hint: error.hint,
            })?;
            Ok(kept.map_or_else(public_good, |root| root.domain))
        }
        None => Err(SignError {
            unanswered: false,
            message: "services of another Sigstore instance are named, but not its trusted root"
                .to_owned(),
            hint: Some("name it with --trusted-root FILE".to_owned()),
        }),
    }
}
