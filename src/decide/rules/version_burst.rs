//! `version-burst`: several release lines of one package were published within an hour.

use std::collections::{BTreeSet, HashMap};

use crate::decide::absence::is_unannounced;
use crate::decide::index::NameIndex;
use crate::decide::rule::{Judge, Rests, Rule, some_of};
use crate::decide::scene::Scene;
use crate::model::version::Scheme;
use crate::model::{Content, Duration, Finding, Level, Name, Severity, Time};

pub(super) const RULE: Rule = Rule {
    code: "version-burst",
    severity: Severity::Warn,
    mismatch: Level::None,
    suspicion: Level::Low,
    conflict: false,
    set_apart: false,
    title: "three or more series of one package were published within an hour",
    explain: "A series is a major version, or a minor one under 0. Somebody with a stolen token \
              publishes into every series at once, so that no pinned range escapes. On a version \
              that the leading channel does not announce, suspicion is high.\n\n\
              Usual causes that are no attack: a security fix that is released for all supported \
              series together.\n\n\
              What to do: look for the announcement; ask who published them.",
    judge: Judge::Whole(judge),
};

const SPAN: Duration = Duration::from_minutes(60);
const SERIES: usize = 3;

/// What was published together with a name.
#[derive(Clone, Copy)]
struct Window {
    first: usize,
    last: usize,
}

/// Releases of one channel in the order of their times, and the windows of those in a burst.
struct Bursts<'a> {
    releases: Vec<(Time, String, &'a str)>,
    members: HashMap<&'a str, Window>,
}

/// Over everything that a required package channel lists, reported on each release in question
/// that is part of it. Package channels are those that publish files and do not announce: an
/// announcement is made by whoever owns the source.
fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    if scene.cases.is_empty() {
        return;
    }
    let mut found: HashMap<(&Name, &Name), Bursts<'_>> = HashMap::new();
    for (position, view) in scene.view.channels.iter().enumerate() {
        let traits = &view.channel.traits;
        let package = matches!(traits.content, Content::Files | Content::Object);
        if !package || traits.can_lead || !scene.requires(&view.channel.name) {
            continue;
        }
        for line in &scene.policy.lines {
            if !matches!(line.scheme, Scheme::Semver | Scheme::Pep440) {
                continue;
            }
            if let Some((_, index)) = scene.names.of(position, &line.name) {
                let bursts = bursts(index);
                if !bursts.members.is_empty() {
                    found.insert((&view.channel.name, &line.name), bursts);
                }
            }
        }
    }
    if found.is_empty() {
        return;
    }
    for case in &scene.cases {
        for standing in case.required() {
            let Some(bursts) = found.get(&(&standing.channel.name, &case.line.name)) else {
                continue;
            };
            let Some(here) = standing.found() else {
                continue;
            };
            let Some(window) = bursts.members.get(here.name) else {
                continue;
            };
            let together = &bursts.releases[window.first..=window.last];
            let series: BTreeSet<&str> = together.iter().map(|it| it.1.as_str()).collect();
            let names = together.iter().map(|(_, _, name)| *name);
            let message = format!(
                "{}: {} series were published within an hour: {}",
                standing.channel.name,
                series.len(),
                some_of(names),
            );
            let mut finding = RULE
                .about_standing(scene, case, standing, message)
                .because(here.because())
                .digests(here.digests())
                .hint("look for the announcement; ask who published them");
            if is_unannounced(scene, case) {
                finding.suspicion = Level::High;
            }
            findings.push(finding);
        }
    }
}

fn bursts<'a>(index: &NameIndex<'a>) -> Bursts<'a> {
    let mut releases: Vec<(Time, String, &'a str)> = index
        .timed()
        .filter_map(|(name, version, time)| Some((time?, version.series()?, name)))
        .collect();
    releases.sort_unstable();
    let mut members = HashMap::new();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut first = 0;
    let mut marked = 0;
    for (last, (time, series, _)) in releases.iter().enumerate() {
        *counts.entry(series).or_default() += 1;
        while let Some((start, left, _)) = releases.get(first)
            && time.since(*start) > SPAN
        {
            if let Some(count) = counts.get_mut(left.as_str()) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(left.as_str());
                }
            }
            first += 1;
        }
        if counts.len() >= SERIES {
            // Each release keeps the first window that it is in.
            for (_, _, name) in &releases[first.max(marked)..=last] {
                members.insert(*name, Window { first, last });
            }
            marked = last + 1;
        }
    }
    Bursts { releases, members }
}
