//! A stateful index of Python projects that speaks the Simple API, for tests of several channels.

use std::sync::{Arc, Mutex};

use lockstep::model::{Digest, Time};
use serde_json::{Value, json};

use super::loopback::{Loopback, answer};

/// An index with one project.
pub(crate) struct Index {
    server: Loopback,
    files: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Index {
    /// An index that has this project, without a version yet.
    pub(crate) fn of(project: &str) -> Self {
        let files: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let (shown, project) = (Arc::clone(&files), project.to_owned());
        let path = format!("/simple/{project}/");
        let server = Loopback::start(move |heard| {
            if heard.target != path {
                return answer("404 Not Found", &[], b"");
            }
            let files = shown.lock().unwrap();
            let versions: Vec<&String> = files.iter().map(|(version, _)| version).collect();
            let page = json!({
                "meta": {"api-version": "1.1"}, "name": project, "versions": versions,
                "files": files.iter().map(|(_, file)| file).collect::<Vec<_>>(),
            });
            let media = [("content-type", "application/vnd.pypi.simple.v1+json")];
            answer("200 OK", &media, page.to_string().as_bytes())
        });
        Self { server, files }
    }

    /// As `index` of a policy names it.
    pub(crate) fn url(&self) -> String {
        self.server.url("/simple/")
    }

    /// Uploads the file of a version.
    pub(crate) fn upload(&self, version: &str, name: &str, bytes: &[u8], at: Time) {
        let file = json!({
            "filename": name, "url": name, "size": bytes.len(), "upload-time": at,
            "hashes": {"sha256": Digest::of(bytes).hex()},
        });
        self.files.lock().unwrap().push((version.to_owned(), file));
    }
}
