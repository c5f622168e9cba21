//! The questions to indexes of packages and for lists of checksums.

use lockstep::model::Observation;

use super::Asked;
use crate::observe::asking::World;
use crate::observe::loopback::Loopback;

pub(super) const QUESTIONS: &[Asked] = &[
    Asked {
        name: "simple json",
        kind: "pypi",
        target: "/simple/x/",
        media: "application/vnd.pypi.simple.v1+json",
        body: || {
            br#"{"meta":{"api-version":"1.0"},"name":"x","files":[{"filename":"x-1.0.zip","hashes":{}},{"filename":"x-1.1.zip","hashes":{}}]}"#.to_vec()
        },
    },
    Asked {
        name: "simple html",
        kind: "pypi",
        target: "/simple/x/",
        media: "text/html",
        body: || {
            b"<html><body><a href='x-1.0.zip'>a</a><a href='x-1.1.zip'>b</a></body></html>".to_vec()
        },
    },
    Asked {
        name: "project json",
        kind: "pypi",
        target: "/pypi/x/json",
        media: "application/json",
        body: || br#"{"info":{"name":"x"},"releases":{"1.0":[],"1.1":[]}}"#.to_vec(),
    },
    Asked {
        name: "packument",
        kind: "npm",
        target: "/npm/x",
        media: "application/json",
        body: || br#"{"name":"x","versions":{"1.0.0":{},"1.1.0":{}},"time":{}}"#.to_vec(),
    },
    Asked {
        name: "checksums",
        kind: "files",
        target: "/SHA256SUMS",
        media: "text/plain",
        body: || {
            let hash = "a".repeat(64);
            format!("{hash}  x-1.0.bin\n{hash}  x-1.1.bin\n").into_bytes()
        },
    },
];

pub(super) fn ask(asked: &Asked, world: &World, server: &Loopback) -> Vec<Observation> {
    match asked.kind {
        "npm" => world.ask("npm", None, &[("registry", &server.url("/npm"))]),
        "files" => {
            let list = server.url("/SHA256SUMS");
            let keys = [("checksums", list.as_str()), ("names", "x-{version}.bin")];
            world.ask("files", None, &keys)
        }
        _ => world.ask("pypi", None, &[("index", &server.url("/simple/"))]),
    }
}
