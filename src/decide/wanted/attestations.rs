//! Of which artifacts a decision needs to know what is attached to them.

use std::collections::{BTreeMap, BTreeSet};

use crate::decide::attested::{applies, is_optional, listed, tables};
use crate::decide::scene::{Case, Names, Scene};
use crate::decide::standing::Standing;
use crate::decide::view::{ChannelView, Lookup, View};
use crate::decide::{Question, QuestionError, environment_of, which};
use crate::model::{ArtifactDigest, Content, Entry, Name, Policy, Time, WantedAttestations};
use crate::verify::CheckedEvidence;

/// The most artifacts of one name that are asked about. What is beyond is not known, and so never
/// passes.
const ARTIFACTS: usize = 200;

/// The most names of one channel that are asked about in one round.
const NAMES: usize = 500;

/// The names of each channel, with their artifacts, of which the decision needs to know what is
/// attached to them: those of the releases in question in the required channels that `[[provenance]]`
/// or a `same-commit` agreement names, and the version before each, to tell what was lost and who
/// published it, where the listing does not say that nothing is attested.
///
/// It rests on the listings and the look-ups of the present round, so make those first.
///
/// # Errors
/// [`QuestionError`] as `evaluate`.
pub fn wanted_attestations(
    policy: &Policy,
    checked: &CheckedEvidence,
    question: &Question,
    now: Time,
) -> Result<BTreeMap<Name, Vec<WantedAttestations>>, QuestionError> {
    let environment = environment_of(policy, question)?;
    let view = View::new(policy, checked, now, None);
    let names = Names::new(&view);
    let cases = which::cases(&question.which, policy, &view, &names, environment)?;
    let scene = Scene::new(
        policy,
        question,
        environment,
        now,
        checked,
        (&view, &names),
        cases,
    );
    let mut wanted: BTreeMap<Name, Vec<WantedAttestations>> = BTreeMap::new();
    for case in scene.cases.iter().filter(|case| !case.older) {
        for standing in case.required().filter(|it| is_asked(&scene, case, it)) {
            let mine = wanted.entry(standing.channel.name.clone()).or_default();
            if let Some(found) = standing.found() {
                mine.extend(artifacts(standing, found.name, &found.entry));
            }
            mine.extend(previous(&scene, case, standing).and_then(|name| {
                let Lookup::Present(name, sources) = standing.view.look_up(name) else {
                    return None;
                };
                let entry = sources.first()?.entry;
                (!says_none(standing.view, entry)).then(|| artifacts(standing, name, entry))?
            }));
        }
    }
    for mine in wanted.values_mut() {
        let mut known = BTreeSet::new();
        mine.retain(|it| known.insert(it.name.clone()));
        mine.truncate(NAMES);
    }
    wanted.retain(|_, mine| !mine.is_empty());
    Ok(wanted)
}

/// Whether a table of the policy, or an agreement, needs attestations of a release in a channel.
pub(super) fn is_asked(scene: &Scene<'_>, case: &Case<'_>, standing: &Standing<'_>) -> bool {
    if !standing.required || standing.found().is_none() {
        return false;
    }
    let tables = tables(scene.policy, &scene.agreements);
    let mut tables = tables.iter();
    tables.any(|it| !is_optional(it) && applies(it, case, standing))
}

/// The version before a release in its series that is not in question itself.
pub(super) fn previous<'a>(
    scene: &Scene<'a>,
    case: &Case<'_>,
    standing: &Standing<'_>,
) -> Option<&'a str> {
    let channel = &standing.channel.name;
    let series = scene.series(channel, &case.line.name)?;
    series
        .before(case)
        .find(|name| !scene.is_in_question(channel, name))
}

fn artifacts(standing: &Standing<'_>, name: &str, entry: &Entry) -> Option<WantedAttestations> {
    let artifacts: BTreeMap<String, ArtifactDigest> = listed(standing.channel, entry)
        .into_iter()
        .filter_map(|(label, digests, _)| Some((label, *digests.first()?)))
        .take(ARTIFACTS)
        .collect();
    (!artifacts.is_empty()).then(|| WantedAttestations {
        name: name.to_owned(),
        artifacts,
    })
}

/// Whether the listing itself says that no file is attested: then nobody has signed for any. Where
/// it says that files are, who published them is asked.
fn says_none(view: &ChannelView<'_>, entry: &Entry) -> bool {
    let mut files = entry.files.values();
    view.channel.traits.content == Content::Files && files.all(|it| it.attested == Some(false))
}
