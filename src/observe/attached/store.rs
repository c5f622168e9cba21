//! GitHub's stores of attestations, as users name them.

use url::Url;

use super::subject::{SubjectError, is_part, repository, shown};
use crate::model::settings::WebAddress;
use crate::observe::Environment;
use crate::observe::github::{home, owner_alone};

/// Whose store it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// A repository's: `https://HOST/OWNER/NAME`.
    Repository(Url),
    /// All repositories' of an account, `https://HOST/OWNER`, that the credential may read.
    Owner(Url),
}

impl Store {
    /// Reads `OWNER/NAME` on the GitHub that the environment means, or its address.
    ///
    /// # Errors
    /// [`SubjectError`] for a text that names no repository.
    pub fn of_repository(text: &str, environment: &Environment) -> Result<Self, SubjectError> {
        repository(text, environment).map(Self::Repository)
    }

    /// Reads `OWNER` on the GitHub that the environment means, or its address.
    ///
    /// # Errors
    /// [`SubjectError`] for a text that names no account.
    pub fn of_owner(text: &str, environment: &Environment) -> Result<Self, SubjectError> {
        let url = match text.contains("://") {
            true => text.parse::<WebAddress>().ok().map(WebAddress::into_url),
            false if is_part(text) => home(environment).and_then(|home| home.join(text).ok()),
            false => None,
        };
        let named = url.filter(|url| owner_alone(url).is_some());
        named.map(Self::Owner).ok_or_else(|| SubjectError {
            text: shown(text),
            why: "is no account of GitHub".to_owned(),
            hint: "write `OWNER`, or `https://HOST/OWNER`",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_one_name_on_the_github_that_is_meant() {
        let nothing = Environment::empty();
        let here = Environment::empty().with("GITHUB_SERVER_URL", "https://git.acme.example");
        let of = |text: &str, it: &Environment| match Store::of_owner(text, it).unwrap() {
            Store::Owner(url) => url.to_string(),
            Store::Repository(url) => panic!("{url}"),
        };
        assert_eq!(of("acme", &nothing), "https://github.com/acme");
        assert_eq!(of("acme", &here), "https://git.acme.example/acme");
        let address = "https://git.other.example/acme";
        assert_eq!(of(address, &here), address);
        for wrong in [
            "",
            ".",
            "..",
            "a/b",
            "a b",
            "ftp://h/a",
            "https://h/",
            "https://h/a/b",
            "https://h/%2e%2e",
        ] {
            assert!(Store::of_owner(wrong, &nothing).is_err(), "{wrong}");
        }
        let secret = Store::of_owner("http://me:s3cr3t@h.example/a/b", &nothing).unwrap_err();
        assert!(!secret.to_string().contains("s3cr3t"), "{secret}");
    }
}
