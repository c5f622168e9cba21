//! `docs/threats.md` has every row of the table and names tests that exist.

use std::fs;
use std::path::Path;

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|it| it == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_threat_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/threats.md")).unwrap();
    let mut code = String::new();
    sources(&root.join("tests"), &mut code);
    sources(&root.join("src"), &mut code);
    let mut rows = 0;
    for line in page.lines().filter(|it| it.starts_with("| ")).skip(1) {
        let mut cells = line.split('|').skip(1).map(str::trim);
        rows += 1;
        assert_eq!(cells.next(), Some(rows.to_string().as_str()), "{line}");
        let tests = cells.nth(1).unwrap();
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(
            !named.is_empty() || tests.starts_with("not applicable: "),
            "{line}"
        );
        for name in named.into_iter().filter(|it| *it != "fuzz/") {
            assert!(code.contains(&format!("fn {name}(")), "no test {name}");
        }
    }
    assert_eq!(rows, 28);
}
