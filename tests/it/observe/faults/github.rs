//! The questions to GitHub: the API's, and git's for the commits of tags.

use lockstep::model::Observation;
use serde_json::json;

use super::{Asked, TAG, packets, tag};
use crate::observe::asking::{World, configure_with};
use crate::observe::loopback::Loopback;

/// Those whose answer may well be an empty list.
pub(super) const LISTS: &[&str] = &["releases", "branches"];

pub(super) const QUESTIONS: &[Asked] = &[
    Asked {
        name: "repository",
        kind: "github-release",
        target: "/api/v3/repos/a/x",
        media: "application/json",
        body: || br#"{"id":1,"full_name":"a/x","node_id":"R_1"}"#.to_vec(),
    },
    Asked {
        name: "releases",
        kind: "github-release",
        target: "/api/v3/repos/a/x/releases?per_page=100",
        media: "application/json",
        body: || {
            let release = |id: u64, tag: &str| {
                json!({"id": id, "tag_name": tag, "name": null, "draft": false, "assets": [],
                    "prerelease": false, "published_at": null, "author": null})
            };
            json!([release(1, "v1.0"), release(2, "v1.1")])
                .to_string()
                .into_bytes()
        },
    },
    Asked {
        name: "info/refs of releases",
        kind: "github-release",
        target: "/a/x/info/refs?service=git-upload-pack",
        media: "application/x-git-upload-pack-advertisement",
        body: || packets(&["version 2\n", "ls-refs\n"]),
    },
    Asked {
        name: "ls-refs of releases",
        kind: "github-release",
        target: "/a/x/git-upload-pack",
        media: "application/x-git-upload-pack-result",
        body: || packets(&[&tag("v1.0"), &tag("v1.1")]),
    },
    Asked {
        name: "branches",
        kind: "github-release",
        target: "/api/v3/repos/a/x/branches?per_page=100",
        media: "application/json",
        body: || {
            let commit = json!({"sha": "2".repeat(40)});
            json!([{"name": "main", "commit": commit}])
                .to_string()
                .into_bytes()
        },
    },
    Asked {
        name: "compare",
        kind: "github-release",
        target: "/api/v3/repos/a/x/compare/2222222222222222222222222222222222222222...1111111111111111111111111111111111111111?per_page=1",
        media: "application/json",
        body: || {
            br#"{"ahead_by":0,"behind_by":1,"commits":[],"files":[],"status":"behind"}"#.to_vec()
        },
    },
];

/// Which releases there are, and whether `main` contains one of them.
pub(super) fn ask(world: &World, server: &Loopback) -> Vec<Observation> {
    let source = server.url("/a/x");
    let kind = "github-release";
    let ask = configure_with(kind, Some(&source), TAG, &["main"], None).unwrap();
    world.ask_twice(ask, &["v1.0"]).concat()
}
