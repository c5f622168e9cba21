//! Who asks: a secret with a label. Only the label is ever shown or kept.

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::{HeaderMap, HeaderName, HeaderValue, Netrc};
use crate::model::{Digest, Failure, Time};

/// A credential for one origin.
#[derive(Clone)]
pub struct Credential {
    label: String,
    secret: Secret,
    /// Whose it is, where that outlives the secret: a token that somebody was issued.
    holder: Option<Digest>,
}

#[derive(Clone)]
enum Secret {
    None,
    Basic { user: String, password: String },
    Bearer(String),
    Field(HeaderName, HeaderValue),
    Signer(Arc<dyn Signer>),
}

/// Signs each request as it goes out, every try anew: signatures are dated.
pub trait Signer: Send + Sync {
    /// Tells signers apart without telling their secrets.
    fn fingerprint(&self) -> Digest;

    /// The header fields that are sent along.
    ///
    /// # Errors
    /// A failure of kind `unsupported` where such a request cannot be signed.
    fn sign(
        &self,
        unsigned: &Unsigned<'_>,
        now: Time,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, Failure>;
}

/// A request before it is signed.
#[derive(Debug, Clone, Copy)]
pub struct Unsigned<'a> {
    /// `GET`, …
    pub method: &'a str,
    /// Where it goes.
    pub url: &'a Url,
    /// Its header fields.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: &'a [u8],
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

    /// A secret that is the whole value of one header field.
    pub fn field(label: impl Into<String>, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        Self {
            label: label.into(),
            secret: Secret::Field(name, value),
            holder: None,
        }
    }

    /// Somebody who signs.
    pub fn signer(label: impl Into<String>, signer: Arc<dyn Signer>) -> Self {
        Self {
            label: label.into(),
            secret: Secret::Signer(signer),
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
        matches!(self.secret, Secret::None)
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

    /// The label, such as `anonymous` or `netrc`.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Tells credentials apart without telling them.
    pub(super) fn fingerprint(&self) -> Digest {
        self.holder.unwrap_or_else(|| self.secret.fingerprint())
    }

    pub(super) fn apply(&self, builder: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.secret {
            Secret::None | Secret::Signer(_) => builder,
            Secret::Basic { user, password } => builder.basic_auth(user, Some(password)),
            Secret::Bearer(token) => builder.bearer_auth(token),
            Secret::Field(name, value) => builder.header(name, value),
        }
    }

    /// What a signer adds to a request that is otherwise whole.
    pub(super) fn sign(&self, request: &mut reqwest::Request, now: Time) -> Result<(), Failure> {
        let Secret::Signer(signer) = &self.secret else {
            return Ok(());
        };
        let body = request.body().and_then(reqwest::Body::as_bytes);
        let signed = signer.sign(
            &Unsigned {
                method: request.method().as_str(),
                url: request.url(),
                headers: request.headers(),
                body: body.unwrap_or_default(),
            },
            now,
        )?;
        for (name, mut value) in signed {
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }
}

impl Secret {
    /// Tells secrets apart without telling them.
    fn fingerprint(&self) -> Digest {
        let bytes = match self {
            Secret::None => return Digest::of(b"none"),
            Secret::Basic { user, password } => {
                format!("basic\n{}\n{user}\n{password}", user.len())
            }
            Secret::Bearer(token) => format!("bearer\n{token}"),
            Secret::Field(name, value) => {
                let name = format!("field\n{name}\n");
                return Digest::of(&[name.as_bytes(), value.as_bytes()].concat());
            }
            Secret::Signer(signer) => return signer.fingerprint(),
        };
        Digest::of(bytes.as_bytes())
    }
}

impl PartialEq for Credential {
    /// The same secret under the same label, whoever holds it.
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label && self.secret.fingerprint() == other.secret.fingerprint()
    }
}

impl Eq for Credential {}

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
}
