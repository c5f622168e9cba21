//! Policy files from the outside: what is accepted, what is said about the rest.

mod bad;
mod bad_tables;
mod bad_values;
mod examples;
mod extends;
mod files;
mod lint;
mod provenance;
mod schema;
mod valid;

use std::path::{Path, PathBuf};

use lockstep::policy::{Loaded, PolicyErrors, load};
use tempfile::TempDir;

/// Codes that rules own, as the caller of the policy room gives them.
const CODES: &[&str] = &["version-missing", "version-unannounced", "asset-replaced"];

/// A folder with policy files.
struct Folder(TempDir);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn load(&self, name: &str) -> Result<Loaded, PolicyErrors> {
        load(&self.path(name), CODES)
    }

    /// Everything that is wrong, with the folder taken out of the paths.
    fn errors(&self, name: &str) -> String {
        let Err(errors) = self.load(name) else {
            panic!("this policy was expected to be refused");
        };
        self.without_folder(&errors.render(false))
    }

    fn without_folder(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// What is wrong with one text.
fn errors(text: &str) -> String {
    Folder::of(&[("p.toml", text)]).errors("p.toml")
}

/// A text that is right.
fn loaded(text: &str) -> Loaded {
    match Folder::of(&[("p.toml", text)]).load("p.toml") {
        Ok(loaded) => loaded,
        Err(errors) => panic!("{errors}"),
    }
}

/// The repository's own folder of examples.
fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies")
}
