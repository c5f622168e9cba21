//! `.netrc`: logins by host. Entries without a host (`default`) are not used: nothing is sent to a
//! host that nobody named.

use std::collections::BTreeMap;

use crate::observe::environment::{Environment, configuration_file};

/// Logins by host name in lower case.
#[derive(Clone, Default)]
pub struct Netrc {
    logins: BTreeMap<String, (String, String)>,
}

impl Netrc {
    /// The file that `NETRC` names, else `.netrc` (on Windows also `_netrc`) in the home folder.
    pub fn of_environment(environment: &Environment) -> Self {
        let named = environment.get("NETRC").map(std::path::PathBuf::from);
        let home = environment.home();
        let usual = |name: &str| home.as_ref().map(|home| home.join(name));
        [named.or_else(|| usual(".netrc")), usual("_netrc")]
            .into_iter()
            .flatten()
            .find_map(|path| configuration_file(&path))
            .map(|text| Self::parse(&text))
            .unwrap_or_default()
    }

    /// Reads the format of the manual page netrc(5), with quoted tokens as curl takes them; the
    /// first entry of a host counts.
    pub fn parse(text: &str) -> Self {
        let mut netrc = Self::default();
        let mut host: Option<String> = None;
        let (mut user, mut password) = (String::new(), None);
        let mut tokens = Tokens { rest: text };
        while let Some(token) = tokens.next() {
            match token.as_str() {
                "machine" | "default" => {
                    netrc.add(host.take(), &mut user, &mut password);
                    if token == "machine" {
                        host = tokens.next();
                    }
                }
                "login" => user = tokens.next().unwrap_or_default(),
                "password" => password = tokens.next(),
                "account" => drop(tokens.next()),
                "macdef" => tokens.skip_macro(),
                _ => {}
            }
        }
        netrc.add(host, &mut user, &mut password);
        netrc
    }

    /// The login for a host.
    pub fn login(&self, host: &str) -> Option<(String, String)> {
        self.logins.get(&host.to_ascii_lowercase()).cloned()
    }

    fn add(&mut self, host: Option<String>, user: &mut String, password: &mut Option<String>) {
        let (user, password) = (std::mem::take(user), password.take());
        if let (Some(host), Some(password)) = (host, password) {
            self.logins
                .entry(host.to_ascii_lowercase())
                .or_insert((user, password));
        }
    }
}

struct Tokens<'t> {
    rest: &'t str,
}

impl Tokens<'_> {
    fn next(&mut self) -> Option<String> {
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.strip_prefix('#') {
                Some(comment) => self.rest = comment.split_once('\n').map_or("", |(_, rest)| rest),
                None => break,
            }
        }
        let mut token = String::new();
        let mut characters = self.rest.char_indices();
        let quoted = self.rest.starts_with('"');
        if quoted {
            characters.next();
        }
        let mut escaped = false;
        for (at, character) in characters {
            let ends = if quoted {
                character == '"' && !escaped
            } else {
                character.is_whitespace()
            };
            if ends {
                self.rest = &self.rest[at + character.len_utf8()..];
                return Some(token);
            }
            if quoted && character == '\\' && !escaped {
                escaped = true;
                continue;
            }
            escaped = false;
            token.push(character);
        }
        self.rest = "";
        (!token.is_empty()).then_some(token)
    }

    fn skip_macro(&mut self) {
        self.rest = self.rest.split_once("\n\n").map_or("", |(_, rest)| rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_by_host_and_the_default_goes_to_nobody() {
        let netrc = Netrc::parse(
            "# comment with machine x\nmachine Index.Example login me password \"two words\\\"\"\n\
             machine b.example\n  login you\n  account a\n  password p\nmacdef init\ncd /x\n\n\
             machine c.example password only\ndefault login any password thing\n",
        );
        let login = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        assert_eq!(netrc.login("index.example"), login("me", "two words\""));
        assert_eq!(netrc.login("b.example"), login("you", "p"));
        assert_eq!(netrc.login("c.example"), login("", "only"));
        assert_eq!(netrc.login("other.example"), None);
    }
}
