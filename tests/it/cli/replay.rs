//! `lockstep replay`, the README's first command.

use super::{Folder, Run, root};
use crate::authority::Authority;

#[test]
fn every_incident_is_judged_as_expected() {
    let ran = Run::new(&["replay", "fixtures/incidents"]).run();
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.out, ran.err);
    assert!(!ran.out.contains("NOT AS EXPECTED"), "{}", ran.out);
}

#[test]
fn the_table_fits_80_columns_and_has_no_colour_where_none_is_asked_for() {
    let ran = Run::new(&["replay", "fixtures/incidents"]).run();
    for line in ran.out.lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
    }
    assert!(!ran.out.contains('\u{1b}'), "{}", ran.out);
    let coloured = Run::new(&["replay", "fixtures/incidents", "--color", "always"]).run();
    assert!(coloured.out.contains('\u{1b}'), "{}", coloured.out);
}

#[test]
fn json_has_the_totals_and_every_row() {
    let ran = Run::new(&["replay", "fixtures/incidents", "--format", "json"]).run();
    let json = ran.json();
    let folders = std::fs::read_dir(root().join("fixtures/incidents"))
        .unwrap()
        .filter(|it| it.as_ref().unwrap().path().join("expected.toml").is_file())
        .count();
    assert_eq!(json["total"], folders);
    assert_eq!(json["passed"], json["total"]);
    assert_eq!(json["rows"].as_array().unwrap().len(), folders);
    assert_eq!(json["false_alarms"], 0);
    let rest_on_attestations = |row: &&serde_json::Value| row["needs_provenance"] == true;
    let rows = json["rows"].as_array().unwrap();
    let names: Vec<_> = rows.iter().filter(rest_on_attestations).collect();
    assert_eq!(json["needs_provenance"], names.len());
    let names: Vec<_> = names.iter().map(|row| &row["incident"]).collect();
    for name in ["axios-1.14.1", "tanstack", "ultralytics-8.3.45"] {
        assert!(names.contains(&&name.into()), "{names:?}");
    }
    assert_eq!(
        json["by_signal"]["S3"]["caught"],
        json["by_signal"]["S3"]["attacks"]
    );
}

/// Were the attestations not verified at every replay, another trusted root would change nothing.
#[test]
fn incidents_with_attestations_rest_on_the_trusted_root_beside_them() {
    for name in ["axios-1.14.1", "tanstack", "ultralytics-8.3.45"] {
        let folder = Folder::new();
        let from = root().join("fixtures/incidents").join(name);
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap();
            folder.file(file, std::fs::read(&path).unwrap());
        }
        let replay = || Run::new(&["replay", "."]).within(folder.path()).run();
        assert_eq!(replay().code, Some(0), "{name}");
        let stranger = Authority::new("stranger").trusted_root_json();
        folder.file("trusted_root.json", stranger);
        let ran = replay();
        assert_eq!(ran.code, Some(1), "{name}: {ran:#?}");
        assert!(ran.out.contains("provenance-invalid"), "{ran:#?}");
    }
}

#[test]
fn a_wrong_expectation_exits_with_1_and_says_which() {
    let folder = Folder::new();
    let from = root().join("fixtures/incidents/graphene-pynamodb");
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let content = std::fs::read(file.path()).unwrap();
        folder.file(
            &format!("x/{}", file.file_name().to_string_lossy()),
            content,
        );
    }
    let path = folder.path().join("x/expected.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let wrong = text.replacen("outcome = \"deny\"", "outcome = \"allow\"", 1);
    assert_ne!(text, wrong, "the fixture expects a deny somewhere");
    std::fs::write(&path, wrong).unwrap();
    let ran = Run::new(&["replay", folder.path().to_str().unwrap()]).run();
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.out.contains("NOT AS EXPECTED"), "{}", ran.out);
    assert!(ran.out.contains("expected allow, is deny"), "{}", ran.out);
}

#[test]
fn what_cannot_be_played_is_refused_and_never_counted() {
    Run::new(&["replay", "nowhere"])
        .run()
        .refuses(&["nowhere", "cannot be read", "hint"]);
    let folder = Folder::new();
    Run::new(&["replay", folder.path().to_str().unwrap()])
        .run()
        .refuses(&["no incident in it"]);
    folder.file("x/expected.toml", "incident = 3");
    Run::new(&["replay", folder.path().to_str().unwrap()])
        .run()
        .refuses(&["expected.toml", "line 1"]);
}
