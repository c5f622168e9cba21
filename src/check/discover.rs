//! From a shorthand or a checkout to a guessed policy, and to a target that is checked with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::decide;
use crate::observe::Environment;
use crate::observe::discover::{self, Shorthand};
use crate::observe::http::Events;
use crate::policy::guess::{Guess, NoGuess, Occasion, guess};
use crate::policy::load_text;

use super::asking::with_client;
use super::judge::JudgeError;
use super::targets::Target;

/// Where a guess begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginning {
    /// A place that is asked.
    Shorthand(Shorthand),
    /// A folder of this machine; nobody is asked.
    Checkout {
        /// The folder.
        folder: PathBuf,
        /// How the policy that is written names it, where it has no remote.
        written: String,
    },
}

/// Why there is no guess.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// Nothing could be asked or read.
    #[error("{0}")]
    Unusable(#[from] JudgeError),
    /// The folder cannot be read.
    #[error("{0}")]
    Checkout(#[from] discover::CheckoutError),
    /// What was learnt is not enough.
    #[error("{0}")]
    NoGuess(#[from] NoGuess),
}

impl DiscoverError {
    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::Unusable(error) => error.hint.clone(),
            Self::Checkout(_) => "name the folder of a checkout, or a shorthand such as \
                                  `pypi:acme-client`"
                .to_owned(),
            Self::NoGuess(NoGuess {
                unread: Some(why), ..
            }) => match why.kind.is_refusal() {
                true => "check the name, and what the credential may see".to_owned(),
                false => {
                    "ask again; nothing is concluded from an answer that did not come".to_owned()
                }
            },
            Self::NoGuess(_) => "write a policy by hand: the folder `policies` has examples, \
                                 docs/policy.md every key"
                .to_owned(),
        }
    }

    /// True where nobody has answered, so that the same may succeed later.
    pub fn is_unanswered(&self) -> bool {
        match self {
            Self::NoGuess(none) => none.unread.as_ref().is_some_and(|it| !it.kind.is_refusal()),
            Self::Unusable(_) | Self::Checkout(_) => false,
        }
    }

    /// What was learnt nevertheless.
    pub fn reasons(&self) -> &[String] {
        match self {
            Self::NoGuess(none) => &none.reasons,
            Self::Unusable(_) | Self::Checkout(_) => &[],
        }
    }
}

/// Guesses a policy.
///
/// # Errors
/// [`DiscoverError`].
pub fn guessed_policy(
    beginning: &Beginning,
    environment: Environment,
    events: Arc<dyn Events>,
) -> Result<Guess, DiscoverError> {
    let (clues, about, local) = match beginning {
        Beginning::Shorthand(shorthand) => {
            let ask = async |client: &_| discover::from_shorthand(client, shorthand).await;
            let clues = with_client(&environment, events, ask)?;
            (clues, shorthand.to_string(), None)
        }
        Beginning::Checkout { folder, written } => {
            let clues = discover::from_checkout(&environment, folder)?;
            (clues, "this checkout".to_owned(), Some(written.as_str()))
        }
    };
    let codes = decide::codes();
    let occasion = Occasion {
        about: &about,
        local,
        codes: &codes,
    };
    Ok(guess(&clues, occasion)?)
}

/// A target whose policy was guessed from a shorthand. Its verdict is never an allow.
///
/// # Errors
/// [`DiscoverError`].
pub fn guessed_target(
    shorthand: &Shorthand,
    environment: Environment,
    events: Arc<dyn Events>,
) -> Result<Target, DiscoverError> {
    let beginning = Beginning::Shorthand(shorthand.clone());
    let guess = guessed_policy(&beginning, environment, events)?;
    let path = PathBuf::from(shorthand.to_string());
    let no_policy = |message: String| NoGuess {
        message,
        reasons: guess.reasons.clone(),
        unread: None,
    };
    let loaded = load_text(Path::new(&path), guess.text.clone(), &decide::codes())
        .map_err(|errors| no_policy(errors.to_string()))?;
    let mut components = loaded.components.into_iter();
    let (Some(mut item), None) = (components.next(), components.next()) else {
        let words = format!(
            "`{shorthand}` is a family of packages; `lockstep init {shorthand}` writes its policy"
        );
        return Err(no_policy(words).into());
    };
    item.policy.guessed = Some(guess.reasons.clone());
    Ok(Target { path, item })
}
