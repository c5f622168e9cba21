//! Changes valid bundles at random, at least 20,000 times over every format: none may verify unless
//! it says the same.
//!
//! A mutant says the same where what was proved of it is what was proved of the original (the
//! statement byte for byte, the signer, no time and no log entry that the original lacks) and its
//! content is the same but for what nobody signs and nothing reads, which [`same_content`] lists.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::{Leniency, TrustDomain};
use lockstep::verify::{UnverifiedBundle, Verified, Verifier};
use serde_json::{Value, json};

use super::sound::{TIME, about_artifact, artifact, claims, now, ways};
use crate::authority::{Authority, Key, Kind, Logged, Options, Version};

const MUTANTS: usize = 20_400;

struct Format {
    name: String,
    json: String,
    verifier: Verifier,
    proved: Proved,
}

/// What was proved, for comparison.
pub(super) struct Proved {
    statement: Option<String>,
    signer: String,
    times: Vec<String>,
    log_entries: usize,
}

impl Proved {
    pub(super) fn of(verified: &Verified) -> Self {
        let signature = verified.signature();
        let statement = verified.statement().map(|it| it.statement());
        Self {
            statement: statement.map(|it| serde_json::to_string(it).unwrap()),
            signer: format!("{:?}", signature.signer()),
            times: signature.times().iter().map(ToString::to_string).collect(),
            log_entries: signature.log_entries(),
        }
    }

    /// Whether this proves nothing that the other does not.
    pub(super) fn within(&self, whole: &Self) -> bool {
        self.statement == whole.statement
            && self.signer == whole.signer
            && self.log_entries <= whole.log_entries
            && self.times.iter().all(|time| whole.times.contains(time))
    }
}

fn formats() -> Vec<Format> {
    let authority = Authority::new("mutation");
    let strict = authority.domain("authority");
    let key = Key::p256("release");
    let mut formats: Vec<(String, String, TrustDomain)> = ways()
        .into_iter()
        .map(|(way, mut options)| {
            // Each signs with a key of its own, as Sigstore's clients do: a certificate for the
            // same key and holder would rightly stand for another.
            options.signing_seed = Some(way.to_owned());
            let json = authority.sign(&about_artifact(), &claims(), &options);
            (way.to_owned(), json, strict.clone())
        })
        .collect();
    for (way, options) in [("v1", Options::at(TIME)), ("v2", Options::v2_at(TIME))] {
        let json = authority.sign_artifact(b"api-1.2.3.whl", &claims(), &options);
        formats.push((format!("artifact, {way}"), json, strict.clone()));
        let json = authority.sign_with(&key, &about_artifact(), &options);
        let domain = authority.key_domain(&key, Leniency::default());
        formats.push((format!("key, {way}"), json, domain));
    }
    let leniency = Leniency {
        unsafe_no_log: true,
        unsafe_set_only: true,
        unsafe_no_sct: true,
    };
    let promised = Options {
        version: Version::V0_1,
        logged: Logged::PromiseOnly(Kind::Intoto),
        ..Options::at(TIME)
    };
    for (way, options) in [
        ("no log", Options::unlogged_at(TIME)),
        ("promise only", promised),
    ] {
        let json = authority.sign(&about_artifact(), &claims(), &options);
        formats.push((way.to_owned(), json, authority.lenient("lenient", leniency)));
    }
    formats
        .into_iter()
        .map(|(name, json, domain)| {
            let verifier = Verifier::new(&domain).unwrap();
            let verified = verify(&verifier, &json).unwrap();
            Format {
                proved: Proved::of(&verified),
                name,
                json,
                verifier,
            }
        })
        .collect()
}

fn verify(verifier: &Verifier, json: &str) -> Option<Verified> {
    let bundle = UnverifiedBundle::read(json.as_bytes()).ok()?;
    verifier.verify(&bundle, &artifact().into(), now()).ok()
}

#[test]
fn no_mutant_verifies_unless_it_says_the_same() {
    let formats = formats();
    let texts: Vec<Value> = formats
        .iter()
        .map(|format| serde_json::from_str(&format.json).unwrap())
        .collect();
    let each = MUTANTS.div_ceil(formats.len());
    let next = AtomicUsize::new(0);
    let same = AtomicUsize::new(0);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(format) = formats.get(number / each) else {
                return;
            };
            let mut draw = Draw::new(number as u64);
            let original = &texts[number / each];
            let donor = &texts[draw.below(texts.len())];
            // What changes nothing, such as the order of one, is no mutant: drawn again.
            let unchanged = |text: &str| {
                serde_json::from_str::<Value>(text).is_ok_and(|value| value == *original)
            };
            let mut mutant = mutant(&mut draw, original, donor, &format.json);
            while unchanged(&mutant) {
                mutant = self::mutant(&mut draw, original, donor, &format.json);
            }
            let Some(verified) = verify(&format.verifier, &mutant) else {
                continue;
            };
            let context = || {
                format!(
                    "{} mutant {number}:\n{mutant}\nof\n{}",
                    format.name, format.json
                )
            };
            assert!(
                Proved::of(&verified).within(&format.proved),
                "{}",
                context()
            );
            let parsed: Value = serde_json::from_str(&mutant).unwrap();
            assert!(same_content(original, &parsed), "{}", context());
            same.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    assert!(each * formats.len() >= 20_000);
    // Some must verify: otherwise the mutants are not bundles at all.
    let same = same.into_inner();
    println!(
        "{} mutants, {same} of them say the same",
        each * formats.len()
    );
    assert!(same > 0 && same < MUTANTS / 5, "{same} say the same");
}

/// A sequence that its seed decides (xorshift64*, Vigna 2016).
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        (drawn % end.max(1) as u64) as usize
    }
}

/// Every place of a document, as a JSON pointer.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                // RFC 6901 section 3.
                let name = name.replace('~', "~0").replace('/', "~1");
                places(member, &format!("{at}/{name}"), into);
            }
        }
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{position}"), into);
            }
        }
        _ => {}
    }
}

pub(super) fn mutant(draw: &mut Draw, original: &Value, donor: &Value, text: &str) -> String {
    let kind = draw.below(8);
    if kind == 0 {
        return changed_text(draw, text);
    }
    let mut mutant = original.clone();
    let mut all = Vec::new();
    places(original, "", &mut all);
    let place = all[1 + draw.below(all.len() - 1)].clone();
    let (parent, name) = place.rsplit_once('/').unwrap();
    match kind {
        1 => match mutant.pointer_mut(parent).unwrap() {
            Value::Object(members) => {
                drop(members.remove(&name.replace("~1", "/").replace("~0", "~")));
            }
            Value::Array(items) => drop(items.remove(name.parse().unwrap())),
            _ => {}
        },
        2 => {
            if let Some(Value::Array(items)) = mutant.pointer_mut(parent) {
                let twice = items[draw.below(items.len())].clone();
                items.insert(draw.below(items.len() + 1), twice);
            } else if let Some(other) = all.get(draw.below(all.len())) {
                let value = original.pointer(other).unwrap().clone();
                *mutant.pointer_mut(&place).unwrap() = value;
            }
        }
        3 => {
            if let Some(Value::Array(items)) = mutant.pointer_mut(parent) {
                items.reverse();
            } else if let Some(Value::Object(members)) = mutant.pointer_mut(parent) {
                let reversed = members.clone().into_iter().rev();
                *members = reversed.collect();
            }
        }
        4 => {
            if let Some(spliced) = donor.pointer(&place) {
                *mutant.pointer_mut(&place).unwrap() = spliced.clone();
            }
        }
        _ => changed(draw, mutant.pointer_mut(&place).unwrap()),
    }
    mutant.to_string()
}

/// Flips, drops, doubles or moves bytes of the text.
fn changed_text(draw: &mut Draw, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let (at, length) = (draw.below(bytes.len()), 1 + draw.below(40));
    let end = (at + length).min(bytes.len());
    match draw.below(4) {
        0 => bytes[at] ^= 1 << draw.below(7),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        _ => bytes[at..end].reverse(),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Changes one value: a number by one, a text by a character, what is encoded by a bit or a byte.
fn changed(draw: &mut Draw, value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Ok(number) = text.parse::<i64>() {
                *text = (number + 1 - 2 * draw.below(2) as i64).to_string();
                return;
            }
            let decoded = STANDARD.decode(text.as_str()).ok();
            match decoded.filter(|bytes| !bytes.is_empty()) {
                Some(mut bytes) => {
                    let at = draw.below(bytes.len());
                    match draw.below(6) {
                        0 => drop(bytes.remove(at)),
                        1 => bytes.insert(at, 0),
                        2 => bytes.truncate(at),
                        _ => bytes[at] ^= 1 << draw.below(8),
                    }
                    *text = STANDARD.encode(bytes);
                }
                None => {
                    let mut characters: Vec<char> = text.chars().collect();
                    let at = draw.below(characters.len().max(1));
                    if let Some(character) = characters.get_mut(at) {
                        *character = (b'!' + draw.below(90) as u8) as char;
                    }
                    *text = characters.into_iter().collect();
                }
            }
        }
        Value::Array(items) => drop(items.pop()),
        Value::Object(members) => drop(members.insert("added".to_owned(), json!("x"))),
        other => *other = json!(1),
    }
}

/// Whether two bundles hold the same, but for what is not signed and not read:
///
/// - `keyid` of an envelope's signature and `hint` of a key: aids for finding a key;
/// - `messageDigest`, which repeats the artifact's digest, where it is left out;
/// - the version's name, where what the bundle has is what both versions demand;
/// - `integratedTime` and `logIndex` of a Rekor v1 entry without promise: read by nothing then;
/// - a promise or timestamp that is left out where what remains proves enough: it proves less;
/// - the signature lines of a checkpoint that are not of the entry's log, and every line's name;
/// - of a timestamp: what is outside of its signed content (its time is compared as what was
///   proved, its imprint is over the signature);
/// - base64 with or without padding and in either alphabet, numbers as text or not, the name of a
///   hash algorithm in either case, an empty list that is left out.
fn same_content(original: &Value, mutant: &Value) -> bool {
    let (mut one, mut other) = (original.clone(), mutant.clone());
    let entries = "/verificationMaterial/tlogEntries";
    let list = |bundle: &Value| bundle.pointer(entries).and_then(Value::as_array).cloned();
    let (first, second) = (
        list(&one).unwrap_or_default(),
        list(&other).unwrap_or_default(),
    );
    if first.len() != second.len() {
        return false;
    }
    for position in 0..first.len() {
        let unpromised = second[position].get("inclusionPromise").is_none();
        let of_v1 = first[position].get("integratedTime").is_some();
        for bundle in [&mut one, &mut other] {
            let entry = bundle
                .pointer_mut(&format!("{entries}/{position}"))
                .unwrap();
            let entry = entry.as_object_mut().unwrap();
            if unpromised && of_v1 {
                for name in ["inclusionPromise", "integratedTime", "logIndex"] {
                    entry.remove(name);
                }
            }
        }
    }
    let digest = |bundle: &Value| bundle.pointer("/messageSignature/messageDigest").is_some();
    let digests = digest(&one) && digest(&other);
    for bundle in [&mut one, &mut other] {
        if let Some(algorithm) = bundle.pointer_mut("/messageSignature/messageDigest/algorithm") {
            *algorithm = json!(algorithm.as_str().unwrap_or_default().to_ascii_uppercase());
        }
        if !digests && bundle.get("messageSignature").is_some() {
            bundle["messageSignature"]
                .as_object_mut()
                .unwrap()
                .remove("messageDigest");
        }
        bundle["mediaType"] = Value::Null;
        let material = bundle["verificationMaterial"].as_object_mut().unwrap();
        material.remove("timestampVerificationData");
        material.entry("tlogEntries").or_insert(json!([]));
        if let Some(key) = material.get_mut("publicKey") {
            *key = Value::Null;
        }
        if let Some(signature) = bundle.pointer_mut("/dsseEnvelope/signatures/0") {
            signature.as_object_mut().unwrap().remove("keyid");
        }
        normalise(bundle);
        let entries = bundle.pointer_mut(entries).and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            let hint: String = entry["logId"]["keyId"].as_str().unwrap()[..8].to_owned();
            if let Some(envelope) = entry.pointer_mut("/inclusionProof/checkpoint/envelope") {
                *envelope = own_lines(envelope.as_str().unwrap(), &hint);
            }
        }
    }
    one == other
}

/// The signed text of a checkpoint and the signatures of the log with this hint.
fn own_lines(envelope: &str, hint: &str) -> Value {
    let (text, lines) = envelope.split_once("\n\n").unwrap();
    let signatures: Vec<String> = lines
        .lines()
        .filter_map(|line| STANDARD.decode(line.split_whitespace().nth(2)?).ok())
        .map(|bytes| hex(&bytes))
        .filter(|signature| signature.starts_with(hint))
        .collect();
    json!([text, signatures])
}

/// Texts that are base64 as what they encode, numbers as text, no empty members.
fn normalise(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(normalise),
        Value::Array(items) => items.iter_mut().for_each(normalise),
        Value::Number(number) => *value = json!(number.to_string()),
        Value::String(text) if !text.contains('\n') => {
            let standard = text.replace('-', "+").replace('_', "/");
            let bare = standard.trim_end_matches('=');
            let decoded = base64::engine::general_purpose::STANDARD_NO_PAD.decode(bare);
            if let Some(bytes) = decoded.ok().filter(|bytes| bytes.len() > 8) {
                *text = hex(&bytes);
            }
        }
        _ => {}
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
