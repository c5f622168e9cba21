//! Who asks: a secret with a label. Only the label is ever shown or kept.

use std::fmt;

use url::Url;

use super::Netrc;
use crate::model::Digest;
use crate::observe::environment::Environment;

/// A credential for one origin.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    label: String,
    secret: Secret,
    /// Whose it is, where that outlives the secret: a token that somebody was issued.
    holder: Option<Digest>,
}

#[derive(Clone, PartialEq, Eq)]
enum Secret {
    None,
    Basic { user: String, password: String },
    Bearer(String),
}

impl Credential {
    /// Nobody.
    pub fn anonymous() -> Self {
        Self {
            label: "anonymous".to_owned(),
            secret: Secret::None,
            holder: None,
        }
    }

    /// A user and a password (RFC 7617).
    pub fn basic(label: impl Into<String>, user: String, password: String) -> Self {
        Self {
            label: label.into(),
            secret: Secret::Basic { user, password },
            holder: None,
        }
    }

    /// A token (RFC 6750).
    pub fn bearer(label: impl Into<String>, token: String) -> Self {
        Self {
            label: label.into(),
            secret: Secret::Bearer(token),
            holder: None,
        }
    }

    /// A token that `issuer` gave to the holder of this login. It has the login's label, and what
    /// was answered to an earlier token of the same login may be confirmed to this one.
    pub(crate) fn token_issued_by(&self, issuer: &Url, token: String) -> Self {
        let origin = issuer.origin().ascii_serialization();
        let holder = format!("token\n{origin}\n{}", self.fingerprint());
        Self {
            holder: Some(Digest::of(holder.as_bytes())),
            ..Self::bearer(self.label.clone(), token)
        }
    }

    /// True for nobody.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.secret == Secret::None
    }

    /// The one in the user information of an address, which is taken out of the address; else the
    /// one that `.netrc` has for its host; else nobody.
    ///
    /// `label` names the address: `index URL`.
    pub fn taken_from(url: &mut Url, label: &str, netrc: &Netrc) -> Self {
        let user = decoded(url.username());
        let password = decoded(url.password().unwrap_or_default());
        // Both fail only for addresses that cannot have user information.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        if !user.is_empty() || !password.is_empty() {
            return Self::basic(label, user, password);
        }
        match url.host_str().and_then(|host| netrc.login(host)) {
            Some((user, password)) => Self::basic("netrc", user, password),
            None => Self::anonymous(),
        }
    }

    /// The GitHub token of the environment, where the address is on the GitHub host that the
    /// environment names (`GITHUB_SERVER_URL`, `GH_HOST`, else github.com); git over HTTPS takes it
    /// as a password of `x-access-token`.
    pub fn github_for_git(url: &Url, environment: &Environment) -> Option<Self> {
        let host = environment
            .get("GITHUB_SERVER_URL")
            .and_then(|server| Url::parse(server).ok())
            .and_then(|server| server.host_str().map(str::to_owned))
            .or_else(|| environment.get("GH_HOST").map(str::to_owned))
            .unwrap_or_else(|| "github.com".to_owned());
        let same = url
            .host_str()
            .is_some_and(|asked| asked.eq_ignore_ascii_case(&host));
        if !same || url.scheme() != "https" || url.port().is_some() {
            return None;
        }
        let (name, token) = environment.first_of(&["GH_TOKEN", "GITHUB_TOKEN"])?;
        Some(Self::basic(
            name,
            "x-access-token".to_owned(),
            token.to_owned(),
        ))
    }

    /// The label, such as `anonymous` or `netrc`.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Tells credentials apart without telling them.
    pub(super) fn fingerprint(&self) -> Digest {
        if let Some(holder) = self.holder {
            return holder;
        }
        let bytes = match &self.secret {
            Secret::None => return Digest::of(b"none"),
            Secret::Basic { user, password } => {
                format!("basic\n{}\n{user}\n{password}", user.len())
            }
            Secret::Bearer(token) => format!("bearer\n{token}"),
        };
        Digest::of(bytes.as_bytes())
    }

    pub(super) fn apply(&self, builder: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.secret {
            Secret::None => builder,
            Secret::Basic { user, password } => builder.basic_auth(user, Some(password)),
            Secret::Bearer(token) => builder.bearer_auth(token),
        }
    }
}

fn decoded(text: &str) -> String {
    percent_decoded(text.as_bytes())
}

/// Undoes percent-encoding (RFC 3986 section 2.1); what is no UTF-8 then is replaced.
pub(crate) fn percent_decoded(bytes: &[u8]) -> String {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        let digit = |at: usize| tail.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            _ => {
                plain.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_information_leaves_the_address_and_is_never_printed() {
        let mut url = Url::parse("https://me:hunt%40er2@index.example/simple/").unwrap();
        let credential = Credential::taken_from(&mut url, "index URL", &Netrc::default());
        assert_eq!(url.as_str(), "https://index.example/simple/");
        assert_eq!(
            credential,
            Credential::basic("index URL", "me".into(), "hunt@er2".into())
        );
        assert_eq!(format!("{credential:?}"), "Credential(index URL)");
    }

    #[test]
    fn a_github_token_goes_to_the_github_host_only() {
        let environment = Environment::empty().with("GITHUB_TOKEN", "secret");
        let label = |text: &str, environment: &Environment| {
            Credential::github_for_git(&Url::parse(text).unwrap(), environment)
                .map(|credential| credential.label().to_owned())
        };
        let token = Some("GITHUB_TOKEN".to_owned());
        assert_eq!(label("https://github.com/a/b", &environment), token);
        for foreign in [
            "https://gitlab.com/a/b",
            "http://github.com/a/b",
            "https://github.com:8443/a/b",
            "https://github.com.evil.example/a/b",
        ] {
            assert_eq!(label(foreign, &environment), None, "{foreign}");
        }
        let enterprise = environment.with("GITHUB_SERVER_URL", "https://git.acme.example");
        assert_eq!(label("https://github.com/a/b", &enterprise), None);
        assert_eq!(label("https://git.acme.example/a/b", &enterprise), token);
    }
}
