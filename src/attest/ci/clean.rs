//! Values of variables as a predicate may hold them: no credential in an address, nothing invisible.

use url::Url;

use crate::model::visible;

/// The longest value in characters.
const LENGTH: usize = 2_000;

/// A value without the user information, query and fragment of an address, which hold credentials;
/// nothing for what is too long or holds characters that steer a terminal.
pub(super) fn cleaned(text: &str) -> Option<String> {
    if visible(text, LENGTH) != text {
        return None;
    }
    if !text.contains("://") {
        // What git takes as an address of SSH: `user@host:path`. The user says nothing.
        return Some(match text.split_once('@') {
            Some((user, rest)) if is_user(user) && rest.contains(':') => rest.to_owned(),
            _ => text.to_owned(),
        });
    }
    let (before, after) = text.split_at(text.find("://").unwrap_or(0));
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if before.is_empty() || !before.chars().all(is_scheme) {
        return None;
    }
    let mut url = Url::parse(text).ok()?;
    if after.contains('@') || url.query().is_some() || url.fragment().is_some() {
        url.set_query(None);
        url.set_fragment(None);
        let anonymous = url.set_username("").is_ok() && url.set_password(None).is_ok();
        // A scheme that knows no user information and still holds an `@` before its path.
        return anonymous.then(|| url.to_string());
    }
    Some(text.to_owned())
}

/// An address of a repository in the form `git+…`; `host:path` is one of SSH.
pub(super) fn repository(text: &str) -> Option<String> {
    let text = cleaned(text)?;
    let text = text.strip_prefix("git+").unwrap_or(&text);
    if text.contains("://") {
        return Some(format!("git+{text}"));
    }
    let (host, path) = text.split_once(':')?;
    let is_host = |host: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        !host.is_empty() && host.chars().all(allowed)
    };
    let path = path.trim_start_matches('/');
    is_host(host).then(|| format!("git+ssh://{host}/{path}"))
}

fn is_user(text: &str) -> bool {
    !text.is_empty() && !text.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_leave_every_form_of_address() {
        for text in [
            "https://user:s3cret@git.example/acme/lib.git",
            "https://s3cret@git.example/acme/lib.git",
            "https://git.example/acme/lib.git?token=s3cret",
            "https://git.example/acme/lib.git#s3cret",
            "ssh://s3cret@git.example/acme/lib.git",
            "s3cret@git.example:acme/lib.git",
            "user:s3cret@git.example:acme/lib.git",
        ] {
            let repository = repository(text).unwrap();
            assert!(!repository.contains("s3cret"), "{repository}");
            assert!(
                repository.ends_with("git.example/acme/lib.git"),
                "{repository}"
            );
            assert!(!cleaned(text).unwrap().contains("s3cret"));
        }
    }

    #[test]
    fn what_is_no_address_stays_and_what_is_invisible_goes() {
        assert_eq!(cleaned("refs/tags/v1@2").unwrap(), "refs/tags/v1@2");
        assert_eq!(
            cleaned("acme/lib/.github/workflows/a.yml@refs/heads/main").unwrap(),
            "acme/lib/.github/workflows/a.yml@refs/heads/main"
        );
        assert_eq!(cleaned("a\nb"), None);
        assert_eq!(cleaned(&"a".repeat(LENGTH + 1)), None);
    }
}
