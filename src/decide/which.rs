//! Which releases are in question: a named one, that of a tag, the newest ones, or all.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::model::version::{Reading, Version};
use crate::model::{Environment, Line, Name, Policy, Time, visible};

use super::baseline::Baseline;
use super::index::is_commit;
use super::scene::{Case, Names};
use super::standing::Presence;
use super::view::View;

/// Which releases are judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The highest, the highest stable and the latest by server time of each line; the worst counts.
    Newest,
    /// These versions, or names that the leading channel would give them.
    Named(Vec<String>),
    /// The named ones, and every other release that one of these channels shows: what was built
    /// for them is about to be published.
    Built {
        /// As for [`Which::Named`].
        named: Vec<String>,
        /// Channels of the policy.
        by: Vec<Name>,
    },
    /// Every release that any channel shows, from a version or date on.
    All {
        /// A version of the line or a date.
        since: Option<String>,
    },
}

/// Why a question cannot be put to this policy. Always exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QuestionError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// A release of a line, and when servers say that it appeared.
struct Release {
    version: Version,
    latest: Option<Time>,
}

/// Makes the cases of a question.
pub(super) fn cases<'a>(
    which: &Which,
    policy: &'a Policy,
    view: &'a View<'a>,
    names: &'a Names<'a>,
    environment: Option<&Environment>,
) -> Result<Vec<Case<'a>>, QuestionError> {
    let case = |line: &'a Line, version: Version| {
        Case::new(policy, view, names, environment, line, version)
    };
    let accepted = |line: &&Line| {
        environment.is_none_or(|it| it.lines.is_empty() || it.lines.contains(&line.name))
    };
    let mut cases: Vec<Case<'a>> = Vec::new();
    match which {
        Which::Named(texts) => cases = named(texts, policy, case)?,
        Which::Built { named: texts, by } => {
            cases = named(texts, policy, case)?;
            for line in &policy.lines {
                for release in releases(line, view, names, Some(by)) {
                    let is_known = |known: &Case<'a>| {
                        known.line.name == line.name && known.version.key() == release.version.key()
                    };
                    if !cases.iter().any(is_known) {
                        let mut built = case(line, release.version);
                        built.named = true;
                        cases.push(built);
                    }
                }
            }
        }
        Which::Newest => {
            for line in policy.lines.iter().filter(accepted) {
                let releases = releases(line, view, names, None);
                let newest = newest(line, releases)?;
                cases.extend(newest.into_iter().map(|version| case(line, version)));
            }
        }
        Which::All { since } => {
            let mut read = since.is_none();
            for line in policy.lines.iter().filter(accepted) {
                let from = since.as_deref().and_then(|since| From::read(since, line));
                read |= from.is_some();
                let Some(from) = from.or_else(|| since.is_none().then_some(From::Beginning)) else {
                    continue;
                };
                let mut releases = releases(line, view, names, None);
                releases.retain(|release| from.includes(release));
                releases.sort_by(newest_first);
                cases.extend(
                    releases
                        .into_iter()
                        .map(|release| case(line, release.version)),
                );
            }
            if !read {
                return Err(QuestionError {
                    message: format!(
                        "`{}` is neither a date nor a version of a line with an order",
                        visible(since.as_deref().unwrap_or_default(), 80)
                    ),
                    hint: "give a date such as 2026-01-31 or a version".to_owned(),
                });
            }
        }
    }
    for line in &policy.lines {
        let baseline = Baseline::of(line, |version| case(line, version.clone()));
        let of_line = |case: &&mut Case<'a>| case.line.name == line.name && !case.named;
        for case in cases.iter_mut().filter(of_line) {
            case.older = baseline.is_after(case);
        }
    }
    Ok(cases)
}

/// The cases of releases that are named.
fn named<'a>(
    texts: &[String],
    policy: &'a Policy,
    case: impl Fn(&'a Line, Version) -> Case<'a>,
) -> Result<Vec<Case<'a>>, QuestionError> {
    let mut cases: Vec<Case<'a>> = Vec::new();
    for text in texts {
        let found = readings(text, policy)?;
        let mut named: Vec<Case<'a>> = found
            .into_iter()
            .map(|(line, version)| case(line, version))
            .collect();
        prefer_announced(&mut named);
        // A text that several lines can read belongs to those that have it, or may have it.
        if named.iter().any(is_somewhere) {
            named.retain(is_somewhere);
        } else {
            named.truncate(1);
        }
        cases.append(&mut named);
    }
    for case in &mut cases {
        case.named = true;
    }
    Ok(cases)
}

/// Where a listing begins.
enum From {
    Beginning,
    Time(Time),
    Version(Version),
}

impl From {
    fn read(text: &str, line: &Line) -> Option<Self> {
        if let Ok(time) = text.parse() {
            return Some(Self::Time(time));
        }
        let version = Version::parse(text, line.scheme).ok()?;
        line.scheme.is_ordered().then_some(Self::Version(version))
    }

    /// What cannot be placed is included: nothing is left out by not knowing.
    fn includes(&self, release: &Release) -> bool {
        match self {
            Self::Beginning => true,
            Self::Time(from) => release.latest.is_none_or(|latest| latest >= *from),
            Self::Version(from) => release.version.precedence(from) != Some(Ordering::Less),
        }
    }
}

/// The releases that a text may mean, on each line: a version, or a name of the leading channel
/// (`--version v1.4.2` where tags are `v{version}`).
fn readings<'a>(text: &str, policy: &'a Policy) -> Result<Vec<(&'a Line, Version)>, QuestionError> {
    let mut found = Vec::new();
    let mut reasons = Vec::new();
    for line in &policy.lines {
        let as_version = Version::parse(text, line.scheme);
        match (as_version, leaders_release(text, policy, line)) {
            (Err(incomparable), None) => {
                reasons.push(format!("line `{}`: {incomparable}", line.name));
            }
            (Ok(version), None) => found.push((line, version)),
            (Err(_), Some((named, _))) => found.push((line, named)),
            // One release. What the template adds is no part of the version that fills the others:
            // PEP 440 would read a `v` as well.
            (Ok(version), Some((named, _))) if version.key() == named.key() => {
                found.push((line, named));
            }
            (Ok(version), Some((named, is_exact))) => {
                found.extend(is_exact.then_some((line, named)));
                found.push((line, version));
            }
        }
    }
    if found.is_empty() {
        return Err(QuestionError {
            message: format!("`{}` is no version of this component", visible(text, 80)),
            hint: reasons.join("; "),
        });
    }
    Ok(found)
}

/// The release that a text would be as a name in the leading channel, and whether that channel
/// would write it exactly so.
fn leaders_release(text: &str, policy: &Policy, line: &Line) -> Option<(Version, bool)> {
    let naming = policy.channel(&policy.announced_by)?.naming(&line.name)?;
    let Reading::Release {
        version,
        variant: None,
    } = naming.read(text)
    else {
        return None;
    };
    let version = version.convert(line.scheme).ok()?;
    let names = naming.exact(&version).unwrap_or_default();
    let is_exact = names.iter().any(|name| name == text);
    Some((version, is_exact))
}

/// Of two releases of one line that a text may mean, those that the leading channel has; both where
/// it has neither.
fn prefer_announced(cases: &mut Vec<Case<'_>>) {
    let is_announced =
        |case: &Case<'_>| case.leader().is_some_and(|leader| leader.found().is_some());
    let announced: HashSet<_> = cases
        .iter()
        .filter(|case| is_announced(case))
        .map(|case| &case.line.name)
        .collect();
    cases.retain(|case| is_announced(case) || !announced.contains(&case.line.name));
}

/// Whether a channel has the release, or cannot say: what is not known is not absent.
fn is_somewhere(case: &Case<'_>) -> bool {
    let may_have = |presence: &Presence<'_>| {
        matches!(presence, Presence::Present(_) | Presence::Unknown { .. })
    };
    case.standings
        .iter()
        .any(|standing| may_have(&standing.presence))
}

/// Every release of a line that any channel shows, or any of these, each once.
fn releases<'a>(
    line: &Line,
    view: &'a View<'a>,
    names: &'a Names<'a>,
    by: Option<&[Name]>,
) -> Vec<Release> {
    let shows =
        |position: &usize| by.is_none_or(|by| by.contains(&view.channels[*position].channel.name));
    let carrying: Vec<_> = (0..view.channels.len())
        .filter(shows)
        .filter_map(|position| names.of(position, &line.name))
        .collect();
    // Names that belong to a release that is known already, by their position in the index.
    let mut taken: Vec<Vec<bool>> = carrying
        .iter()
        .map(|(_, index)| vec![false; index.releases.len()])
        .collect();
    let mut releases: Vec<Release> = Vec::new();
    for (at, (_, index)) in carrying.iter().enumerate() {
        for (number, (_, version)) in index.releases.iter().enumerate() {
            if taken[at][number] {
                continue;
            }
            let version = version
                .convert(line.scheme)
                .unwrap_or_else(|_| version.clone());
            let mut latest = None;
            for (taken, (naming, index)) in taken.iter_mut().zip(&carrying) {
                let Ok(key) = naming.key(&version) else {
                    continue;
                };
                let commit = is_commit(naming, &version);
                for number in index.with_key(&key) {
                    taken[number] = true;
                    if !commit {
                        latest = latest.max(index.time(number));
                    }
                }
                if commit {
                    latest = latest.max(index.latest_time_of_commit(&version));
                }
            }
            releases.push(Release { version, latest });
        }
    }
    releases
}

fn newest(line: &Line, releases: Vec<Release>) -> Result<Vec<Version>, QuestionError> {
    if releases.is_empty() {
        return Ok(Vec::new());
    }
    if !line.scheme.is_ordered() && releases.iter().all(|release| release.latest.is_none()) {
        return Err(QuestionError {
            message: format!(
                "line `{}`: `{}` versions have no order, and no channel states a time",
                line.name, line.scheme
            ),
            hint: "name a version with --version, or judge all with --all".to_owned(),
        });
    }
    // Of several that appeared at one time the highest; where there is no order, the first.
    let latest = releases.iter().filter_map(|it| it.latest).max();
    let at_latest = |it: &&Release| it.latest.is_some() && it.latest == latest;
    let latest = highest(releases.iter().filter(at_latest).map(|it| &it.version));
    let mut chosen: Vec<Version> = Vec::new();
    // Versions that the line's scheme cannot hold have an order of their own.
    let schemes: HashSet<_> = releases.iter().map(|it| it.version.scheme()).collect();
    let mut schemes: Vec<_> = schemes
        .into_iter()
        .filter(|scheme| scheme.is_ordered())
        .collect();
    schemes.sort_unstable();
    for scheme in schemes {
        let of_scheme = || {
            releases
                .iter()
                .map(|it| &it.version)
                .filter(|it| it.scheme() == scheme)
        };
        chosen.extend(highest(of_scheme()).cloned());
        chosen.extend(highest(of_scheme().filter(|version| version.is_stable())).cloned());
    }
    chosen.extend(latest.cloned());
    let mut distinct: Vec<Version> = Vec::new();
    for version in chosen {
        if !distinct.contains(&version) {
            distinct.push(version);
        }
    }
    Ok(distinct)
}

/// The highest of some versions of one scheme.
pub(crate) fn highest<'v>(versions: impl Iterator<Item = &'v Version>) -> Option<&'v Version> {
    versions.reduce(|best, version| match version.precedence(best) {
        Some(Ordering::Greater) => version,
        _ => best,
    })
}

fn newest_first(one: &Release, other: &Release) -> Ordering {
    let order = other.version.precedence(&one.version);
    let by_time = || other.latest.cmp(&one.latest);
    let schemes = one.version.scheme().cmp(&other.version.scheme());
    schemes
        .then(order.unwrap_or_else(by_time))
        .then_with(|| one.version.text().cmp(other.version.text()))
}
