//! Has logs and timestamp authorities witness a signature: for certificates and for local keys.

use sigstore_types::bundle::{Rfc3161Timestamp, TimestampVerificationData};
use sigstore_types::{DerPublicKey, DsseEnvelope, TimestampToken, TransparencyLogEntry};

use super::rekor::{self, LogVerifier};
use super::services::{ServiceOptions, Services};
use super::{timestamp, trust_of};
use crate::attest::{SignError, Witness, Witnessed, Witnessing};
use crate::model::TrustDomain;
use crate::observe::Environment;
use crate::observe::http::Client;

/// Logs and timestamp authorities for what a local key signs.
pub struct SigstoreWitness {
    client: Client,
    services: Services,
    trust: TrustDomain,
}

/// What the services gave: entries of logs as a bundle holds them, and RFC 3161 responses.
#[derive(Default)]
pub(super) struct Given {
    pub(super) log_entries: Vec<TransparencyLogEntry>,
    pub(super) timestamps: Vec<TimestampToken>,
}

/// Kinds of local keys that logs take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WitnessKey {
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// Pure Ed25519.
    Ed25519,
}

/// The beginnings of a SubjectPublicKeyInfo (RFC 5480, section 2; RFC 8410, section 4).
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const ED25519_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

impl WitnessKey {
    /// The kind of this SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`SignError`] for any other kind.
    pub(super) fn of(key: &DerPublicKey) -> Result<Self, SignError> {
        match key.as_bytes() {
            der if der.starts_with(&P256_PREFIX) => Ok(Self::EcdsaP256),
            der if der.starts_with(&ED25519_PREFIX) => Ok(Self::Ed25519),
            _ => Err(SignError {
                unanswered: false,
                message: "neither an ECDSA P-256 nor an Ed25519 key".to_owned(),
                hint: Some("make one with `lockstep key generate`".to_owned()),
            }),
        }
    }
}

impl SigstoreWitness {
    /// The logs and timestamp authorities that the options and this environment name; the
    /// public-good ones where they name none. Asks nobody.
    ///
    /// # Errors
    /// [`SignError`] where services and trust do not fit together.
    pub fn of_environment(
        environment: &Environment,
        client: &Client,
        options: &ServiceOptions,
        trust: Option<&TrustDomain>,
    ) -> Result<Self, SignError> {
        let services = Services::choose(options, environment)?;
        services.check()?;
        Ok(Self {
            client: client.clone(),
            trust: trust_of(&services, trust, environment)?,
            services,
        })
    }

    /// The trusted root whose logs and timestamp authorities these are: what a bundle of the key
    /// will verify under, together with the key.
    pub fn trust(&self) -> &TrustDomain {
        &self.trust
    }

    async fn ask(&self, envelope: &DsseEnvelope, key: &[u8]) -> Result<Witnessed, SignError> {
        let key = DerPublicKey::from_bytes(key);
        WitnessKey::of(&key)?;
        let verifier = LogVerifier::Key(&key);
        let given = ask(&self.client, &self.services, envelope, &verifier).await?;
        let timestamps = given.timestamps.into_iter().map(Rfc3161Timestamp::new);
        Ok(Witnessed {
            log_entries: given.log_entries,
            timestamps: TimestampVerificationData::new(timestamps.collect()),
        })
    }
}

impl Witness for SigstoreWitness {
    fn witness<'a>(&'a self, envelope: &'a DsseEnvelope, public: &'a [u8]) -> Witnessing<'a> {
        Box::pin(self.ask(envelope, public))
    }
}

/// Asks every service that was chosen, one after the other: logs first, so that a signature that
/// a log refuses is not timestamped.
pub(super) async fn ask(
    client: &Client,
    services: &Services,
    envelope: &DsseEnvelope,
    verifier: &LogVerifier<'_>,
) -> Result<Given, SignError> {
    let mut witnessed = Given::default();
    for service in &services.logs {
        let entry = rekor::log(client, service, envelope, verifier).await?;
        witnessed.log_entries.push(entry);
    }
    for authority in &services.timestamps {
        let signature = &envelope.signature.sig;
        let token = timestamp::timestamp(client, authority, signature).await?;
        witnessed.timestamps.push(token);
    }
    Ok(witnessed)
}
