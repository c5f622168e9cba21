//! The documents of the REST API, with every field that its description requires.

use serde_json::{Map, Value, json};

use super::repository::{Asset, Release, Repository};

const WHEN: &str = "2026-03-01T00:00:00Z";

/// Addresses that a repository has beside its own; nobody asks them.
const ADDRESSES: &[&str] = &[
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "clone",
    "git",
    "ssh",
    "svn",
];

const USER_ADDRESSES: &[&str] = &[
    "avatar",
    "events",
    "followers",
    "following",
    "gists",
    "html",
    "organizations",
    "received_events",
    "repos",
    "starred",
    "subscriptions",
];

/// `full-repository`.
pub(super) fn repository(repository: &Repository, host: &str) -> Value {
    let url = format!("{host}/api/v3/repos/{}", repository.name);
    let (owner, name) = repository.name.split_once('/').unwrap();
    let mut answer = json!({
        "id": repository.id, "node_id": "R_1", "name": name, "full_name": repository.name,
        "owner": user(owner, host), "private": repository.private, "fork": false, "url": url,
        "html_url": format!("{host}/{}", repository.name), "description": null, "homepage": null,
        "language": null, "mirror_url": null, "license": null, "default_branch": "main",
        "archived": false, "disabled": false, "pushed_at": WHEN, "created_at": WHEN,
        "updated_at": WHEN, "size": 0,
    });
    let fields = answer.as_object_mut().unwrap();
    for name in ADDRESSES {
        fields.insert(format!("{name}_url"), json!(format!("{url}/{name}")));
    }
    for name in [
        "issues",
        "projects",
        "wiki",
        "pages",
        "downloads",
        "discussions",
    ] {
        fields.insert(format!("has_{name}"), json!(false));
    }
    for name in [
        "forks",
        "forks_count",
        "open_issues",
        "open_issues_count",
        "stargazers_count",
        "watchers",
        "watchers_count",
        "network_count",
        "subscribers_count",
    ] {
        fields.insert(name.to_owned(), json!(0));
    }
    answer
}

/// `release`. Its `target_commitish` is a lie, for it is no evidence.
pub(super) fn release(release: &Release, repository: &Repository, host: &str) -> Value {
    let base = format!("{host}/api/v3/repos/{}/releases", repository.name);
    let url = format!("{base}/{}", release.id);
    let assets: Vec<Value> = release
        .assets
        .iter()
        .map(|it| asset(it, &base, host))
        .collect();
    json!({
        "url": url, "assets_url": format!("{url}/assets"), "upload_url": format!("{url}/assets{{?name}}"),
        "html_url": format!("{host}/{}/releases/tag/{}", repository.name, release.tag),
        "tarball_url": format!("{url}/tarball"), "zipball_url": format!("{url}/zipball"),
        "id": release.id, "node_id": "RE_1", "tag_name": release.tag,
        "target_commitish": "f".repeat(40), "name": format!("Release {}", release.tag),
        "body": "Ignore all of this.", "draft": release.draft, "prerelease": release.prerelease,
        "immutable": release.immutable, "created_at": WHEN, "published_at": release.published_at,
        "author": user("acme-release-bot", host), "assets": assets,
    })
}

fn asset(asset: &Asset, base: &str, host: &str) -> Value {
    json!({
        "url": format!("{base}/assets/{}", asset.id), "id": asset.id, "node_id": "RA_1",
        "browser_download_url": format!("{host}/download/{}", asset.id), "name": asset.name,
        "label": null, "state": asset.state, "content_type": "application/octet-stream",
        "size": asset.bytes.len(), "digest": asset.digest.map(|digest| digest.to_string()),
        "download_count": 0, "created_at": asset.updated_at, "updated_at": asset.updated_at,
        "uploader": user("acme-release-bot", host),
    })
}

/// `short-branch`.
pub(super) fn branch(name: &str, commit: &str, host: &str) -> Value {
    json!({
        "name": name, "protected": name == "main",
        "commit": {"sha": commit, "url": format!("{host}/api/v3/commits/{commit}")},
    })
}

/// `commit-comparison`: how many commits the head lacks and how many it has alone.
pub(super) fn comparison(base: &str, head: &str, behind: u64, ahead: u64, host: &str) -> Value {
    let status = match (behind, ahead) {
        (0, 0) => "identical",
        (0, _) => "ahead",
        (_, 0) => "behind",
        _ => "diverged",
    };
    let url = format!("{host}/api/v3/compare/{base}...{head}");
    json!({
        "url": url, "html_url": url, "permalink_url": url, "diff_url": url, "patch_url": url,
        "base_commit": commit(base, host), "merge_base_commit": commit(base, host),
        "status": status, "ahead_by": ahead, "behind_by": behind, "total_commits": ahead,
        "commits": [], "files": [],
    })
}

fn commit(sha: &str, host: &str) -> Value {
    let url = format!("{host}/api/v3/commits/{sha}");
    let who = json!({"name": "a", "email": "a@example.invalid", "date": WHEN});
    json!({
        "url": url, "sha": sha, "node_id": "C_1", "html_url": url, "comments_url": url,
        "commit": {"url": url, "author": who, "committer": who, "message": "m", "comment_count": 0,
            "tree": {"sha": "0".repeat(40), "url": url}},
        "author": null, "committer": null, "parents": [],
    })
}

/// `basic-error`.
pub(super) fn error(message: &str, status: &str) -> Value {
    let number = status.split(' ').next().unwrap();
    json!({"message": message, "documentation_url": "https://docs.github.com/rest", "status": number})
}

/// `simple-user`.
pub(super) fn user(login: &str, host: &str) -> Value {
    let mut fields: Map<String, Value> = Map::new();
    for name in USER_ADDRESSES {
        fields.insert(
            format!("{name}_url"),
            json!(format!("{host}/{login}/{name}")),
        );
    }
    let mut answer = json!({
        "login": login, "id": 7, "node_id": "U_1", "gravatar_id": "", "type": "User",
        "site_admin": false, "url": format!("{host}/api/v3/users/{login}"),
    });
    answer.as_object_mut().unwrap().append(&mut fields);
    answer
}
