//! Addresses that a policy may name: https, or http on this machine.

use std::str::FromStr;

use url::{Host, Url};

/// An address of a public service, a registry or a repository: `https`, with a host, without user
/// information and fragment. Plain `http` only for loopback hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(Url);

/// Why a text is no address that a policy may name. The text itself is not repeated: it may hold
/// a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No scheme and host.
    #[error("this is not an address such as https://github.com/acme/api")]
    NotAnAddress,
    /// `git@host:path`, `ssh://` or `git://`.
    #[error("only https addresses are asked, not ssh or git: write https://host/owner/repository")]
    NotWeb,
    /// Plain http to another machine.
    #[error("plain http is for loopback hosts only: write https")]
    PlainHttp,
    /// User name or password.
    #[error("an address holds no user name or password: credentials come from the usual places")]
    UserInformation,
    /// `#…`, or longer than 2,000 bytes.
    #[error("an address has no fragment and at most 2,000 bytes")]
    Surplus,
}

impl WebAddress {
    /// The address.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The address, given away.
    pub fn into_url(self) -> Url {
        self.0
    }
}

impl FromStr for WebAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.len() > 2_000 {
            return Err(AddressError::Surplus);
        }
        let url = match Url::parse(text) {
            Ok(url) => url,
            // `git@github.com:acme/api`: the short form of ssh.
            Err(_)
                if text
                    .split_once('@')
                    .is_some_and(|(_, rest)| rest.contains(':')) =>
            {
                return Err(AddressError::NotWeb);
            }
            Err(_) => return Err(AddressError::NotAnAddress),
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(AddressError::PlainHttp),
            "ssh" | "git" | "git+ssh" => return Err(AddressError::NotWeb),
            _ => return Err(AddressError::NotAnAddress),
        }
        if !url.has_host() {
            return Err(AddressError::NotAnAddress);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::UserInformation);
        }
        if url.fragment().is_some() {
            return Err(AddressError::Surplus);
        }
        Ok(Self(url))
    }
}

/// `localhost` and names below it (RFC 6761 section 6.3), 127.0.0.0/8, ::1.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> AddressError {
        text.parse::<WebAddress>().unwrap_err()
    }

    #[test]
    fn only_https_and_loopback_http_are_addresses() {
        for right in [
            "https://github.com/acme/api",
            "http://127.0.0.1:8080/simple/",
            "http://localhost:5000",
            "http://registry.localhost/",
            "http://[::1]:5000/",
        ] {
            assert!(right.parse::<WebAddress>().is_ok(), "{right}");
        }
        assert_eq!(error("http://github.com/acme/api"), AddressError::PlainHttp);
        assert_eq!(
            error("http://127.0.0.1.evil.example/"),
            AddressError::PlainHttp
        );
        assert_eq!(error("git@github.com:acme/api.git"), AddressError::NotWeb);
        assert_eq!(error("ssh://git@github.com/acme/api"), AddressError::NotWeb);
        assert_eq!(error("../api"), AddressError::NotAnAddress);
        assert_eq!(error("file:///srv/git/api"), AddressError::NotAnAddress);
        assert_eq!(error("github.com/acme/api"), AddressError::NotAnAddress);
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        let error = error("https://me:hunter2@github.com/acme/api");
        assert_eq!(error, AddressError::UserInformation);
        assert!(!error.to_string().contains("hunter2"));
    }
}
