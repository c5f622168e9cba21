//! What could not be asked: one judgement for the three codes of availability.

use std::collections::HashSet;

use crate::model::{Digest, Failure, FailureKind, Finding, Time, visible};

use super::Which;
use super::attested;
use super::rule::{Rests, Rule};
use super::scene::{Case, Scene};
use super::standing::Presence;
use super::view::ChannelView;

/// The most characters of a reason: who was asked for a login, and what each of them said.
const TOLD: usize = 400;

/// What is not known of one channel.
pub(crate) struct Gaps<'a> {
    view: &'a ChannelView<'a>,
    gaps: Vec<Gap>,
}

/// Why a channel says nothing, or not everything.
struct Gap {
    why: Failure,
    because: Vec<Digest>,
    retry_at: Option<Time>,
    version: Option<(String, crate::model::Name)>,
}

/// One finding for each required channel that says nothing, or not enough, for a reason of `kind`.
pub(crate) fn judge(
    rule: &Rule,
    scene: &Scene<'_>,
    kind: fn(FailureKind) -> bool,
    findings: &mut Vec<Finding>,
) {
    for Gaps { view, gaps } in scene.gaps() {
        let gaps: Vec<&Gap> = gaps.iter().filter(|gap| kind(gap.why.kind)).collect();
        let Some(first) = gaps.first() else { continue };
        let name = &view.channel.name;
        let told = match first.why.kind {
            // Its general words say less than the detail alone.
            FailureKind::Stale if !first.why.detail.is_empty() => first.why.detail.clone(),
            _ => first.why.to_string(),
        };
        let message = format!("{name}: {}", visible(&told, TOLD));
        let mut finding = rule
            .about_component(scene, message)
            .because(gaps.iter().flat_map(|gap| gap.because.iter().copied()))
            .retry_at(gaps.iter().filter_map(|gap| gap.retry_at).max());
        finding.channel = Some(name.clone());
        if let [
            Gap {
                version: Some((version, line)),
                ..
            },
        ] = gaps.as_slice()
        {
            finding.version = Some(version.clone());
            finding.line = Some(line.clone());
        }
        findings.push(finding.hint(hint(first.why.kind)));
    }
}

/// What is not known of each required channel.
pub(super) fn gaps<'a>(scene: &Scene<'a>) -> Vec<Gaps<'a>> {
    let gaps = |view| Gaps {
        view,
        gaps: gaps_of(scene, view),
    };
    scene.required_views().map(gaps).collect()
}

fn gaps_of(scene: &Scene<'_>, view: &ChannelView<'_>) -> Vec<Gap> {
    if !view.was_asked() {
        let detail = match scene.view.round {
            Some(round) => format!("not asked in the round of {round}"),
            None => "never asked".to_owned(),
        };
        let why = Failure {
            kind: FailureKind::Stale,
            detail,
        };
        return vec![Gap {
            why,
            because: Vec::new(),
            retry_at: None,
            version: None,
        }];
    }
    let mut gaps = Vec::new();
    for case in &scene.cases {
        let Some(standing) = case.standing(&view.channel.name) else {
            continue;
        };
        if let Presence::Unknown {
            why,
            because,
            retry_at,
        } = &standing.presence
        {
            gaps.push(Gap {
                why: why.clone(),
                because: because.clone(),
                retry_at: *retry_at,
                version: Some((case.text(), case.line.name.clone())),
            });
        }
    }
    gaps.extend(not_known(scene, view));
    // What a failed question or the rest of a torn listing would have said is not known: another
    // spelling of the release with other content, a floating tag, the project's quarantine. So it
    // stops a named release as well, even where its own name was seen.
    let failed = view.failures.iter().map(|failed| Gap {
        why: failed.why.clone(),
        because: vec![failed.observation.id],
        retry_at: failed.retry_at,
        version: None,
    });
    let torn = view.listings.iter().filter_map(|listed| {
        Some(Gap {
            why: listed.broken?.clone(),
            because: vec![listed.observation.id],
            retry_at: None,
            version: None,
        })
    });
    let mut known: HashSet<Digest> = gaps.iter().flat_map(|gap| gap.because.clone()).collect();
    for gap in failed.chain(torn) {
        let news = gap.because.iter().any(|id| !known.contains(id));
        if news {
            known.extend(&gap.because);
            gaps.push(gap);
        }
    }
    // Which releases there are is known only from a listing.
    let enumerates = !matches!(scene.question.which, Which::Named(_));
    let silent = view.channel.traits.lists && !view.is_complete();
    if (enumerates || scene.cases.is_empty()) && silent && gaps.is_empty() {
        let why = Failure {
            kind: FailureKind::Stale,
            detail: "not listed in the present round".to_owned(),
        };
        gaps.push(Gap {
            why,
            because: Vec::new(),
            retry_at: None,
            version: None,
        });
    }
    gaps
}

/// What is not known of the attestations that the policy needs. Of releases older than
/// `judge-since` none is needed.
fn not_known(scene: &Scene<'_>, view: &ChannelView<'_>) -> Vec<Gap> {
    let provenances = scene.provenances();
    let mine = attested::each(scene).filter(|(case, standing, about)| {
        let here = standing.channel.name == view.channel.name;
        here && !case.older && about.is_needed(&provenances.tables)
    });
    let gap = |(case, _, about): (&Case<'_>, _, &attested::OfRelease<'_>)| {
        let unknown = about.unknown()?;
        Some(Gap {
            why: Failure {
                kind: unknown.why.kind,
                detail: format!("attestations of {}: {}", case.text(), unknown.why.detail),
            },
            because: unknown.because.clone(),
            retry_at: unknown.retry_at,
            version: Some((case.text(), case.line.name.clone())),
        })
    };
    mine.filter_map(gap).collect()
}

fn hint(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::NotFound => "check the name in the policy, and what the credential may see",
        FailureKind::Unauthorized | FailureKind::Forbidden => "check the credential and its scopes",
        FailureKind::RateLimited => "ask again later, or with a credential that has more budget",
        FailureKind::Stale => "ask again",
        FailureKind::Unsupported => "leave the channel out of the environment's `requires`",
        _ => "ask again; nothing is concluded from an answer that did not come",
    }
}
