//! Since when the evidence shows what a finding is about.

use std::collections::HashMap;

use crate::model::{Digest, Finding, Time};
use crate::verify::CheckedEvidence;

use super::scene::Scene;
use super::standing::Standing;
use super::view::entry_of;

/// Dates every finding: by the earliest observation of the release's names in the channel that it
/// is about; where the channel never showed one, by the earliest observation behind the finding.
///
/// What rests on no observation stays without a date.
pub(super) fn mark(scene: &Scene<'_>, checked: &CheckedEvidence, findings: &mut [Finding]) {
    if findings.is_empty() {
        return;
    }
    let mut behind: HashMap<Digest, Time> = findings
        .iter()
        .flat_map(|finding| finding.because.iter().copied())
        .map(|id| (id, scene.now))
        .collect();
    for observation in &checked.evidence().observations {
        if let Some(at) = behind.get_mut(&observation.id) {
            *at = observation.at;
        }
    }
    for finding in findings.iter_mut() {
        let case = scene.case_of(finding);
        let standing = case
            .zip(finding.channel.as_ref())
            .and_then(|(case, channel)| case.standing(channel));
        let shown = standing.and_then(earliest);
        let because = finding.because.iter().filter_map(|id| behind.get(id));
        finding.first_seen = shown.or_else(|| because.min().copied());
    }
}

/// The earliest observation of any name of the release in one channel.
fn earliest(standing: &Standing<'_>) -> Option<Time> {
    let mut names: Vec<&str> = standing.exact.iter().map(String::as_str).collect();
    let mut times: Vec<Time> = Vec::new();
    if let Some(found) = standing.found() {
        let sources = found.sources.iter();
        let others = found.others.iter().map(|(_, source)| source);
        times.extend(sources.chain(others).map(|source| source.observation.at));
        names.push(found.name);
        names.extend(found.others.iter().map(|(name, _)| *name));
    }
    for observation in standing.view.past.iter().copied() {
        if names
            .iter()
            .any(|name| entry_of(observation, name).is_some())
        {
            times.push(observation.at);
        }
    }
    times.into_iter().min()
}
