//! `provenance-lost`: earlier versions of the series were attested, and this one is not.

use crate::decide::attested::{Attached, Ledger, artifacts, listed};
use crate::decide::awaited::awaited;
use crate::decide::rule::{Judge, Rests, Rule, some_of};
use crate::decide::scene::{Case, Scene};
use crate::decide::series::Word;
use crate::decide::view::{ChannelView, Lookup};
use crate::model::{ArtifactDigest, Content, Digest, Finding, Level, Severity, visible_line};

/// The code, for those who look for it.
pub(crate) const CODE: &str = "provenance-lost";

pub(super) const RULE: Rule = Rule {
    code: CODE,
    severity: Severity::Deny,
    mismatch: Level::Low,
    suspicion: Level::High,
    conflict: true,
    set_apart: false,
    title: "earlier versions of the series were attested, this one is not",
    explain: "All artifacts of an earlier version of the same series (the same major version) have \
              an attestation in this channel, and an artifact of this version has none. It is \
              judged on what the channel's listing says (PyPI and npm say which files are \
              attested), and where the policy asks for provenance on the attestations themselves. \
              A project that never attested has lost nothing. Where the listing does not say \
              it, this is indeterminate within the channel's `may-lag` after the release appeared: \
              the step that attests may not have ended yet.\n\n\
              Usual causes: a release by hand while the usual workflow was broken; a step of the \
              workflow that was left out; a stolen token, for whoever has only the token cannot \
              attest as the workflow.\n\n\
              What to do: ask who published it, and how.",
    judge: Judge::Each(judge),
};

/// What is known of the attestations of one version.
struct Known {
    /// The artifacts without any.
    without: Vec<(String, Vec<ArtifactDigest>)>,
    all: usize,
    because: Vec<Digest>,
}

fn judge<'a>(scene: &Scene<'a>, cases: &[Case<'a>], findings: &mut Vec<Finding>) {
    let ledger = scene.ledger();
    for case in cases {
        for standing in case.required() {
            let Some(found) = standing.found() else {
                continue;
            };
            // Nothing is said of attestations, neither by the listing nor by anybody who looked.
            let listed = found
                .entry
                .files
                .values()
                .any(|file| file.attested.is_some());
            if !listed && standing.view.attached.is_empty() {
                continue;
            }
            let lost = |word| {
                let here = known(ledger, standing.view, found.name, word)?;
                if here.without.is_empty() {
                    return None;
                }
                let series = scene.series(&standing.channel.name, &case.line.name)?;
                let known = |name| known(ledger, standing.view, name, word);
                let is_whole = |it: Known| it.without.is_empty() && it.all > 0;
                let name =
                    series.attested_before(case, word, |name| known(name).is_some_and(is_whole))?;
                Some((here, name, known(name)?))
            };
            let of_listing = lost(Word::Listing);
            // What the listing says is of the upload itself: nothing more will come.
            let is_final = of_listing.is_some();
            let Some((here, name, before)) = lost(Word::Found).or(of_listing) else {
                continue;
            };
            let until = match is_final {
                true => None,
                false => awaited(case, standing, &here.because),
            };
            let without = here.without.iter().map(|(label, _)| label.as_str());
            let mut message = format!(
                "{}: {} has no attestation, and all of `{}` has",
                standing.channel.name,
                some_of(without),
                visible_line(name),
            );
            if let Some(until) = until {
                message.push_str(&format!("; one may still come until {until}"));
            }
            let digests = here.without.iter().flat_map(|(_, digests)| digests);
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because(here.because.into_iter().chain(before.because))
                .retry_at(until)
                .digests(digests.map(ArtifactDigest::to_string))
                .hint("ask who published it, and how");
            findings.push(finding);
        }
    }
}

/// What is known of the artifacts of a name; nothing where that is not known of each.
fn known<'a>(ledger: &Ledger<'a>, view: &ChannelView<'a>, name: &str, word: Word) -> Option<Known> {
    let Lookup::Present(_, sources) = view.look_up(name) else {
        return None;
    };
    let mut because: Vec<Digest> = sources.iter().map(|it| it.observation.id).collect();
    let entry = sources.first()?.entry;
    let claimed = listed(view.channel, entry);
    if claimed.is_empty() {
        return None;
    }
    let mut without = Vec::new();
    let mut attested = 0;
    let artifacts = artifacts(ledger, view.channel, view, name, entry);
    let all = artifacts.len();
    for (artifact, (_, _, claimed)) in artifacts.into_iter().zip(claimed) {
        let is_attested = match (word, &artifact.attached, claimed) {
            (Word::Found, Attached::Known { .. }, _) => artifact.attestations().next().is_some(),
            (_, _, Some(claimed)) => claimed,
            _ => return None,
        };
        because.extend(artifact.because());
        match is_attested {
            true => attested += 1,
            false => without.push((artifact.name(), artifact.digests)),
        }
    }
    // An image is attested as a whole or by its platforms.
    if view.channel.traits.content == Content::Image && attested > 0 {
        without.clear();
    }
    Some(Known {
        without,
        all,
        because,
    })
}
