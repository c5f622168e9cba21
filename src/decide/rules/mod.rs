//! The register of rules. A rule is one file here, named after its code, and one line below.

mod asset_digest_mismatch;
mod asset_replaced;
pub(super) mod baseline_grandfathered;
mod builder_untrusted;
mod channel_not_found;
pub(super) mod channel_unreachable;
mod commit_mismatch;
mod commit_not_on_protected_branch;
mod declared_version_mismatch;
mod evidence_stale;
mod file_missing;
mod file_unexpected;
mod floating_tag_drift;
mod git_tag_moved;
mod identity_mismatch;
pub(super) mod image_digest_mismatch;
mod image_platform_missing;
mod image_rebuilt;
mod image_tag_moved;
mod late_file;
mod line_not_accepted;
pub(super) mod nothing_to_compare;
mod project_quarantined;
mod provenance_invalid;
pub(super) mod provenance_lost;
pub(super) mod provenance_missing;
mod publisher_changed;
pub(super) mod release_deleted;
mod release_draft;
mod release_prerelease_mismatch;
mod release_window;
mod release_yanked;
mod repository_changed;
mod source_mismatch;
mod tag_unknown_variant;
mod version_burst;
mod version_collision;
mod version_incomparable;
mod version_missing;
pub(super) mod version_pending;
mod version_rollback;
mod version_unannounced;
pub(super) mod waiver_expired;
pub(super) mod waiver_unused;

use crate::model::{Code, Finding};

use super::rule::{Judge, Rule};
use super::scene::Scene;

/// Every rule, in the order of the documentation.
pub(super) const REGISTER: &[Rule] = &[
    version_missing::RULE,
    version_unannounced::RULE,
    version_pending::RULE,
    version_collision::RULE,
    version_incomparable::RULE,
    tag_unknown_variant::RULE,
    declared_version_mismatch::RULE,
    floating_tag_drift::RULE,
    release_draft::RULE,
    release_prerelease_mismatch::RULE,
    release_yanked::RULE,
    release_deleted::RULE,
    project_quarantined::RULE,
    line_not_accepted::RULE,
    asset_digest_mismatch::RULE,
    asset_replaced::RULE,
    file_missing::RULE,
    file_unexpected::RULE,
    image_digest_mismatch::RULE,
    image_platform_missing::RULE,
    image_rebuilt::RULE,
    commit_mismatch::RULE,
    git_tag_moved::RULE,
    image_tag_moved::RULE,
    commit_not_on_protected_branch::RULE,
    repository_changed::RULE,
    provenance_missing::RULE,
    provenance_lost::RULE,
    provenance_invalid::RULE,
    identity_mismatch::RULE,
    builder_untrusted::RULE,
    source_mismatch::RULE,
    publisher_changed::RULE,
    late_file::RULE,
    version_burst::RULE,
    release_window::RULE,
    version_rollback::RULE,
    channel_unreachable::RULE,
    channel_not_found::RULE,
    evidence_stale::RULE,
    nothing_to_compare::RULE,
    waiver_expired::RULE,
    waiver_unused::RULE,
    baseline_grandfathered::RULE,
];

/// Releases that the rules look at together.
const BLOCK: usize = 256;

/// Lets every rule judge. The findings of one rule come in the order of the releases.
pub(super) fn judge(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for cases in scene.cases.chunks(BLOCK) {
        for rule in REGISTER {
            if let Judge::Each(judge) = rule.judge {
                judge(scene, cases, &mut findings);
            }
        }
    }
    for rule in REGISTER {
        if let Judge::Whole(judge) = rule.judge {
            judge(scene, &mut findings);
        }
    }
    findings
}

/// The rule that owns a code.
pub(super) fn of(code: &Code) -> Option<&'static Rule> {
    REGISTER.iter().find(|rule| rule.code == code.as_str())
}
