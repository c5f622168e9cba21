//! What a registry demands with a 401: `WWW-Authenticate` (RFC 9110 section 11.6.1).

use crate::observe::http::HeaderMap;

/// One challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Its scheme in lower case.
    pub scheme: String,
    parameters: Vec<(String, String)>,
}

/// More challenges and parameters than this are not read.
const MOST: usize = 32;

impl Challenge {
    /// Every challenge of an answer, in its order.
    pub(super) fn all(headers: &HeaderMap) -> Vec<Self> {
        let values = headers.get_all("www-authenticate").iter().take(MOST);
        values
            .filter_map(|value| value.to_str().ok())
            .flat_map(parse_challenges)
            .collect()
    }

    /// A parameter; the first of that name counts.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        let (_, value) = parameters.find(|(key, _)| key == name)?;
        Some(value)
    }
}

/// Reads a field's value: a word that `=` follows is a parameter, another one begins a challenge.
pub fn parse_challenges(value: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            return challenges;
        }
        let after = after.trim_start_matches([' ', '\t']);
        match (after.strip_prefix('='), challenges.last_mut()) {
            (Some(after), Some(challenge)) => {
                let (value, after) = parameter_value(after.trim_start_matches([' ', '\t']));
                if challenge.parameters.len() < MOST {
                    let pair = (word.to_ascii_lowercase(), value);
                    challenge.parameters.push(pair);
                }
                rest = after;
            }
            // A parameter of no challenge: the rest cannot be told apart.
            (Some(_), None) => return challenges,
            (None, _) => {
                if challenges.len() == MOST {
                    return challenges;
                }
                challenges.push(Challenge {
                    scheme: word.to_ascii_lowercase(),
                    parameters: Vec::new(),
                });
                rest = after;
            }
        }
    }
}

/// A token or a quoted string with its escapes undone, and what follows.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, character) in quoted.char_indices() {
        match character {
            '"' if !escaped => return (value, &quoted[at + 1..]),
            '\\' if !escaped => escaped = true,
            _ => {
                value.push(character);
                escaped = false;
            }
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_told_apart_from_their_parameters() {
        let challenges = parse_challenges(
            r#"Basic realm="a, \"b\"=c", Bearer realm="https://auth.example/token",service="r.example" , scope = "repository:a/b:pull,push", error=invalid_token"#,
        );
        assert_eq!(challenges.len(), 2);
        assert_eq!(challenges[0].parameter("realm"), Some("a, \"b\"=c"));
        let bearer = &challenges[1];
        assert_eq!(bearer.scheme, "bearer");
        assert_eq!(
            bearer.parameter("realm"),
            Some("https://auth.example/token")
        );
        assert_eq!(bearer.parameter("scope"), Some("repository:a/b:pull,push"));
        assert_eq!(bearer.parameter("error"), Some("invalid_token"));
        assert_eq!(bearer.parameter("none"), None);
    }

    #[test]
    fn nonsense_ends_and_gives_nothing_wrong() {
        for nonsense in [
            "",
            ",,,",
            "=",
            "=a",
            "\"",
            "a=\"",
            "Bearer realm=\"x",
            "é=ö, ü",
        ] {
            let challenges = parse_challenges(nonsense);
            assert!(challenges.len() <= 2, "{nonsense}");
        }
        let many = "A b=c, ".repeat(10_000);
        assert_eq!(parse_challenges(&many).len(), MOST);
        assert_eq!(
            parse_challenges("Bearer realm=\"x")[0].parameter("realm"),
            Some("x")
        );
    }
}
