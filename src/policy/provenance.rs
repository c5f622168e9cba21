//! `[[provenance]]`: attestations that channels need.

mod trust;

use super::line::{Lines, anchor};
use super::names::{self, Known};
use super::source::{Source, line_number};
use crate::model::settings::{Diagnostic, Fields, Key, Shape, WebAddress};
use crate::model::version::{Scheme, Template};
use crate::model::{Commitment, Content, Provenance, ProvenanceKind, TrustDomain, visible};

pub(super) use trust::{joined, usual};

const MAXIMUM: usize = 256;

/// The most bytes of an identity or a builder's id.
const IDENTITY_BYTES: usize = 2_000;

/// The issuer of the identities of GitHub Actions and of GitLab's own host, by the host of the
/// source.
const ISSUERS: &[(&str, &str)] = &[
    ("github.com", "https://token.actions.githubusercontent.com"),
    ("gitlab.com", "https://gitlab.com"),
];

/// What `[[provenance]]` tables say, and whom they trust.
pub(super) struct Provenances {
    pub(super) valid: Vec<Provenance>,
    pub(super) trust: Vec<TrustDomain>,
}

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
        "address of the issuer of the signer's identity; where not given, that of the host of the source (`https://token.actions.githubusercontent.com` for github.com)",
    ),
    Key::optional(
        "identity",
        Shape::TextOrTexts,
        "exact identities of which one must have signed: the address of a workflow with its reference, or an e-mail address",
    ),
    Key::optional(
        "workflows",
        Shape::TextOrTexts,
        "workflow files that may sign, as in `release.yml`",
    ),
    Key::optional(
        "builder",
        Shape::TextOrTexts,
        "exact ids of builders of which one must have built it",
    ),
    Key::optional(
        "source",
        Shape::Text,
        "https address of the repository that must have been built: the component's `source` where not given",
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
    Key::optional(
        "trusted-root",
        Shape::Text,
        "a Sigstore `trusted_root.json` in the policy's folder or below it, instead of Sigstore's public one (and GitHub's own, where the source is on github.com)",
    ),
    Key::optional(
        "key",
        Shape::Text,
        "a public key (PEM) in the policy's folder or below it: only what it signed counts. Its log entries are verified against `trusted-root`",
    ),
    Key::optional(
        "unsafe-no-log",
        Shape::Boolean,
        "with `key`: signatures need no entry in a transparency log",
    ),
];

/// Reads every `[[provenance]]`.
pub(super) fn read(
    root: &mut Fields<'_>,
    known: &[Known],
    lines: &Lines,
    sources: &[Source],
    source: Option<&url::Url>,
) -> Provenances {
    let usual = usual(source.and_then(url::Url::host_str) == Some("github.com"));
    let tables = root.tables("provenance");
    if let Some((_, place)) = tables.get(MAXIMUM) {
        let message = format!("more than {MAXIMUM} `provenance` tables");
        root.report(Diagnostic::error(place, message));
    }
    let schemes: Vec<Scheme> = lines.valid.iter().map(|line| line.scheme).collect();
    let mut found = Provenances {
        valid: Vec::new(),
        trust: Vec::new(),
    };
    for (table, place) in tables.into_iter().take(MAXIMUM) {
        let mut fields = Fields::open(table, &place, "[[provenance]]", &[KEYS], root.diagnostics());
        let channels = channels(&mut fields, known);
        let kinds = [
            ("build", ProvenanceKind::Build),
            ("publish", ProvenanceKind::Publish),
        ];
        let kind = fields.choice("kind", &kinds);
        let trusted = trust::read(&mut fields, sources, &usual);
        let signer = signer(&mut fields, trusted.by_key, source);
        let builders = identities(&mut fields, "builder");
        let own_source = own_source(&mut fields);
        let reference = reference(&mut fields);
        let commitments = [("tag", Commitment::Tag), ("any", Commitment::Any)];
        let commit = fields.choice("commit", &commitments);
        let since = anchor(&mut fields, "since", &schemes);
        let Some(kind) = kind else { continue };
        let usual = match kind {
            ProvenanceKind::Build => Commitment::Tag,
            ProvenanceKind::Publish => Commitment::Any,
        };
        found.valid.push(Provenance {
            channels,
            kind,
            issuer: signer.issuer,
            identities: signer.identities,
            workflows: signer.workflows,
            builders,
            source: own_source,
            reference,
            commit: commit.unwrap_or(usual),
            trust: trusted.domains.iter().map(TrustDomain::id).collect(),
            since,
            declared_at: line_number(sources, &place),
        });
        found.trust.extend(trusted.domains);
    }
    found
}

/// Who may sign.
struct Signer {
    issuer: Option<String>,
    identities: Vec<String>,
    workflows: Vec<String>,
}

fn signer(fields: &mut Fields<'_>, by_key: bool, source: Option<&url::Url>) -> Signer {
    let issuer = fields.parsed::<WebAddress>("issuer");
    // Identities are compared as text: the address stays as it was written.
    let issuer = issuer
        .and_then(|_| fields.text("issuer"))
        .map(|text| text.value);
    let identities = identities(fields, "identity");
    let workflows = workflows(fields);
    if by_key {
        for key in ["issuer", "identity"] {
            if let Some(place) = fields.key_place(key).cloned() {
                let message = format!("`{key}` of [[provenance]] beside `key`");
                let hint = "a key has no issuer and no identity: who holds it may sign";
                fields.report(Diagnostic::error(&place, message).hint(hint));
            }
        }
        return Signer {
            issuer: None,
            identities,
            workflows,
        };
    }
    let has_source = source.is_some() || fields.key_place("source").is_some();
    if let Some(place) = fields.key_place("workflows").cloned()
        && !has_source
    {
        let message = "`workflows` of [[provenance]] without a source: anybody can have a workflow \
                       of that name";
        let hint = "give the component its `source`, or the table one of its own";
        fields.report(Diagnostic::error(&place, message).hint(hint));
    }
    let host = source.and_then(url::Url::host_str);
    let usual = ISSUERS.iter().find(|(known, _)| Some(*known) == host);
    let is_written = fields.key_place("issuer").is_some();
    let issuer = issuer.or_else(|| usual.map(|(_, issuer)| (*issuer).to_owned()));
    let says_who = |key| fields.key_place(key).is_some();
    if !says_who("identity") && !says_who("workflows") {
        let place = fields.key_place("issuer").unwrap_or(fields.place()).clone();
        let (message, hint) = match (is_written, source) {
            (true, None) => (
                "`issuer` of [[provenance]] without `workflows` or `identity`: whoever has an \
                 account there may sign",
                "name the workflow files or the identities that may sign",
            ),
            (_, Some(_)) => (
                "[[provenance]] accepts any workflow of its source",
                "name the workflow files that may sign, as in `workflows = [\"release.yml\"]`",
            ),
            (false, None) => (
                "[[provenance]] does not say who may sign",
                "name `issuer` and `identity`, a `key`, or the component's `source` and \
                 `workflows`",
            ),
        };
        fields.report(Diagnostic::warning(&place, message).hint(hint));
    }
    Signer {
        issuer,
        identities,
        workflows,
    }
}

fn identities(fields: &mut Fields<'_>, key: &'static str) -> Vec<String> {
    let mut found = Vec::new();
    for text in fields.texts(key) {
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && c != '*';
        if !text.value.is_empty()
            && text.value.len() <= IDENTITY_BYTES
            && text.value.chars().all(plain)
        {
            found.push(text.value);
            continue;
        }
        let message = format!(
            "`{key}` of [[provenance]]: `{}` is not exact",
            visible(&text.value, 80)
        );
        let hint = "the whole text as it is signed, without patterns";
        fields.report(Diagnostic::error(&text.place, message).hint(hint));
    }
    found
}

fn own_source(fields: &mut Fields<'_>) -> Option<String> {
    let address = fields.parsed::<WebAddress>("source")?;
    let url = address.value.into_url();
    if url.path().trim_matches('/').is_empty() {
        let message = "`source` of [[provenance]] names no repository";
        let hint = "as in `source = \"https://github.com/acme/api\"`";
        fields.report(Diagnostic::error(&address.place, message).hint(hint));
        return None;
    }
    Some(url.to_string())
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
