//! What an allow needs, judged once more and naively: from the cells and findings of the verdict,
//! and from what the leading channel really showed.

use lockstep::decide::Which;
use lockstep::model::version::Version;
use lockstep::model::{
    Answer, Cell, CellState, Disposition, Facts, Finding, Observation, Outcome, Query, Severity,
    Verdict,
};
use proptest::prelude::*;

use super::drawn::{World, cases, named_worlds, worlds};
use super::less_evidence::shown;

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn an_allow_of_a_named_release_is_what_the_table_grants(world in named_worlds()) {
        granted(&world)?;
    }

    #[test]
    fn an_allow_of_the_newest_or_of_all_is_what_the_table_grants(world in worlds()) {
        granted(&world)?;
    }
}

fn granted(world: &World) -> Result<(), TestCaseError> {
    let Some(verdict) = world.judge() else {
        return Ok(());
    };
    let open = |least: Severity| {
        let all = verdict.findings.iter().filter(|it| it.is_open());
        all.filter(|it| it.severity >= least).count()
    };
    let by_table = if open(Severity::Deny) > 0 {
        Outcome::Deny
    } else if open(Severity::Indeterminate) > 0 {
        Outcome::Indeterminate
    } else {
        Outcome::Allow
    };
    prop_assert_eq!(verdict.outcome, by_table);
    let again = |it: &Finding| matches!(it.disposition, Disposition::LastKnownGood { .. });
    if verdict.outcome != Outcome::Allow || verdict.findings.iter().any(again) {
        return Ok(());
    }
    if let Err(why) = may_allow(world, &verdict) {
        prop_assert!(false, "{why}\n{}", shown(&Some(verdict)));
    }
    Ok(())
}

fn may_allow(world: &World, verdict: &Verdict) -> Result<(), String> {
    let waived = |cell: &Cell, code: &str, here: bool| {
        verdict.findings.iter().any(|it| {
            matches!(it.disposition, Disposition::Waived { .. })
                && it.code.as_str() == code
                && it.version.as_ref() == Some(&cell.version)
                && it.line.as_ref() == Some(&cell.line)
                && (!here || it.channel.as_ref() == Some(&cell.channel))
        })
    };
    let leads = |cell: &Cell| cell.channel == world.policy.announced_by;
    let named = matches!(world.which, Which::Named(_));
    let mut releases: Vec<(&String, &lockstep::model::Name)> = Vec::new();
    for cell in &verdict.cells {
        if !releases.contains(&(&cell.version, &cell.line)) {
            releases.push((&cell.version, &cell.line));
        }
    }
    let mut confirmed = 0;
    for (version, line) in releases {
        let of = || {
            verdict
                .cells
                .iter()
                .filter(move |it| (&it.version, &it.line) == (version, line))
        };
        let older = !named && is_older(world, version, line);
        for cell in of().filter(|it| it.required) {
            let fine = match &cell.state {
                CellState::Agrees => true,
                CellState::Missing if leads(cell) => waived(cell, "version-unannounced", false),
                CellState::Missing => waived(cell, "version-missing", true),
                _ => false,
            };
            let absent = matches!(
                cell.state,
                CellState::Missing
                    | CellState::Pending { .. }
                    | CellState::Incomparable { .. }
                    | CellState::NotStated { .. }
            );
            if !(fine || older && absent) {
                return Err(format!(
                    "{} of {} is {:?}",
                    cell.channel, version, cell.state
                ));
            }
        }
        let agrees = |it: &&Cell| it.required && matches!(it.state, CellState::Agrees);
        let leader = of().find(|it| leads(it));
        let leader =
            leader.is_some_and(|it| agrees(&it) || waived(it, "version-unannounced", false));
        let follower = of().filter(|it| !leads(it)).any(|it| agrees(&it));
        if leader && follower {
            confirmed += 1;
        } else if !older {
            return Err(format!("{version}: leader {leader}, follower {follower}"));
        }
        let said_otherwise = verdict.findings.iter().any(|it| {
            it.version.as_ref() == Some(version)
                && (it.code.as_str() == "release-deleted"
                    || matches!(it.disposition, Disposition::Waived { .. })
                        && it.code.as_str() == "version-unannounced")
        });
        if !older && !said_otherwise && !is_shown(world, version) {
            return Err(format!("the leading channel does not show {version}"));
        }
    }
    if confirmed == 0 {
        return Err("no release was confirmed".to_owned());
    }
    Ok(())
}

/// Lower than a line's `judge-since` or, where that is a date, perhaps before it.
fn is_older(world: &World, version: &str, line: &lockstep::model::Name) -> bool {
    use lockstep::model::Anchor;
    let Some(line) = world.policy.line(line) else {
        return false;
    };
    match &line.judge_since {
        None => false,
        Some(Anchor::Time(_)) => true,
        Some(Anchor::Version(since)) => Version::parse(version, line.scheme)
            .is_ok_and(|it| it.precedence(since) == Some(std::cmp::Ordering::Less)),
    }
}

/// Whether any answer of the leading channel's present round has a name that holds the release, in
/// any spelling that these worlds use.
fn is_shown(world: &World, version: &str) -> bool {
    let short = version.strip_suffix(".0").unwrap_or(version);
    let holds = |name: &String| name.ends_with(version) || name.ends_with(short);
    let round = world.round();
    let here = |it: &&Observation| {
        Some(it.round) == round && it.at <= world.now && it.channel == world.policy.announced_by
    };
    world
        .observations
        .iter()
        .filter(here)
        .any(|it| match (&it.query, &it.answer) {
            (
                _,
                Answer::Seen {
                    facts: Facts::Listing(listing),
                    ..
                },
            ) => listing.entries.keys().any(holds),
            (Query::Entry(name), Answer::Seen { .. }) => holds(name),
            _ => false,
        })
}
