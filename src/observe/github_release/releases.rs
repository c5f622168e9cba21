//! Releases as the API lists them, and what they say together about one tag.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::model::{
    Digest, Entry, Failure, FailureKind, FileFact, Listing, Time, visible, visible_line,
};
use crate::observe::{github, malformed};

/// More assets than this are not kept, over all releases.
const MOST_FILES: usize = 500_000;

/// GitHub lists no more releases than this and says nothing of the rest.
const MOST_LISTED: usize = 10_000;

/// `release` of the API description, as far as it is read. `target_commitish` is not: it may name a
/// branch, and what it says is no evidence of a commit.
#[derive(Debug, Deserialize)]
pub(super) struct Release {
    id: u64,
    tag_name: String,
    name: Option<String>,
    draft: bool,
    prerelease: bool,
    /// Not said by older servers of GitHub Enterprise.
    #[serde(default)]
    immutable: Option<bool>,
    published_at: Option<String>,
    author: Option<Author>,
    assets: Vec<Asset>,
}

#[derive(Debug, Deserialize)]
struct Author {
    login: String,
}

#[derive(Debug, Deserialize)]
struct Asset {
    id: u64,
    name: String,
    state: String,
    size: u64,
    #[serde(default)]
    digest: Option<String>,
    updated_at: String,
}

/// Reads one page of releases, whose commits are not known.
///
/// # Errors
/// A [`Failure`] where it is anything else.
pub fn parse_releases(bytes: &[u8]) -> Result<Listing, Failure> {
    let mut releases = Releases::default();
    releases.add(github::parse(bytes)?)?;
    Ok(releases.listing(&Listing::default()))
}

/// Releases by their tags.
#[derive(Debug, Default)]
pub(super) struct Releases {
    by_tag: BTreeMap<String, Vec<(u64, Entry)>>,
    ids: BTreeSet<u64>,
    unnamed: BTreeSet<String>,
    files: usize,
}

impl Releases {
    /// Takes a page.
    pub(super) fn add(&mut self, page: Vec<Release>) -> Result<(), Failure> {
        for release in page {
            // A release that is made while pages are read moves others to the next page.
            if !self.ids.insert(release.id) {
                continue;
            }
            self.files += release.assets.len();
            if self.files > MOST_FILES {
                return Err(Failure {
                    kind: FailureKind::TooLarge,
                    detail: format!("more than {MOST_FILES} assets"),
                });
            }
            self.take(release)?;
        }
        Ok(())
    }

    fn take(&mut self, release: Release) -> Result<(), Failure> {
        let Release { id, tag_name, .. } = release;
        if tag_name.is_empty() {
            let name = release.name.unwrap_or_default();
            let shown = visible(&name, 150);
            self.unnamed
                .insert(format!("draft {id} without a tag: {shown}"));
            return Ok(());
        }
        let published = release.published_at.as_deref().map(time).transpose()?;
        let mut entry = Entry {
            // A draft that was published before keeps the time; nobody but writers sees it now.
            published: published.filter(|_| !release.draft),
            draft: release.draft,
            prerelease: Some(release.prerelease),
            immutable: release.immutable,
            publisher: release.author.map(|author| visible(&author.login, 100)),
            ..Entry::default()
        };
        for asset in release.assets {
            if asset.state != "uploaded" {
                let (file, tag) = (visible(&asset.name, 100), visible(&tag_name, 80));
                let words = format!("asset {file} of {tag}: its upload never ended");
                self.unnamed.insert(words);
                continue;
            }
            let (name, file) = asset.fact()?;
            if entry.files.insert(name, file).is_some() {
                return Err(malformed("one release has two assets of one name"));
            }
        }
        self.by_tag.entry(tag_name).or_default().push((id, entry));
        Ok(())
    }

    /// Why these cannot be all, where they cannot.
    pub(super) fn cut_off(&self) -> Option<Failure> {
        (self.ids.len() >= MOST_LISTED).then(|| Failure {
            kind: FailureKind::TooLarge,
            detail: format!("GitHub lists no more than {MOST_LISTED} releases"),
        })
    }

    /// True where there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.by_tag.is_empty()
    }

    /// One entry for each tag, with the commit that the tag itself is at.
    pub(super) fn listing(self, tags: &Listing) -> Listing {
        let mut listing = Listing {
            unnamed: self.unnamed,
            ..Listing::default()
        };
        for (tag, releases) in self.by_tag {
            let mut entry = combined(&tag, releases, &mut listing.unnamed);
            let commit = tags.entries.get(&tag).and_then(|tag| tag.commit.clone());
            entry.commit = commit;
            listing.entries.insert(tag, entry);
        }
        listing
    }
}

impl Asset {
    fn fact(self) -> Result<(String, FileFact), Failure> {
        // Another algorithm than SHA-256 is nothing that could be compared.
        let digest = self.digest.filter(|digest| digest.starts_with("sha256:"));
        let digest = digest.map(|digest| digest.parse::<Digest>()).transpose();
        let digest = digest.map_err(|error| malformed(error.to_string()))?;
        let fact = FileFact {
            digest,
            size: Some(self.size),
            uploaded: Some(time(&self.updated_at)?),
            id: Some(self.id),
            yanked: false,
            ..FileFact::default()
        };
        Ok((self.name, fact))
    }
}

/// What several releases of one tag say. A published one is what everybody sees: a draft beside it
/// is told, and its files are not those of the release. Of two that are alike all files count; where
/// they differ about one, what they do not share is not stated.
fn combined(tag: &str, mut releases: Vec<(u64, Entry)>, unnamed: &mut BTreeSet<String>) -> Entry {
    releases.sort_by_key(|(id, entry)| (entry.draft, entry.published, *id));
    let mut releases = releases.into_iter();
    let (_, mut all) = releases.next().unwrap_or_default();
    for (id, other) in releases {
        if other.draft && !all.draft {
            let shown = visible_line(tag);
            unnamed.insert(format!(
                "draft {id} of {shown}, beside the published release"
            ));
            continue;
        }
        if all.prerelease != other.prerelease {
            all.prerelease = None;
        }
        if all.immutable != other.immutable {
            all.immutable = None;
        }
        for (name, file) in other.files {
            match all.files.entry(name) {
                Slot::Vacant(slot) => {
                    slot.insert(file);
                }
                Slot::Occupied(mut slot) => {
                    let known = slot.get_mut();
                    known.digest = known.digest.filter(|digest| file.digest == Some(*digest));
                    known.size = known.size.filter(|size| file.size == Some(*size));
                    known.uploaded = known.uploaded.max(file.uploaded);
                    known.id = known.id.filter(|id| file.id == Some(*id));
                }
            }
        }
    }
    all
}

fn time(text: &str) -> Result<Time, Failure> {
    text.parse()
        .map_err(|_| malformed(format!("`{}` is no time", visible(text, 40))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn release(id: u64, tag: &str, draft: bool, files: &[(&str, Option<&str>)]) -> Value {
        let asset = |(number, (name, digest)): (usize, &(&str, Option<&str>))| {
            json!({"id": id * 100 + number as u64, "name": name, "state": "uploaded", "size": 3,
                "digest": digest, "updated_at": "2026-03-02T09:01:10Z"})
        };
        json!({"id": id, "tag_name": tag, "name": "it", "draft": draft, "prerelease": false,
            "published_at": (!draft).then_some("2026-03-02T09:02:00Z"),
            "author": {"login": "bot"}, "target_commitish": "f".repeat(40),
            "assets": files.iter().enumerate().map(asset).collect::<Vec<_>>()})
    }

    fn listing(releases: &[Value]) -> Result<Listing, Failure> {
        let page = serde_json::from_value(json!(releases)).unwrap();
        let mut all = Releases::default();
        all.add(page)?;
        Ok(all.listing(&Listing::default()))
    }

    fn sha256(digit: &str) -> String {
        format!("sha256:{}", digit.repeat(64))
    }

    #[test]
    fn that_a_release_is_locked_is_recorded_where_the_server_says_so() {
        for (told, expected) in [(json!(true), Some(true)), (Value::Null, None)] {
            let mut release = release(1, "v1", false, &[]);
            release["immutable"] = told;
            let listing = listing(&[release]).unwrap();
            assert_eq!(listing.entries["v1"].immutable, expected);
        }
        let silent = listing(&[release(1, "v1", false, &[])]).unwrap();
        assert_eq!(silent.entries["v1"].immutable, None);
    }

    #[test]
    fn a_published_release_counts_before_a_draft_of_its_tag_whichever_is_listed_first() {
        let (one, two) = (sha256("1"), sha256("2"));
        let published = release(1, "v1", false, &[("a", Some(&one))]);
        let draft = release(2, "v1", true, &[("a", Some(&two)), ("b", None)]);
        for order in [[published.clone(), draft.clone()], [draft, published]] {
            let listing = listing(&order).unwrap();
            let entry = &listing.entries["v1"];
            assert!(!entry.draft && entry.published.is_some());
            assert_eq!(entry.files.keys().collect::<Vec<_>>(), ["a"]);
            assert_eq!(entry.files["a"].digest, Some(one.parse().unwrap()));
            assert_eq!(entry.commit, None, "`target_commitish` is no evidence");
            let told = &listing.unnamed;
            assert!(
                told.first().unwrap().starts_with("draft 2 of v1"),
                "{told:?}"
            );
        }
    }

    #[test]
    fn two_drafts_of_a_tag_are_one_with_the_files_of_both_and_no_word_where_they_differ() {
        let (one, two) = (sha256("1"), sha256("2"));
        let listing = listing(&[
            release(1, "v1", true, &[("a", Some(&one)), ("same", Some(&one))]),
            release(
                2,
                "v1",
                true,
                &[("a", Some(&two)), ("same", Some(&one)), ("b", None)],
            ),
        ])
        .unwrap();
        let entry = &listing.entries["v1"];
        assert!(entry.draft);
        assert_eq!(entry.files.keys().collect::<Vec<_>>(), ["a", "b", "same"]);
        assert_eq!((entry.files["a"].digest, entry.files["a"].id), (None, None));
        assert_eq!(entry.files["same"].digest, Some(one.parse().unwrap()));
    }

    #[test]
    fn an_upload_that_never_ended_is_no_file_and_a_release_that_is_listed_twice_counts_once() {
        let mut broken = release(1, "v1", false, &[("a", None), ("b", None)]);
        broken["assets"][1]["state"] = json!("starter");
        let listing = listing(&[broken.clone(), broken]).unwrap();
        assert_eq!(listing.entries["v1"].files.len(), 1);
        assert!(listing.unnamed.first().unwrap().contains("never ended"));
    }

    #[test]
    fn what_is_no_digest_or_time_is_an_error_and_another_algorithm_is_not_stated() {
        assert!(listing(&[release(1, "v1", false, &[("a", Some("sha256:zz"))])]).is_err());
        let other = listing(&[release(1, "v1", false, &[("a", Some("sha512:00"))])]).unwrap();
        assert_eq!(other.entries["v1"].files["a"].digest, None);
        let mut when = release(1, "v1", false, &[]);
        when["published_at"] = json!("yesterday");
        assert!(listing(&[when]).is_err());
    }

    /// Absence is earned: where GitHub's list ends by itself, what is not in it may still be there.
    #[test]
    fn a_list_as_long_as_github_lists_is_cut_off() {
        let mut all = Releases::default();
        for id in 1..=MOST_LISTED as u64 {
            assert_eq!(all.cut_off(), None);
            let page = json!([release(id, &format!("v{id}"), false, &[])]);
            all.add(serde_json::from_value(page).unwrap()).unwrap();
        }
        assert_eq!(all.cut_off().unwrap().kind, FailureKind::TooLarge);
    }
}
