//! What `lockstep verify` found, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::model::{ArtifactDigest, Digest, Leniency, Time, visible, visible_line};
use crate::verify::{
    Build, Fault, Met, Signer, VerifiedSignature, VerifiedSummary, VerifyError, VouchedBy,
};

use super::github::{inert, inert_json};
use super::json::in_ascii;
use super::paper::{Paper, Tint};

/// Name and version of the document.
const SCHEMA: &str = "lockstep-verification/1";

/// What was found about one artifact.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct VerifiedSubject {
    /// As it was named; with the file, or the platform, where that has several.
    pub subject: String,
    /// Its digests; of an image of one platform also that of the index which names it. None where
    /// it could not be seen.
    pub digests: Vec<ArtifactDigest>,
    /// Whether something below is a proof.
    pub verified: bool,
    /// What verified and met every expectation.
    pub proofs: Vec<Proof>,
    /// What did not, the reason that matters most first.
    pub rejections: Vec<Rejection>,
    /// Places that could not be asked, or not be read whole: what they have, nobody knows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
}

impl VerifiedSubject {
    /// Whether nothing proves it for lack of an answer: that is no "not verified".
    pub fn is_unknown(&self) -> bool {
        !self.verified && !self.unread.is_empty()
    }
}

/// A place that was not read whole.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Unread {
    /// The place, without secrets.
    pub place: String,
    /// Why.
    pub message: String,
}

impl Unread {
    /// Why a place is not known; both made visible.
    pub fn new(place: &str, message: &str) -> Self {
        Self {
            place: visible_line(place),
            message: visible(message, 1_000),
        }
    }
}

/// Trust material that the run verified against.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TrustUsed {
    /// Its name in proofs.
    pub trust: String,
    /// Where its root comes from.
    pub source: TrustSource,
    /// SHA-256 of the trusted root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Digest>,
    /// SHA-256 of the key's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Digest>,
    /// When an updated root was refreshed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<Time>,
    /// When the first of its metadata expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// Whether that is over: nobody vouches any more that it is the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired: Option<bool>,
}

/// Where a trusted root comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustSource {
    /// This program carries it.
    Embedded,
    /// `lockstep trust update` has refreshed it.
    Updated,
    /// A file that was named.
    File,
}

/// One bundle that proves what was expected.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Proof {
    /// Where it was found.
    pub found: String,
    /// The digest that it is about.
    pub artifact: ArtifactDigest,
    /// What it was before it was read as a bundle.
    pub format: &'static str,
    /// The trust material's name.
    pub trust: String,
    /// Who signed, when, and how that is known.
    pub signature: VerifiedSignature,
    /// What it says of the build.
    pub build: Build,
    /// What a verification summary says, where one was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<VerifiedSummary>,
    /// Every expectation, met.
    pub met: Vec<Met>,
}

/// One bundle that proves nothing of what was expected.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rejection {
    /// Where it was found.
    pub found: String,
    /// SHA-256 of the bundle, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Digest>,
    /// The class of the reason.
    pub fault: Fault,
    /// The reason.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Rejection {
    /// Why a bundle proves nothing.
    pub fn new(found: &str, bundle: Option<Digest>, error: VerifyError) -> Self {
        Self {
            found: found.to_owned(),
            bundle,
            fault: error.fault,
            message: error.message,
            hint: error.hint,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Document<'d> {
    schema: &'static str,
    verified: bool,
    unsafe_options: &'d [&'static str],
    trust: &'d [TrustUsed],
    subjects: &'d [VerifiedSubject],
}

/// What was found as one JSON document. `unsafe_options` are the escapes that were given.
///
/// # Errors
/// Where it cannot be written as JSON.
pub fn json(
    subjects: &[VerifiedSubject],
    trust: &[TrustUsed],
    unsafe_options: &[&'static str],
) -> Result<String, serde_json::Error> {
    let document = Document {
        schema: SCHEMA,
        verified: !subjects.is_empty() && subjects.iter().all(|it| it.verified),
        unsafe_options,
        trust,
        subjects,
    };
    Ok(in_ascii(&inert_json(&serde_json::to_string_pretty(&document)?)) + "\n")
}

/// What was found as text that ends with a line break.
pub fn human(
    paper: &Paper,
    subjects: &[VerifiedSubject],
    unsafe_options: &[&'static str],
) -> String {
    let mut text = String::new();
    for subject in subjects {
        let word = match (subject.verified, subject.is_unknown()) {
            (true, _) => paper.tint(Tint::Good, "verified"),
            (false, true) => paper.tint(Tint::Unsure, "unknown"),
            (false, false) => paper.tint(Tint::Bad, "not verified"),
        };
        let _ = writeln!(text, "{word}: {}", visible_line(&subject.subject));
        for digest in &subject.digests {
            let _ = writeln!(text, "  {digest}");
        }
        for proof in &subject.proofs {
            draw_proof(&mut text, paper, proof, subject.digests.len() > 1);
        }
        let unread = match subject.verified && !paper.all {
            true => 0,
            false => subject.unread.len(),
        };
        for place in subject.unread.iter().take(unread) {
            let line = format!("{}: {}", place.place, place.message);
            text.push_str(&paper.wrap("  ", &line));
        }
        if !subject.verified && subject.rejections.is_empty() && subject.unread.is_empty() {
            text.push_str("  no attestation: nothing is attached to it\n");
            let hint = "hint: `--repo OWNER/NAME` asks GitHub's store too; of an index \
                        `--platform` names one image";
            text.push_str(&paper.wrap("    ", hint));
        }
        let shown = match (subject.verified, paper.all) {
            (_, true) => subject.rejections.len(),
            (true, false) => 0,
            (false, false) => subject.rejections.len().min(1),
        };
        for rejection in subject.rejections.iter().take(shown) {
            let line = format!("{}: {}", visible_line(&rejection.found), rejection.message);
            text.push_str(&paper.wrap("  ", &visible(&line, 1_000)));
            if let Some(hint) = &rejection.hint {
                text.push_str(&paper.wrap("    ", &format!("hint: {}", visible(hint, 600))));
            }
        }
        match subject.rejections.len() - shown {
            0 => {}
            more => {
                let what = if more == 1 {
                    "bundle proves"
                } else {
                    "bundles prove"
                };
                let line = format!("{more} more {what} nothing that was expected (--verbose)");
                text.push_str(&paper.wrap("  ", &line));
            }
        }
    }
    for option in unsafe_options {
        let word = paper.tint(Tint::Unsure, "unsafe");
        let _ = writeln!(text, "{word}: --{option} was given");
    }
    inert(&text)
}

fn draw_proof(text: &mut String, paper: &Paper, proof: &Proof, names_digest: bool) {
    let mut row = |name: &str, value: &str| {
        let value = visible(value, 600);
        let line = format!("{name}: {value}");
        text.push_str(&paper.wrap("    ", &line));
    };
    let (build, signature) = (&proof.build, &proof.signature);
    let kind = match build.predicate_type.as_str() {
        "" => "a signature over the artifact itself",
        other => other,
    };
    row("statement", kind);
    match signature.signer() {
        Signer::Certificate(claims) => {
            row("signed by", &claims.identity);
            row("issuer", &claims.issuer);
        }
        Signer::Key { fingerprint } => row("signed by", &format!("the key {fingerprint}")),
    }
    let told = match build.vouched_by {
        VouchedBy::Certificate => "",
        VouchedBy::Signer => " (the signer's own word)",
    };
    if let Some(repository) = &build.repository {
        let mut source = repository.to_string();
        if let Some(reference) = &build.reference {
            let _ = write!(source, " at {reference}");
        }
        if let Some(commit) = &build.commit {
            let _ = write!(source, ", commit {commit}");
        }
        row("source", &(source + told));
    }
    if let Some(builder) = &build.builder {
        row("builder", &format!("{builder}{told}"));
    }
    if let Some(summary) = &proof.summary {
        row("decided by", &summary.verifier);
        row("decided at", &summary.time_verified.to_string());
        row("about", &summary.resource);
        if let Some(policy) = &summary.policy {
            row("policy", &policy.to_string());
        }
        row("levels", &summary.levels.join(", "));
    }
    if let Some(time) = signature.times().first() {
        row("signed at", &time.to_string());
    }
    row("log entries", &signature.log_entries().to_string());
    row("trust", &proof.trust);
    let forgiven = forgiven(signature.leniency());
    if !forgiven.is_empty() {
        row("done without", &forgiven.join(", "));
    }
    let met: Vec<&str> = proof.met.iter().map(|it| it.what).collect();
    if !met.is_empty() {
        row("met", &met.join(", "));
    }
    row("found", &proof.found);
    if names_digest {
        row("about", &proof.artifact.to_string());
    }
}

/// What a trust domain does without.
fn forgiven(leniency: Leniency) -> Vec<&'static str> {
    [
        (leniency.unsafe_no_log, "a transparency log"),
        (leniency.unsafe_set_only, "inclusion proofs"),
        (leniency.unsafe_no_sct, "certificate timestamps"),
    ]
    .into_iter()
    .filter_map(|(is_so, what)| is_so.then_some(what))
    .collect()
}
