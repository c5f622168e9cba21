//! What the channels of a drawn world answered: listings whole or torn, look-ups, failures.

use std::collections::{BTreeMap, BTreeSet};

use lockstep::model::version::Version;
use lockstep::model::{
    Answer, Channel, Commit, Content, Coverage, Digest, Duration, Entry, Facts, Failure,
    FailureKind, FileFact, Listing, Observation, ObservationDraft, Policy, ProjectFact, Query,
    RedactedUrl, Time,
};

use super::drawn::Tape;
use super::drawn_policy::START;

/// The releases of a line, the one in question first.
pub(super) const RELEASES: [&str; 3] = ["1.2.0", "1.1.0", "1.3.0"];

/// Names that a channel may show beside them: another spelling, and names that are no release.
const ASIDE: [&str; 6] = ["1.2", "v1.2", "01.2.0", "8.0.x", "latest", "1.2.0-slim"];

const FAILURES: [FailureKind; 14] = [
    FailureKind::Timeout,
    FailureKind::Connection,
    FailureKind::Tls,
    FailureKind::Unauthorized,
    FailureKind::Forbidden,
    FailureKind::NotFound,
    FailureKind::RateLimited,
    FailureKind::ServerError,
    FailureKind::UnexpectedStatus,
    FailureKind::Malformed,
    FailureKind::TooLarge,
    FailureKind::Redirect,
    FailureKind::Stale,
    FailureKind::Unsupported,
];

pub(super) fn failure(tape: &mut Tape) -> Failure {
    Failure {
        kind: tape.of(&FAILURES),
        detail: "as drawn".to_owned(),
    }
}

/// The digest of a part of a release, or another one.
pub(super) fn digest_of(release: usize, part: usize, other: bool) -> Digest {
    Digest::of(format!("{release} {part} {other}").as_bytes())
}

pub(super) fn commit_of(release: usize, other: bool) -> Commit {
    let digit = if other { 10 + release } else { 1 + release };
    format!("{digit:x}").repeat(40).parse().unwrap()
}

/// One to three rounds of asking.
pub(super) fn answers(policy: &Policy, tape: &mut Tape) -> Vec<Observation> {
    let mut observations = Vec::new();
    let mut round: Time = START.parse().unwrap();
    for number in 0..=tape.pick(3) {
        let span = tape.of(&[3600, 300, 1500, 86_400]);
        round = round.plus(Duration::from_seconds(if number == 0 { 0 } else { span }));
        for channel in &policy.channels {
            if !tape.odd(20) {
                let mut asked = Asked {
                    channel,
                    round,
                    at: round,
                    observations: &mut observations,
                };
                asked.answer(tape);
            }
        }
    }
    observations
}

/// One channel in one round.
struct Asked<'a> {
    channel: &'a Channel,
    round: Time,
    at: Time,
    observations: &'a mut Vec<Observation>,
}

impl Asked<'_> {
    fn answer(&mut self, tape: &mut Tape) {
        match tape.pick(16) {
            0..=8 => self.list(tape, Coverage::Complete),
            9 | 10 => {
                let coverage = torn(tape);
                self.list(tape, coverage);
            }
            11 | 12 => self.look_up(tape, true),
            13 => self.look_up(tape, false),
            14 => self.fail(tape),
            _ => self.project(tape),
        }
        if tape.odd(6) {
            match tape.pick(5) {
                0 => self.list(tape, Coverage::Complete),
                1 => {
                    let coverage = torn(tape);
                    self.list(tape, coverage);
                }
                2 => self.look_up(tape, true),
                3 => self.look_up(tape, false),
                _ => self.fail(tape),
            }
        }
    }

    fn add(&mut self, query: Query, answer: Answer) -> Digest {
        self.at = self.at.plus(Duration::from_seconds(1));
        let draft = ObservationDraft {
            at: self.at,
            round: self.round,
            channel: self.channel.name.clone(),
            credential: "anonymous".to_owned(),
            endpoint: RedactedUrl::of_path(self.channel.kind),
            query,
            answer,
        };
        let sealed = Observation::seal(draft).unwrap();
        let id = sealed.id;
        self.observations.push(sealed);
        id
    }

    fn see(&mut self, query: Query, facts: Facts, coverage: Coverage) -> Digest {
        let answer = Answer::Seen {
            facts,
            body: None,
            unchanged_since: None,
            coverage,
        };
        self.add(query, answer)
    }

    fn list(&mut self, tape: &mut Tape, coverage: Coverage) {
        let mut entries = BTreeMap::new();
        for (line, naming) in &self.channel.lines {
            for (position, release) in RELEASES.iter().enumerate() {
                let scheme = naming.line_scheme();
                let version = Version::parse(release, scheme).unwrap();
                // The first release is there as a rule, in the main line.
                let rarely = line.as_str() != "main" || position == 2;
                let there = if rarely { tape.odd(2) } else { !tape.odd(10) };
                for (at, name) in naming
                    .exact(&version)
                    .unwrap_or_default()
                    .iter()
                    .enumerate()
                {
                    if there && (at == 0 || tape.odd(2)) {
                        entries.insert(name.clone(), self.entry(tape, position));
                    }
                }
            }
        }
        if tape.odd(4) {
            let aside = tape.of(&ASIDE).to_owned();
            entries.insert(aside, self.entry(tape, 0));
        }
        let unnamed = match tape.odd(24) {
            true => BTreeSet::from(["acme-1.2.0-odd.whl".to_owned()]),
            false => BTreeSet::new(),
        };
        let project = (!tape.odd(4)).then(|| project(tape));
        let shown = entries.keys().next_back().filter(|_| tape.odd(8)).cloned();
        let moving = shown.map(|shows| ("latest".to_owned(), shows));
        let listing = Listing {
            entries,
            unnamed,
            moving: moving.into_iter().collect(),
            project,
        };
        self.see(Query::Listing, Facts::Listing(listing), coverage);
    }

    fn look_up(&mut self, tape: &mut Tape, present: bool) {
        let project = Facts::Project(project(tape));
        let parent_read = self.see(Query::Project, project, Coverage::Complete);
        let mut names: Vec<String> = Vec::new();
        for (_, naming) in &self.channel.lines {
            let version = Version::parse("1.2.0", naming.line_scheme()).unwrap();
            names.extend(naming.exact(&version).unwrap_or_default());
        }
        if tape.odd(6) {
            names.push(tape.of(&ASIDE).to_owned());
        }
        for name in names {
            let query = Query::Entry(name);
            if tape.odd(20) {
                let answer = Answer::Failed {
                    why: failure(tape),
                    retry_at: None,
                };
                self.add(query, answer);
            } else if present != tape.odd(8) {
                let entry = self.entry(tape, 0);
                self.see(query, Facts::Entry(entry), Coverage::Complete);
            } else {
                self.add(query, Answer::Absent { parent_read });
            }
        }
    }

    fn fail(&mut self, tape: &mut Tape) {
        let query = tape.of(&[
            Query::Listing,
            Query::Project,
            Query::Entry("v1.2.0".to_owned()),
        ]);
        let answer = Answer::Failed {
            why: failure(tape),
            retry_at: tape.odd(2).then(|| self.at.plus(Duration::from_minutes(5))),
        };
        self.add(query, answer);
    }

    fn project(&mut self, tape: &mut Tape) {
        let facts = Facts::Project(project(tape));
        self.see(Query::Project, facts, Coverage::Complete);
    }

    /// What is said about a release; nearly always the same.
    fn entry(&self, tape: &mut Tape, release: usize) -> Entry {
        let content = self.channel.traits.content;
        let start: Time = START.parse().unwrap();
        let before = [7200, 60, 600, 40_000_000].map(|it| start.minus(Duration::from_seconds(it)));
        let digest = (content == Content::Image).then(|| digest_of(release, 0, tape.odd(16)));
        let states = self.channel.traits.states_commit || tape.odd(8);
        let mut entry = Entry {
            version: tape.odd(24).then(|| "1.2.0".to_owned()),
            commit: (states && !tape.odd(24)).then(|| commit_of(release, tape.odd(16))),
            digest: digest.filter(|_| !tape.odd(24)),
            published: (self.channel.traits.states_time && !tape.odd(3)).then(|| tape.of(&before)),
            draft: self.channel.kind == "github-release" && tape.odd(16),
            prerelease: tape.odd(16).then(|| tape.odd(2)),
            ..Entry::default()
        };
        if content == Content::Image && !tape.odd(16) {
            let platform = digest_of(release, 1, tape.odd(16));
            entry.platforms.insert("linux/amd64".to_owned(), platform);
        }
        if content == Content::Files {
            for part in 1..=2 + usize::from(tape.odd(16)) {
                if tape.odd(20) {
                    continue;
                }
                let file = FileFact {
                    digest: (!tape.odd(24)).then(|| digest_of(release, part, tape.odd(20))),
                    uploaded: tape.odd(2).then(|| tape.of(&before)),
                    yanked: tape.odd(24),
                    ..FileFact::default()
                };
                entry
                    .files
                    .insert(format!("acme-{release}-{part}.whl"), file);
            }
        }
        if !tape.odd(4) {
            entry.branches.insert("main".to_owned(), !tape.odd(8));
        }
        entry
    }
}

fn torn(tape: &mut Tape) -> Coverage {
    Coverage::Partial {
        stopped_at: "page 2".to_owned(),
        why: failure(tape),
    }
}

fn project(tape: &mut Tape) -> ProjectFact {
    ProjectFact {
        id: tape.of(&[Some(1), Some(1), Some(1), None, Some(2)]),
        status: tape.odd(40).then(|| "quarantined".to_owned()),
        ..ProjectFact::default()
    }
}
