//! `lockstep key`: makes private keys, and shows their public ones.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use crate::attest::deliver::write_whole;
use crate::attest::key::{self, KeyError, KeyFormat, Password, PrivateKey};
use crate::model::visible;

use super::ambient::Ambient;
use super::attest::public_pem;
use super::exit::{Ending, Failure};
use super::password;
use super::say::Terminal;

#[derive(Debug, Args)]
pub(super) struct KeyArguments {
    #[command(subcommand)]
    verb: KeyVerb,
}

#[derive(Debug, Subcommand)]
enum KeyVerb {
    /// Write a new private key to PREFIX.key and its public key to PREFIX.pub; never over others.
    Generate {
        /// What it signs with.
        #[arg(long, value_enum, default_value_t = AlgorithmName::EcdsaP256)]
        algorithm: AlgorithmName,
        /// The form of the private key; `cosign` where not given, and `pkcs8` with --unencrypted.
        #[arg(long, value_enum)]
        format: Option<FormatName>,
        /// What the files' names begin with.
        #[arg(long, value_name = "PREFIX", default_value = "lockstep")]
        output_prefix: PathBuf,
        /// Protect it by no password.
        #[arg(long)]
        unencrypted: bool,
    },
    /// Print the public key of a private key as PEM.
    Public {
        /// The file of the private key, or awskms:///… where this program knows AWS KMS.
        #[arg(value_name = "KEY")]
        key: PathBuf,
    },
}

/// What a key signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AlgorithmName {
    /// ECDSA on P-256 with SHA-256, which everybody verifies.
    EcdsaP256,
    /// Ed25519; version 2 of the log does not take it.
    Ed25519,
}

/// The form of a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// PKCS#8, which OpenSSL reads.
    Pkcs8,
    /// cosign's own encrypted form.
    Cosign,
}

pub(super) fn run(
    arguments: &KeyArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    match &arguments.verb {
        KeyVerb::Public { key } => {
            let pem = public_pem(key, ambient, terminal)?;
            terminal.result(&pem)?;
        }
        KeyVerb::Generate {
            algorithm,
            format,
            output_prefix,
            unencrypted,
        } => {
            let password = match unencrypted {
                true => None,
                false => {
                    // Before anybody types a password for nothing.
                    free(output_prefix)?;
                    let name = file(output_prefix, ".key").display().to_string();
                    Some(password::to_protect(&name, ambient)?)
                }
            };
            let format = match (format, unencrypted) {
                (Some(FormatName::Pkcs8), _) | (None, true) => KeyFormat::Pkcs8,
                (Some(FormatName::Cosign), _) | (None, false) => KeyFormat::Cosign,
            };
            let algorithm = match algorithm {
                AlgorithmName::EcdsaP256 => key::Algorithm::EcdsaP256,
                AlgorithmName::Ed25519 => key::Algorithm::Ed25519,
            };
            generate(
                algorithm,
                format,
                password.as_ref(),
                output_prefix,
                terminal,
            )?;
        }
    }
    Ok(Ending::Fine)
}

fn generate(
    algorithm: key::Algorithm,
    format: KeyFormat,
    password: Option<&Password>,
    prefix: &Path,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let refuse = |error: KeyError| Failure::new(error.message, error.hint);
    let (private, public) = free(prefix)?;
    let key = PrivateKey::generate(algorithm).map_err(refuse)?;
    let pem = key.to_pem(format, password).map_err(refuse)?;
    let public_pem = key.public_pem().map_err(refuse)?;
    write_new(&private, pem.as_bytes(), 0o600)?;
    write_new(&public, public_pem.as_bytes(), 0o644)?;
    let shown = |path: &Path| visible(&path.display().to_string(), 300);
    terminal.result(&format!(
        "private key: {}\npublic key: {}\nfingerprint: {}\n",
        shown(&private),
        shown(&public),
        key.fingerprint()
    ))?;
    Ok(())
}

/// A key's file.
fn file(prefix: &Path, end: &str) -> PathBuf {
    let mut name = prefix.to_owned().into_os_string();
    name.push(end);
    PathBuf::from(name)
}

/// The files of the private and the public key, which are not there yet.
fn free(prefix: &Path) -> Result<(PathBuf, PathBuf), Failure> {
    let (private, public) = (file(prefix, ".key"), file(prefix, ".pub"));
    let there = [&private, &public].into_iter().find(|it| it.exists());
    if let Some(there) = there {
        return Err(taken(there));
    }
    Ok((private, public))
}

/// Writes a file whole that is not there yet.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let shown = visible(&path.display().to_string(), 300);
        let message = format!("{shown}: cannot be written: {error}");
        Failure::new(message, "name a folder that exists and may be written to")
    };
    match write_whole(path, bytes, mode, false) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(taken(path)),
        Err(error) => Err(failed(error)),
    }
}

fn taken(path: &Path) -> Failure {
    let shown = visible(&path.display().to_string(), 300);
    Failure::new(
        format!("{shown}: is there already"),
        "name others with --output-prefix; a key is never written over",
    )
}
