//! How many cells (version × channel) one core judges in a second, beside the bare look-ups of the
//! same names in the same run. Run with `cargo bench --bench evaluate`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and what it puts together is known"
)]

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::time::{Duration, Instant};

use lockstep::decide::{Question, Which, codes, evaluate};
use lockstep::model::{
    Answer, Commit, Coverage, Digest, EVIDENCE_SCHEMA, Entry, Evidence, Facts, FileFact, Listing,
    Observation, ObservationDraft, Outcome, Policy, Query, RedactedUrl, Time,
};
use lockstep::verify::{CheckedEvidence, Origin, check};

const POLICY: &str = r#"
[component]
name = "api"
source = "https://git.example/acme/api"
announced-by = "tag"
[line.release]
scheme = "semver"
[channel.tag]
kind = "git-tag"
tag = "v{version}"
[channel.release]
kind = "github-release"
tag = "v{version}"
[channel.pypi]
kind = "pypi"
[channel.image]
kind = "oci"
image = "registry.example/acme/api"
tag = "{version}"
"#;

const CHANNELS: [&str; 4] = ["tag", "release", "pypi", "image"];

fn main() {
    println!(
        "{:>9}  {:>10}  {:>13}  {:>12}  {:>8}",
        "cells", "judged in", "cells/second", "bare look-up", "ratio"
    );
    let mut first = None;
    for versions in [250, 2_500, 25_000, 250_000] {
        let (policy, checked) = world(versions);
        let cells = versions * CHANNELS.len();
        let question = Question {
            which: Which::All { since: None },
            environment: None,
            fail_on: Default::default(),
        };
        let runs = (1_000_000 / cells).clamp(3, 50);
        let judged = best(runs, || {
            let now = checked.evidence().decided_at;
            let verdict = evaluate(&policy, &checked, &question, now).unwrap();
            assert_eq!(verdict.outcome, Outcome::Allow);
            assert_eq!(verdict.cells.len(), cells);
            black_box(verdict);
        });
        let bare = bare_look_ups(&checked, runs);
        let rate = cells as f64 / judged.as_secs_f64();
        first.get_or_insert(rate);
        println!(
            "{cells:>9}  {:>8.1}ms  {rate:>13.0}  {:>10.1}ms  {:>7.1}x",
            judged.as_secs_f64() * 1e3,
            bare.as_secs_f64() * 1e3,
            judged.as_secs_f64() / bare.as_secs_f64(),
        );
        if versions == 250_000 {
            let linear = first.unwrap_or(rate) / rate;
            println!("a cell of the largest costs {linear:.2} times one of the smallest");
        }
    }
}

fn best(runs: usize, mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..runs).map(time).min().unwrap()
}

/// What any comparison must do at the least: look every version up in every channel.
fn bare_look_ups(checked: &CheckedEvidence, runs: usize) -> Duration {
    let listings: Vec<&Listing> = checked
        .evidence()
        .observations
        .iter()
        .filter_map(|observation| match &observation.answer {
            Answer::Seen {
                facts: Facts::Listing(listing),
                ..
            } => Some(listing),
            _ => None,
        })
        .collect();
    best(runs, || {
        let maps: Vec<HashMap<&str, &Entry>> = listings
            .iter()
            .map(|listing| {
                listing
                    .entries
                    .iter()
                    .map(|(name, entry)| (name.as_str(), entry))
                    .collect()
            })
            .collect();
        let mut found = 0;
        for name in listings[0].entries.keys() {
            let version = name.trim_start_matches('v');
            for (map, prefix) in maps.iter().zip(["v", "v", "", ""]) {
                found += usize::from(map.contains_key(format!("{prefix}{version}").as_str()));
            }
        }
        assert_eq!(found, listings[0].entries.len() * CHANNELS.len());
        black_box(found);
    })
}

fn world(versions: usize) -> (Policy, CheckedEvidence) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("api.toml");
    std::fs::write(&path, POLICY).unwrap();
    let policy = lockstep::policy::load(&path, &codes())
        .unwrap()
        .components
        .remove(0)
        .policy;
    let round: Time = "2026-01-01T00:00:00Z".parse().unwrap();
    let observations = CHANNELS
        .iter()
        .map(|channel| {
            let entries: BTreeMap<String, Entry> =
                (0..versions).map(|at| entry(channel, at)).collect();
            let listing = Listing {
                entries,
                ..Listing::default()
            };
            Observation::seal(ObservationDraft {
                at: round,
                round,
                channel: channel.parse().unwrap(),
                credential: "anonymous".to_owned(),
                endpoint: RedactedUrl::of_path("a benchmark"),
                query: Query::Listing,
                answer: Answer::Seen {
                    facts: Facts::Listing(listing),
                    body: None,
                    unchanged_since: None,
                    coverage: Coverage::Complete,
                },
            })
            .unwrap()
        })
        .collect();
    let evidence = Evidence {
        schema: EVIDENCE_SCHEMA.to_owned(),
        component: "api".parse().unwrap(),
        observations,
        bundles: Default::default(),
        trust: Default::default(),
        decided_at: round,
    };
    (policy, check(evidence, Origin::Asked, &[]).unwrap())
}

fn entry(channel: &str, at: usize) -> (String, Entry) {
    let version = format!("{}.{}.{}", at / 2_500, at / 50 % 50, at % 50);
    let commit: Commit = format!("{at:040x}").parse().unwrap();
    let time = Time::from_unix_seconds(1_500_000_000 + at as i64 * 7_200);
    let file = FileFact {
        digest: Some(Digest::of(&at.to_le_bytes())),
        uploaded: Some(time),
        ..FileFact::default()
    };
    match channel {
        "tag" => (
            format!("v{version}"),
            Entry {
                commit: Some(commit),
                ..Entry::default()
            },
        ),
        "release" => (
            format!("v{version}"),
            Entry {
                commit: Some(commit),
                published: Some(time),
                ..Entry::default()
            },
        ),
        "pypi" => (
            version.clone(),
            Entry {
                files: [(format!("api-{version}.tar.gz"), file)].into(),
                ..Entry::default()
            },
        ),
        _ => (
            version,
            Entry {
                digest: file.digest,
                ..Entry::default()
            },
        ),
    }
}
