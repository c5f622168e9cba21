//! Which registry is asked, and as whom.

use std::path::PathBuf;

use url::Url;

use super::npmrc::Npmrc;
use crate::model::{Failure, FailureKind};
use crate::observe::http::{Client, Credential};

/// The public registry.
const PUBLIC: &str = "https://registry.npmjs.org/";

/// GitHub's registry, which takes GitHub's tokens.
const GITHUB_HOST: &str = "npm.pkg.github.com";

/// A registry as a policy names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Registry {
    /// Without a word in the policy.
    Public,
    /// An address.
    At(Url),
    /// What npm is configured with, in the folder of the policy and on this machine.
    Npm { folder: PathBuf },
}

impl Registry {
    /// Its address, without user information, and the credential for it.
    pub(super) fn resolve(
        &self,
        package: &str,
        client: &Client,
    ) -> Result<(Url, Credential), Failure> {
        let text = match self {
            Self::Public => PUBLIC.to_owned(),
            Self::At(url) => url.as_str().to_owned(),
            Self::Npm { folder } => {
                let npmrc = Npmrc::read(client.environment(), Some(folder));
                let configured = npmrc.registry(package);
                configured.unwrap_or_else(|| PUBLIC.to_owned())
            }
        };
        let mut url = Url::parse(text.trim())
            .ok()
            .filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
            .ok_or_else(|| Failure {
                kind: FailureKind::Unsupported,
                detail: "the registry that npm is configured with is no https:// address"
                    .to_owned(),
            })?;
        let in_address = !url.username().is_empty() || url.password().is_some();
        let plain = Credential::taken_from(&mut url, "registry URL", client.netrc());
        if in_address {
            return Ok((url, plain));
        }
        Ok((url.clone(), configured(&url, client).unwrap_or(plain)))
    }
}

/// The credential for an address of the registry's origin; nobody elsewhere. Those of `.npmrc` hold
/// for a path below a host.
pub(super) fn credential_for(
    tarball: &Url,
    registry: &Url,
    credential: &Credential,
    client: &Client,
) -> Credential {
    if tarball.origin() != registry.origin() {
        return Credential::anonymous();
    }
    if credential.label() == ".npmrc" {
        let configured = configured(tarball, client);
        return configured.unwrap_or_else(Credential::anonymous);
    }
    credential.clone()
}

fn configured(url: &Url, client: &Client) -> Option<Credential> {
    let environment = client.environment();
    if let Some(credential) = Npmrc::read(environment, None).credential(url) {
        return Some(credential);
    }
    let github = url.host_str() == Some(GITHUB_HOST);
    if !github || url.scheme() != "https" || url.port().is_some() {
        return None;
    }
    let (name, token) = environment.first_of(&["NODE_AUTH_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"])?;
    Some(Credential::bearer(name, token.to_owned()))
}

/// Where the packument is: the name is one part of the path, so that the slash of a scope is
/// escaped (npm registry API, "package endpoints").
pub(super) fn packument_address(registry: &Url, package: &str) -> Url {
    let mut url = registry.clone();
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{path}/{}", package.replace('/', "%2f")));
    url
}

/// Where the attestations of a version are (npm's registry, "attestations").
pub(super) fn attestations_address(registry: &Url, package: &str, version: &str) -> Url {
    let named = format!("{package}@{version}");
    let mut url = packument_address(registry, &named);
    let path = url.path().to_owned();
    // Versions are semver: nothing of theirs needs an escape but what `Url` escapes itself.
    if let Some((before, name)) = path.rsplit_once('/') {
        url.set_path(&format!("{before}/-/npm/v1/attestations/{name}"));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slash_of_a_scope_is_escaped() {
        for (registry, package, address) in [
            ("https://r", "ui", "https://r/ui"),
            ("https://r/npm/?a=b", "@acme/ui", "https://r/npm/@acme%2fui"),
        ] {
            let registry = Url::parse(registry).unwrap();
            assert_eq!(packument_address(&registry, package).as_str(), address);
        }
    }
}
