//! Files that are no policy at all: one clear line each, never a panic.

use super::{Folder, errors};

#[test]
fn a_missing_file_a_folder_and_an_empty_file_are_told_apart() {
    let folder = Folder::of(&[("empty.toml", " \n\t\n"), ("folder/x", "")]);
    insta::assert_snapshot!(folder.errors("none.toml"), @r#"
    error: none.toml: there is no such file
     |
     = hint: name a policy file, as in `lockstep.toml`; paths begin at the working folder
    "#);
    insta::assert_snapshot!(folder.errors("folder"), @r#"
    error: folder: this is a folder
     |
     = hint: name a policy file in it
    "#);
    insta::assert_snapshot!(folder.errors("empty.toml"), @r#"
    error: empty.toml: the file is empty
     |
     = hint: start from an example of the `policies` folder
    "#);
}

#[test]
fn binary_is_not_shown() {
    let folder = Folder::of(&[]);
    std::fs::write(folder.path("a.toml"), [0x7f, b'E', b'L', b'F', 0xff, 0xfe]).unwrap();
    std::fs::write(folder.path("b.toml"), b"name = \"\0\"").unwrap();
    insta::assert_snapshot!(folder.errors("a.toml"), @r#"
    error: a.toml: this is not text in UTF-8
     |
     = hint: a policy is a TOML file: is this the right one?
    "#);
    insta::assert_snapshot!(folder.errors("b.toml"), @r#"
    error: b.toml: this is not text in UTF-8
     |
     = hint: a policy is a TOML file: is this the right one?
    "#);
}

#[test]
fn a_huge_file_is_not_read() {
    let folder = Folder::of(&[("p.toml", &"#".repeat(1024 * 1024 + 1))]);
    insta::assert_snapshot!(folder.errors("p.toml"), @r#"
    error: p.toml: it is larger than 1 MiB
     |
     = hint: a policy is a short TOML file: is this the right one?
    "#);
}

#[test]
fn a_file_full_of_errors_is_answered_in_time_and_in_short() {
    let mut text = String::new();
    for number in 0..40_000 {
        text.push_str(&format!("channe{number} = 1\n"));
    }
    let begun = std::time::Instant::now();
    let errors = errors(&text);
    assert!(
        errors.lines().count() <= 50 * 8 + 1,
        "{}",
        errors.lines().count()
    );
    assert!(errors.trim_end().ends_with("more"), "{errors}");
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_the_reader_panic_or_refuse_in_silence(
        cut in 0_usize..700,
        length in 0_usize..60,
        put in "[\\[\\]{}=\"'.,a-z0-9\n\u{202e}\u{1b}é -]{0,12}",
    ) {
        let whole = std::fs::read_to_string(super::examples().join("service.toml")).unwrap();
        let mut characters: Vec<char> = whole.chars().filter(|c| *c != '#').collect();
        let start = (cut * 4).min(characters.len());
        let end = (start + length).min(characters.len());
        characters.splice(start..end, put.chars());
        let text: String = characters.into_iter().collect();
        let folder = Folder::of(&[("p.toml", &text)]);
        if let Err(refused) = folder.load("p.toml") {
            let shown = refused.render(false);
            proptest::prop_assert!(shown.starts_with("error: ") || shown.contains("\nerror: "));
            proptest::prop_assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{:?}", shown);
        }
    }
}
