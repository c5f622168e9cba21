//! What a browser brings back from the identity provider (RFC 6749, sections 4.1.2 and 4.1.2.1): read
//! from a request line of anybody on this machine, and believed only with the state of this sign-in.

use std::borrow::Cow;

use sigstore_sign::oidc::SecretString;
use url::form_urlencoded;

use super::CODE_BYTES;
use crate::attest::SignError;
use crate::attest::keyless::ask::without_long_words;
use crate::model::visible;

/// The path that the provider sends the browser to.
pub(super) const PATH: &str = "/auth/callback";

/// What an answer to this sign-in has.
pub(super) struct Wanted<'w> {
    pub(super) state: &'w str,
    pub(super) issuer: &'w str,
    /// Whether the provider says that it always names itself.
    pub(super) names_issuer: bool,
}

/// What a request turned out to be.
pub(super) enum Brought {
    /// Something else that browsers ask for, such as an icon.
    Elsewhere,
    /// No GET.
    OtherMethod,
    /// Not an answer to this sign-in. The wait goes on: whoever knows the port could end it
    /// otherwise, and who does not know the state cannot do more than that.
    Foreign,
    /// The provider's answer; there is no second one.
    Answer(Result<SecretString, SignError>),
}

/// Reads the head of a request.
pub(super) fn read(head: &[u8], wanted: &Wanted<'_>) -> Brought {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let Ok(line) = std::str::from_utf8(line) else {
        return Brought::Elsewhere;
    };
    let words: Vec<&str> = line.split(' ').collect();
    let [method, target, "HTTP/1.1" | "HTTP/1.0"] = words[..] else {
        return Brought::Elsewhere;
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match (path == PATH, method) {
        (false, _) => Brought::Elsewhere,
        (true, "GET") => answer(query, wanted),
        (true, _) => Brought::OtherMethod,
    }
}

fn answer(query: &str, wanted: &Wanted<'_>) -> Brought {
    let fields: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        form_urlencoded::parse(query.as_bytes()).collect();
    // "Request and response parameters MUST NOT be included more than once" (RFC 6749, section 3.1).
    let only = |name: &str| {
        let mut values = fields.iter().filter(|it| it.0 == name).map(|it| &*it.1);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => Err(()),
        }
    };
    // Compared once with what is never used again: the time it takes tells nothing.
    if only("state") != Ok(Some(wanted.state)) {
        return Brought::Foreign;
    }
    let unusable = |why: &str| {
        Brought::Answer(Err(SignError {
            unanswered: true,
            message: format!("the identity provider's answer by the browser {why}"),
            hint: Some("try again".to_owned()),
        }))
    };
    // RFC 9207: an answer of another provider is meant for that provider's token endpoint.
    match only("iss") {
        Ok(None) if wanted.names_issuer => return unusable("does not say who gave it"),
        Ok(None) => {}
        Ok(Some(issuer)) if issuer == wanted.issuer => {}
        Ok(Some(_)) | Err(()) => return unusable("is another provider's"),
    }
    match (only("code"), only("error"), only("error_description")) {
        (Ok(Some(text)), Ok(None), _) => match code(text) {
            Some(code) => Brought::Answer(Ok(code)),
            None => unusable("has a code that is none"),
        },
        (Ok(None), Ok(Some(error)), Ok(description)) => {
            Brought::Answer(Err(refused(error, description.unwrap_or_default())))
        }
        _ => unusable("has neither a code nor an error, or both"),
    }
}

/// What is a code (RFC 6749, appendix A.11: visible characters), and not too long.
pub(super) fn code(text: &str) -> Option<SecretString> {
    let fits = !text.is_empty() && text.len() <= CODE_BYTES;
    let is_visible = text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    (fits && is_visible).then(|| SecretString::new(text))
}

/// What the provider says of its refusal.
pub(super) fn refused(error: &str, description: &str) -> SignError {
    let said = match description {
        "" => String::new(),
        text => format!(": {}", visible(&without_long_words(text), 300)),
    };
    let error = without_long_words(error);
    SignError {
        unanswered: matches!(error.as_str(), "server_error" | "temporarily_unavailable"),
        message: format!("the sign-in was refused: {}{said}", visible(&error, 60)),
        hint: Some(
            match error.as_str() {
                "access_denied" => "nobody consented; run it again to be asked again",
                "invalid_client" | "unauthorized_client" => {
                    "does the issuer know this client? name another one with --oidc-client-id"
                }
                "invalid_grant" => "codes are good once and for minutes: run it again",
                _ => "run it again, or give a token with --identity-token",
            }
            .to_owned(),
        ),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A sign-in of the tests, here and of the listener.
    pub(crate) const WANTED: Wanted<'_> = Wanted {
        state: "s-1",
        issuer: "https://id.example",
        names_issuer: false,
    };

    fn brought(line: &str) -> String {
        let head = format!("{line}\r\nhost: 127.0.0.1\r\n\r\n");
        match read(head.as_bytes(), &WANTED) {
            Brought::Elsewhere => "elsewhere".to_owned(),
            Brought::OtherMethod => "other method".to_owned(),
            Brought::Foreign => "foreign".to_owned(),
            Brought::Answer(Ok(code)) => format!("code {}", code.expose_secret()),
            Brought::Answer(Err(why)) => why.message,
        }
    }

    #[test]
    fn a_code_counts_with_the_state_of_this_sign_in_alone() {
        let get = |query: &str| brought(&format!("GET /auth/callback?{query} HTTP/1.1"));
        assert_eq!(get("code=a%2Fb&state=s-1"), "code a/b");
        assert_eq!(
            get("code=a&state=s-1&iss=https%3A%2F%2Fid.example"),
            "code a"
        );
        for foreign in [
            "code=a",
            "code=a&state=",
            "code=a&state=s-2",
            "code=a&state=s-1&state=s-1",
            "error=access_denied&state=s-2",
            "error=access_denied",
            "",
        ] {
            assert_eq!(get(foreign), "foreign", "{foreign}");
        }
        for unusable in [
            "state=s-1",
            "code=&state=s-1",
            "code=a&code=a&state=s-1",
            "code=a&error=b&state=s-1",
            "code=a%00&state=s-1",
            "code=a&state=s-1&iss=https%3A%2F%2Fother.example",
        ] {
            assert!(get(unusable).contains("by the browser"), "{unusable}");
        }
        let long = format!("code={}&state=s-1", "a".repeat(CODE_BYTES + 1));
        assert!(get(&long).contains("a code that is none"));
    }

    #[test]
    fn a_provider_that_always_names_itself_is_held_to_it() {
        let wanted = Wanted {
            names_issuer: true,
            ..WANTED
        };
        let head = b"GET /auth/callback?code=a&state=s-1 HTTP/1.1\r\n\r\n";
        match read(head, &wanted) {
            Brought::Answer(Err(why)) => assert!(why.message.contains("who gave it")),
            _ => panic!("it is an answer"),
        }
    }

    #[test]
    fn what_else_browsers_send_is_no_answer() {
        for (line, what) in [
            ("GET /favicon.ico HTTP/1.1", "elsewhere"),
            ("GET / HTTP/1.1", "elsewhere"),
            ("GET /auth/callback/?code=a&state=s-1 HTTP/1.1", "elsewhere"),
            (
                "POST /auth/callback?code=a&state=s-1 HTTP/1.1",
                "other method",
            ),
            ("GET /auth/callback?code=a&state=s-1", "elsewhere"),
            ("\u{16}\u{3}\u{1}", "elsewhere"),
            ("", "elsewhere"),
        ] {
            assert_eq!(brought(line), what, "{line}");
        }
    }

    #[test]
    fn what_the_provider_says_of_a_refusal_is_shown_and_harmless() {
        let line = "GET /auth/callback?state=s-1&error=access_denied&error_description=\
                    no%1b%5b2J+thanks HTTP/1.1";
        let shown = brought(line);
        assert!(shown.starts_with("the sign-in was refused: access_denied: no"));
        assert!(
            !shown.contains('\u{1b}') && shown.ends_with("thanks"),
            "{shown}"
        );
    }

    proptest::proptest! {
        /// THREATS row 13: whoever finds the port may send anything.
        #[test]
        fn no_bytes_panic_and_none_without_the_state_are_an_answer(
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
            query in "(code|state|error|iss|[%&=+a-f0-9\u{7f}\u{e9}]){0,20}",
        ) {
            let line = format!("GET {PATH}?{query} HTTP/1.1\r\n\r\n");
            for head in [bytes.as_slice(), line.as_bytes()] {
                proptest::prop_assert!(!matches!(read(head, &WANTED), Brought::Answer(_)));
            }
        }
    }
}
