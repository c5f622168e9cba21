//! The seeds of every fuzz target keep what the target holds of them.

#[expect(unreachable_pub, reason = "there it is a library")]
#[path = "../../fuzz/src/lib.rs"]
mod bodies;

use std::collections::BTreeSet;
use std::path::Path;

type Body = fn(&[u8]);

const TARGETS: [(&str, Body); 18] = [
    ("policy", bodies::policy),
    ("evidence", bodies::evidence),
    ("templates", bodies::templates),
    ("simple_html", bodies::simple_html),
    ("simple_json", bodies::simple_json),
    ("pkt_line", bodies::pkt_line),
    ("github_releases", bodies::github_releases),
    ("registry", bodies::registry),
    ("declared", bodies::declared),
    ("workflow", bodies::workflow),
    ("bundles", bodies::bundles),
    ("dsse", bodies::dsse),
    ("pep_740", bodies::pep_740),
    ("certificate", bodies::certificate),
    ("statement", bodies::statement),
    ("trusted_root", bodies::trusted_root),
    ("claims", bodies::claims),
    ("ci_environment", bodies::ci_environment),
];

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn every_seed_keeps_what_its_target_holds() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (target, body) in TARGETS {
        let folder = fuzz.join("corpus").join(target);
        let seeds = names(&folder);
        assert!(seeds.len() >= 12, "{target} has {} seeds", seeds.len());
        for seed in seeds {
            let data = std::fs::read(folder.join(&seed)).unwrap();
            let played = std::panic::catch_unwind(|| body(&data));
            assert!(played.is_ok(), "{target}: {seed}");
        }
    }
}

#[test]
fn every_target_and_every_corpus_is_played() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let played: BTreeSet<String> = TARGETS.iter().map(|it| it.0.to_owned()).collect();
    assert_eq!(names(&fuzz.join("corpus")), played);
    let targets = names(&fuzz.join("fuzz_targets"));
    let targets: BTreeSet<String> = targets
        .iter()
        .map(|it| it.trim_end_matches(".rs").to_owned())
        .collect();
    assert_eq!(targets, played);
}
