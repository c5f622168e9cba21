//! One file for each rule.

mod asset_digest_mismatch;
mod asset_replaced;
mod commit_mismatch;
mod commit_not_on_protected_branch;
mod declared_version_mismatch;
mod file_missing;
mod file_unexpected;
mod floating_tag_drift;
mod git_tag_moved;
mod image_digest_mismatch;
mod image_platform_missing;
mod image_tag_moved;
mod late_file;
mod release_window;
mod repository_changed;
mod version_burst;
mod version_missing;
mod version_pending;
mod version_rollback;
mod version_unannounced;
