//! The one place that reads the process's environment, and the one clock.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::Time;

/// The environment variables that a run sees: those of the process, or exactly what a test gives.
///
/// Not printable: variables hold tokens.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

/// The longest configuration file that is read (`.netrc`, `pip.conf`), in bytes.
const CONFIGURATION_BYTES: u64 = 1 << 20;

impl Environment {
    /// The variables of this process; those that are not UTF-8 are left out.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { variables }
    }

    /// No variables at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The same with one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// A variable; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// A variable, an empty one too: for passwords, where empty is a value.
    pub fn get_even_empty(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The first of these variables that is set.
    pub fn first_of<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &str)> {
        names
            .iter()
            .find_map(|name| self.get(name).map(|value| (*name, value)))
    }

    /// All variables, for a program that is started with them.
    pub(crate) fn all(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// The user's home folder.
    pub fn home(&self) -> Option<PathBuf> {
        self.first_of(&["HOME", "USERPROFILE"])
            .map(|(_, home)| PathBuf::from(home))
    }
}

/// A small text file of somebody's configuration; nothing where it is not there, not readable, not
/// UTF-8 or longer than 1 MiB.
pub(crate) fn configuration_file(path: &Path) -> Option<String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).ok()?;
    let read = file
        .take(CONFIGURATION_BYTES + 1)
        .read_to_string(&mut text)
        .ok()?;
    (read as u64 <= CONFIGURATION_BYTES).then_some(text)
}

/// The present second, by the clock of this machine.
pub fn now() -> Time {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Time::from_unix_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let environment = Environment::empty().with("A", "").with("B", "b");
        assert_eq!(environment.get("A"), None);
        assert_eq!(environment.first_of(&["A", "B"]), Some(("B", "b")));
    }
}
