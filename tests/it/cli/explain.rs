//! `lockstep explain`.

use super::Run;

#[test]
fn every_code_is_listed_and_explained() {
    let list = Run::new(&["explain"]).run();
    assert_eq!(list.code, Some(0));
    let codes: Vec<&str> = list
        .out
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(codes, lockstep::decide::codes());
    for code in codes {
        let ran = Run::new(&["explain", code]).run();
        assert_eq!(ran.code, Some(0), "{code}");
        assert!(ran.out.starts_with(&format!("{code}: ")), "{}", ran.out);
        assert!(ran.out.contains("What to do: "), "{}", ran.out);
    }
}

#[test]
fn an_unknown_code_is_refused_with_the_nearest() {
    Run::new(&["explain", "version-mising"])
        .run()
        .refuses(&["version-mising", "did you mean `version-missing`?"]);
}
