//! `Link` (RFC 8288): the address of the next page.

use crate::model::Failure;
use crate::observe::http::HeaderMap;
use crate::observe::malformed;

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
            &[
                "<https://h/>; title=\"a, b; c\"; rel=prev",
                "<https://h/x?page=2,3;4>; x; REL=\"up next\"",
            ],
        ] {
            assert_eq!(of(values), Ok(next.clone()), "{values:?}");
        }
        assert_eq!(of(&[]), Ok(None));
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
            "x",
        ] {
            assert!(of(&[wrong]).is_err(), "{wrong}");
        }
    }
}
