//! What bundles claim, for people and for programs; both say that nothing of it is verified.

use std::fmt::Write as _;

use serde::Serialize;

use crate::model::{visible, visible_line};
use crate::verify::{Fault, UnverifiedContents, UnverifiedSigner, VerifyError};

use super::github::{inert, inert_json};
use super::json::in_ascii;
use super::paper::{Paper, Tint};

/// Name and version of the document.
const SCHEMA: &str = "lockstep-inspection/1";

/// What one bundle claims, or why it cannot be read, with where it was found.
type Inspected<'i> = (&'i str, Result<UnverifiedContents, &'i VerifyError>);

/// The most subjects and fields that are shown to people.
const SHOWN: usize = 20;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Bundle<'d> {
    found: &'d str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified: Option<&'d UnverifiedContents>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Fault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'d str>,
}

const WARNING: &str = "UNVERIFIED: whoever wrote the bundle wrote this";

/// Contents as one JSON document.
///
/// # Errors
/// Where they cannot be written as JSON.
pub fn json(inspected: &[Inspected<'_>]) -> Result<String, serde_json::Error> {
    let bundle = |(found, contents): &'_ Inspected<'_>| -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(Bundle {
            found,
            unverified: contents.as_ref().ok(),
            error: contents.as_ref().err().map(|it| it.message.as_str()),
            fault: contents.as_ref().err().map(|it| it.fault),
            hint: contents.as_ref().err().and_then(|it| it.hint.as_deref()),
        })
    };
    let bundles: serde_json::Result<Vec<serde_json::Value>> =
        inspected.iter().map(bundle).collect();
    let document = serde_json::json!({
        "schema": SCHEMA, "verified": false, "warning": WARNING, "bundles": bundles?,
    });
    Ok(in_ascii(&inert_json(&serde_json::to_string_pretty(&document)?)) + "\n")
}

/// Contents as text that ends with a line break.
pub fn human(paper: &Paper, inspected: &[Inspected<'_>]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", paper.tint(Tint::Unsure, WARNING));
    for (found, contents) in inspected {
        let _ = writeln!(text, "\n{}", paper.tint(Tint::Strong, &visible_line(found)));
        match contents {
            Ok(contents) => draw(&mut text, paper, contents),
            Err(error) => {
                let why = match error.fault {
                    Fault::TooLarge => "is over a cap, and `verify` refuses it",
                    Fault::Unsupported => "cannot be verified here, and `verify` refuses it",
                    _ => "cannot be read",
                };
                let line = format!("{why}: {}", visible(&error.message, 600));
                text.push_str(&paper.wrap("  ", &line));
                if let Some(hint) = &error.hint {
                    let hint = format!("hint: {}", visible(hint, 600));
                    text.push_str(&paper.wrap("    ", &hint));
                }
            }
        }
    }
    inert(&text)
}

fn draw(text: &mut String, paper: &Paper, contents: &UnverifiedContents) {
    let mut row = |name: &str, value: &str| {
        let line = format!("{name}: {}", visible(value, 600));
        text.push_str(&paper.wrap("  ", &line));
    };
    row("format", contents.format);
    row("media type", contents.media_type);
    row("digest", &contents.bundle.to_string());
    match &contents.signer {
        UnverifiedSigner::Certificate {
            claims,
            not_before,
            not_after,
        } => {
            match claims {
                Some(claims) => {
                    let fields = serde_json::to_value(claims).unwrap_or_default();
                    for (name, value) in fields.as_object().into_iter().flatten() {
                        if let Some(value) = value.as_str() {
                            row(&format!("certificate {}", name.replace('-', " ")), value);
                        }
                    }
                }
                None => row("certificate", "names no holder, or no issuer"),
            }
            row("certificate valid", &format!("{not_before} to {not_after}"));
        }
        UnverifiedSigner::Key { hint } => row("key hint", hint),
        UnverifiedSigner::Unreadable(why) => row("certificate", why),
    }
    for entry in &contents.log_entries {
        let has = |is: bool| if is { "has" } else { "has no" };
        let time = entry
            .integrated
            .map_or_else(|| "no time".to_owned(), |it| it.to_string());
        let line = format!(
            "{} at {} of log {}, {time}; {} promise, {} proof, {} checkpoint",
            entry.kind,
            entry.index,
            entry.log,
            has(entry.promise),
            has(entry.proof),
            has(entry.checkpoint)
        );
        row("log entry", &line);
    }
    for stamp in &contents.timestamps {
        row("timestamp", &stamp.to_string());
    }
    if let Some(error) = &contents.statement_error {
        row("payload", error);
    }
    if let Some(statement) = &contents.statement {
        row("predicate type", &statement.predicate_type);
        for subject in statement.subject.iter().take(SHOWN) {
            let digests = subject.digest.iter().take(SHOWN);
            let digests: Vec<String> = digests.map(|(name, hex)| format!("{name}:{hex}")).collect();
            let name = subject.name.as_deref().unwrap_or("(no name)");
            row("subject", &format!("{name} {}", digests.join(" ")));
        }
        if let Some(more) = statement
            .subject
            .len()
            .checked_sub(SHOWN)
            .filter(|it| *it > 0)
        {
            row(
                "subjects",
                &format!("{more} more (--format json shows them all)"),
            );
        }
    } else if contents.statement_error.is_none() {
        row("content", "a signature over an artifact itself");
    }
    if let Some(error) = &contents.build_error {
        row("build", error);
    }
    let build = contents.build.as_ref();
    let build = build
        .and_then(|it| serde_json::to_value(it).ok())
        .unwrap_or_default();
    for (name, value) in build.as_object().into_iter().flatten() {
        if let Some(value) = value.as_str().filter(|_| name != "predicate-type") {
            row(&format!("build {}", name.replace('-', " ")), value);
        }
    }
}
