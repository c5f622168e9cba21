//! One thing wrong in a policy: what, where, what to do.

use super::Place;

/// How grave a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// The file cannot be used.
    Error,
    /// It can, but something in it has no effect or surprises.
    Warning,
}

/// One thing wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave.
    pub gravity: Gravity,
    /// One sentence, without a full stop.
    pub message: String,
    /// Where; empty for the file as a whole.
    pub place: Option<Place>,
    /// A few words shown at the place.
    pub label: String,
    /// What to do.
    pub hint: Option<String>,
    /// Other places that matter, with words.
    pub related: Vec<(Place, String)>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(place: &Place, message: impl Into<String>) -> Self {
        Self {
            gravity: Gravity::Error,
            message: message.into(),
            place: Some(place.clone()),
            label: String::new(),
            hint: None,
            related: Vec::new(),
        }
    }

    /// The same as a warning.
    pub fn warning(place: &Place, message: impl Into<String>) -> Self {
        Self {
            gravity: Gravity::Warning,
            ..Self::error(place, message)
        }
    }

    /// With words at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// With what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With another place.
    #[must_use]
    pub fn related(mut self, place: &Place, words: impl Into<String>) -> Self {
        self.related.push((place.clone(), words.into()));
        self
    }
}
