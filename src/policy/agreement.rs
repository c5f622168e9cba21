//! `[[agree]]`: channels that must agree, and on what.

use super::names::{self, Known};
use super::source::{Source, line_number};
use crate::model::settings::{Diagnostic, Fields, Key, Shape};
use crate::model::{AgreeOn, Agreement, Content};

const MAXIMUM: usize = 256;

/// Its keys.
pub(super) const KEYS: &[Key] = &[
    Key::required(
        "channels",
        Shape::Texts,
        "at least two channels whose releases are compared",
    ),
    Key::optional(
        "on",
        Shape::Choice(&["same-digest", "same-platforms", "same-commit", "same-files"]),
        "on what they agree. Images: `same-digest` (where not given), `same-platforms`, `same-commit`. Files: `same-files` (where not given), or `same-commit`. A function, an object and one file: `same-digest`",
    ),
    Key::optional(
        "because",
        Shape::Text,
        "why this and nothing stricter; shown in reports",
    ),
];

/// Reads every `[[agree]]`.
pub(super) fn read(root: &mut Fields<'_>, known: &[Known], sources: &[Source]) -> Vec<Agreement> {
    let tables = root.tables("agree");
    if let Some((_, place)) = tables.get(MAXIMUM) {
        let message = format!("more than {MAXIMUM} `agree` tables");
        root.report(Diagnostic::error(place, message));
    }
    let mut agreements = Vec::new();
    for (table, place) in tables.into_iter().take(MAXIMUM) {
        let mut fields = Fields::open(table, &place, "[[agree]]", &[KEYS], root.diagnostics());
        let listed = fields.texts("channels").len();
        let channels = names::references(
            &mut fields,
            "channels",
            "channel",
            known.iter().map(|k| &k.name),
        );
        if listed < 2 && fields.key_place("channels").is_some() {
            fields.report(
                Diagnostic::error(&place, "[[agree]] needs at least two channels")
                    .hint("one channel always agrees with itself"),
            );
        }
        let words = [
            ("same-digest", AgreeOn::SameDigest),
            ("same-platforms", AgreeOn::SamePlatforms),
            ("same-commit", AgreeOn::SameCommit),
            ("same-files", AgreeOn::SameFiles),
        ];
        let stated = fields.choice("on", &words);
        let because = fields.text("because").map(|text| text.value);
        let of = |name: &crate::model::Name| known.iter().find(|k| k.name == *name);
        let members: Vec<&Known> = channels.iter().filter_map(|c| of(&c.value)).collect();
        let all_files = members.iter().all(|k| k.may_have(|c| c == Content::Files));
        let on = stated.unwrap_or(if all_files {
            AgreeOn::SameFiles
        } else {
            AgreeOn::SameDigest
        });
        for (channel, member) in channels.iter().zip(&members) {
            if member.may_have(|content| suits(on, content)) {
                continue;
            }
            let message = format!(
                "`{}` is of kind `{}`, which cannot agree on `{}`",
                member.name,
                member.kind,
                word(on)
            );
            fields.report(Diagnostic::error(&channel.place, message).hint(advice(on)));
        }
        let has_image = |k: &&Known| k.may_have(|content| content == Content::Image);
        let mut sides = channels.iter().zip(&members);
        let other = sides.find(|(_, member)| !has_image(member));
        if on == AgreeOn::SameDigest
            && members.iter().any(has_image)
            && let Some((channel, member)) = other
        {
            let message = format!("`{}` and an image have no digest in common", member.name);
            let error = Diagnostic::error(&channel.place, message);
            fields.report(error.hint("use `same-commit` for images and files together"));
        }
        if members.len() >= 2 {
            agreements.push(Agreement {
                channels: channels.into_iter().map(|channel| channel.value).collect(),
                on,
                because,
                declared_at: line_number(sources, &place),
            });
        }
    }
    agreements
}

fn suits(on: AgreeOn, content: Content) -> bool {
    match on {
        AgreeOn::SameDigest => {
            matches!(content, Content::Image | Content::Files | Content::Object)
        }
        AgreeOn::SamePlatforms => content == Content::Image,
        AgreeOn::SameFiles => content == Content::Files,
        AgreeOn::SameCommit => {
            matches!(content, Content::Image | Content::Files | Content::Object)
        }
    }
}

fn word(on: AgreeOn) -> &'static str {
    match on {
        AgreeOn::SameDigest => "same-digest",
        AgreeOn::SamePlatforms => "same-platforms",
        AgreeOn::SameCommit => "same-commit",
        AgreeOn::SameFiles => "same-files",
    }
}

fn advice(on: AgreeOn) -> &'static str {
    match on {
        AgreeOn::SameDigest => {
            "images agree on digests, and so do `lambda`, `s3` and channels of which `assets` or \
             `names` leave one file; use `same-commit` for images and files together"
        }
        AgreeOn::SamePlatforms => {
            "images have platforms; use `same-files` for channels with files, `same-commit` for \
             images and files together"
        }
        AgreeOn::SameFiles => {
            "channels with files are `github-release`, `pypi`, `npm` and `files`; use \
             `same-commit` for images and files together"
        }
        AgreeOn::SameCommit => {
            "a commit is compared where there are digests that it is attested for; the leading \
             channel's own commit is compared by `[[provenance]]`"
        }
    }
}
