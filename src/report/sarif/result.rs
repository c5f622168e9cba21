//! One finding as a SARIF result (spec §3.27) or notification (§3.58).

use serde_json::{Value, json};
use url::Url;

use crate::model::{Disposition, Finding};
use crate::report::reported::{Folders, Reported, grade, set_apart, subject};

use super::BASE;

/// A result. What is set apart is suppressed, with its justification.
pub(super) fn of(
    report: &Reported<'_>,
    finding: &Finding,
    folders: &Folders,
    rule: Option<usize>,
    fingerprint: &str,
) -> Value {
    let suppressions = match set_apart(finding) {
        None => json!([]),
        Some((what, why)) => json!([{
            "kind": "external",
            "status": "accepted",
            "justification": format!("{what}: {why}"),
            "properties": { "disposition": what },
        }]),
    };
    let mut result = json!({
        "ruleId": finding.code.as_str(),
        "level": grade(finding.severity),
        "message": { "text": message(finding) },
        "locations": [location(report, finding, folders)],
        "partialFingerprints": { "lockstep/v1": fingerprint },
        "suppressions": suppressions,
        "properties": {
            "component": finding.component,
            "version": finding.version,
            "line": finding.line,
            "channel": finding.channel,
            "severity": finding.severity,
            "mismatch": finding.mismatch,
            "suspicion": finding.suspicion,
            "digests": finding.digests,
            "first-seen": finding.first_seen,
            "retry-at": finding.retry_at,
            "hint": finding.hint,
        },
    });
    if let Some(rule) = rule {
        result["ruleIndex"] = json!(rule);
    }
    if let Disposition::Waived { expires, .. } = &finding.disposition {
        result["suppressions"][0]["properties"]["expires"] = json!(expires);
    }
    if let Some(Value::Object(properties)) = result.get_mut("properties") {
        properties.retain(|_, value| !value.is_null());
    }
    result
}

/// A notification that something could not be seen.
pub(super) fn notification(
    report: &Reported<'_>,
    finding: &Finding,
    folders: &Folders,
    rule: Option<usize>,
) -> Value {
    let mut rule_reference = json!({ "id": finding.code.as_str() });
    if let Some(rule) = rule {
        rule_reference["index"] = json!(rule);
    }
    json!({
        "level": "error",
        "message": { "text": message(finding) },
        "locations": [location(report, finding, folders)],
        "associatedRule": rule_reference,
    })
}

fn location(report: &Reported<'_>, finding: &Finding, folders: &Folders) -> Value {
    let place = folders.place(report.position(finding));
    let artifact = if place.is_relative {
        json!({ "uri": relative_uri(&place.path), "uriBaseId": BASE })
    } else {
        let whole = Url::from_file_path(&place.path).map(String::from);
        json!({ "uri": whole.unwrap_or_else(|()| relative_uri(&place.path)) })
    };
    json!({
        "physicalLocation": {
            "artifactLocation": artifact,
            "region": { "startLine": place.line },
        },
        "logicalLocations": [{ "fullyQualifiedName": subject(finding), "kind": "release" }],
    })
}

/// The message and what to do. A reader takes `[text](target)` for a link (§3.11.6): names that
/// others chose make none.
fn message(finding: &Finding) -> String {
    let mut text = format!("{}: {}", subject(finding), finding.message);
    if let Some(hint) = &finding.hint {
        text.push_str(". Hint: ");
        text.push_str(hint);
    }
    if text.contains("](") {
        text = text.replace('[', "\\[").replace(']', "\\]");
    }
    text
}

/// A relative reference (RFC 3986 §4.2); a first segment with a colon would be a scheme.
fn relative_uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            it if it.is_ascii_alphanumeric() => uri.push(char::from(it)),
            it => uri.push_str(&format!("%{it:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_references() {
        assert_eq!(relative_uri("a b/c#d?.toml"), "a%20b/c%23d%3F.toml");
        assert_eq!(relative_uri("file:x"), "file%3Ax");
        assert_eq!(relative_uri("ü.toml"), "%C3%BC.toml");
    }
}
