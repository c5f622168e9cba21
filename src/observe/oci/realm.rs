//! Which token servers may get a registry's login (THREATS row 19).
//!
//! A registry names its token server itself, in the `realm` of its challenge. A registry that was
//! taken over, or a host that a policy names by mistake, must not send a login anywhere it likes.

use url::{Host, Url};

/// Registries whose token server is elsewhere, as their operators document it.
const KNOWN: &[(&str, &str)] = &[("registry-1.docker.io", "auth.docker.io")];

/// Whether the login of `registry` may be sent to `realm`: to the registry's own origin, to its
/// host by https, to the server that the policy declares for it, to a known pair, and to a domain
/// above it (`registry.gitlab.com` and `gitlab.com`): who owns that domain decides where the
/// registry's name leads and could get the login there as well.
pub(super) fn may_get_login(registry: &Url, realm: &Url, declared: Option<&Url>) -> bool {
    if realm.origin() == registry.origin() {
        return true;
    }
    if declared.is_some_and(|declared| declared.origin() == realm.origin()) {
        return true;
    }
    if realm.scheme() != "https" || realm.port().is_some() {
        return false;
    }
    let (Some(Host::Domain(asked)), Some(Host::Domain(named))) = (registry.host(), realm.host())
    else {
        return registry.host() == realm.host() && registry.scheme() == "https";
    };
    asked == named || KNOWN.contains(&(asked, named)) || is_above(named, asked)
}

/// Whether `domain` is above `host` and is more than a top-level domain.
fn is_above(domain: &str, host: &str) -> bool {
    domain.contains('.')
        && host
            .strip_suffix(domain)
            .is_some_and(|below| below.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(registry: &str, realm: &str) -> bool {
        let url = |text: &str| Url::parse(text).unwrap();
        may_get_login(&url(registry), &url(realm), None)
    }

    #[test]
    fn a_login_goes_to_its_registry_its_owner_and_the_known_pair() {
        for (registry, realm) in [
            ("https://ghcr.io/", "https://ghcr.io/token"),
            (
                "https://registry-1.docker.io/",
                "https://auth.docker.io/token",
            ),
            (
                "https://registry.gitlab.com/",
                "https://gitlab.com/jwt/auth",
            ),
            (
                "https://harbor.acme.example:8443/",
                "https://harbor.acme.example/service/token",
            ),
            ("http://127.0.0.1:5000/", "http://127.0.0.1:5000/token"),
            ("https://10.0.0.1:5000/", "https://10.0.0.1/token"),
        ] {
            assert!(may(registry, realm), "{registry} {realm}");
        }
    }

    #[test]
    fn a_login_goes_to_no_other_host_whatever_its_name_looks_like() {
        for (registry, realm) in [
            ("https://ghcr.io/", "https://evil.example/token"),
            ("https://ghcr.io/", "http://ghcr.io/token"),
            ("https://ghcr.io/", "https://ghcr.io:8443/token"),
            ("https://ghcr.io/", "https://auth.docker.io/token"),
            ("https://ghcr.io/", "https://ghcr.io.evil.example/token"),
            ("https://registry.gitlab.com/", "https://com/jwt/auth"),
            (
                "https://registry.gitlab.com/",
                "https://evilgitlab.com/jwt/auth",
            ),
            ("https://registry.gitlab.com/", "https://lab.com/jwt/auth"),
            (
                "https://registry-1.docker.io/",
                "https://auth.docker.io.evil.example/token",
            ),
            ("https://a.github.io/", "https://b.github.io/token"),
            ("http://127.0.0.1:5000/", "http://127.0.0.1:5001/token"),
            ("http://127.0.0.1:5000/", "https://127.0.0.1/token"),
            ("https://10.0.0.1/", "https://0.0.1/token"),
        ] {
            assert!(!may(registry, realm), "{registry} {realm}");
        }
    }

    #[test]
    fn the_policy_can_declare_another() {
        let url = |text: &str| Url::parse(text).unwrap();
        let registry = url("https://registry.acme.example/");
        let declared = url("https://gitlab.acme.example/");
        let may = |realm: &str| may_get_login(&registry, &url(realm), Some(&declared));
        assert!(may("https://gitlab.acme.example/jwt/auth"));
        assert!(!may("https://gitlab.acme.example:8443/jwt/auth"));
        assert!(!may("http://gitlab.acme.example/jwt/auth"));
        assert!(!may("https://other.acme.example/jwt/auth"));
    }
}
