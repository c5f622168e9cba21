//! `Link` (RFC 8288): the address of the next page, which only the server that is asked may have.

use url::Url;

use super::{HeaderMap, Reply, same_origin};
use crate::model::{Failure, FailureKind, visible};
use crate::observe::malformed;

impl Reply {
    /// The address of the page after this one, where there is one and `server` has it: a link to
    /// another host would take the credential there (THREATS row 19).
    pub(crate) fn next_page(&self, server: &Url) -> Result<Option<Url>, Failure> {
        let Some(target) = next_page(&self.headers)? else {
            return Ok(None);
        };
        let next = self
            .url
            .join(&target)
            .map_err(|_| malformed("the next page has no address"))?;
        let has_login = !next.username().is_empty() || next.password().is_some();
        if !same_origin(&next, server) || has_login {
            let host = visible(next.host_str().unwrap_or("nowhere"), 100);
            return Err(Failure {
                kind: FailureKind::Redirect,
                detail: format!("the next page is said to be elsewhere, on {host}; not asked"),
            });
        }
        Ok(Some(next))
    }
}

/// The target of `rel="next"`, as the server wrote it; nothing on the last page.
///
/// # Errors
/// A [`Failure`] for a field that is no `Link`: what cannot be read may name another page.
pub fn next_page(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    for value in headers.get_all("link") {
        let value = value.to_str().map_err(|_| unreadable())?;
        let mut rest = value.trim();
        while !rest.is_empty() {
            let (target, after) = rest
                .strip_prefix('<')
                .and_then(|rest| rest.split_once('>'))
                .ok_or_else(unreadable)?;
            let (parameters, after) = parameters(after)?;
            if parameters.iter().any(|(name, value)| is_next(name, value)) {
                return Ok(Some(target.to_owned()));
            }
            rest = after;
        }
    }
    Ok(None)
}

/// A relation is a list of words (section 3.3).
fn is_next(name: &str, value: &str) -> bool {
    let mut words = value.split_ascii_whitespace();
    name.eq_ignore_ascii_case("rel") && words.any(|word| word.eq_ignore_ascii_case("next"))
}

type Parameters<'v> = Vec<(&'v str, &'v str)>;

/// The parameters of one link, and what follows its comma.
fn parameters(text: &str) -> Result<(Parameters<'_>, &str), Failure> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix(',') {
            return Ok((found, after.trim_start()));
        }
        if rest.is_empty() {
            return Ok((found, rest));
        }
        rest = rest.strip_prefix(';').ok_or_else(unreadable)?.trim_start();
        let end = rest.find(['=', ';', ',']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        rest = &rest[end..];
        let Some(value) = rest.strip_prefix('=').map(str::trim_start) else {
            found.push((name, ""));
            continue;
        };
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(unreadable)?,
            None => value.split_at(value.find([';', ',']).unwrap_or(value.len())),
        };
        found.push((name, value.trim()));
        rest = after.trim_start();
    }
}

fn unreadable() -> Failure {
    malformed("the field `Link` cannot be read: whether there is another page is not known")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Result<Option<String>, Failure> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("link", value.parse().unwrap());
        }
        next_page(&headers)
    }

    #[test]
    fn the_next_page_is_found_wherever_it_stands() {
        let next = Some("https://h/x?page=2,3;4".to_owned());
        for values in [
            &["<https://h/x?page=2,3;4>; rel=\"next\", <https://h/x?page=9>; rel=\"last\""][..],
            &["<https://h/>; rel=\"prev\", <https://h/x?page=2,3;4>; rel=\"next\""],
            &["<https://h/x?page=2,3;4>;rel=next"],
            &["<https://h/x?page=2,3;4>;Rel=\"last Next\""],
            &[
                "<https://h/>; title=\"a, b; c\"; rel=prev",
                "<https://h/x?page=2,3;4>; x; REL=\"up next\"",
            ],
        ] {
            assert_eq!(of(values), Ok(next.clone()), "{values:?}");
        }
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[""]), Ok(None));
        assert_eq!(of(&["<https://h/>; rel=prev"]), Ok(None));
        assert_eq!(of(&["<https://h/>; rel=\"nextone\""]), Ok(None));
        assert_eq!(of(&["<https://h/>; rel=\"last\", <https://h/>"]), Ok(None));
    }

    /// Absence is earned: no page is left out because its link cannot be read.
    #[test]
    fn what_cannot_be_read_is_not_the_last_page() {
        for wrong in [
            "https://h/; rel=next",
            "<https://h/",
            "<https://h/> rel=next",
            "<h>; rel=\"next",
            "<h>; rel=prev, y",
            "<h>; rel=prev x",
            "<h>; rel=prev,, <i>; rel=next",
            "x",
        ] {
            assert!(of(&[wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_next_page_is_of_the_server_that_was_asked() {
        let next = |target: &str| {
            let mut headers = HeaderMap::new();
            headers.append("link", format!("<{target}>; rel=next").parse().unwrap());
            let page = Reply {
                status: 200,
                headers,
                body: Vec::new(),
                length: 0,
                digest: crate::model::Digest::of(b""),
                unchanged: false,
                url: Url::parse("https://h.example/a/b?page=1").unwrap(),
                at: crate::observe::now(),
            };
            let server = Url::parse("https://h.example/").unwrap();
            page.next_page(&server)
        };
        for (target, address) in [
            ("/x?page=2", "https://h.example/x?page=2"),
            ("?page=2", "https://h.example/a/b?page=2"),
            ("https://h.example:443/x", "https://h.example/x"),
        ] {
            assert_eq!(next(target).unwrap().unwrap().as_str(), address);
        }
        for elsewhere in [
            "https://evil.example/x",
            "//evil.example/x",
            "http://h.example/x",
            "https://h.example:8443/x",
            "https://me:secret@h.example/x",
            "https://:secret@h.example/x",
            "data:text/plain,x",
        ] {
            let why = next(elsewhere).unwrap_err();
            assert_eq!(why.kind, FailureKind::Redirect, "{elsewhere}");
            assert!(!why.detail.contains("secret"), "{why:?}");
        }
        assert_eq!(next("https://").unwrap_err().kind, FailureKind::Malformed);
    }
}
