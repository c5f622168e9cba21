//! `[[waiver]]`: dated, reasoned, expiring exemptions.

use super::line::Lines;
use super::source::{Source, line_number};
use crate::model::settings::{Diagnostic, Fields, Key, Placed, Shape, nearest};
use crate::model::version::Version;
use crate::model::{Code, Commit, Digest, Time, Waiver, visible};

const MAXIMUM: usize = 1_000;

/// Its keys.
pub(super) const KEYS: &[Key] = &[
    Key::required("code", Shape::Text, "the code of the finding"),
    Key::required("version", Shape::Text, "the version, as its line writes it"),
    Key::optional(
        "digests",
        Shape::TextOrTexts,
        "all digests of the finding, `sha256:…` or `git:<commit>`: another file fires again. Left out for a finding without digests",
    ),
    Key::required("reason", Shape::Text, "why"),
    Key::required("approved-by", Shape::Text, "by whom"),
    Key::required(
        "expires",
        Shape::TextOrDate,
        "the date on which it ends (at 00:00 UTC), or a time",
    ),
];

/// Reads every `[[waiver]]`.
pub(super) fn read(
    root: &mut Fields<'_>,
    lines: &Lines,
    codes: &[&str],
    now: Option<Time>,
    sources: &[Source],
) -> Vec<Waiver> {
    let tables = root.tables("waiver");
    if let Some((_, place)) = tables.get(MAXIMUM) {
        let message = format!("more than {MAXIMUM} `waiver` tables");
        root.report(Diagnostic::error(place, message).hint("remove those that have expired"));
    }
    let mut waivers = Vec::new();
    for (table, place) in tables.into_iter().take(MAXIMUM) {
        let mut fields = Fields::open(table, &place, "[[waiver]]", &[KEYS], root.diagnostics());
        let code = code(&mut fields, codes);
        let version = version(&mut fields, lines);
        let digests = digests(&mut fields);
        let reason = sentence(&mut fields, "reason");
        let approved_by = sentence(&mut fields, "approved-by");
        let expires = expires(&mut fields);
        if let Some((end, now)) = expires.zip(now).filter(|(end, now)| end <= now) {
            let warning = Diagnostic::warning(&place, format!("this waiver expired at {end}"));
            fields.report(
                warning
                    .label(format!("it is {now}"))
                    .hint("remove it, or have it approved again"),
            );
        }
        let (Some(code), Some(version), Some(reason), Some(approved_by), Some(expires)) =
            (code, version, reason, approved_by, expires)
        else {
            continue;
        };
        waivers.push(Waiver {
            code,
            version,
            digests,
            reason,
            approved_by,
            expires,
            declared_at: line_number(sources, &place),
        });
    }
    waivers
}

fn code(fields: &mut Fields<'_>, codes: &[&str]) -> Option<Code> {
    let text = fields.text("code")?;
    if codes.contains(&text.value.as_str()) {
        return text.value.parse().ok();
    }
    let hint = match nearest(&text.value, codes.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "a waiver names the code that the finding shows, as in `version-missing`".to_owned()
        }
    };
    let message = format!("there is no code `{}`", visible(&text.value, 60));
    fields.report(Diagnostic::error(&text.place, message).hint(hint));
    None
}

fn version(fields: &mut Fields<'_>, lines: &Lines) -> Option<String> {
    let text = fields.text("version")?;
    let mut why = None;
    for line in &lines.valid {
        match Version::parse(&text.value, line.scheme) {
            Ok(_) => return Some(text.value),
            Err(error) => why = why.or(Some(format!("line `{}`: {error}", line.name))),
        }
    }
    // A line with errors might have read it.
    if !lines.are_all_valid() || lines.valid.is_empty() {
        return None;
    }
    let shown = visible(&text.value, 60);
    let message = format!("`{shown}` is a version of no line of this policy");
    fields.report(
        Diagnostic::error(&text.place, message)
            .label(why.unwrap_or_default())
            .hint("write it as the line writes it: `1.4.2`, not the tag `v1.4.2`"),
    );
    None
}

fn digests(fields: &mut Fields<'_>) -> Vec<String> {
    let mut digests: Vec<Placed<String>> = Vec::new();
    for text in fields.texts("digests") {
        let commit = text.value.strip_prefix("git:").map(str::parse::<Commit>);
        let normal = match commit {
            Some(commit) => commit.map(|commit| format!("git:{commit}")).ok(),
            None => text.value.parse::<Digest>().map(|d| d.to_string()).ok(),
        };
        let Some(normal) = normal else {
            let message = format!("`{}` is no digest", visible(&text.value, 80));
            let hint = "`sha256:` and 64 hexadecimal digits, or `git:` and a whole commit";
            fields.report(Diagnostic::error(&text.place, message).hint(hint));
            continue;
        };
        if let Some(first) = digests.iter().find(|first| first.value == normal) {
            let first = first.place.clone();
            let error = Diagnostic::error(&text.place, "this digest stands twice in `digests`");
            fields.report(error.related(&first, "first here"));
            continue;
        }
        digests.push(Placed {
            value: normal,
            place: text.place,
        });
    }
    digests.into_iter().map(|digest| digest.value).collect()
}

fn sentence(fields: &mut Fields<'_>, key: &'static str) -> Option<String> {
    let text = fields.text(key)?;
    if text.value.trim().is_empty() {
        let message = format!("`{key}` of [[waiver]] is empty");
        let hint = "a waiver says why it holds and who approved it";
        fields.report(Diagnostic::error(&text.place, message).hint(hint));
        return None;
    }
    Some(text.value)
}

fn expires(fields: &mut Fields<'_>) -> Option<Time> {
    let text = fields.date_or_text("expires")?;
    if let Ok(time) = text.value.parse() {
        return Some(time);
    }
    let message = format!(
        "`expires` of [[waiver]]: `{}` is no date",
        visible(&text.value, 40)
    );
    let hint = "a date such as 2027-01-31, or a time with its offset such as 2027-01-31T12:00:00Z";
    fields.report(Diagnostic::error(&text.place, message).hint(hint));
    None
}
