//! What `lockstep verify` is asked, in the words of cosign, gh and slsa-verifier.

use clap::Args;
use std::path::PathBuf;

use super::PlaceArguments;
use crate::attest::predicate_type;
use crate::cli::Format;
use crate::cli::exit::Failure;
use crate::model::{Commit, Leniency};
use crate::verify::{
    Expectations, Matching, PredicateWanted, RepositoryAddress, SUMMARY_PREDICATE, VersionedTag,
};

use super::summary::VerifySummaryArguments;

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArguments {
    /// Files or globs, digests (`sha256:…`, `sha512:…`), images (`oci:HOST/NAME:TAG`,
    /// `oci:HOST/NAME@sha256:…`), every file of a version or one (`pypi:NAME==VERSION[/FILE]`), or
    /// `npm:NAME@VERSION`.
    #[arg(value_name = "SUBJECT", required = true, num_args = 1..=10_000)]
    pub(super) subjects: Vec<String>,
    /// A file of bundles in any format that is known, `-` for standard input; may be given several
    /// times. Without it NAME.sigstore.json beside each file, else NAME.sigstore.
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["repo", "owner"])]
    pub(super) bundle: Vec<String>,
    /// What must be signed: `slsa` (SLSA provenance), `publish` (PyPI's or npm's publish
    /// attestation), `signature` (the artifact itself, no statement), `any`, the URI of a predicate
    /// type, or its short name as `attest --type` takes it (spdxjson, cyclonedx, vuln).
    #[arg(long, alias = "type", value_name = "TYPE", default_value = "slsa")]
    predicate_type: String,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) places: PlaceArguments,
    #[command(flatten)]
    signer: SignerArguments,
    #[command(flatten)]
    source: SourceArguments,
    #[command(flatten)]
    pub(super) trust: TrustArguments,
    #[command(flatten)]
    pub(super) summary: VerifySummaryArguments,
}

// Whose signature counts.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signer")]
struct SignerArguments {
    /// The identity that the certificate must name, exactly.
    #[arg(
        long,
        value_name = "IDENTITY",
        alias = "cert-identity",
        conflicts_with = "certificate_identity_regexp"
    )]
    certificate_identity: Option<String>,
    /// A regular expression that must match the whole identity.
    #[arg(long, value_name = "PATTERN", alias = "cert-identity-regex")]
    certificate_identity_regexp: Option<String>,
    /// The issuer of the identity, exactly.
    #[arg(
        long,
        value_name = "URL",
        alias = "cert-oidc-issuer",
        conflicts_with = "certificate_oidc_issuer_regexp"
    )]
    certificate_oidc_issuer: Option<String>,
    /// A regular expression that must match the whole issuer.
    #[arg(long, value_name = "PATTERN")]
    certificate_oidc_issuer_regexp: Option<String>,
    /// Accept whoever signed. Proves that somebody did, nothing else.
    #[arg(long)]
    unsafe_any_identity: bool,
}

// From which source, and how, the artifact must have been built.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source and build")]
struct SourceArguments {
    /// The source repository: `https://github.com/OWNER/NAME`.
    #[arg(long, value_name = "URL", alias = "source-uri")]
    source_repository: Option<String>,
    /// The host's number of the source repository.
    #[arg(long, value_name = "NUMBER")]
    source_repository_id: Option<String>,
    /// The git reference, in full: `refs/heads/main`.
    #[arg(long, value_name = "REF")]
    source_ref: Option<String>,
    /// The tag, exactly.
    #[arg(long, value_name = "TAG")]
    source_tag: Option<String>,
    /// The tag as a version: `v1` and `v1.2` are met by every version that begins so.
    #[arg(long, value_name = "VERSION")]
    source_versioned_tag: Option<String>,
    /// The commit that was built.
    #[arg(long, value_name = "COMMIT", alias = "source-digest")]
    source_commit: Option<String>,
    /// The workflow file in the source repository, `.github/workflows/release.yml`, with `@` and
    /// its reference or without.
    #[arg(long, value_name = "PATH")]
    workflow: Option<String>,
    /// Where the job ran: `github-hosted`, `self-hosted`.
    #[arg(
        long,
        value_name = "ENVIRONMENT",
        conflicts_with = "deny_self_hosted_runners"
    )]
    runner_environment: Option<String>,
    /// The same as `--runner-environment github-hosted`.
    #[arg(long)]
    deny_self_hosted_runners: bool,
    /// The builder; without `@` at any tag or branch.
    #[arg(long, value_name = "ID", alias = "builder-id")]
    builder: Option<String>,
    /// The build type of SLSA provenance.
    #[arg(long, value_name = "URI")]
    build_type: Option<String>,
    /// What started the build: `push`, `release`.
    #[arg(
        long,
        value_name = "EVENT",
        alias = "certificate-github-workflow-trigger"
    )]
    trigger: Option<String>,
}

// What signatures are verified against.
#[derive(Debug, Args)]
#[command(next_help_heading = "Trust")]
pub(super) struct TrustArguments {
    /// A public key (PEM) that must have signed, in the place of a certificate.
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "certificate_identity", "certificate_identity_regexp", "certificate_oidc_issuer",
        "certificate_oidc_issuer_regexp", "unsafe_any_identity",
    ])]
    pub(super) key: Option<PathBuf>,
    /// Sigstore's trusted_root.json, or several as JSON Lines, in the place of the public-good
    /// instance and GitHub's, which are as `lockstep trust update` has refreshed them.
    #[arg(long, value_name = "FILE")]
    pub(super) trusted_root: Option<PathBuf>,
    /// Do without an entry in a transparency log.
    #[arg(long, alias = "insecure-ignore-tlog")]
    unsafe_no_log: bool,
    /// Take the log's promise without proof, as bundles before 0.2 and cosign's legacy signatures
    /// have it.
    #[arg(long)]
    unsafe_set_only: bool,
    /// Do without the certificate's timestamp of a certificate log.
    #[arg(long, alias = "insecure-ignore-sct")]
    unsafe_no_sct: bool,
}

impl TrustArguments {
    /// What is forgiven beside what a trust domain forgives by itself.
    pub(super) fn leniency(&self) -> Leniency {
        Leniency {
            unsafe_no_log: self.unsafe_no_log,
            unsafe_set_only: self.unsafe_set_only,
            unsafe_no_sct: self.unsafe_no_sct,
        }
    }
}

impl VerifyArguments {
    /// The escapes that were given.
    pub(super) fn unsafe_options(&self) -> Vec<&'static str> {
        [
            (self.signer.unsafe_any_identity, "unsafe-any-identity"),
            (self.trust.unsafe_no_log, "unsafe-no-log"),
            (self.trust.unsafe_set_only, "unsafe-set-only"),
            (self.trust.unsafe_no_sct, "unsafe-no-sct"),
        ]
        .into_iter()
        .filter_map(|(is_given, name)| is_given.then_some(name))
        .collect()
    }

    /// What is expected.
    ///
    /// # Errors
    /// What cannot be read, and a keyless verification that does not say whose signature counts.
    pub(super) fn expectations(&self) -> Result<Expectations, Failure> {
        let (signer, source) = (&self.signer, &self.source);
        let expectations = Expectations {
            identity: matching(
                "--certificate-identity-regexp",
                &signer.certificate_identity,
                &signer.certificate_identity_regexp,
            )?,
            issuer: matching(
                "--certificate-oidc-issuer-regexp",
                &signer.certificate_oidc_issuer,
                &signer.certificate_oidc_issuer_regexp,
            )?,
            repository: read::<RepositoryAddress>(
                "--source-repository",
                &source.source_repository,
                "write it as https://github.com/OWNER/NAME",
            )?,
            repository_id: number(&source.source_repository_id)?,
            reference: reference(&source.source_ref)?,
            tag: source.source_tag.clone(),
            versioned_tag: read::<VersionedTag>(
                "--source-versioned-tag",
                &source.source_versioned_tag,
                "write `v1`, `v1.2` or `v1.2.3`",
            )?,
            commit: read::<Commit>(
                "--source-commit",
                &source.source_commit,
                "write all 40 or 64 digits: an abbreviated commit is no commit",
            )?,
            workflow: source.workflow.clone(),
            runner_environment: match source.deny_self_hosted_runners {
                true => Some("github-hosted".to_owned()),
                false => source.runner_environment.clone(),
            },
            builder: source.builder.clone(),
            build_type: source.build_type.clone(),
            trigger: source.trigger.clone(),
            predicate: match self.predicate_type.as_str() {
                _ if self.summary.vsa => PredicateWanted::Type(SUMMARY_PREDICATE.to_owned()),
                "slsa" | "slsaprovenance" => PredicateWanted::Slsa,
                "publish" => PredicateWanted::Publish,
                "signature" => PredicateWanted::Signature,
                "any" => PredicateWanted::Any,
                // What `lockstep attest --type` and cosign's --type take.
                other => PredicateWanted::Type(predicate_type(other).map_err(|_| {
                    Failure::new(
                        format!("--predicate-type: `{other}` is no type"),
                        "`slsa`, `publish`, `signature`, `any`, a URI, or one of cosign's short \
                         names such as `spdxjson`",
                    )
                })?),
            },
        };
        let names_source =
            expectations.repository.is_some() || expectations.repository_id.is_some();
        let names_signer =
            expectations.issuer.is_some() && (expectations.identity.is_some() || names_source);
        if self.trust.key.is_none() && !names_signer && !signer.unsafe_any_identity {
            return Err(Failure::new(
                "whose signature counts is not said: anybody can sign",
                "give --certificate-oidc-issuer, and --certificate-identity (or \
                 --certificate-identity-regexp) or --source-repository; GitHub Actions' issuer is \
                 https://token.actions.githubusercontent.com. With a key: --key FILE",
            ));
        }
        Ok(expectations)
    }
}

fn matching(
    option: &str,
    exact: &Option<String>,
    pattern: &Option<String>,
) -> Result<Option<Matching>, Failure> {
    if let Some(exact) = exact {
        if exact.is_empty() {
            let option = option.trim_end_matches("-regexp");
            return Err(Failure::new(
                format!("{option}: it is empty"),
                "nobody signs as nobody",
            ));
        }
        return Ok(Some(Matching::Exact(exact.clone())));
    }
    let Some(pattern) = pattern else {
        return Ok(None);
    };
    let hint = "linear-time syntax, without backreferences and look-around; it must match the whole \
                text: write `.*` at its ends where more may stand there";
    let pattern = Matching::pattern(pattern);
    pattern
        .map(Some)
        .map_err(|error| Failure::new(format!("{option}: {error}"), hint))
}

fn reference(text: &Option<String>) -> Result<Option<String>, Failure> {
    match text {
        Some(it) if !it.starts_with("refs/") => Err(Failure::new(
            format!("--source-ref: `{it}` is no full reference"),
            "write `refs/heads/main` or `refs/tags/v1`; --source-tag takes a tag",
        )),
        other => Ok(other.clone()),
    }
}

/// The host's number of a repository, which may be longer than any that this machine counts with.
fn number(text: &Option<String>) -> Result<Option<String>, Failure> {
    match text {
        Some(it) if it.is_empty() || !it.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(Failure::new(
                format!("--source-repository-id: `{it}` is no number"),
                "as `gh api repos/OWNER/NAME --jq .id` prints it; --source-repository takes the address",
            ))
        }
        other => Ok(other.clone()),
    }
}

fn read<T>(option: &str, text: &Option<String>, hint: &str) -> Result<Option<T>, Failure>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let Some(text) = text else {
        return Ok(None);
    };
    let read = text.parse().map(Some);
    read.map_err(|error| Failure::new(format!("{option}: {error}"), hint))
}
