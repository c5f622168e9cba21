//! The options of `lockstep attest`, and which go together.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::attest::ci::Stated;
use crate::attest::keyless::{RekorVersion, ServiceOptions};
use crate::cli::Format;
use crate::cli::exit::Failure;

use super::person::SignInArguments;

#[derive(Debug, Args)]
pub(in crate::cli) struct AttestArguments {
    /// Files, folders, globs, `sha256:…` with --subject-name, images as oci:HOST/NAME:TAG.
    #[arg(value_name = "SUBJECT", required_unless_present = "checksums")]
    pub(super) subjects: Vec<String>,
    /// Attest what a list of checksums names, as `sha256sum` writes it.
    #[arg(long, value_name = "FILE")]
    pub(super) checksums: Vec<PathBuf>,
    /// The name of the artifact whose digest is given.
    #[arg(long, value_name = "NAME")]
    pub(super) subject_name: Option<String>,
    /// Attest the images of every platform of an index too.
    #[arg(long)]
    pub(super) platforms: bool,

    /// Say what this JSON file holds instead of provenance; an SBOM, results of tests.
    #[arg(long, value_name = "FILE", requires = "kind")]
    pub(super) predicate: Option<PathBuf>,
    /// The predicate's type: a URI, or a short name as cosign knows (spdxjson, cyclonedx, vuln).
    #[arg(
        long = "type",
        value_name = "TYPE",
        requires = "predicate",
        id = "kind"
    )]
    pub(super) kind: Option<String>,
    /// Open no connection.
    #[arg(long)]
    pub(super) offline: bool,

    /// Where the bundle goes; a file where not given.
    #[arg(long, value_enum, value_name = "WHERE")]
    pub(super) to: Vec<Destination>,
    /// The bundle's file, `-` for standard output; beside each artifact, with .sigstore.json, where
    /// not given.
    #[arg(long, value_name = "FILE")]
    pub(super) bundle: Option<PathBuf>,
    /// Attest each distribution for a package index: NAME.publish.attestation as of PEP 740.
    #[arg(long, conflicts_with_all = ["predicate", "bundle", "key", "platforms"])]
    pub(super) pep740: bool,
    /// Write over a bundle that says something else.
    #[arg(long)]
    pub(super) force: bool,
    /// Print the statement, sign nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,

    // Last: what follows a heading stands under it.
    #[command(flatten)]
    pub(super) build: BuildArguments,
    #[command(flatten)]
    pub(super) signing: SigningArguments,
}

// What is said of the build outside of a CI system that is known.
#[derive(Debug, Args)]
#[command(next_help_heading = "The build, where no CI system is known")]
pub(super) struct BuildArguments {
    /// Who builds: a URI.
    #[arg(long, value_name = "URI")]
    builder_id: Option<String>,
    /// How the build is described: a URI.
    #[arg(long, value_name = "URI")]
    build_type: Option<String>,
    /// The address of the repository.
    #[arg(long, value_name = "URL")]
    source_repository: Option<String>,
    /// The commit, whole.
    #[arg(long, value_name = "COMMIT")]
    source_commit: Option<String>,
    /// The git reference, as in refs/tags/v1.2.3.
    #[arg(long, value_name = "REF")]
    source_ref: Option<String>,
    /// The run: a URI or number.
    #[arg(long, value_name = "ID")]
    invocation: Option<String>,
}

/// Where bundles go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Destination {
    /// Files: beside the artifacts, or as --bundle says.
    File,
    /// Standard output.
    Stdout,
    /// The registry of the image, as a referrer that cosign finds.
    Registry,
    /// GitHub's store of attestations, of the repository that GITHUB_REPOSITORY names.
    Github,
}

// Who signs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Who signs; the CI job or the person here where no key is given")]
pub(in crate::cli) struct SigningArguments {
    /// Sign with the private key in this file, or in AWS KMS (awskms:///alias/NAME, awskms:///arn:…)
    /// where this program knows it.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) key: Option<PathBuf>,
    /// Log the signature nowhere: who verifies must accept that (--unsafe-no-log).
    #[arg(long, requires = "key")]
    pub(super) no_log: bool,
    /// The identity token to sign with, or a file that holds it; that of the CI job where not given.
    #[arg(long, value_name = "TOKEN|FILE", conflicts_with = "key")]
    pub(super) identity_token: Option<String>,
    #[command(flatten)]
    pub(super) sign_in: SignInArguments,
    #[command(flatten)]
    pub(super) services: ServiceArguments,
}

// With which services to sign.
#[derive(Debug, Args)]
#[command(next_help_heading = "Services; those of the public Sigstore instance where not given")]
pub(super) struct ServiceArguments {
    /// Take the services of this signing config.
    #[arg(long, value_name = "FILE")]
    signing_config: Option<PathBuf>,
    /// Hold what was signed to this trusted_root.json.
    #[arg(long, value_name = "FILE")]
    pub(super) trusted_root: Option<PathBuf>,
    /// The certificate authority.
    #[arg(long, value_name = "URL")]
    fulcio_url: Option<String>,
    /// The transparency log.
    #[arg(long, value_name = "URL")]
    rekor_url: Option<String>,
    /// The timestamp authority, with its path.
    #[arg(long, value_name = "URL")]
    timestamp_server: Option<String>,
    /// The interface of the log.
    #[arg(long, value_parser = ["1", "2"], value_name = "1|2")]
    rekor_version: Option<String>,
}

/// The longest signing config or trusted root in bytes.
const TEXT_BYTES: u64 = 4 << 20;

/// A file's text.
pub(super) fn read_text(option: &str, path: &Path) -> Result<String, Failure> {
    let shown = super::shown(path);
    let unreadable = |error: std::io::Error| {
        let message = format!("{option}: {shown}: cannot be read: {error}");
        Failure::new(message, "name a JSON file")
    };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(TEXT_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    match text.len() as u64 > TEXT_BYTES {
        true => Err(Failure::new(
            format!("{option}: {shown}: more than {TEXT_BYTES} bytes"),
            "is it the right file?",
        )),
        false => Ok(text),
    }
}

impl SigningArguments {
    /// Whether one of them is given.
    pub(in crate::cli) fn are_given(&self) -> bool {
        let services = &self.services;
        let texts = [
            &self.identity_token,
            &services.fulcio_url,
            &services.rekor_url,
            &services.timestamp_server,
            &services.rekor_version,
        ];
        let files = [&self.key, &services.signing_config, &services.trusted_root];
        self.no_log
            || self.sign_in.are_given()
            || texts.iter().any(|it| it.is_some())
            || files.iter().any(|it| it.is_some())
    }
}

impl ServiceArguments {
    fn names_address(&self) -> bool {
        let addresses = [&self.fulcio_url, &self.rekor_url, &self.timestamp_server];
        addresses.iter().any(|it| it.is_some())
    }

    /// An option for a service that signing in this way does not ask.
    fn unused(&self, with_key: bool, without_log: bool) -> Option<&'static str> {
        let given = [
            ("--fulcio-url", with_key, self.fulcio_url.is_some()),
            (
                "--signing-config",
                without_log,
                self.signing_config.is_some(),
            ),
            ("--trusted-root", without_log, self.trusted_root.is_some()),
            ("--rekor-url", without_log, self.rekor_url.is_some()),
            ("--rekor-version", without_log, self.rekor_version.is_some()),
            (
                "--timestamp-server",
                without_log,
                self.timestamp_server.is_some(),
            ),
        ];
        let mut unused = given
            .iter()
            .filter(|(_, is_idle, is_given)| *is_idle && *is_given);
        unused.next().map(|it| it.0)
    }

    /// Takes logs of version 1 alone: only they say a time by themselves.
    pub(super) fn only_promises(&mut self) {
        self.rekor_version = Some("1".to_owned());
    }

    /// Which services are named.
    pub(super) fn options(&self) -> Result<ServiceOptions, Failure> {
        let signing_config = match &self.signing_config {
            Some(path) => Some(read_text("--signing-config", path)?),
            None => None,
        };
        Ok(ServiceOptions {
            signing_config,
            fulcio_url: self.fulcio_url.clone(),
            rekor_url: self.rekor_url.clone(),
            timestamp_server: self.timestamp_server.clone(),
            rekor_version: match self.rekor_version.as_deref() {
                Some("1") => Some(RekorVersion::V1),
                Some(_) => Some(RekorVersion::V2),
                None => None,
            },
        })
    }
}

impl BuildArguments {
    pub(super) fn stated(&self) -> Stated {
        Stated {
            builder: self.builder_id.clone(),
            build_type: self.build_type.clone(),
            repository: self.source_repository.clone(),
            commit: self.source_commit.clone(),
            reference: self.source_ref.clone(),
            invocation: self.invocation.clone(),
        }
    }
}

impl AttestArguments {
    /// Which options do not go together.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let digests = self.subjects.iter().filter(|it| is_digest(it)).count();
        if self.subject_name.is_some() && digests != 1 {
            return Err(Failure::new(
                "--subject-name names one digest",
                "give exactly one `sha256:…` with it; files and images have names",
            ));
        }
        if self.predicate.is_some() && !self.build.stated().is_empty() {
            return Err(Failure::new(
                "--predicate and options of the build",
                "leave out --builder-id, --build-type, --source-… and --invocation",
            ));
        }
        let has_file = self.to.is_empty() || self.to.contains(&Destination::File);
        if self.bundle.is_some() && !self.to_dash() && !has_file {
            return Err(Failure::new(
                "--bundle FILE, and --to without `file`",
                "say `--to file` too, or leave out --bundle",
            ));
        }
        if self.platforms && !self.subjects.iter().any(|it| it.starts_with("oci:")) {
            return Err(Failure::new(
                "--platforms, and no image",
                "it is for images, as oci:ghcr.io/acme/api:1.2.3",
            ));
        }
        if let Some(option) = self
            .signing
            .services
            .unused(self.signing.key.is_some(), self.signing.no_log)
        {
            return Err(Failure::new(
                format!("{option}: this service is not asked"),
                "with --key no certificate authority is asked, with --no-log no service at all; \
                 leave the option out",
            ));
        }
        if self.pep740 && self.signing.services.rekor_version.as_deref() == Some("2") {
            return Err(Failure::new(
                "--pep740 and --rekor-version 2",
                "PEP 740 has no room for the timestamp that a log of version 2 needs beside it",
            ));
        }
        if self.signing.services.signing_config.is_some() && self.signing.services.names_address() {
            return Err(Failure::new(
                "--signing-config and the address of a service",
                "the config names all services: leave out --fulcio-url, --rekor-url and \
                 --timestamp-server, or the config",
            ));
        }
        Ok(())
    }

    /// Whether `--bundle -` names standard output.
    pub(super) fn to_dash(&self) -> bool {
        self.bundle.as_deref() == Some(Path::new("-"))
    }

    /// Where the bundle goes.
    pub(super) fn destinations(&self) -> Vec<Destination> {
        let mut places = self.to.clone();
        match (self.to_dash(), self.to.is_empty()) {
            (true, _) if !places.contains(&Destination::Stdout) => places.push(Destination::Stdout),
            (false, true) => places.push(Destination::File),
            _ => {}
        }
        places
    }

    /// Whether the bundle is written to standard output, where then nothing else is.
    pub(super) fn to_output(&self) -> bool {
        self.destinations().contains(&Destination::Stdout)
    }
}

/// Whether a subject is a digest and no path.
pub(super) fn is_digest(text: &str) -> bool {
    text.starts_with("sha256:")
}
