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

/// The addresses at which AWS gives credentials to programs on its machines, and loopback: instance
/// metadata (IMDS), ECS tasks and EKS pods (AWS SDKs and Tools Reference Guide, "Container
/// credential provider" and "IMDS credential provider").
pub(super) fn is_platform(url: &Url) -> bool {
    const V4: [[u8; 4]; 3] = [
        [169, 254, 169, 254],
        [169, 254, 170, 2],
        [169, 254, 170, 23],
    ];
    const V6: [u16; 2] = [0x254, 0x23];
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Ipv4(address)) => V4.contains(&address.octets()) || is_loopback(url),
            Some(Host::Ipv6(address)) => {
                let last = address.segments()[7];
                let ours = address.segments()[..7] == [0xfd00, 0xec2, 0, 0, 0, 0, 0];
                ours && V6.contains(&last) || is_loopback(url)
            }
            _ => is_loopback(url),
        }
}

/// Where a redirect, or another address of a server's choice, leads, or why it is not followed.
pub(crate) fn target(from: &Url, location: Option<&str>) -> Result<Url, Failure> {
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
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

/// Whether an address is on this machine, by its name.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            // A dot at the end is the root's (RFC 1034 section 3.1).
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
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

    #[test]
    fn plain_http_to_a_platform_is_for_its_few_addresses_only() {
        for good in [
            "http://169.254.169.254/",
            "http://169.254.170.2/v2",
            "http://169.254.170.23/",
            "http://[fd00:ec2::254]/",
            "http://[fd00:ec2::23]/",
            "http://127.0.0.1:9/",
        ] {
            assert!(is_platform(&url(good)), "{good}");
        }
        for bad in [
            "http://169.254.169.253/",
            "http://10.0.0.1/",
            "http://[fd00:ec2::1]/",
            "http://[fd00:ec3::254]/",
            "http://metadata.example/",
        ] {
            assert!(!is_platform(&url(bad)), "{bad}");
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
            "https://localhost./",
            "https://x.localhost./",
            "file:///etc/passwd",
            "https://",
        ] {
            let error = target(&from, Some(bad)).unwrap_err();
            assert_eq!(error.kind, FailureKind::Redirect, "{bad}");
        }
        assert!(target(&from, None).is_err());
    }
}
