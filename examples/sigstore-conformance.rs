//! A client of sigstore-conformance's protocol over the library: `verify-bundle`, exit status 0
//! where the bundle verifies
//! (<https://github.com/sigstore/sigstore-conformance/blob/main/docs/cli_protocol.md>).

#![allow(clippy::print_stderr, reason = "a command line program")]

use std::process::ExitCode;
use std::time::SystemTime;
use std::{fs, io};

use lockstep::model::{ArtifactDigest, Digest, Leniency, Time, TrustDomain, TrustMaterial};
use lockstep::verify::{Signer, UnverifiedBundle, Verifier, public_good};

fn main() -> ExitCode {
    match verify_bundle(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Options {
    staging: bool,
    bundle: Option<String>,
    identity: Option<String>,
    issuer: Option<String>,
    key: Option<String>,
    trusted_root: Option<String>,
    subject: Option<String>,
}

/// Runs one command of the protocol.
pub(crate) fn verify_bundle(
    mut arguments: impl Iterator<Item = String>,
) -> Result<(), Box<dyn std::error::Error>> {
    match arguments.next().as_deref() {
        Some("verify-bundle") => {}
        other => return Err(format!("{other:?}: only `verify-bundle` is spoken here").into()),
    }
    let options = read(arguments)?;
    let bundle = read_file(&options.bundle.ok_or("--bundle is missing")?)?;
    let artifact = artifact(&options.subject.ok_or("the artifact is missing")?)?;
    let root = match &options.trusted_root {
        Some(path) => Some(String::from_utf8(read_file(path)?)?),
        None if options.staging => {
            Some(sigstore_trust_root::SIGSTORE_STAGING_TRUSTED_ROOT.to_owned())
        }
        None => None,
    };
    let mut domain = public_good();
    if let Some(root) = root {
        domain.material = TrustMaterial::TrustedRoot(root.into());
    }
    if let Some(path) = &options.key {
        let TrustMaterial::TrustedRoot(root) = domain.material else {
            return Err("the embedded root is a key".into());
        };
        domain = TrustDomain {
            label: path.clone(),
            material: TrustMaterial::Key {
                pem: String::from_utf8(read_file(path)?)?.into(),
                root: Some(root),
            },
            leniency: Leniency::default(),
        };
    }
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let now = Time::from_unix_seconds(i64::try_from(since_epoch.as_secs())?);
    let verifier = Verifier::new(&domain)?;
    let verified = verifier.verify(&UnverifiedBundle::read(&bundle)?, &artifact, now)?;
    match (verified.signature().signer(), &options.key) {
        (Signer::Key { .. }, Some(_)) => Ok(()),
        (Signer::Certificate(claims), None) => {
            let wanted = options
                .identity
                .ok_or("--certificate-identity is missing")?;
            let issuer = options
                .issuer
                .ok_or("--certificate-oidc-issuer is missing")?;
            if claims.identity != wanted {
                return Err(format!("signed by `{}`, not `{wanted}`", claims.identity).into());
            }
            if claims.issuer != issuer {
                return Err(
                    format!("identity issued by `{}`, not `{issuer}`", claims.issuer).into(),
                );
            }
            Ok(())
        }
        (signer, _) => Err(format!("signed by {signer:?}").into()),
    }
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        let place = match argument.as_str() {
            "--staging" => {
                options.staging = true;
                continue;
            }
            "--bundle" => &mut options.bundle,
            "--certificate-identity" => &mut options.identity,
            "--certificate-oidc-issuer" => &mut options.issuer,
            "--key" => &mut options.key,
            "--trusted-root" => &mut options.trusted_root,
            option if option.starts_with("--") => return Err(format!("{option}: no such option")),
            _ => {
                options.subject = Some(argument);
                continue;
            }
        };
        *place = Some(
            arguments
                .next()
                .ok_or(format!("{argument}: value missing"))?,
        );
    }
    Ok(options)
}

/// A digest where the text is one, otherwise the file of that name.
fn artifact(subject: &str) -> Result<ArtifactDigest, Box<dyn std::error::Error>> {
    match subject.parse() {
        Ok(digest) => Ok(digest),
        Err(_) => Ok(Digest::of(&read_file(subject)?).into()),
    }
}

fn read_file(path: &str) -> Result<Vec<u8>, io::Error> {
    fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))
}
