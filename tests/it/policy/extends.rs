//! Defaults of an organisation below a policy.

use lockstep::model::{Digest, Duration};

use super::Folder;
use super::valid::SMALL;

fn extending(file: &str) -> String {
    SMALL.replace(
        "name = \"api\"",
        &format!("name = \"api\"\nextends = \"{file}\""),
    )
}

#[test]
fn the_policys_own_keys_win_and_the_rest_is_joined_table_by_table() {
    let acme = "[channel.pypi]\nmay-lag = \"2h\"\nkind = \"npm\"\n[environment.production]\nrequires = [\"pypi\"]\n";
    let own = extending("acme.toml");
    let folder = Folder::of(&[("p.toml", &own), ("acme.toml", acme)]);
    let loaded = folder.load("p.toml").unwrap();
    let policy = &loaded.components[0].policy;
    let pypi = policy
        .channels
        .iter()
        .find(|c| c.name.as_str() == "pypi")
        .unwrap();
    assert_eq!((pypi.kind, pypi.may_lag), ("pypi", Duration::from_hours(2)));
    assert_eq!(policy.environments.len(), 1);
    assert_eq!(loaded.sources.len(), 2);
    let digests = format!(
        "{}\n{}\n",
        Digest::of(own.as_bytes()),
        Digest::of(acme.as_bytes())
    );
    assert_eq!(policy.digest, Digest::of(digests.as_bytes()));
}

#[test]
fn arrays_of_tables_are_joined_the_defaults_first() {
    let agree =
        |why: &str| format!("[[agree]]\nchannels = [\"release\", \"pypi\"]\nbecause = \"{why}\"\n");
    let own = format!("{}{}", extending("acme.toml"), agree("own"));
    let folder = Folder::of(&[("p.toml", &own), ("acme.toml", &agree("acme"))]);
    let loaded = folder.load("p.toml").unwrap();
    let reasons: Vec<_> = loaded.components[0]
        .policy
        .agreements
        .iter()
        .map(|a| a.because.clone().unwrap())
        .collect();
    assert_eq!(reasons, ["acme", "own"]);
}

#[test]
fn an_error_in_the_defaults_points_into_their_file() {
    let folder = Folder::of(&[
        ("p.toml", &extending("shared/acme.toml")),
        ("shared/acme.toml", "[channel.pypi]\nmay-lagg = \"2h\"\n"),
    ]);
    insta::assert_snapshot!(folder.errors("p.toml"), @r#"
    error: unknown key `may-lagg` in [channel.pypi]
     --> shared/acme.toml:2:1
      |
    2 | may-lagg = "2h"
      | ^^^^^^^^ not a key here
      |
      = hint: did you mean `may-lag`?
    "#);
}

#[test]
fn files_that_extend_each_other_in_a_circle_are_refused() {
    let folder = Folder::of(&[
        ("p.toml", &extending("acme.toml")),
        ("acme.toml", "[component]\nextends = \"p.toml\"\n"),
    ]);
    insta::assert_snapshot!(folder.errors("p.toml"), @r#"
    error: `extends`: this file is already part of the policy
     --> acme.toml:2:11
      |
    2 | extends = "p.toml"
      |           ^^^^^^^^ here it begins again
      |
      = hint: take one `extends` out: files cannot extend each other in a circle
    "#);
}

#[test]
fn nothing_outside_of_the_policys_folder_is_read() {
    for outside in [
        "/etc/passwd",
        "../acme.toml",
        "a/../../acme.toml",
        "C:\\\\acme.toml",
        "",
    ] {
        let folder = Folder::of(&[("in/p.toml", &extending(outside)), ("acme.toml", "")]);
        let errors = folder.errors("in/p.toml");
        assert!(
            errors.contains("this leads out of the policy's folder"),
            "{outside}: {errors}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_followed_and_its_target_not_shown() {
    let folder = Folder::of(&[
        ("in/p.toml", &extending("acme.toml")),
        ("secret", "hunter2"),
    ]);
    std::os::unix::fs::symlink(folder.path("secret"), folder.path("in/acme.toml")).unwrap();
    let errors = folder.errors("in/p.toml");
    assert!(
        errors.contains("a link leads out of the policy's folder"),
        "{errors}"
    );
    assert!(!errors.contains("hunter2"), "{errors}");
}

#[test]
fn a_missing_file_is_named() {
    let folder = Folder::of(&[("p.toml", &extending("acme.toml"))]);
    insta::assert_snapshot!(folder.errors("p.toml"), @r#"
    error: `extends`: there is no such file
     --> p.toml:3:11
      |
    3 | extends = "acme.toml"
      |           ^^^^^^^^^^^ looked for acme.toml
      |
      = hint: the path begins at the folder of the file that says `extends`
    "#);
}

#[test]
fn a_long_chain_ends() {
    let mut files = vec![("p.toml".to_owned(), extending("0.toml"))];
    for number in 0..20 {
        let text = format!("[component]\nextends = \"{}.toml\"\n", number + 1);
        files.push((format!("{number}.toml"), text));
    }
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let errors = Folder::of(&files).errors("p.toml");
    assert!(
        errors.contains("more than 8 files extend each other"),
        "{errors}"
    );
}
