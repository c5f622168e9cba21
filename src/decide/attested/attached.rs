//! The artifacts of a release, and what the present round says is attached to each of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use crate::decide::files::Selection;
use crate::decide::scene::Scene;
use crate::decide::view::ChannelView;
use crate::model::{
    Answer, ArtifactDigest, Channel, Content, Coverage, Digest, Entry, Facts, Failure, FailureKind,
    Time, visible_line,
};
use crate::verify::{BuildKind, CheckedEvidence, UnverifiedBundle, VerifiedStatement, VerifyError};

use super::claims::{Claims, is_provenance};
use super::unknown;

/// One artifact of a release.
pub(crate) struct Artifact<'a> {
    /// The file's name, or the platform; empty for the whole.
    pub(crate) label: String,
    /// Its digests, the one that it is asked by first.
    pub(crate) digests: Vec<ArtifactDigest>,
    pub(crate) attached: Attached<'a>,
}

/// What is attached to an artifact.
pub(crate) enum Attached<'a> {
    /// The channel states no digest.
    NotStated,
    /// Nobody can say, or not all of it.
    Unknown(Unknown),
    /// These documents, whole.
    Known {
        because: Vec<Digest>,
        documents: Vec<Arc<Document<'a>>>,
    },
}

/// Why it is not known.
#[derive(Clone)]
pub(crate) struct Unknown {
    pub(crate) why: Failure,
    pub(crate) because: Vec<Digest>,
    pub(crate) retry_at: Option<Time>,
}

/// One document that is attached.
pub(crate) struct Document<'a> {
    /// What it says, as far as somebody known signed it.
    pub(crate) attestations: Vec<Attestation<'a>>,
    /// Why it, or a part of it, is no sound attestation.
    pub(crate) invalid: Vec<String>,
}

/// A statement of provenance that verified.
pub(crate) struct Attestation<'a> {
    /// The trust domains that it verified under.
    pub(crate) domains: Vec<Digest>,
    pub(crate) statement: &'a VerifiedStatement,
    pub(crate) claims: Claims,
}

/// What verifying gave, by document; each is looked at once.
pub(crate) struct Ledger<'a> {
    checked: &'a CheckedEvidence,
    domains: Vec<(Digest, bool)>,
    now: Time,
    seen: Mutex<HashMap<Digest, Option<Arc<Document<'a>>>>>,
}

/// The artifacts of an entry: path or platform, digests, and whether the channel itself says that
/// something is attested. An image is its index first, then each platform's manifest.
pub(crate) fn listed(
    channel: &Channel,
    entry: &Entry,
) -> Vec<(String, Vec<ArtifactDigest>, Option<bool>)> {
    let one = |digest: Option<Digest>| digest.map(ArtifactDigest::from).into_iter().collect();
    match channel.traits.content {
        Content::Commit | Content::Declaration => Vec::new(),
        Content::Object => vec![(String::new(), one(entry.digest), None)],
        Content::Files => Selection::of(channel)
            .of_entry(entry)
            .map(|(name, file)| {
                let own = file.digest.map(ArtifactDigest::from);
                let digests = file.stated.into_iter().chain(own).collect();
                (name.to_owned(), digests, file.attested)
            })
            .collect(),
        Content::Image => {
            let mut all = vec![(String::new(), one(entry.digest), None)];
            for (platform, digest) in &entry.platforms {
                // An image for one platform alone may have its manifest as the whole.
                if entry.digest != Some(*digest) && is_needed(channel, platform) {
                    all.push((platform.clone(), one(Some(*digest)), None));
                }
            }
            all
        }
    }
}

/// Whether a platform counts: those that the policy declares, else all. A second image for one
/// platform (`linux/amd64 (2)`) counts as the first does, and so does one that names no whole
/// platform: a runtime may take it in the place of the one that is attested.
fn is_needed(channel: &Channel, platform: &str) -> bool {
    let plain = crate::decide::rules::image_digest_mismatch::plain;
    let declared = &channel.platforms;
    let first = platform
        .split_once(" (")
        .map_or(platform, |(first, _)| first);
    let is_declared = |it: &String| plain(it) == plain(first);
    declared.is_empty() || !first.contains('/') || declared.iter().any(is_declared)
}

/// The artifacts of one name in a channel, with what is attached to them.
pub(crate) fn artifacts<'a>(
    ledger: &Ledger<'a>,
    channel: &Channel,
    view: &ChannelView<'a>,
    name: &str,
    entry: &Entry,
) -> Vec<Artifact<'a>> {
    let all = listed(channel, entry).into_iter();
    all.map(|(label, digests, claimed)| {
        let attached = match digests.is_empty() {
            true => Attached::NotStated,
            false => attached(ledger, view, name, &digests, claimed),
        };
        Artifact {
            label,
            digests,
            attached,
        }
    })
    .collect()
}

/// Every place of the present round must have answered whole: what one of them did not say may be
/// the attestation that contradicts the others.
fn attached<'a>(
    ledger: &Ledger<'a>,
    view: &ChannelView<'a>,
    name: &str,
    digests: &[ArtifactDigest],
    claimed: Option<bool>,
) -> Attached<'a> {
    let places = view.attached.get(name).map_or(&[][..], Vec::as_slice);
    let mut because = Vec::new();
    let mut named: BTreeSet<Digest> = BTreeSet::new();
    let mut asked = false;
    for observation in places {
        let failed = |why: &Failure, retry_at| {
            Attached::Unknown(Unknown {
                why: why.clone(),
                because: vec![observation.id],
                retry_at,
            })
        };
        match &observation.answer {
            Answer::Failed { why, retry_at } => return failed(why, *retry_at),
            Answer::Seen {
                coverage: Coverage::Partial { why, .. },
                ..
            } => return failed(why, None),
            Answer::Seen {
                facts: Facts::Attestations(facts),
                ..
            } => {
                because.push(observation.id);
                for documents in digests.iter().filter_map(|it| facts.artifacts.get(it)) {
                    asked = true;
                    named.extend(documents);
                }
            }
            Answer::Seen { .. } | Answer::Absent { .. } => {}
        }
    }
    let stale = |detail: &str, because: Vec<Digest>| {
        let why = Failure {
            kind: FailureKind::Stale,
            detail: detail.to_owned(),
        };
        Attached::Unknown(unknown(why, because))
    };
    if !asked {
        return stale("nobody was asked what is attested about it", because);
    }
    if claimed == Some(true) && named.is_empty() {
        let detail = "the listing says that it is attested, and no attestation was given";
        return stale(detail, because);
    }
    let mut documents = Vec::new();
    for digest in named {
        match ledger.document(digest) {
            Ok(document) => documents.extend(document),
            Err(()) => return stale("an attestation is named and not in the evidence", because),
        }
    }
    Attached::Known { because, documents }
}

impl Artifact<'_> {
    /// The name that a message gives it: the file's, the platform, or the digest of the whole.
    pub(crate) fn name(&self) -> String {
        match (self.label.as_str(), self.digests.first()) {
            ("", Some(digest)) => digest.to_string(),
            ("", None) => "the whole".to_owned(),
            (label, _) => visible_line(label),
        }
    }

    /// The attestations about exactly this artifact.
    pub(crate) fn attestations(&self) -> impl Iterator<Item = &Attestation<'_>> {
        let documents = match &self.attached {
            Attached::Known { documents, .. } => documents.as_slice(),
            Attached::NotStated | Attached::Unknown(_) => &[],
        };
        let all = documents.iter().flat_map(|it| &it.attestations);
        all.filter(|it| is_about(it.statement, &self.digests))
    }

    /// Why something that is attached to it is no sound attestation of it; each reason once.
    pub(crate) fn invalid(&self) -> BTreeSet<String> {
        let Attached::Known { documents, .. } = &self.attached else {
            return BTreeSet::new();
        };
        let mut reasons = BTreeSet::new();
        for document in documents {
            reasons.extend(document.invalid.iter().cloned());
            let strays = document.attestations.iter();
            let strays = strays.filter(|it| !is_about(it.statement, &self.digests));
            reasons.extend(strays.map(|_| "it is about another artifact".to_owned()));
        }
        reasons
    }

    /// The observations behind what is known of it.
    pub(crate) fn because(&self) -> &[Digest] {
        match &self.attached {
            Attached::Known { because, .. } => because,
            Attached::Unknown(unknown) => &unknown.because,
            Attached::NotStated => &[],
        }
    }
}

fn is_about(statement: &VerifiedStatement, digests: &[ArtifactDigest]) -> bool {
    let subjects = |digest| statement.statement().subjects_with(digest).next().is_some();
    digests.iter().any(subjects)
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(scene: &Scene<'a>) -> Self {
        let domains = scene.policy.trust.iter();
        Self {
            checked: scene.checked,
            domains: domains
                .map(|it| {
                    (
                        it.id(),
                        matches!(it.material, crate::model::TrustMaterial::Key { .. }),
                    )
                })
                .collect(),
            now: scene.now,
            seen: Mutex::new(HashMap::new()),
        }
    }

    /// A document; nothing where it is none of provenance or signed after the time of judging.
    ///
    /// # Errors
    /// The evidence does not hold it.
    pub(crate) fn document(&self, digest: Digest) -> Result<Option<Arc<Document<'a>>>, ()> {
        let Some(text) = self.checked.evidence().bundles.get(&digest) else {
            return Err(());
        };
        let mut seen = match self.seen.lock() {
            Ok(seen) => seen,
            Err(poisoned) => poisoned.into_inner(),
        };
        let known = seen
            .entry(digest)
            .or_insert_with(|| self.read(digest, text).map(Arc::new));
        Ok(known.clone())
    }

    fn read(&self, digest: Digest, text: &str) -> Option<Document<'a>> {
        let mut document = Document {
            attestations: Vec::new(),
            invalid: Vec::new(),
        };
        let mut refused: Option<&VerifyError> = None;
        let mut is_later = false;
        for (domain, _) in &self.domains {
            match self.checked.proved(digest, *domain) {
                Some(Ok(statement)) => {
                    // What was signed after the time of judging is not there yet.
                    let first = statement.signature().times().first();
                    if first.is_some_and(|time| *time > self.now) {
                        is_later = true;
                        continue;
                    }
                    let known = document.attestations.iter_mut();
                    if let Some(same) = known.into_iter().next() {
                        same.domains.push(*domain);
                        continue;
                    }
                    match Claims::of(statement) {
                        Ok(claims) if claims.kind() != BuildKind::Other => {
                            document.attestations.push(Attestation {
                                domains: vec![*domain],
                                statement,
                                claims,
                            });
                        }
                        Ok(_) => return None,
                        Err(error) => document.invalid.push(error.message),
                    }
                }
                Some(Err(error)) => {
                    // The reason of the domain under which it came furthest matters most.
                    refused = Some(refused.map_or(error, |it| further(it, error)));
                }
                None => {}
            }
        }
        document.invalid.dedup();
        if is_later && document.attestations.is_empty() {
            return None;
        }
        if document.attestations.is_empty() && document.invalid.is_empty() {
            let error = refused?;
            if !self.counts(text) {
                return None;
            }
            document.invalid.push(error.message.clone());
        }
        Some(document)
    }

    /// Whether a document that nobody known signed is reported: not where it is no provenance
    /// (a signature of the artifact itself, a bill of materials) or where only a
    /// key could verify it and the policy names none.
    fn counts(&self, text: &str) -> bool {
        let Ok(bundle) = UnverifiedBundle::read(text.as_bytes()) else {
            return true;
        };
        if bundle.is_signed_with_key() && !self.domains.iter().any(|(_, is_key)| *is_key) {
            return false;
        }
        match bundle.unverified_statement() {
            Ok(None) => false,
            Ok(Some(statement)) => is_provenance(&statement.predicate_type),
            Err(_) => true,
        }
    }
}

fn further<'e>(one: &'e VerifyError, other: &'e VerifyError) -> &'e VerifyError {
    if one.fault >= other.fault { one } else { other }
}
