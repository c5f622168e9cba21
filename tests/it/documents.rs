//! The documents: every relative link leads somewhere.

use std::path::{Path, PathBuf};

use crate::cli::root;

fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            documents(&path, found);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

/// The text without what is quoted as code, in which nothing is a link.
fn prose(text: &str) -> String {
    let mut prose = String::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            let parts = line.split('`').enumerate();
            let plain = parts.map(|(at, part)| if at % 2 == 0 { part } else { "code" });
            prose.push_str(&plain.collect::<String>());
            prose.push('\n');
        }
    }
    prose
}

/// Where the links of a text lead, `[…](target)` each.
fn targets(prose: &str) -> Vec<&str> {
    let after = prose.split("](").skip(1);
    after
        .filter_map(|rest| rest.split_once(')').map(|it| it.0))
        .collect()
}

/// A heading as GitHub names it in an address.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|it| it.is_alphanumeric() || [' ', '-', '_'].contains(it));
    kept.map(|it| if it == ' ' { '-' } else { it }).collect()
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading_that_exist() {
    let mut found = Vec::new();
    documents(&root(), &mut found);
    assert!(found.len() >= 20, "{found:?}");
    let (mut links, mut dead) = (0, Vec::new());
    for document in &found {
        let text = std::fs::read_to_string(document).unwrap();
        for target in targets(&prose(&text)) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            links += 1;
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = match file {
                "" => document.clone(),
                file => document.parent().unwrap().join(file),
            };
            let is_there = path.exists()
                && (heading.is_empty() || {
                    let text = std::fs::read_to_string(&path).unwrap_or_default();
                    let mut headings = text.lines().filter_map(|it| it.strip_prefix('#'));
                    headings.any(|it| anchor(it.trim_start_matches('#')) == heading)
                });
            if !is_there {
                dead.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(links >= 20, "{links} links");
    assert!(dead.is_empty(), "{dead:#?}");
}
