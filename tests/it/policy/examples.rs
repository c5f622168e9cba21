//! Every example is right, and looks up the names that its comments promise.

use std::fmt::Write as _;
use std::path::PathBuf;

use lockstep::model::Time;
use lockstep::policy::{Loaded, lint, rendered};

use super::{CODES, examples};

fn all() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(examples())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    files
}

fn example(name: &str) -> Loaded {
    let path = examples().join(name);
    match lockstep::policy::load(&path, CODES) {
        Ok(loaded) => loaded,
        Err(errors) => panic!("{errors}"),
    }
}

/// One line for each channel: its names, then `~` floating ones, `!` why it has none.
fn names(name: &str, version: &str) -> String {
    let mut text = String::new();
    for item in &example(name).components {
        let shown = rendered(item, version).unwrap();
        for line in &shown.lines {
            let _ = writeln!(text, "{} {} {}", shown.component, line.line, line.canonical);
            for channel in &line.channels {
                let mut names = channel.names.clone();
                names.extend(channel.variants.iter().map(|name| format!("+{name}")));
                names.extend(channel.floating.iter().map(|name| format!("~{name}")));
                names.extend(channel.incomparable.iter().map(|why| format!("!{why}")));
                let _ = writeln!(text, "  {}: {}", channel.channel, names.join(" "));
            }
        }
    }
    text
}

#[test]
fn every_example_loads_without_error_or_warning() {
    let files = all();
    assert!(files.len() >= 7, "{files:?}");
    let now: Time = "2026-06-01".parse().unwrap();
    for (path, result) in lint(&files, now, CODES) {
        match result {
            Ok(loaded) => assert_eq!(loaded.warnings, [], "{}", path.display()),
            Err(errors) => panic!("{errors}"),
        }
    }
}

#[test]
fn every_example_is_in_the_readme() {
    let readme = std::fs::read_to_string(examples().join("README.md")).unwrap();
    for path in all() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(readme.contains(&format!("]({name})")), "{name}");
    }
}

#[test]
fn graphene_pynamodb_looks_up_the_bare_version() {
    insta::assert_snapshot!(names("graphene-pynamodb.toml", "2.0.0"), @r#"
    graphene-pynamodb release 2
      tag: 2.0.0
      pypi: 2.0.0
    "#);
}

#[test]
fn a_python_library_drops_the_v_on_pypi() {
    insta::assert_snapshot!(names("python-library.toml", "2.1.0rc1"), @r#"
    acme-client release 2.1rc1
      release: v2.1.0rc1
      pypi: 2.1.0rc1
    "#);
}

#[test]
fn a_service_has_both_spellings_of_its_tag_a_variant_and_floating_tags() {
    insta::assert_snapshot!(names("service.toml", "1.4.2"), @r#"
    api release 1.4.2
      release: v1.4.2 1.4.2
      docker-hub: 1.4.2 +1.4.2-alpine ~1 ~1.4 ~latest
      ecr: 1.4.2
    "#);
}

#[test]
fn two_workflows_have_one_name_in_both_registries() {
    insta::assert_snapshot!(names("two-workflows.toml", "1.4.2"), @r#"
    api release 1.4.2
      tag: v1.4.2
      docker-hub: 1.4.2 ~latest
      ecr: 1.4.2
    "#);
}

#[test]
fn a_flux_service_keeps_its_lines_apart() {
    insta::assert_snapshot!(names("flux-service.toml", "main-fa25b2ea-1674061254"), @r#"
    orders development main-fa25b2ea-1674061254
      ghcr: main-fa25b2ea-1674061254
    "#);
    insta::assert_snapshot!(names("flux-service.toml", "1.2.3+b4"), @r#"
    orders release 1.2.3+b4
      tag: v1.2.3+b4
      ghcr: !`1.2.3+b4` has no SemVer form: an image tag cannot hold `+`; say with `plus` what becomes of it
      chart: 1.2.3_b4
    "#);
}

#[test]
fn a_data_task_names_image_zip_and_objects_alike() {
    insta::assert_snapshot!(names("data-task.toml", "2026.01.05"), @r#"
    ingest release 2026.1.5
      tag: ingest-2026.01.05
      declared: 2026.01.05
      ecr-staging: 2026.01.05
      ecr-production: 2026.01.05
      trigger: 2026.01.05
      dags: 2026.01.05
    "#);
}

#[test]
fn a_monorepo_names_each_package() {
    insta::assert_snapshot!(names("changesets-monorepo.toml", "1.2.3"), @r#"
    @acme/core release 1.2.3
      tag: @acme/core@1.2.3
      packages: 1.2.3
    @acme/ui release 1.2.3
      tag: @acme/ui@1.2.3
      packages: 1.2.3
    @acme/cli release 1.2.3
      tag: @acme/cli@1.2.3
      packages: 1.2.3
    "#);
}

#[test]
fn a_library_published_by_tag_has_its_declaration_and_its_archive() {
    insta::assert_snapshot!(names("tag-only-library.toml", "0.3.0"), @r#"
    tf-network release 0.3.0
      tag: v0.3.0
      declared: 0.3.0
      archive: 0.3.0
    "#);
}
