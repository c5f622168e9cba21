//! Assets that have no digest: uploaded before GitHub computed them. By choice they are downloaded
//! and hashed, within a budget; the bytes are kept nowhere.

use std::str::FromStr;

use globset::Glob;

use crate::model::{Entry, Failure, FailureKind, visible};
use crate::observe::github::{Api, Basis};
use crate::observe::http::Unanswered;

/// How many bytes may be downloaded, as a policy writes it: `200MB`, `1GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget(pub(super) u64);

/// Why a text is no number of bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no number of bytes such as `200MB` or `1GiB`, at most 1 TB")]
pub(super) struct BudgetError {
    text: String,
}

/// More than this in one run is a mistake in the unit.
const MOST: u64 = 1_000_000_000_000;

impl FromStr for Budget {
    type Err = BudgetError;

    fn from_str(text: &str) -> Result<Self, BudgetError> {
        let error = || BudgetError {
            text: visible(text, 40),
        };
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let unit: u64 = match unit.trim_start() {
            "kB" | "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(error()),
        };
        let number: u64 = number.parse().map_err(|_| error())?;
        let bytes = number
            .checked_mul(unit)
            .filter(|bytes| (1..=MOST).contains(bytes));
        bytes.map(Self).ok_or_else(error)
    }
}

/// Gives the files of an entry the digests that they lack, as far as the budget goes, in the order
/// of their names; true where one was given. What does not fit stays without.
///
/// # Errors
/// [`Unanswered`] where an asset cannot be read, or is not as long as it is said to be.
pub(super) async fn hash(
    api: &Api,
    globs: &[String],
    entry: &mut Entry,
    budget: &mut u64,
    basis: &mut Basis,
) -> Result<bool, Unanswered> {
    let globs: Vec<_> = globs
        .iter()
        .filter_map(|glob| Some(Glob::new(glob).ok()?.compile_matcher()))
        .collect();
    let chosen = |name: &str| globs.is_empty() || globs.iter().any(|glob| glob.is_match(name));
    let mut any = false;
    for (name, file) in &mut entry.files {
        let (None, Some(id), Some(size)) = (file.digest, file.id, file.size) else {
            continue;
        };
        if !chosen(name) || size > *budget {
            continue;
        }
        *budget -= size;
        let url = api.below(&["releases", "assets", &id.to_string()]);
        let reply = api.hash(url, size).await?;
        if reply.length != size {
            let (name, length) = (visible(name, 100), reply.length);
            return Err(Unanswered::of(Failure {
                kind: FailureKind::Malformed,
                detail: format!("asset {name} has {length} bytes, and {size} are stated"),
            }));
        }
        basis.add(&reply);
        file.digest = Some(reply.digest);
        any = true;
    }
    Ok(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_number_with_a_unit() {
        for (text, bytes) in [
            ("200MB", 200_000_000),
            ("1 GiB", 1 << 30),
            ("5kB", 5_000),
            ("1000GB", MOST),
        ] {
            assert_eq!(text.parse(), Ok(Budget(bytes)), "{text}");
        }
        for wrong in [
            "",
            "200",
            "MB",
            "0MB",
            "-1MB",
            "1.5GB",
            "1mb",
            "1001GB",
            "99999999999999999999GB",
            "18446744073709552GB",
        ] {
            assert!(wrong.parse::<Budget>().is_err(), "{wrong}");
        }
    }
}
