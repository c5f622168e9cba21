//! Addresses as metadata write them: made plain, and asked only where that harms nobody.
//!
//! Project URLs, repository fields and labels are written by whoever uploads. What they name is
//! shown, but asked only on hosts that serve repositories and packages to everybody.

use url::Url;

use crate::observe::http::{is_inner, is_loopback};
use crate::observe::{Environment, github};

/// Forges, registries and indexes that anybody may be sent to.
const PUBLIC_HOSTS: &[&str] = &[
    "github.com",
    "gitlab.com",
    "codeberg.org",
    "bitbucket.org",
    "git.sr.ht",
    "gitea.com",
    "pypi.org",
    "registry.npmjs.org",
    "npm.pkg.github.com",
    "docker.io",
    "ghcr.io",
    "quay.io",
    "registry.gitlab.com",
    "public.ecr.aws",
    "gcr.io",
    "mcr.microsoft.com",
];

/// Hosts whose repositories stand at `/owner/name`.
const TWO_SEGMENTS: &[&str] = &["github.com", "codeberg.org", "bitbucket.org", "gitea.com"];

/// Words behind which a forge shows something of a repository.
const BELOW: &[&str] = &[
    "-", "tree", "blob", "issues", "wiki", "releases", "src", "raw", "archive", "actions", "pulls",
];

/// Which addresses a discovery may ask.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    /// The host that the shorthand itself is on.
    start: Option<String>,
    start_is_loopback: bool,
    /// GitHub Enterprise, where the environment names it.
    github: Option<String>,
}

impl Reach {
    pub(super) fn new(start: &Url, environment: &Environment) -> Self {
        let server = github::home(environment);
        Self {
            start: start.host_str().map(str::to_owned),
            start_is_loopback: is_loopback(start),
            github: server.and_then(|url| url.host_str().map(str::to_owned)),
        }
    }

    /// Whether an address that somebody else wrote may be asked; why not, else.
    ///
    /// THREATS row 20: never an address inside a network, but loopback ones for a shorthand that
    /// is on loopback itself.
    pub(super) fn may_ask(&self, url: &Url) -> Result<(), &'static str> {
        if is_inner(url) {
            return match self.start_is_loopback && is_loopback(url) {
                true => Ok(()),
                false => Err("it is an address inside a network: not asked"),
            };
        }
        let host = url.host_str().unwrap_or_default();
        let known = PUBLIC_HOSTS.contains(&host)
            || self.start.as_deref() == Some(host)
            || self.github.as_deref() == Some(host);
        if known && url.port().is_none() && url.scheme() == "https" {
            return Ok(());
        }
        Err("its host is none that is known to serve everybody: not asked")
    }
}

/// The address of a repository from what a metadata field says.
///
/// Understands `git+https://`, `git://`, `ssh://git@host/`, `git@host:path`, npm's `github:a/b` and
/// `a/b`, `.git`, and pages below a repository such as `/tree/main/x`.
///
/// # Errors
/// Why it is no address of a repository, without repeating it.
pub(super) fn repository(text: &str) -> Result<Url, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.len() > 500 {
        return Err("it is empty or longer than 500 bytes");
    }
    let hidden = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if text.contains(hidden) || crate::model::visible(text, 600) != text {
        return Err("it holds spaces or characters that cannot be seen");
    }
    let text = text.strip_prefix("git+").unwrap_or(text);
    let written = match text.split_once("://") {
        Some(("https" | "http", _)) => text.to_owned(),
        Some(("git" | "ssh", rest)) => format!("https://{rest}"),
        Some(_) => return Err("its scheme is none that a repository is read by"),
        None => match text.split_once(':') {
            Some(("github", rest)) => format!("https://github.com/{rest}"),
            Some(("gitlab", rest)) => format!("https://gitlab.com/{rest}"),
            Some(("bitbucket", rest)) => format!("https://bitbucket.org/{rest}"),
            // `git@github.com:acme/api.git`, the short form of ssh.
            Some((host, path)) if host.contains('@') && !path.starts_with("//") => {
                format!("https://{host}/{path}")
            }
            Some(_) => return Err("its scheme is none that a repository is read by"),
            None if text.split('/').count() == 2 => format!("https://github.com/{text}"),
            None => return Err("it is no address"),
        },
    };
    let mut url = Url::parse(&written).map_err(|_| "it is no address")?;
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    if url.host_str() == Some("www.github.com") {
        let _ = url.set_host(Some("github.com"));
    }
    // What everybody serves over https is never asked over http.
    if url.scheme() == "http" && !is_loopback(&url) {
        let _ = url.set_scheme("https");
    }
    let segments: Vec<&str> = url.path_segments().into_iter().flatten().collect();
    let segments: Vec<&str> = segments.into_iter().filter(|it| !it.is_empty()).collect();
    let host = url.host_str().unwrap_or_default();
    let below = segments.iter().skip(2).position(|it| BELOW.contains(it));
    let kept = match below {
        _ if TWO_SEGMENTS.contains(&host) => segments.get(..2).unwrap_or(&[]),
        Some(at) => &segments[..at + 2],
        None => &segments[..],
    };
    if kept.len() < 2 {
        return Err("it names no repository");
    }
    let path = kept.join("/");
    let path = path.strip_suffix(".git").unwrap_or(&path).to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Whether two addresses name one repository: forges do not tell capitals apart.
pub fn same_repository(one: &Url, other: &Url) -> bool {
    let plain = |url: &Url| url.path().trim_end_matches(['/']).to_ascii_lowercase();
    one.origin() == other.origin() && plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_repository_gives_one_address() {
        for text in [
            "https://github.com/Acme/api",
            "http://www.github.com/Acme/api/",
            "git+https://github.com/Acme/api.git",
            "git+ssh://git@github.com/Acme/api.git",
            "git://github.com/Acme/api.git#main",
            "git@github.com:Acme/api.git",
            "github:Acme/api",
            "Acme/api",
            "https://me:hunter2@github.com/Acme/api?tab=readme",
            "https://github.com/Acme/api/tree/main/packages/x",
            "https://github.com/Acme/api/issues",
        ] {
            let url = repository(text).unwrap();
            assert_eq!(url.as_str(), "https://github.com/Acme/api", "{text}");
        }
        assert_eq!(
            repository("https://gitlab.com/a/b/c/-/tree/main")
                .unwrap()
                .as_str(),
            "https://gitlab.com/a/b/c"
        );
        let lower = repository("https://github.com/acme/API").unwrap();
        assert!(same_repository(&lower, &repository("Acme/api").unwrap()));
    }

    #[test]
    fn what_is_no_repository_is_none() {
        for text in [
            "",
            "javascript:alert(1)",
            "javascript://github.com/acme/api",
            "file:///etc/passwd",
            "https://github.com/acme",
            "https://github.com/acme/api\u{1b}[2J",
            "https://github.com/acme/\u{202e}ipa",
            "https://github.com/a b/c",
            "data:text/html,x",
            "https://",
        ] {
            assert!(repository(text).is_err(), "{text:?}");
        }
    }

    /// THREATS row 20.
    #[test]
    fn an_address_inside_a_network_is_asked_only_from_loopback_and_only_on_loopback() {
        let url = |text: &str| Url::parse(text).unwrap();
        let nothing = Environment::empty();
        let public = Reach::new(&url("https://pypi.org/simple/"), &nothing);
        let here = Reach::new(&url("http://127.0.0.1:8080/simple/"), &nothing);
        for inner in [
            "https://127.0.0.1/a/b",
            "https://2130706433/a/b",
            "https://localhost/a/b",
            "https://[::1]/a/b",
            "https://[::ffff:10.0.0.1]/a/b",
            "https://10.0.0.1/a/b",
            "https://192.168.1.1/a/b",
            "https://169.254.169.254/latest/meta-data",
            "https://0.0.0.0/a/b",
        ] {
            assert!(public.may_ask(&url(inner)).is_err(), "{inner}");
        }
        assert!(here.may_ask(&url("http://127.0.0.1:9/a/b")).is_ok());
        assert!(here.may_ask(&url("https://10.0.0.1/a/b")).is_err());
        assert!(here.may_ask(&url("https://169.254.169.254/a/b")).is_err());
        // A name may lead anywhere: only hosts that are known are asked.
        for foreign in [
            "https://127.0.0.1.nip.io/a/b",
            "https://github.com.evil.example/a/b",
            "https://git.acme.example/a/b",
            "https://github.com:8443/a/b",
            "http://github.com/a/b",
        ] {
            assert!(public.may_ask(&url(foreign)).is_err(), "{foreign}");
        }
        assert!(public.may_ask(&url("https://github.com/a/b")).is_ok());
        let environment = nothing.with("GH_HOST", "git.acme.example");
        let enterprise = Reach::new(&url("https://pypi.org/simple/"), &environment);
        assert!(
            enterprise
                .may_ask(&url("https://git.acme.example/a/b"))
                .is_ok()
        );
    }
}
