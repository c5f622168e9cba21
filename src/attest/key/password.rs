//! The password of a key: overwritten when it goes, never printed.

use pkcs8::der::zeroize::Zeroizing;

use crate::observe::Environment;

/// A password; an empty one too, where somebody says so.
#[derive(PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

/// Variables that hold it; the first that is there counts, an empty one too.
const VARIABLES: [&str; 2] = ["LOCKSTEP_KEY_PASSWORD", "COSIGN_PASSWORD"];

impl Password {
    /// A password.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// That of the environment: `LOCKSTEP_KEY_PASSWORD`, `COSIGN_PASSWORD`. One that is set and
    /// empty is an empty password, as cosign takes it.
    pub fn of_environment(environment: &Environment) -> Option<Self> {
        VARIABLES
            .iter()
            .find_map(|name| environment.get_even_empty(name))
            .map(|text| Self::new(text.to_owned()))
    }

    /// That there is none to protect anything with.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
