//! Verdicts as SARIF 2.1.0 (OASIS), for code scanning: one run, a rule for each code, a result for
//! each finding at the line of the policy that it is about.

mod result;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use crate::decide;
use crate::model::{Finding, Severity};

use super::github::inert_json;
use super::reported::{Folders, Reported, grade, incomplete};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Where a file is named from; spec §3.14.14. Where that is, its reader knows.
pub(super) const BASE: &str = "SRCROOT";

/// One log with one run for all verdicts.
///
/// # Errors
/// None that a verdict can cause.
pub fn verdicts(
    reports: &[Reported<'_>],
    folders: &Folders,
    unjudged: usize,
) -> Result<String, serde_json::Error> {
    let rules = decide::codes();
    let indexes: HashMap<&str, usize> = rules
        .iter()
        .zip(0..)
        .map(|(code, at)| (*code, at))
        .collect();
    let mut results = Vec::new();
    let mut notifications = Vec::new();
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    for report in reports {
        for finding in &report.verdict.findings {
            let index = indexes.get(finding.code.as_str()).copied();
            let fingerprint = fingerprint(finding, &mut met)?;
            results.push(result::of(report, finding, folders, index, &fingerprint));
            if finding.is_open() && is_about_availability(finding) {
                notifications.push(result::notification(report, finding, folders, index));
            }
        }
    }
    if let Some(words) = incomplete(unjudged) {
        notifications.push(json!({ "level": "error", "message": { "text": words } }));
    }
    let ended = reports.iter().map(|report| report.verdict.now).max();
    let mut invocation = json!({
        "executionSuccessful": notifications.is_empty(),
        "toolExecutionNotifications": notifications,
    });
    if let Some(ended) = ended {
        invocation["endTimeUtc"] = json!(ended);
    }
    let verdicts: Vec<Value> = reports.iter().map(summary).collect();
    let environment = reports
        .iter()
        .find_map(|it| it.verdict.environment.as_ref());
    let category = environment.map_or("all".to_owned(), ToString::to_string);
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "lockstep",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.iter().filter_map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "automationDetails": { "id": format!("lockstep/{category}/") },
            "invocations": [invocation],
            "originalUriBaseIds": { BASE: {
                "description": { "text": "the folder in which lockstep ran" },
            }},
            "results": results,
            "properties": { "verdicts": verdicts },
        }],
    });
    Ok(inert_json(&serde_json::to_string_pretty(&log)?) + "\n")
}

/// What a code means, as the register of rules says it.
fn rule(code: &str) -> Option<Value> {
    let meaning = decide::explain(code)?;
    let paragraphs = meaning.text.split("\n\n");
    let full = paragraphs.clone().next().unwrap_or(meaning.title);
    let markdown: Vec<String> = paragraphs.map(str::to_owned).collect();
    Some(json!({
        "id": code,
        "shortDescription": { "text": meaning.title },
        "fullDescription": { "text": full },
        "help": { "text": meaning.text, "markdown": markdown.join("\n\n") },
        "helpUri": concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/deciding.md#all-codes"),
        "defaultConfiguration": { "level": grade(meaning.severity) },
        "properties": {
            "severity": meaning.severity,
            "mismatch": meaning.mismatch,
            "suspicion": meaning.suspicion,
            "tags": ["supply-chain", "release"],
        },
    }))
}

fn summary(report: &Reported<'_>) -> Value {
    let verdict = report.verdict;
    json!({
        "component": verdict.component,
        "verdict": verdict.outcome,
        "mismatch": verdict.mismatch,
        "suspicion": verdict.suspicion,
        "environment": verdict.environment,
        "mode": verdict.mode,
        "policy": verdict.policy,
        "evidence": verdict.evidence,
        "unsigned-evidence": verdict.unsigned_evidence,
        "rules": verdict.rules,
        "now": verdict.now,
    })
}

/// Findings that say that the run could not see everything, rather than what it saw.
fn is_about_availability(finding: &Finding) -> bool {
    let codes = ["channel-unreachable", "channel-not-found", "evidence-stale"];
    finding.severity >= Severity::Indeterminate && codes.contains(&finding.code.as_str())
}

/// What a finding is about, without when and in which words: equal from run to run as long as the
/// finding is the same one. Several of one kind about one thing are numbered in their order.
fn fingerprint(
    finding: &Finding,
    met: &mut BTreeMap<String, usize>,
) -> Result<String, serde_json::Error> {
    let identity = crate::model::canonical_json(&json!([
        finding.component,
        finding.code.as_str(),
        finding.line,
        finding.version,
        finding.channel,
        finding.digests,
    ]))?;
    let hash = crate::model::Digest::of(&identity).to_string();
    let hash = hash.trim_start_matches("sha256:").to_owned();
    let number = met.entry(hash.clone()).or_default();
    *number += 1;
    Ok(format!("{hash}:{number}"))
}
