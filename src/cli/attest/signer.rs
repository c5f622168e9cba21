//! Who signs: a key that lies here.

use std::io::Read;
use std::path::Path;

use tokio::runtime::Runtime;

use crate::attest::key::{KEY_BYTES, Password, PrivateKey};
use crate::attest::{LocalKey, Sign, SignedBundle};
use crate::cli::ambient::Ambient;
use crate::cli::exit::Failure;
use crate::model::{Leniency, TrustDomain, TrustMaterial};
use crate::observe::{Environment, now};
use crate::verify::{UnverifiedBundle, Verifier};

use super::options::AttestArguments;
use super::{shown, unsigned};

/// A way of signing, and how its own signatures are known.
pub(super) struct Signer {
    sign: Box<dyn Sign>,
    verifier: Verifier,
    runtime: Runtime,
}

impl Signer {
    pub(super) fn of(arguments: &AttestArguments, ambient: &Ambient) -> Result<Self, Failure> {
        let Some(path) = &arguments.key else {
            return Err(Failure::new(
                "there is nothing to sign with",
                "name a private key: --key FILE (`lockstep key generate` makes one)",
            ));
        };
        if !arguments.no_log {
            return Err(Failure::new(
                "--key: the signature would be logged nowhere",
                "say --no-log; who verifies it must accept that",
            ));
        }
        let key = LocalKey::new(read_key(path, &ambient.environment)?, None);
        let domain = TrustDomain {
            label: shown(path),
            material: TrustMaterial::Key {
                pem: key.key().public_pem().into(),
                root: None,
            },
            leniency: Leniency {
                unsafe_no_log: true,
                ..Leniency::default()
            },
        };
        let verifier = Verifier::new(&domain)
            .map_err(|error| Failure::new(error.to_string(), "is it a key of this tool?"))?;
        Ok(Self {
            sign: Box::new(key),
            verifier,
            runtime: runtime()?,
        })
    }

    pub(super) fn identity(&self) -> &str {
        self.sign.identity()
    }

    /// Signs, and verifies what was signed before anybody gets it.
    pub(super) fn sign(&self, statement: &[u8]) -> Result<SignedBundle, Failure> {
        let bundle = self.runtime.block_on(self.sign.sign(statement));
        let bundle = bundle.map_err(unsigned)?;
        match self.verified(bundle.json.as_bytes()) {
            Ok(()) => Ok(bundle),
            Err(why) => Err(Failure::new(
                format!("the new bundle does not verify: {why}"),
                "nothing was written; report this as a bug",
            )),
        }
    }

    /// Whether a bundle that is there was signed by this signer.
    pub(super) fn made(&self, bundle: &[u8]) -> bool {
        self.verified(bundle).is_ok()
    }

    fn verified(&self, bundle: &[u8]) -> Result<(), String> {
        let read = UnverifiedBundle::read(bundle).map_err(|error| error.message)?;
        let verified = self.verifier.verify_statement(&read, now());
        verified.map(|_| ()).map_err(|error| error.message)
    }
}

/// What asking and signing run on.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| {
            let message = format!("cannot start: {error}");
            Failure::new(message, "is a limit on threads or files in force?")
        })
}

/// The private key of a file.
pub(in crate::cli) fn read_key(
    path: &Path,
    environment: &Environment,
) -> Result<PrivateKey, Failure> {
    let shown = shown(path);
    let unreadable = |error: std::io::Error| {
        let message = format!("{shown}: cannot be read: {error}");
        Failure::new(message, "name the file of a private key")
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = pkcs8::der::zeroize::Zeroizing::new(Vec::new());
    file.take(KEY_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    PrivateKey::of_pem(&bytes, || Password::of_environment(environment))
        .map_err(|error| Failure::new(format!("{shown}: {}", error.message), error.hint))
}
