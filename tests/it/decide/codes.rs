//! The table of codes in the documentation is the register of rules.

use lockstep::decide::{codes, explain};

const TEXT: &str = include_str!("../../../docs/deciding.md");

type Row = [String; 5];

/// The rows of the table of codes below a heading.
fn table(heading: &str) -> Vec<Row> {
    let from = TEXT.find(heading).expect("the heading is there") + heading.len();
    let rest = &TEXT[from..];
    let end = rest.find("\n#").unwrap_or(rest.len());
    rest[..end]
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<String> = line
                .split(" | ")
                .map(|it| it.trim_matches(['|', ' ', '`']).to_owned())
                .collect();
            cells.try_into().expect("five columns")
        })
        .collect()
}

#[test]
fn the_documented_codes_are_those_of_the_register_in_its_order() {
    let rows = table("\n## All codes\n");
    let documented: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(documented, codes());
    for [code, severity, mismatch, suspicion, found_when] in &rows {
        let meaning = explain(code).expect("the register has it");
        assert_eq!(meaning.severity.to_string(), *severity, "{code}");
        assert_eq!(meaning.mismatch.to_string(), *mismatch, "{code}: mismatch");
        assert_eq!(
            meaning.suspicion.to_string(),
            *suspicion,
            "{code}: suspicion"
        );
        assert!(found_when.len() > 15, "{code}: `{found_when}`");
        assert!(meaning.title.len() > 10, "{code}: {}", meaning.title);
        assert!(meaning.text.len() > 100, "{code}: {}", meaning.text);
    }
}

#[test]
fn no_rule_owns_a_code_that_is_not_judged_yet() {
    let rows = table("\n### Not judged yet\n");
    assert_eq!(rows.len(), 4);
    for [code, ..] in &rows {
        assert!(explain(code).is_none(), "{code} is judged");
    }
}

#[test]
fn a_code_that_nobody_documents_is_unknown() {
    assert!(explain("version-mising").is_none());
    assert!(explain("").is_none());
}
