//! What a rule is: a code with fixed severity and levels, and the judgement that owns it.

use std::collections::{BTreeSet, HashSet};

use crate::model::{Code, Digest, Disposition, Finding, Level, Severity, Time, visible_line};

use super::scene::{Case, Scene};
use super::standing::Standing;

/// A rule. Each is one file in `rules`, named after its code, and one line in the register.
pub(crate) struct Rule {
    /// The code that the user sees.
    pub(crate) code: &'static str,
    /// What a finding does to the outcome.
    pub(crate) severity: Severity,
    /// Its level of mismatch.
    pub(crate) mismatch: Level,
    /// Its level of suspicion.
    pub(crate) suspicion: Level,
    /// Whether it says that two present facts differ.
    pub(crate) conflict: bool,
    /// Whether `judge-since` sets it apart: findings of presence, naming and files; never those
    /// that are drawn from two observations.
    pub(crate) set_apart: bool,
    /// One line.
    pub(crate) title: &'static str,
    /// For `lockstep explain`: what it means, what usually causes it, what to do.
    pub(crate) explain: &'static str,
    /// Judges; adds what it finds.
    pub(crate) judge: Judge,
}

/// What a rule looks at.
#[derive(Clone, Copy)]
pub(crate) enum Judge {
    /// Each release by itself. Releases come in blocks: what one rule has read of them is still in
    /// the processor's cache when the next one reads it.
    Each(for<'s, 'a> fn(&'s Scene<'a>, &'s [Case<'a>], &mut Vec<Finding>)),
    /// All releases together, or what is about none of them.
    Whole(fn(&Scene<'_>, &mut Vec<Finding>)),
}

impl Rule {
    /// A finding about the component or one of its channels as a whole.
    pub(crate) fn about_component(&self, scene: &Scene<'_>, message: String) -> Finding {
        Finding {
            code: Code::of(self.code),
            severity: self.severity,
            mismatch: self.mismatch,
            suspicion: self.suspicion,
            component: scene.policy.component.name.clone(),
            version: None,
            line: None,
            channel: None,
            message,
            hint: None,
            digests: Vec::new(),
            because: Vec::new(),
            first_seen: None,
            retry_at: None,
            disposition: Disposition::Open,
            waiver: None,
        }
    }

    /// A finding about a release as a whole.
    pub(crate) fn about_release(
        &self,
        scene: &Scene<'_>,
        case: &Case<'_>,
        message: String,
    ) -> Finding {
        Finding {
            version: Some(case.text()),
            line: Some(case.line.name.clone()),
            ..self.about_component(scene, message)
        }
    }

    /// A finding about a release in one channel. What it rests on is added by the caller.
    pub(crate) fn about_standing(
        &self,
        scene: &Scene<'_>,
        case: &Case<'_>,
        standing: &Standing<'_>,
        message: String,
    ) -> Finding {
        Finding {
            channel: Some(standing.channel.name.clone()),
            ..self.about_release(scene, case, message)
        }
    }
}

/// Names for one line of a message: the first three, made visible, and how many more there are.
pub(crate) fn some_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let shown: Vec<String> = names
        .iter()
        .take(3)
        .map(|name| format!("`{}`", visible_line(name)))
        .collect();
    let mut text = shown.join(", ");
    if names.len() > shown.len() {
        text.push_str(&format!(" and {} more", names.len() - shown.len()));
    }
    text
}

/// What a rule adds to a finding.
pub(crate) trait Rests {
    /// With the observations behind it; each once, in order.
    fn because(self, ids: impl IntoIterator<Item = Digest>) -> Self;
    /// With the digests that a waiver must name; sorted, each once.
    fn digests(self, digests: impl IntoIterator<Item = String>) -> Self;
    /// With what to do.
    fn hint(self, hint: impl Into<String>) -> Self;
    /// With when asking again makes sense.
    fn retry_at(self, time: Option<Time>) -> Self;
}

impl Rests for Finding {
    fn because(mut self, ids: impl IntoIterator<Item = Digest>) -> Self {
        // A finding about a whole channel may rest on a million look-ups.
        let mut known: HashSet<Digest> = self.because.iter().copied().collect();
        self.because
            .extend(ids.into_iter().filter(|id| known.insert(*id)));
        self
    }

    fn digests(mut self, digests: impl IntoIterator<Item = String>) -> Self {
        let all: BTreeSet<String> = self.digests.into_iter().chain(digests).collect();
        self.digests = all.into_iter().collect();
        self
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn retry_at(mut self, time: Option<Time>) -> Self {
        self.retry_at = time;
        self
    }
}
