//! `release-window`: a release appeared at an hour at which nobody releases.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::decide::absence::is_unannounced;
use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, ReleaseHours, Severity, Time, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "release-window",
    severity: Severity::Warn,
    mismatch: Level::None,
    suspicion: Level::Low,
    conflict: false,
    set_apart: false,
    title: "a release appeared outside the hours that the policy declares",
    explain: "The policy's `release-hours` say when releases are cut. The earliest time that a \
              server states for this one is outside. On a version that the leading channel does \
              not announce, suspicion is high: stolen tokens are used at night.\n\n\
              What to do: ask who released it. Widen the hours if it is usual after all.",
    judge: Judge::Whole(judge),
};

/// Time zones come from the database that is built in, never from the machine's: equal evidence
/// gives equal verdicts everywhere. A zone that it does not know decides nothing.
fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let Some(hours) = &scene.policy.component.release_hours else {
        return;
    };
    let Ok(zone) = TimeZoneDatabase::bundled().get(&hours.zone) else {
        return;
    };
    for case in &scene.cases {
        let earliest = case
            .required()
            .filter_map(|standing| Some((standing.found()?.entry.earliest_time()?, standing)))
            .min_by_key(|(time, _)| *time);
        let Some((time, standing)) = earliest else {
            continue;
        };
        let Some(false) = is_within(hours, &zone, time) else {
            continue;
        };
        let Some(found) = standing.found() else {
            continue;
        };
        let message = format!(
            "{}: `{}` appeared at {time}, outside the release hours ({})",
            standing.channel.name,
            visible_line(found.name),
            visible_line(&hours.zone),
        );
        let mut finding = RULE
            .about_standing(scene, case, standing, message)
            .because(found.because())
            .digests(found.digests())
            .hint("ask who released it");
        if is_unannounced(scene, case) {
            finding.suspicion = Level::High;
        }
        findings.push(finding);
    }
}

/// Whether a time is within the hours. A span that crosses midnight belongs to the day on which it
/// begins; one that ends where it begins is the whole day.
fn is_within(hours: &ReleaseHours, zone: &TimeZone, time: Time) -> Option<bool> {
    let local = Timestamp::from_second(time.unix_seconds())
        .ok()?
        .to_zoned(zone.clone());
    let day = u8::try_from(local.weekday().to_monday_zero_offset()).ok()?;
    let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).ok()?;
    let (from, until) = (hours.from_minute, hours.until_minute);
    let on = |day: u8| hours.days.contains(&day);
    Some(if from == until {
        on(day)
    } else if from < until {
        on(day) && (from..until).contains(&minute)
    } else {
        (on(day) && minute >= from) || (on((day + 6) % 7) && minute < until)
    })
}
