//! Policies drawn at random: leader and followers, lines, agreements, waivers, an environment.

use lockstep::model::version::{Naming, Plus, Scheme, Template, Version};
use lockstep::model::{
    AgreeOn, Agreement, Anchor, Channel, Commitment, Component, Content, Digest, Duration,
    Environment, Line, Mode, Name, Policy, Provenance, ProvenanceKind, Time, Traits, Unreachable,
    Waiver,
};

use super::drawn::Tape;
use super::drawn_answers::{RELEASES, commit_of, digest_of};

/// When the first round begins.
pub(super) const START: &str = "2026-03-01T08:00:00Z";

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(super) fn policy(tape: &mut Tape) -> Policy {
    let scheme = tape.of(&[Scheme::Semver, Scheme::Pep440]);
    let mut lines = vec![line("main", scheme, tape)];
    if tape.odd(4) {
        lines.push(line("nightly", scheme, tape));
    }
    let mut kinds = vec![tape.of(&["git-tag", "github-release"])];
    for _ in 0..=tape.pick(4) {
        let kind = tape.of(&["pypi", "oci", "mirror", "npm", "files", "github-release"]);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let channels: Vec<Channel> = kinds
        .iter()
        .enumerate()
        .map(|(position, kind)| channel(kind, position == 0, &lines, tape))
        .collect();
    let names: Vec<Name> = channels.iter().map(|it| it.name.clone()).collect();
    Policy {
        component: Component {
            name: name("acme"),
            source: None,
            repository_id: tape.odd(6).then_some(1),
            branches: if tape.odd(6) {
                vec!["main".to_owned()]
            } else {
                Vec::new()
            },
            release_hours: None,
        },
        announced_by: names[0].clone(),
        agreements: agreements(&channels, tape),
        provenance: provenance(&names, tape),
        trust: Vec::new(),
        environments: environment(&names, &lines, tape),
        waivers: (0..tape.pick(4)).map(|_| waiver(tape)).collect(),
        lines,
        channels,
        digest: Digest::of(b"policy"),
        guessed: None,
    }
}

fn line(word: &str, scheme: Scheme, tape: &mut Tape) -> Line {
    let time: Time = START.parse().unwrap();
    let judge_since = match tape.pick(8) {
        6 => Some(Anchor::Time(time)),
        7 => Some(Anchor::Version(Version::parse("1.2.0", scheme).unwrap())),
        _ => None,
    };
    Line {
        name: name(word),
        scheme,
        judge_since,
    }
}

fn channel(kind: &'static str, leads: bool, lines: &[Line], tape: &mut Tape) -> Channel {
    let (content, template, own) = match kind {
        "git-tag" => (Content::Commit, "v{version}", None),
        "github-release" => (Content::Files, "v{version}", None),
        "pypi" => (Content::Files, "{version}", Some(Scheme::Pep440)),
        "npm" => (Content::Files, "{version}", Some(Scheme::Semver)),
        "files" => (Content::Files, "{version}", None),
        _ => (Content::Image, "{version}", None),
    };
    let image = content == Content::Image;
    // A follower may carry but one of two lines.
    let carries = if leads { 0 } else { tape.pick(4) };
    let carried = lines.iter().enumerate().filter(|(at, _)| match carries {
        2 if lines.len() > 1 => *at == 0,
        3 if lines.len() > 1 => *at == 1,
        _ => true,
    });
    let second = tape.odd(8);
    let naming = |line: &Line| {
        let prefix = if line.name.as_str() == "main" {
            ""
        } else {
            "n-"
        };
        let mut templates: Vec<Template> = vec![format!("{prefix}{template}").parse().unwrap()];
        if second {
            templates.push(format!("{prefix}rel-{{version}}").parse().unwrap());
        }
        let floating = if image { vec!["latest"] } else { Vec::new() };
        Naming::new(
            line.scheme,
            own.unwrap_or(line.scheme),
            "acme",
            templates,
            Plus::Reject,
            Vec::new(),
            floating
                .iter()
                .map(|it| Template::floating(it).unwrap())
                .collect(),
            image,
        )
    };
    Channel {
        name: name(kind),
        kind: if image { "oci" } else { kind },
        traits: Traits {
            can_lead: matches!(kind, "git-tag" | "github-release"),
            content,
            states_commit: kind == "git-tag",
            lists: true,
            states_time: kind != "git-tag",
        },
        lines: carried
            .map(|(_, line)| (line.name.clone(), naming(line)))
            .collect(),
        platforms: if image && tape.odd(10) {
            vec!["linux/amd64".to_owned()]
        } else {
            Vec::new()
        },
        assets: Vec::new(),
        may_lag: Duration::from_minutes(tape.of(&[30, 0, 600])),
        may_lead: Duration::from_minutes(tape.of(&[10, 0, 600])),
        declared_at: 1,
    }
}

fn agreements(channels: &[Channel], tape: &mut Tape) -> Vec<Agreement> {
    let of = |content: Content| -> Vec<Name> {
        let all = channels.iter().filter(|it| it.traits.content == content);
        all.map(|it| it.name.clone()).collect()
    };
    let mut agreements = Vec::new();
    let images = [
        AgreeOn::SameDigest,
        AgreeOn::SamePlatforms,
        AgreeOn::SameCommit,
    ];
    for (names, on) in [
        (of(Content::Image), tape.of(&images)),
        (of(Content::Files), AgreeOn::SameFiles),
    ] {
        if names.len() > 1 && tape.odd(3) {
            agreements.push(Agreement {
                channels: names,
                on,
                because: None,
                declared_at: 1,
            });
        }
    }
    agreements
}

fn provenance(names: &[Name], tape: &mut Tape) -> Vec<Provenance> {
    if !tape.odd(16) {
        return Vec::new();
    }
    vec![Provenance {
        channels: vec![tape.of(names)],
        kind: ProvenanceKind::Build,
        issuer: None,
        identities: Vec::new(),
        workflows: Vec::new(),
        builders: Vec::new(),
        source: None,
        reference: None,
        commit: Commitment::Any,
        trust: Vec::new(),
        since: None,
        declared_at: 1,
    }]
}

fn environment(names: &[Name], lines: &[Line], tape: &mut Tape) -> Vec<Environment> {
    let requires = names.iter().filter(|_| !tape.odd(4)).cloned().collect();
    let all = lines.iter().map(|it| it.name.clone());
    let accepted = if tape.odd(6) {
        all.rev().take(1).collect()
    } else {
        Vec::new()
    };
    let when_unreachable = if tape.odd(4) {
        Unreachable::LastKnownGood(Duration::from_hours(24))
    } else {
        Unreachable::Indeterminate
    };
    vec![Environment {
        name: name("production"),
        requires,
        lines: accepted,
        mode: tape.of(&[Mode::Enforce, Mode::Audit, Mode::Observe]),
        when_unreachable,
    }]
}

/// Codes that a release can have; the last three cannot be waived.
const WAIVED: [&str; 14] = [
    "version-missing",
    "version-unannounced",
    "version-collision",
    "line-not-accepted",
    "release-yanked",
    "release-draft",
    "file-missing",
    "asset-digest-mismatch",
    "git-tag-moved",
    "image-digest-mismatch",
    "version-pending",
    "channel-unreachable",
    "evidence-stale",
    "nothing-to-compare",
];

fn waiver(tape: &mut Tape) -> Waiver {
    let every = RELEASES.iter().enumerate().flat_map(|(at, _)| {
        (0..3).flat_map(move |kind| {
            [
                digest_of(at, kind, false).to_string(),
                digest_of(at, kind, true).to_string(),
                format!("git:{}", commit_of(at, false)),
                format!("git:{}", commit_of(at, true)),
            ]
        })
    });
    let digests = if tape.odd(2) {
        every.collect()
    } else {
        Vec::new()
    };
    let expires = tape.of(&["2029-01-01", "2026-01-01"]);
    Waiver {
        code: tape.of(&WAIVED).parse().unwrap(),
        version: tape.of(&["1.2.0", "1.1.0"]).to_owned(),
        digests,
        reason: "agreed".to_owned(),
        approved_by: "security".to_owned(),
        expires: expires.parse().unwrap(),
        declared_at: 9,
    }
}
