//! The GitHub Action: what its description promises, its script does; what the worked workflows use,
//! it has; and nothing that runs is named by something that can move.

mod runs;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The names of the inputs: the keys that are indented by two spaces below `inputs:`.
fn inputs() -> BTreeSet<String> {
    let text = read("action.yml");
    let block = text.split("\ninputs:\n").nth(1).unwrap();
    let lines = block
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with(' '));
    let keys = lines.filter_map(|line| {
        let key = line.strip_prefix("  ")?.strip_suffix(':')?;
        (!key.starts_with([' ', '#'])).then(|| key.to_owned())
    });
    keys.collect()
}

fn variable(input: &str) -> String {
    format!("INPUT_{}", input.to_uppercase().replace('-', "_"))
}

/// Every workflow that is shown or run here.
fn workflows() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in ["docs/workflows", ".github/workflows"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|it| it == "yml") {
                found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() >= 5, "{found:?}");
    found
}

#[test]
fn every_input_reaches_the_script_and_the_script_knows_no_other() {
    let (action, script) = (read("action.yml"), read("scripts/action.sh"));
    let inputs = inputs();
    assert!(inputs.len() > 20, "{inputs:?}");
    for input in &inputs {
        if input == "github-token" {
            continue;
        }
        let variable = variable(input);
        let given = format!("{variable}: ${{{{ inputs.{input} }}}}");
        assert!(
            action.contains(&given),
            "{input} is not given to the script"
        );
        assert!(
            script.contains(&variable),
            "the script never reads {variable}"
        );
    }
    let known: BTreeSet<String> = inputs.iter().map(|input| variable(input)).collect();
    for (at, _) in script.match_indices("INPUT_") {
        let name = script[at..].chars();
        let name: String = name
            .take_while(|c| c.is_ascii_uppercase() || *c == '_')
            .collect();
        // The first line of the script speaks of them all.
        assert!(name == "INPUT_" || known.contains(&name), "{name}");
    }
}

/// An input inside a script would be a script: all of them go through variables.
#[test]
fn no_script_of_the_action_holds_an_expression() {
    for line in read("action.yml").lines() {
        let runs = line.trim_start().starts_with("run:");
        assert!(!runs || !line.contains("${{"), "{line}");
    }
}

#[test]
fn worked_workflows_use_inputs_that_there_are() {
    let inputs = inputs();
    let mut used = BTreeSet::new();
    for (path, text) in workflows() {
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if !line.contains("uses: lockstep-gate/lockstep@") {
                continue;
            }
            let step = line.find("uses:").unwrap();
            while let Some(line) = lines.next_if(|line| {
                let indent = line.len() - line.trim_start().len();
                indent >= step && !line.trim_start().starts_with("- ")
            }) {
                let indent = line.len() - line.trim_start().len();
                let Some((key, _)) = line.trim().split_once(':') else {
                    continue;
                };
                if indent == step + 2 {
                    assert!(inputs.contains(key), "{}: {key}", path.display());
                    used.insert(key.to_owned());
                }
            }
        }
    }
    for needed in ["mode", "subject-path", "subject-digest", "policy", "wait"] {
        assert!(used.contains(needed), "no workflow uses {needed}: {used:?}");
    }
}

/// What a tag of an action names today it may not name tomorrow.
#[test]
fn every_action_is_pinned_to_a_commit_that_a_comment_explains() {
    for (path, text) in workflows() {
        for line in text.lines().filter(|line| line.contains("uses: ")) {
            let named = line.split("uses: ").nth(1).unwrap();
            let (action, comment) = named.split_once(" # ").unwrap_or((named, ""));
            let commit = action.rsplit('@').next().unwrap();
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_commit, "{}: {line}", path.display());
            assert!(!comment.is_empty(), "{}: {line}", path.display());
        }
    }
}
