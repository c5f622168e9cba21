//! Who signed: a key, or the claims of a certificate that an authority of the trust domain issued.

use serde::Serialize;
use sigstore_verify::crypto::{CertificateInfo, SubjectAltName};

use crate::model::Digest;

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signer {
    /// The holder of a workload or personal identity.
    Certificate(Box<CertificateClaims>),
    /// The holder of a key.
    #[serde(rename_all = "kebab-case")]
    Key {
        /// SHA-256 of its DER SubjectPublicKeyInfo.
        fingerprint: Digest,
    },
}

/// What a certificate says of its holder
/// (<https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md>).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CertificateClaims {
    /// The subject alternative name: an address of a workflow, an e-mail address.
    pub identity: String,
    /// True where the identity is an e-mail address.
    pub is_email: bool,
    /// The issuer of the identity token.
    pub issuer: String,
    /// `.1.9`: the build configuration that asked for the certificate, with its reference.
    pub build_signer_uri: Option<String>,
    /// `.1.10`: the commit of that configuration.
    pub build_signer_digest: Option<String>,
    /// `.1.11`: `github-hosted`, `self-hosted`.
    pub runner_environment: Option<String>,
    /// `.1.12`: the source repository.
    pub source_repository: Option<String>,
    /// `.1.13`: the commit that was built.
    pub source_digest: Option<String>,
    /// `.1.14`: the git reference that was built.
    pub source_ref: Option<String>,
    /// `.1.15`: the host's number of the repository.
    pub source_repository_id: Option<String>,
    /// `.1.16`: its owner.
    pub source_owner: Option<String>,
    /// `.1.17`: the host's number of the owner.
    pub source_owner_id: Option<String>,
    /// `.1.18`: the top-level build configuration.
    pub build_config_uri: Option<String>,
    /// `.1.19`: its commit.
    pub build_config_digest: Option<String>,
    /// `.1.20`: what started it: `push`, `release`.
    pub build_trigger: Option<String>,
    /// `.1.21`: the run.
    pub run_invocation: Option<String>,
    /// `.1.22`: `public`, `private` when it was signed.
    pub repository_visibility: Option<String>,
    /// The deployment environment that the job named.
    pub deployment_environment: Option<String>,
}

impl CertificateClaims {
    /// The claims of a certificate; nothing where it names no holder or no issuer.
    pub(super) fn read(certificate: &CertificateInfo) -> Option<Self> {
        let identity = certificate.identity.as_ref()?;
        let ci = certificate.ci_claims.clone();
        Some(Self {
            identity: identity.as_str().to_owned(),
            is_email: matches!(identity, SubjectAltName::Email(_)),
            issuer: certificate.issuer.clone()?,
            build_signer_uri: ci.build_signer_uri,
            build_signer_digest: ci.build_signer_digest,
            runner_environment: ci.runner_environment,
            source_repository: ci.source_repository_uri,
            source_digest: ci.source_repository_digest,
            source_ref: ci.source_repository_ref,
            source_repository_id: ci.source_repository_identifier,
            source_owner: ci.source_repository_owner_uri,
            source_owner_id: ci.source_repository_owner_identifier,
            build_config_uri: ci.build_config_uri,
            build_config_digest: ci.build_config_digest,
            build_trigger: ci.build_trigger,
            run_invocation: ci.run_invocation_uri,
            repository_visibility: ci.source_repository_visibility_at_signing,
            deployment_environment: ci.deployment_environment,
        })
    }
}
