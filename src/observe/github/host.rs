//! Which GitHub a repository is on: where its REST API is, and which token of the environment
//! belongs to it. A token never goes to a host that neither GitHub nor the environment names.

use url::{Host, Url};

use crate::observe::environment::Environment;
use crate::observe::http::Credential;

/// For github.com and its tenants, and on GitHub Enterprise Server only where Actions runs there.
const PUBLIC: [&str; 2] = ["GH_TOKEN", "GITHUB_TOKEN"];

/// For GitHub Enterprise Server, as the program `gh` reads them.
const ENTERPRISE: [&str; 2] = ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];

/// Where the REST API of a source's host is.
///
/// `GITHUB_API_URL` counts only where the environment says that it belongs to the source's host:
/// a workflow on one GitHub may well check a repository of another.
pub(super) fn api(source: &Url, environment: &Environment) -> Option<Url> {
    if let Some(api) = environment.get("GITHUB_API_URL")
        && is_named(source, environment)
        && let Ok(api) = Url::parse(api)
        && api.has_host()
    {
        return Some(api);
    }
    let host = source.host_str()?;
    if is_public(source) {
        return Url::parse("https://api.github.com").ok();
    }
    if is_tenant(source) {
        return Url::parse(&format!("https://api.{host}")).ok();
    }
    let mut api = source.clone();
    api.set_query(None);
    api.set_fragment(None);
    api.set_path("/api/v3");
    Some(api)
}

/// Whether a host is known to speak GitHub's REST API without a policy that says so: github.com,
/// its tenants, what the environment names, and this machine.
pub(in crate::observe) fn speaks(source: &Url, environment: &Environment) -> bool {
    let loopback = match source.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    is_public(source)
        || is_tenant(source)
        || is_named(source, environment)
        || source.scheme() == "http" && loopback
}

/// The GitHub that is meant where none is named: that of `GITHUB_SERVER_URL`, else of `GH_HOST`,
/// else github.com. Nothing where the environment names one that is no address.
pub(in crate::observe) fn home(environment: &Environment) -> Option<Url> {
    let named = match (
        environment.get("GITHUB_SERVER_URL"),
        environment.get("GH_HOST"),
    ) {
        (Some(_), _) => server(environment),
        (None, Some(host)) => Url::parse(&format!("https://{host}/")).ok(),
        (None, None) => Url::parse("https://github.com/").ok(),
    };
    named.filter(|url| url.has_host() && matches!(url.scheme(), "https" | "http"))
}

/// The token for the REST API.
pub(super) fn for_api(source: &Url, environment: &Environment) -> Option<Credential> {
    let (name, token) = token(source, environment)?;
    Some(Credential::bearer(name, token.to_owned()))
}

/// The token for git over HTTPS, which takes it as the password of `x-access-token`.
pub(in crate::observe) fn for_git(source: &Url, environment: &Environment) -> Option<Credential> {
    let (name, token) = token(source, environment)?;
    let user = "x-access-token".to_owned();
    Some(Credential::basic(name, user, token.to_owned()))
}

/// The token of the environment that belongs to a source's host: `GH_TOKEN`, `GITHUB_TOKEN` for
/// github.com, `GH_ENTERPRISE_TOKEN`, `GITHUB_ENTERPRISE_TOKEN` for the other host that `GH_HOST`
/// names, and all four for the one that `GITHUB_SERVER_URL` names: a workflow's own.
fn token<'e>(source: &Url, environment: &'e Environment) -> Option<(&'static str, &'e str)> {
    let public = || environment.first_of(&PUBLIC);
    let enterprise = || environment.first_of(&ENTERPRISE);
    let public_host = is_public(source) || is_tenant(source);
    match server(environment) {
        Some(server) if server.origin() == source.origin() => match public_host {
            true => public(),
            false => enterprise().or_else(public),
        },
        // The workflow runs on another host, and its token belongs there.
        Some(_) if is_public(source) => None,
        _ if is_public(source) => public(),
        _ if is_gh_host(source, environment) => match public_host {
            true => public(),
            false => enterprise(),
        },
        _ => None,
    }
}

/// Whether the environment names the source's host as its GitHub.
fn is_named(source: &Url, environment: &Environment) -> bool {
    match server(environment) {
        Some(server) => server.origin() == source.origin(),
        None => is_gh_host(source, environment),
    }
}

fn server(environment: &Environment) -> Option<Url> {
    Url::parse(environment.get("GITHUB_SERVER_URL")?).ok()
}

fn is_gh_host(source: &Url, environment: &Environment) -> bool {
    let host = environment.get("GH_HOST");
    let host = host.and_then(|host| Url::parse(&format!("https://{host}")).ok());
    host.is_some_and(|host| host.origin() == source.origin())
}

fn is_public(source: &Url) -> bool {
    source.scheme() == "https" && source.host_str() == Some("github.com") && source.port().is_none()
}

/// GitHub Enterprise Cloud with data residency: `acme.ghe.com`.
fn is_tenant(source: &Url) -> bool {
    let tenant = source
        .host_str()
        .and_then(|host| host.strip_suffix(".ghe.com"));
    source.scheme() == "https"
        && source.port().is_none()
        && tenant.is_some_and(|tenant| !tenant.is_empty() && !tenant.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn label(source: &str, environment: &Environment) -> Option<String> {
        let credential = for_git(&url(source), environment);
        let again = for_api(&url(source), environment);
        let label = credential.map(|credential| credential.label().to_owned());
        assert_eq!(label, again.map(|credential| credential.label().to_owned()));
        label
    }

    /// THREATS row 19.
    #[test]
    fn a_github_token_goes_to_the_github_host_only() {
        let environment = Environment::empty().with("GITHUB_TOKEN", "secret");
        let token = Some("GITHUB_TOKEN".to_owned());
        assert_eq!(label("https://github.com/a/b", &environment), token);
        for foreign in [
            "https://gitlab.com/a/b",
            "http://github.com/a/b",
            "https://github.com:8443/a/b",
            "https://github.com.evil.example/a/b",
            "https://acme.ghe.com/a/b",
            "https://ghe.com/a/b",
            "http://127.0.0.1:8080/a/b",
        ] {
            assert_eq!(label(foreign, &environment), None, "{foreign}");
        }
        let enterprise = environment.with("GITHUB_SERVER_URL", "https://git.acme.example");
        assert_eq!(label("https://github.com/a/b", &enterprise), None);
        assert_eq!(label("https://git.acme.example/a/b", &enterprise), token);
        assert_eq!(label("https://git.acme.example:444/a/b", &enterprise), None);
        assert_eq!(label("http://git.acme.example/a/b", &enterprise), None);
    }

    /// As `gh` does: a token for github.com is no token for a company's own server, nor the other
    /// way round.
    #[test]
    fn each_host_has_tokens_of_its_own() {
        let both = Environment::empty()
            .with("GH_HOST", "git.acme.example")
            .with("GITHUB_TOKEN", "public")
            .with("GITHUB_ENTERPRISE_TOKEN", "enterprise");
        let token = |name: &str| Some(name.to_owned());
        assert_eq!(
            label("https://github.com/a/b", &both),
            token("GITHUB_TOKEN")
        );
        let enterprise = token("GITHUB_ENTERPRISE_TOKEN");
        assert_eq!(label("https://git.acme.example/a/b", &both), enterprise);
        assert_eq!(label("https://other.example/a/b", &both), None);
        let tenant = Environment::empty()
            .with("GH_HOST", "acme.ghe.com")
            .with("GH_TOKEN", "public");
        assert_eq!(
            label("https://acme.ghe.com/a/b", &tenant),
            token("GH_TOKEN")
        );
    }

    #[test]
    fn the_api_is_that_of_the_sources_host() {
        let nothing = Environment::empty();
        let actions = |server: &str, api: &str| {
            let environment = Environment::empty().with("GITHUB_SERVER_URL", server);
            environment.with("GITHUB_API_URL", api)
        };
        let api = |source: &str, environment: &Environment| {
            super::api(&url(source), environment).unwrap().to_string()
        };
        for (source, expected) in [
            ("https://github.com/a/b", "https://api.github.com/"),
            ("https://acme.ghe.com/a/b", "https://api.acme.ghe.com/"),
            (
                "https://git.acme.example/a/b?x#y",
                "https://git.acme.example/api/v3",
            ),
            ("http://127.0.0.1:8080/a/b", "http://127.0.0.1:8080/api/v3"),
        ] {
            assert_eq!(api(source, &nothing), expected);
        }
        let enterprise = actions("https://git.acme.example", "https://api.acme.example/v3");
        assert_eq!(
            api("https://git.acme.example/a/b", &enterprise),
            "https://api.acme.example/v3"
        );
        assert_eq!(
            api("https://github.com/a/b", &enterprise),
            "https://api.github.com/"
        );
        // Actions on github.com beside a `GH_HOST` of somebody: the API is not that host's.
        let mixed = actions("https://github.com", "https://api.github.com")
            .with("GH_HOST", "git.acme.example");
        assert_eq!(
            api("https://git.acme.example/a/b", &mixed),
            "https://git.acme.example/api/v3"
        );
    }

    #[test]
    fn only_a_host_that_is_known_as_github_is_asked_without_being_told() {
        let named = Environment::empty().with("GH_HOST", "git.acme.example");
        for (source, environment, expected) in [
            ("https://github.com/a/b", &Environment::empty(), true),
            ("https://acme.ghe.com/a/b", &Environment::empty(), true),
            ("https://git.acme.example/a/b", &Environment::empty(), false),
            ("https://git.acme.example/a/b", &named, true),
            ("http://localhost:3000/a/b", &Environment::empty(), true),
            ("https://gitlab.com/a/b", &named, false),
        ] {
            assert_eq!(speaks(&url(source), environment), expected, "{source}");
        }
    }
}
