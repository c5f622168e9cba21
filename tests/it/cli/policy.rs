//! `lockstep policy`.

use super::{Folder, LIBRARY, Run};

#[test]
fn every_policy_that_is_shipped_is_without_fault() {
    let files: Vec<String> = std::fs::read_dir(super::root().join("policies"))
        .unwrap()
        .map(|it| it.unwrap().path().display().to_string())
        .filter(|path| path.ends_with(".toml"))
        .collect();
    assert!(files.len() >= 7, "{files:?}");
    let mut arguments = vec!["policy", "lint"];
    arguments.extend(files.iter().map(String::as_str));
    let ran = Run::new(&arguments).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(ran.err, "", "{}", ran.err);
}

#[test]
fn lint_shows_every_error_with_its_line_and_a_hint() {
    let folder = Folder::new();
    let bad = LIBRARY
        .replace("scheme = \"pep440\"", "scheem = \"pep440\"")
        .replace("announced-by = \"tag\"", "announced-by = \"tga\"");
    let path = folder.file("bad.toml", bad);
    let ran = Run::new(&["policy", "lint", &path]).run();
    ran.refuses(&["bad.toml:5", "bad.toml:8", "did you mean `scheme`?", "tga"]);
}

#[test]
fn render_shows_the_exact_name_in_every_channel_and_what_collides() {
    let folder = Folder::new();
    let policy = LIBRARY
        .replace("\"pep440\"", "\"semver\"")
        .replace("\"{version}\"", "\"v{version}\"");
    let path = folder.file("lib.toml", policy);
    let ran = Run::new(&["policy", "render", &path, "--version", "1.2.3-rc.1"]).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.out.contains("v1.2.3-rc.1"), "{}", ran.out);
    assert!(ran.out.contains("1.2.3rc1"), "{}", ran.out);
    let json = Run::new(&[
        "policy",
        "render",
        &path,
        "--version",
        "1.2.3-rc.1",
        "--format",
        "json",
    ])
    .run()
    .json();
    assert!(json.to_string().contains("v1.2.3-rc.1"), "{json}");
    Run::new(&["policy", "render", &path, "--version", "x y"])
        .run()
        .refuses(&["x y"]);
}

#[test]
fn schema_is_a_json_schema() {
    let json = Run::new(&["policy", "schema"]).run().json();
    assert_eq!(
        json["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
}
