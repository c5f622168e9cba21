//! The passwords of keys: from the environment, else asked for where somebody sits at a terminal.

use crate::attest::key::Password;
use crate::model::visible;

use super::ambient::Ambient;
use super::exit::Failure;
use super::interrupt;

/// The longest password that is typed, in bytes.
const PASSWORD_BYTES: usize = 4_096;

/// The password of a key that is there; nothing where nobody gives one.
pub(super) fn to_open(key: &str, ambient: &Ambient) -> Option<Password> {
    Password::of_environment(&ambient.environment)
        .or_else(|| ambient.is_interactive.then(|| typed("Password", key))?)
}

/// The password of a key that is made now: typed twice, so that a slip locks nobody out.
///
/// # Errors
/// None, an empty one, or two that differ.
pub(super) fn to_protect(key: &str, ambient: &Ambient) -> Result<Password, Failure> {
    if let Some(password) = Password::of_environment(&ambient.environment) {
        return Ok(password);
    }
    let none = || {
        Failure::new(
            "there is no password to protect the key with",
            "set LOCKSTEP_KEY_PASSWORD (an empty one counts), or say --unencrypted",
        )
    };
    if !ambient.is_interactive {
        return Err(none());
    }
    let first = typed("Password", key).ok_or_else(none)?;
    if first.is_empty() {
        return Err(none());
    }
    let second = typed("The same again", key).ok_or_else(none)?;
    match first == second {
        true => Ok(first),
        false => Err(Failure::new(
            "the two passwords differ, and no key was written",
            "type the same one twice",
        )),
    }
}

/// What is typed at the terminal, which shows nothing of it; nothing where that fails.
fn typed(what: &str, key: &str) -> Option<Password> {
    let prompt = format!("{what} for {}: ", visible(key, 300));
    let text = interrupt::hidden(&prompt).ok()?;
    let password = Password::new(text);
    (password.bytes().len() <= PASSWORD_BYTES).then_some(password)
}
