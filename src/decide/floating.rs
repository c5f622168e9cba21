//! Tags that move: which release each of them must show.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::model::version::{Naming, Version};

/// Every floating name of these stable versions, with the highest version that it may show.
pub(super) fn targets<'v>(
    naming: &Naming,
    versions: &'v [Cow<'_, Version>],
) -> BTreeMap<String, &'v Version> {
    let mut targets: BTreeMap<String, &Version> = BTreeMap::new();
    for version in versions.iter().map(|version| &**version) {
        for floating in naming.floating_names(version) {
            let best = targets.entry(floating.name).or_insert(version);
            if version.precedence(best) == Some(Ordering::Greater) {
                *best = version;
            }
        }
    }
    targets
}
