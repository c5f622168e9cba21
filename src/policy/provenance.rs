//! `[[provenance]]`: attestations that channels need.

use super::line::{Lines, anchor};
use super::names::{self, Known};
use super::source::{Source, line_number};
use crate::model::settings::{Diagnostic, Fields, Key, Shape, WebAddress};
use crate::model::version::{Scheme, Template};
use crate::model::{Commitment, Content, Provenance, ProvenanceKind, visible};

const MAXIMUM: usize = 256;

/// Its keys.
pub(super) const KEYS: &[Key] = &[
    Key::required(
        "channels",
        Shape::TextOrTexts,
        "the channels whose artifacts need an attestation",
    ),
    Key::required(
        "kind",
        Shape::Choice(&["build", "publish"]),
        "`build` says from which commit the bytes came, `publish` who uploaded them",
    ),
    Key::optional(
        "issuer",
        Shape::Text,
        "address of the issuer of the signer's identity, as in `https://token.actions.githubusercontent.com`",
    ),
    Key::optional(
        "workflows",
        Shape::TextOrTexts,
        "workflow files that may sign, as in `release.yml`",
    ),
    Key::optional(
        "ref",
        Shape::Text,
        "git reference that must have been built, a template: `refs/tags/v{version}`",
    ),
    Key::optional(
        "commit",
        Shape::Choice(&["tag", "any"]),
        "`tag`: the commit behind the leading tag (where not given, for `build`); `any`: whichever (where not given, for `publish`)",
    ),
    Key::optional(
        "since",
        Shape::TextOrDate,
        "first version, or date, from which it is needed",
    ),
];

/// Reads every `[[provenance]]`.
pub(super) fn read(
    root: &mut Fields<'_>,
    known: &[Known],
    lines: &Lines,
    sources: &[Source],
) -> Vec<Provenance> {
    let tables = root.tables("provenance");
    if let Some((_, place)) = tables.get(MAXIMUM) {
        let message = format!("more than {MAXIMUM} `provenance` tables");
        root.report(Diagnostic::error(place, message));
    }
    let schemes: Vec<Scheme> = lines.valid.iter().map(|line| line.scheme).collect();
    let mut found = Vec::new();
    for (table, place) in tables.into_iter().take(MAXIMUM) {
        let mut fields = Fields::open(table, &place, "[[provenance]]", &[KEYS], root.diagnostics());
        let channels = channels(&mut fields, known);
        let kinds = [
            ("build", ProvenanceKind::Build),
            ("publish", ProvenanceKind::Publish),
        ];
        let kind = fields.choice("kind", &kinds);
        let issuer = fields.parsed::<WebAddress>("issuer");
        // Identities are compared as text: the address stays as it was written.
        let issuer = issuer
            .and_then(|_| fields.text("issuer"))
            .map(|text| text.value);
        let workflows = workflows(&mut fields);
        let reference = reference(&mut fields);
        let commitments = [("tag", Commitment::Tag), ("any", Commitment::Any)];
        let commit = fields.choice("commit", &commitments);
        let since = anchor(&mut fields, "since", &schemes);
        let Some(kind) = kind else { continue };
        let usual = match kind {
            ProvenanceKind::Build => Commitment::Tag,
            ProvenanceKind::Publish => Commitment::Any,
        };
        found.push(Provenance {
            channels,
            kind,
            issuer,
            workflows,
            reference,
            commit: commit.unwrap_or(usual),
            trust: Vec::new(),
            since,
            declared_at: line_number(sources, &place),
        });
    }
    found
}

fn channels(fields: &mut Fields<'_>, known: &[Known]) -> Vec<crate::model::Name> {
    let named = names::references(fields, "channels", "channel", known.iter().map(|k| &k.name));
    let mut channels = Vec::new();
    for name in named {
        let channel = known.iter().find(|k| k.name == name.value);
        let has_bytes = |content| !matches!(content, Content::Commit | Content::Declaration);
        if let Some(channel) = channel.filter(|k| !k.may_have(has_bytes)) {
            let message = format!(
                "`{}` is of kind `{}`, which has no artifacts to attest",
                channel.name, channel.kind
            );
            let hint = "name channels with images, files or objects";
            fields.report(Diagnostic::error(&name.place, message).hint(hint));
        }
        channels.push(name.value);
    }
    if channels.is_empty() && fields.key_place("channels").is_some() && is_list_empty(fields) {
        let place = fields.place().clone();
        let hint = "name at least one channel";
        fields.report(Diagnostic::error(&place, "[[provenance]] names no channel").hint(hint));
    }
    channels
}

fn is_list_empty(fields: &Fields<'_>) -> bool {
    fields.node("channels").is_some_and(|node| {
        matches!(&node.value, crate::model::settings::Value::List(items) if items.is_empty())
    })
}

fn workflows(fields: &mut Fields<'_>) -> Vec<String> {
    let mut workflows = Vec::new();
    for text in fields.texts("workflows") {
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && c != '@' && c != '*';
        let named = !text.value.is_empty() && text.value.len() <= 256;
        if named && text.value.chars().all(plain) {
            workflows.push(text.value);
            continue;
        }
        let message = format!("`{}` is no workflow file", visible(&text.value, 80));
        let hint = "the file's name or path without a reference, as in `release.yml`";
        fields.report(Diagnostic::error(&text.place, message).hint(hint));
    }
    workflows
}

fn reference(fields: &mut Fields<'_>) -> Option<String> {
    let text = fields.text("ref")?;
    if let Err(error) = Template::file(&text.value) {
        let message = format!("`ref` of [[provenance]]: {error}");
        fields.report(Diagnostic::error(&text.place, message));
        return None;
    }
    if !text.value.starts_with("refs/") {
        let message = "`ref` of [[provenance]] takes a full git reference";
        let hint = "as in `refs/tags/v{version}` or `refs/heads/main`";
        fields.report(Diagnostic::error(&text.place, message).hint(hint));
        return None;
    }
    Some(text.value)
}
