//! Who signs: the identity of this job or person, or a key that lies here.

use std::sync::Arc;

use crate::attest::ci::TokenClaims;
use crate::attest::keyless::{Keyless, KeylessOptions, SigstoreWitness};
use crate::attest::{Sign, SignedBundle, Witness};
use crate::cli::ambient::Ambient;
use crate::cli::exit::Failure;
use crate::cli::say::Terminal;
use crate::model::{Duration, Leniency, TrustDomain, TrustMaterial};
use crate::observe::now;
use crate::verify::{UnverifiedBundle, Verifier};

use super::asking::Asking;
use super::held_key::HeldKey;
use super::options::{SigningArguments, read_text};
use super::person::Publication;
use super::{shown, unsigned};

/// A way of signing, and how its own signatures are known.
pub(in crate::cli) struct Signer {
    sign: Box<dyn Sign>,
    verifier: Verifier,
    /// What a person who signed in is asked before anything is signed.
    publication: Option<Publication>,
    /// Claims of the token that the certificate is for.
    pub(super) claims: Option<TokenClaims>,
}

/// How far the clocks of logs may be ahead.
const CLOCK_SKEW: Duration = Duration::from_minutes(2);

impl Signer {
    pub(in crate::cli) fn of(
        arguments: &SigningArguments,
        ambient: &Ambient,
        asking: &Asking,
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        let options = arguments.services.options()?;
        let trust = match &arguments.services.trusted_root {
            Some(path) => Some(TrustDomain {
                label: shown(path),
                material: TrustMaterial::TrustedRoot(read_text("--trusted-root", path)?.into()),
                leniency: Leniency::default(),
            }),
            None => None,
        };
        let environment = &ambient.environment;
        let Some(path) = &arguments.key else {
            let client = asking.client(
                "signing without a key asks a certificate authority and logs",
                "sign with --key FILE --no-log",
            )?;
            let mut options = KeylessOptions {
                services: options,
                identity_token: arguments.identity_token.clone(),
                signed_in: None,
                audience: None,
                trust,
            };
            let sign_in = &arguments.sign_in;
            options.signed_in = sign_in.token(&options, ambient, asking, terminal)?;
            let keyless = Keyless::of_environment(environment, client, &options);
            let keyless = asking.runtime.block_on(keyless).map_err(unsigned)?;
            let claims = TokenClaims {
                job_workflow_ref: keyless
                    .unverified_claim("job_workflow_ref")
                    .map(str::to_owned),
            };
            let is_person = options.signed_in.is_some();
            let publication = || sign_in.publication(keyless.identity(), keyless.is_public());
            return Ok(Self {
                verifier: verifier(keyless.trust())?,
                publication: is_person.then(publication),
                sign: Box::new(keyless),
                claims: Some(claims),
            });
        };
        let key = HeldKey::of(path, ambient, asking)?;
        let witness = match arguments.no_log {
            true => None,
            false => {
                let instead = "say --no-log; who verifies it must accept that";
                let client =
                    asking.client("a log would be asked to hold the signature", instead)?;
                let witness =
                    SigstoreWitness::of_environment(environment, client, &options, trust.as_ref());
                Some(witness.map_err(unsigned)?)
            }
        };
        let pem = key.public_pem()?;
        let root = match witness.as_ref().map(|it| &it.trust().material) {
            Some(TrustMaterial::TrustedRoot(root)) => Some(root.clone()),
            _ => None,
        };
        let domain = TrustDomain {
            label: shown(path),
            material: TrustMaterial::Key {
                pem: pem.into(),
                root,
            },
            leniency: Leniency {
                unsafe_no_log: arguments.no_log,
                ..Leniency::default()
            },
        };
        let witness = witness.map(|it| Arc::new(it) as Arc<dyn Witness>);
        Ok(Self {
            sign: key.signing(witness),
            verifier: verifier(&domain)?,
            publication: None,
            claims: None,
        })
    }

    /// Whether somebody at this terminal will be asked to sign in.
    pub(super) fn asks_a_person(arguments: &SigningArguments, ambient: &Ambient) -> bool {
        let is_named = arguments.key.is_some() || arguments.identity_token.is_some();
        !is_named && arguments.sign_in.asks_here(ambient)
    }

    pub(in crate::cli) fn identity(&self) -> &str {
        self.sign.identity()
    }

    /// Signs, and verifies what was signed before anybody gets it. A person who signed in is asked
    /// first.
    pub(in crate::cli) fn sign(
        &self,
        statement: &[u8],
        asking: &Asking,
        terminal: &Terminal,
    ) -> Result<SignedBundle, Failure> {
        if let Some(publication) = &self.publication {
            publication.agree(terminal)?;
        }
        let bundle = asking.runtime.block_on(self.sign.sign(statement));
        let bundle = bundle.map_err(unsigned)?;
        match self.verified(bundle.json.as_bytes()) {
            Ok(()) => Ok(bundle),
            Err(why) => Err(Failure::new(
                format!("what was signed does not verify: {why}"),
                "nothing was kept; services and --trusted-root must be of one Sigstore instance",
            )),
        }
    }

    /// Whether a bundle that is there verifies as this signer's would.
    pub(super) fn made(&self, bundle: &[u8]) -> bool {
        self.verified(bundle).is_ok()
    }

    fn verified(&self, bundle: &[u8]) -> Result<(), String> {
        let read = UnverifiedBundle::read(bundle).map_err(|error| error.message)?;
        let verified = self
            .verifier
            .verify_statement(&read, now().plus(CLOCK_SKEW));
        verified.map(|_| ()).map_err(|error| error.message)
    }
}

fn verifier(domain: &TrustDomain) -> Result<Verifier, Failure> {
    let hint = "name a trusted_root.json of the instance with --trusted-root";
    Verifier::new(domain).map_err(|error| Failure::new(error.to_string(), hint))
}
