//! `[component]`: what is released together.

use globset::Glob;
use jiff::tz::TimeZoneDatabase;
use url::Url;

use super::{COMPONENT, EXTENDS};
use crate::model::settings::{Diagnostic, Fields, Key, Place, Placed, Shape, WebAddress};
use crate::model::{Name, ReleaseHours, visible};

/// How many names a family may have, and how many branches a component.
const MAXIMUM_NAMES: usize = 500;
const MAXIMUM_BRANCHES: usize = 64;

/// Its keys.
pub(super) const KEYS: &[Key] = &[
    Key::optional(
        "name",
        Shape::Text,
        "the component's name, which `{name}` stands for in templates",
    ),
    Key::optional(
        "names",
        Shape::Texts,
        "instead of `name`: several components that are released alike, such as the packages of a monorepo. The policy then holds for each, with `{name}` filled in",
    ),
    Key::optional(
        "source",
        Shape::Text,
        "https address of the source repository, host and path. Addresses of the host's API follow from it",
    ),
    Key::optional(
        "repository-id",
        Shape::Integer,
        "the host's number for the repository: survives a rename and catches a re-registered account",
    ),
    Key::optional(
        "announced-by",
        Shape::Text,
        "the leading channel: the `git-tag` or `github-release` channel that announces a release. May be left out where only one can",
    ),
    Key::optional(
        "branches",
        Shape::TextOrTexts,
        "globs of branches: a release's commit must be on one of them. Without it, branches are not asked",
    ),
    Key::optional(
        "release-hours",
        Shape::Table(HOURS),
        "the hours within which releases are cut; one outside is a `release-window` finding",
    ),
    Key::optional(
        EXTENDS,
        Shape::Text,
        "a file in the policy's folder or below it with defaults; the policy's own keys win, and arrays of tables are joined",
    ),
];

const HOURS: &[Key] = &[
    Key::required(
        "days",
        Shape::TextOrTexts,
        "days of the week: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`",
    ),
    Key::required(
        "hours",
        Shape::Text,
        "from and until, as in `08:00-18:00`; an earlier end is on the next day",
    ),
    Key::required(
        "zone",
        Shape::Text,
        "IANA name of the time zone, as in `Europe/Paris`",
    ),
];

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// One component or several that are alike.
pub(super) struct Family {
    pub(super) names: Vec<Name>,
    pub(super) source: Option<Url>,
    /// Where `source` has an error, an address that stands in for it, so that the channels which
    /// need one do not report its absence as well. Such a policy is never used.
    pub(super) source_or_stand_in: Option<Url>,
    pub(super) repository_id: Option<u64>,
    pub(super) announced_by: Option<Placed<String>>,
    pub(super) branches: Vec<String>,
    pub(super) release_hours: Option<ReleaseHours>,
    pub(super) place: Place,
}

impl Family {
    /// The names, or where there is none one that stands in, so that the rest of the file is
    /// checked too. Such a policy has an error and is never used.
    pub(super) fn names_or_stand_in(&self) -> Vec<Name> {
        if self.names.is_empty() {
            return "component".parse().into_iter().collect();
        }
        self.names.clone()
    }
}

/// Reads `[component]`.
pub(super) fn read(root: &mut Fields<'_>) -> Family {
    let Some((table, place)) = root.table(COMPONENT) else {
        return Family {
            names: Vec::new(),
            source: None,
            source_or_stand_in: stand_in(),
            repository_id: None,
            announced_by: None,
            branches: Vec::new(),
            release_hours: None,
            place: root.place().clone(),
        };
    };
    let mut fields = Fields::open(table, &place, "[component]", &[KEYS], root.diagnostics());
    let names = names(&mut fields);
    let source = source(&mut fields);
    let source_or_stand_in = match &source {
        None if fields.key_place("source").is_some() => stand_in(),
        source => source.clone(),
    };
    let repository_id = fields.integer("repository-id").map(|number| number.value);
    let announced_by = fields.text("announced-by");
    let branches = branches(&mut fields);
    let release_hours = release_hours(&mut fields);
    Family {
        names,
        source,
        source_or_stand_in,
        repository_id,
        announced_by,
        branches,
        release_hours,
        place,
    }
}

fn stand_in() -> Option<Url> {
    Url::parse("https://source.invalid/owner/repository").ok()
}

fn names(fields: &mut Fields<'_>) -> Vec<Name> {
    let one = fields.parsed::<Name>("name");
    let Some(several) = fields.key_place("names") else {
        if fields.key_place("name").is_none() {
            let error = Diagnostic::error(fields.place(), "[component] has no `name`");
            fields.report(error.hint("give it one, as in `name = \"api\"`"));
        }
        return one.into_iter().map(|name| name.value).collect();
    };
    if let Some(place) = fields.key_place("name") {
        fields.report(
            Diagnostic::error(place, "[component] has both `name` and `names`")
                .related(several, "the other is here")
                .hint("keep one of them"),
        );
    }
    let mut found: Vec<Placed<Name>> = Vec::new();
    for name in fields.parsed_list::<Name>("names") {
        if let Some(first) = found.iter().find(|first| first.value == name.value) {
            let message = format!("`{}` stands twice in `names`", name.value);
            let first = first.place.clone();
            fields.report(Diagnostic::error(&name.place, message).related(&first, "first here"));
        } else {
            found.push(name);
        }
    }
    if let Some(surplus) = found.get(MAXIMUM_NAMES) {
        let message = format!("more than {MAXIMUM_NAMES} names in one file");
        let error = Diagnostic::error(&surplus.place, message).hint("split the family");
        fields.report(error);
    }
    if found.is_empty() && matches!(fields.node("names"), Some(node) if is_empty_list(node)) {
        fields.report(
            Diagnostic::error(several, "`names` names no component")
                .hint("name at least one, as in `names = [\"@acme/core\", \"@acme/ui\"]`"),
        );
    }
    found
        .into_iter()
        .take(MAXIMUM_NAMES)
        .map(|name| name.value)
        .collect()
}

fn is_empty_list(node: &crate::model::settings::Node) -> bool {
    matches!(&node.value, crate::model::settings::Value::List(items) if items.is_empty())
}

fn source(fields: &mut Fields<'_>) -> Option<Url> {
    let text = fields.text("source")?;
    let error = match text.value.parse::<WebAddress>() {
        Ok(address) => {
            let url = address.into_url();
            if url.path().trim_matches('/').is_empty() {
                let error = Diagnostic::error(&text.place, "`source` names no repository");
                fields.report(error.hint("as in `source = \"https://github.com/acme/api\"`"));
                return None;
            }
            if url.query().is_some() {
                let error = Diagnostic::error(&text.place, "`source` takes an address without `?`");
                fields.report(error);
                return None;
            }
            return Some(url);
        }
        Err(error) => error,
    };
    fields.report(
        Diagnostic::error(&text.place, format!("`source` of [component]: {error}")).hint(
            "write the https address of the repository; for a local one, give `path` to a \
             `git-tag` channel",
        ),
    );
    None
}

fn branches(fields: &mut Fields<'_>) -> Vec<String> {
    let texts = fields.texts("branches");
    if let Some(surplus) = texts.get(MAXIMUM_BRANCHES) {
        let message = format!("more than {MAXIMUM_BRANCHES} globs in `branches`");
        fields.report(Diagnostic::error(&surplus.place, message));
    }
    let mut globs = Vec::new();
    for text in texts.into_iter().take(MAXIMUM_BRANCHES) {
        if let Some(why) = glob_error(&text.value) {
            let message = format!("`branches` of [component]: {why}");
            let hint = "globs such as `main` or `release/*`";
            fields.report(Diagnostic::error(&text.place, message).hint(hint));
        } else {
            globs.push(text.value);
        }
    }
    globs
}

/// Why a text is no glob.
fn glob_error(text: &str) -> Option<String> {
    let shown = visible(text, 60);
    if text.is_empty() || text.len() > 256 {
        return Some(format!("`{shown}` is no glob of 1 to 256 bytes"));
    }
    let error = Glob::new(text).err()?;
    Some(format!(
        "`{shown}` is no glob: {}",
        visible(&error.kind().to_string(), 120)
    ))
}

fn release_hours(fields: &mut Fields<'_>) -> Option<ReleaseHours> {
    let mut fields = fields.open_table("release-hours", HOURS)?;
    let mut days = Vec::new();
    for text in fields.texts("days") {
        match (0u8..).zip(DAYS).find(|(_, day)| *day == text.value) {
            Some((number, _)) => days.push(number),
            None => {
                let message = format!("`{}` is no day of the week", visible(&text.value, 40));
                let hint = format!("one of: {}", DAYS.join(", "));
                fields.report(Diagnostic::error(&text.place, message).hint(hint));
            }
        }
    }
    days.sort_unstable();
    days.dedup();
    let hours = fields.text("hours");
    let span = hours.as_ref().and_then(|text| minutes(&text.value));
    if let (Some(text), None) = (&hours, span) {
        let message = format!("`{}` is no span of hours", visible(&text.value, 40));
        let hint = "from and until on the 24-hour clock, as in `08:00-18:00`";
        fields.report(Diagnostic::error(&text.place, message).hint(hint));
    }
    let zone = fields.text("zone");
    // The bundled database and no other: a policy means the same on every machine.
    let known = |zone: &str| zone.len() <= 64 && TimeZoneDatabase::bundled().get(zone).is_ok();
    if let Some(text) = zone.as_ref().filter(|text| !known(&text.value)) {
        let message = format!("there is no time zone `{}`", visible(&text.value, 64));
        let hint = "an IANA name such as `Europe/Paris`, `America/New_York` or `UTC`";
        fields.report(Diagnostic::error(&text.place, message).hint(hint));
        return None;
    }
    let (from_minute, until_minute) = span?;
    (!days.is_empty()).then_some(())?;
    Some(ReleaseHours {
        days,
        from_minute,
        until_minute,
        zone: zone?.value,
    })
}

/// `08:00-18:00` in minutes of the day; 24:00 may only be the end.
fn minutes(text: &str) -> Option<(u16, u16)> {
    let (from, until) = text.split_once('-')?;
    let minute = |clock: &str| -> Option<u16> {
        let (hour, minute) = clock.split_once(':')?;
        let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        let (hour, minute) = (digits(hour) && digits(minute)).then_some((hour, minute))?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
    };
    let (from, until) = (minute(from)?, minute(until)?);
    (from < 24 * 60 && from != until).then_some((from, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_a_span_of_the_24_hour_clock() {
        assert_eq!(minutes("08:00-18:30"), Some((480, 1110)));
        assert_eq!(minutes("22:00-06:00"), Some((1320, 360)));
        assert_eq!(minutes("00:00-24:00"), Some((0, 1440)));
        for wrong in [
            "",
            "8-18",
            "08:00",
            "8:00-18:00",
            "08:60-18:00",
            "24:00-08:00",
            "08:00-24:01",
            "09:00-09:00",
            "+8:00-18:00",
            "08:00–18:00",
        ] {
            assert_eq!(minutes(wrong), None, "{wrong}");
        }
    }
}
