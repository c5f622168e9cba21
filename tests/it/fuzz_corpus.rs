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

/// Numbers that look drawn, the same in every run (xorshift64).
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end.max(1) as u64).unwrap()
    }
}

/// What readers stumble over.
const TOKENS: [&[u8]; 12] = [
    b"\0",
    b"\x1b[2J",
    "\u{202e}".as_bytes(),
    b"\xff",
    b"\"",
    b"\\u0000",
    b"[[",
    b"null",
    b"-1",
    b"18446744073709551616",
    b"\n",
    b"1e999",
];

/// A seed with one to four changes: bits, cuts, repeats, tokens, parts of another seed.
fn mutant(seed: &[u8], other: &[u8], drawn: &mut Drawn) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=drawn.below(4) {
        let at = drawn.below(bytes.len() + 1);
        let end = (at + 1 + drawn.below(32)).min(bytes.len());
        match drawn.below(5) {
            0 if at < bytes.len() => bytes[at] ^= 1 << drawn.below(8),
            1 => drop(bytes.drain(at.min(end)..end)),
            2 => {
                let part = bytes[at.min(end)..end].to_vec();
                bytes.splice(at..at, part);
            }
            3 => {
                let token = TOKENS[drawn.below(TOKENS.len())];
                bytes.splice(at..at, token.iter().copied());
            }
            _ => {
                let from = drawn.below(other.len() + 1);
                let part = &other[from..(from + drawn.below(64)).min(other.len())];
                bytes.splice(at..at, part.iter().copied());
            }
        }
    }
    bytes
}

/// Mutants of each seed; `LOCKSTEP_MUTANTS` asks for more, where the fuzzer itself is not at hand.
#[test]
fn every_mutant_of_a_seed_keeps_what_its_target_holds() {
    let mutants = std::env::var("LOCKSTEP_MUTANTS").ok();
    let mutants: usize = mutants.map_or(4, |it| it.parse().unwrap());
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (target, body) in TARGETS {
        let folder = corpus.join(target);
        let names = names(&folder);
        let seeds: Vec<Vec<u8>> = names
            .iter()
            .map(|it| std::fs::read(folder.join(it)).unwrap())
            .collect();
        let mut drawn = Drawn(0x9e37_79b9_7f4a_7c15);
        for (seed, name) in seeds.iter().zip(&names) {
            for _ in 0..mutants {
                let other = drawn.below(seeds.len());
                let data = mutant(seed, &seeds[other], &mut drawn);
                let played = std::panic::catch_unwind(|| body(&data));
                let shown = data.escape_ascii();
                assert!(played.is_ok(), "{target}: {name} as b\"{shown}\"");
            }
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
