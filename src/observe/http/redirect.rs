//! Which addresses are asked at all, and which redirects are followed.

use std::net::{IpAddr, Ipv6Addr};

use url::{Host, Url};

use crate::model::{Failure, FailureKind, RedactedUrl};

/// Refuses what is neither https nor plain http to this machine.
pub(super) fn check_scheme(url: &Url) -> Result<(), Failure> {
    let refuse = |detail: String| {
        Err(Failure {
            kind: FailureKind::Unsupported,
            detail,
        })
    };
    match url.scheme() {
        "https" if url.has_host() => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => refuse(format!(
            "plain http is for loopback hosts only: {}",
            RedactedUrl::of(url)
        )),
        other => refuse(format!(
            "addresses begin with https://, not {}://",
            crate::model::visible(other, 20)
        )),
    }
}

/// Where a redirect leads, or why it is not followed.
pub(super) fn target(from: &Url, location: Option<&str>) -> Result<Url, Failure> {
    let refuse = |detail: String| Failure {
        kind: FailureKind::Redirect,
        detail,
    };
    let Some(location) = location else {
        return Err(refuse("a redirect without a target".to_owned()));
    };
    let mut to = from
        .join(location)
        .map_err(|_| refuse("a redirect to something that is no address".to_owned()))?;
    // User information in a target would be a credential of the redirecting server's choice.
    let _ = to.set_username("");
    let _ = to.set_password(None);
    let shown = RedactedUrl::of(&to);
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(refuse(format!("a redirect from https to {shown}")));
    }
    if check_scheme(&to).is_err() {
        return Err(refuse(format!("a redirect to {shown}, which is not https")));
    }
    if !is_inner(from) && is_inner(&to) {
        return Err(refuse(format!(
            "a redirect from a public host to an address inside a network: {shown}"
        )));
    }
    Ok(to)
}

/// Whether two addresses have one scheme, host and port (RFC 6454).
pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

/// `localhost` and names below it, 127.0.0.0/8, ::1.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => plain(address).is_loopback(),
        None => false,
    }
}

/// Loopback, private, link-local and unspecified addresses, written as numbers or as `localhost`.
pub(crate) fn is_inner(url: &Url) -> bool {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => plain(address),
        _ => return is_loopback(url),
    };
    match address {
        IpAddr::V4(address) => {
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_unspecified()
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}

fn plain(address: Ipv6Addr) -> IpAddr {
    address
        .to_ipv4_mapped()
        .map_or(IpAddr::V6(address), IpAddr::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn plain_http_is_for_loopback_hosts_only() {
        for good in [
            "https://pypi.org/",
            "http://127.0.0.1:1/",
            "http://[::1]/",
            "http://localhost/",
        ] {
            assert!(check_scheme(&url(good)).is_ok(), "{good}");
        }
        for bad in [
            "http://pypi.org/",
            "http://localhost.evil.example/",
            "ftp://x/",
            "file:///etc/passwd",
        ] {
            assert!(check_scheme(&url(bad)).is_err(), "{bad}");
        }
    }

    /// THREATS row 20: a public server cannot send this program into a network of its choice.
    #[test]
    fn a_redirect_never_leads_from_https_to_http_nor_from_outside_to_inside() {
        let from = url("https://index.example/simple/x/");
        assert_eq!(
            target(&from, Some("../y/?a=1")).unwrap().as_str(),
            "https://index.example/simple/y/?a=1"
        );
        assert_eq!(
            target(&from, Some("https://u:p@other.example/"))
                .unwrap()
                .as_str(),
            "https://other.example/"
        );
        for bad in [
            "http://index.example/",
            "https://169.254.169.254/latest/meta-data/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://10.1.2.3/",
            "https://localhost/",
            "file:///etc/passwd",
            "https://",
        ] {
            let error = target(&from, Some(bad)).unwrap_err();
            assert_eq!(error.kind, FailureKind::Redirect, "{bad}");
        }
        assert!(target(&from, None).is_err());
    }
}
