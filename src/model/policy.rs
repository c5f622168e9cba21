//! A valid policy: what is released together, where it appears, what must agree.
//!
//! Only the policy room makes one from a file; every reference in it (channel, line, environment
//! names) is known to exist.

use serde::Serialize;

use super::version::{Naming, Scheme, Version};
use super::{Code, Digest, Duration, Name, Time, TrustDomain};

/// One component's policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What is released together.
    pub component: Component,
    /// The channel that announces a release.
    pub announced_by: Name,
    /// Release lines in the order of the file; at least one.
    pub lines: Vec<Line>,
    /// Channels in the order of the file; at least one.
    pub channels: Vec<Channel>,
    /// What must agree.
    pub agreements: Vec<Agreement>,
    /// Whose attestations are needed.
    pub provenance: Vec<Provenance>,
    /// Whom its attestations are verified against.
    pub trust: Vec<TrustDomain>,
    /// Where it is deployed to.
    pub environments: Vec<Environment>,
    /// Exemptions.
    pub waivers: Vec<Waiver>,
    /// SHA-256 of the bytes that the policy was read from (those it extends included).
    pub digest: Digest,
    /// For a policy that nobody wrote: why each part of it is thought. Such a policy never allows,
    /// since what it was guessed from is written by whoever uploads.
    pub guessed: Option<Vec<String>>,
}

/// What is released together.
#[derive(Debug, Clone)]
pub struct Component {
    /// Its name.
    pub name: Name,
    /// Address of the source repository.
    pub source: Option<String>,
    /// The host's number for the repository.
    pub repository_id: Option<u64>,
    /// Globs of branches of which one must contain a release's commit; empty: not asked.
    pub branches: Vec<String>,
    /// Hours within which releases are cut.
    pub release_hours: Option<ReleaseHours>,
}

/// The hours within which releases are cut.
#[derive(Debug, Clone)]
pub struct ReleaseHours {
    /// Days of the week, 0 for Monday.
    pub days: Vec<u8>,
    /// First minute of the day.
    pub from_minute: u16,
    /// First minute that is out again; below `from_minute` the span crosses midnight.
    pub until_minute: u16,
    /// IANA name of the time zone, known to exist.
    pub zone: String,
}

/// A release line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its name.
    pub name: Name,
    /// How its versions are read.
    pub scheme: Scheme,
    /// Older releases are not judged for what is lacking.
    pub judge_since: Option<Anchor>,
}

/// A point in a line's history.
#[derive(Debug, Clone)]
pub enum Anchor {
    /// A version.
    Version(Version),
    /// A time.
    Time(Time),
}

/// A place where releases appear.
#[derive(Debug, Clone)]
pub struct Channel {
    /// The policy's name for it.
    pub name: Name,
    /// Its kind, as the policy writes it.
    pub kind: &'static str,
    /// What this kind can and cannot do.
    pub traits: Traits,
    /// How it names the releases of each line that it carries.
    pub lines: Vec<(Name, Naming)>,
    /// Platforms that an image must have.
    pub platforms: Vec<String>,
    /// Globs of the files that agreements look at; empty: all but checksums and bundles.
    pub assets: Vec<String>,
    /// How long it may lack what the leader has.
    pub may_lag: Duration,
    /// How long it may have what the leader lacks.
    pub may_lead: Duration,
    /// Line of the policy file, from 1.
    pub declared_at: usize,
}

/// What a kind of channel can and cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// It can announce releases.
    pub can_lead: bool,
    /// What its releases consist of.
    pub content: Content,
    /// It can list every release that it has; else it answers for one release at a time.
    pub lists: bool,
    /// It states the commit behind a name.
    pub states_commit: bool,
    /// It states when something was published, by the server's clock.
    pub states_time: bool,
}

/// What a channel's releases consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A commit alone.
    Commit,
    /// Files.
    Files,
    /// A container image.
    Image,
    /// One object with one digest.
    Object,
    /// A version that the source declares.
    Declaration,
}

/// Channels that must agree.
#[derive(Debug, Clone)]
pub struct Agreement {
    /// At least two.
    pub channels: Vec<Name>,
    /// On what.
    pub on: AgreeOn,
    /// Why this and nothing stricter.
    pub because: Option<String>,
    /// Line of the policy file; 0 where the rules imply it.
    pub declared_at: usize,
}

/// What channels agree on, strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgreeOn {
    /// One image digest.
    SameDigest,
    /// Each platform's manifest.
    SamePlatforms,
    /// Each digest attested to one commit.
    SameCommit,
    /// Names and hashes of the files, both ways.
    SameFiles,
}

/// Attestations that channels need.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// Whose artifacts.
    pub channels: Vec<Name>,
    /// What kind of attestation.
    pub kind: ProvenanceKind,
    /// Issuer of the signer's identity.
    pub issuer: Option<String>,
    /// Exact identities (subject alternative names) of which one must have signed; empty: any.
    pub identities: Vec<String>,
    /// Workflow files that may sign; empty: any.
    pub workflows: Vec<String>,
    /// Builders of which one must have built it, by their id; empty: any.
    pub builders: Vec<String>,
    /// Address of the repository that must have been built; the component's where the table gives
    /// none.
    pub source: Option<String>,
    /// Git reference that must have been built, a template.
    pub reference: Option<String>,
    /// Which commit must have been built.
    pub commit: Commitment,
    /// Under which of [`Policy::trust`], by [`TrustDomain::id`]; any of them counts.
    pub trust: Vec<Digest>,
    /// First release that needs it.
    pub since: Option<Anchor>,
    /// Line of the policy file; 0 where the rules imply it.
    pub declared_at: usize,
}

/// The two kinds of provenance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProvenanceKind {
    /// Says from which commit the bytes came.
    Build,
    /// Says who uploaded them.
    Publish,
}

/// Which commit a build must state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commitment {
    /// The one behind the leading tag.
    Tag,
    /// Any.
    Any,
}

/// Where releases are deployed to.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Its name.
    pub name: Name,
    /// Channels that it needs beside the leader.
    pub requires: Vec<Name>,
    /// Lines that it accepts; empty: all.
    pub lines: Vec<Name>,
    /// Whether the outcome reaches the exit code.
    pub mode: Mode,
    /// What an unreachable channel does.
    pub when_unreachable: Unreachable,
}

/// Whether the outcome reaches the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Shown only.
    Observe,
    /// Shown and reported.
    Audit,
    /// Enforced.
    Enforce,
}

/// What an unreachable channel does to the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// It makes it indeterminate.
    Indeterminate,
    /// A digest that was verified within this span is approved again.
    LastKnownGood(Duration),
}

/// A dated, reasoned, expiring exemption.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// Which code.
    pub code: Code,
    /// Which version, as the line writes it.
    pub version: String,
    /// All digests of the finding; empty for a finding without.
    pub digests: Vec<String>,
    /// Why.
    pub reason: String,
    /// By whom.
    pub approved_by: String,
    /// When it ends.
    pub expires: Time,
    /// Line of the policy file.
    pub declared_at: usize,
}

impl Policy {
    /// A channel by name.
    pub fn channel(&self, name: &Name) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.name == *name)
    }

    /// A line by name.
    pub fn line(&self, name: &Name) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == *name)
    }

    /// An environment by name.
    pub fn environment(&self, name: &Name) -> Option<&Environment> {
        self.environments
            .iter()
            .find(|environment| environment.name == *name)
    }
}

impl Channel {
    /// How this channel names the releases of a line; nothing where it does not carry it.
    pub fn naming(&self, line: &Name) -> Option<&Naming> {
        self.lines
            .iter()
            .find(|(name, _)| name == line)
            .map(|(_, naming)| naming)
    }
}
