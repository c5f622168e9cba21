//! The transparency logs: entries of every kind, proofs, checkpoints and promises as Rekor v1 and
//! v2 give them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Key, der, sha256};
use lockstep::model::Digest;

/// One log.
pub(crate) struct Log {
    pub(crate) key: Key,
    pub(crate) origin: String,
    pub(crate) id: Vec<u8>,
}

/// The formats of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// `hashedrekord` 0.0.1, of messages only.
    HashedRekord,
    /// `dsse` 0.0.1.
    Dsse,
    /// `intoto` 0.0.2.
    Intoto,
    /// `hashedrekord` 0.0.2: Rekor v2.
    V2,
}

/// What an entry records.
pub(crate) struct Recorded<'a> {
    /// The bytes that were signed: a message, or the pre-authentication encoding of an envelope.
    pub(crate) message: &'a [u8],
    pub(crate) payload: &'a [u8],
    pub(crate) signature: &'a [u8],
    /// DER of the certificate, or else of the key.
    pub(crate) certificate: Option<&'a [u8]>,
    pub(crate) key: &'a Key,
}

impl Log {
    /// ECDSA, the identifier is the hash of the key.
    pub(crate) fn v1(seed: &str) -> Self {
        let key = Key::p256(seed);
        let id = sha256(&key.spki()).to_vec();
        let origin = "rekor.authority.test".to_owned();
        Self { key, origin, id }
    }

    /// Ed25519, the identifier is that of a signed note
    /// (<https://github.com/C2SP/C2SP/blob/main/signed-note.md#signature-types>).
    pub(crate) fn v2(seed: &str) -> Self {
        let key = Key::ed25519(seed);
        let origin = "log2025.rekor.authority.test".to_owned();
        let named = [origin.as_bytes(), b"\n\x01", key.public()].concat();
        let id = sha256(&named).to_vec();
        Self { key, origin, id }
    }

    /// The entry in a tree of `size` leaves, as a bundle carries it.
    pub(crate) fn entry(
        &self,
        kind: Kind,
        body: &[u8],
        index: u64,
        size: u64,
        integrated: Option<i64>,
    ) -> Value {
        let leaves: Vec<Vec<u8>> = (0..size)
            .map(|leaf| match leaf == index {
                true => hash_leaf(body),
                false => hash_leaf(&leaf.to_be_bytes()),
            })
            .collect();
        let (root, path) = prove(&leaves, index as usize);
        let (name, version) = match kind {
            Kind::HashedRekord => ("hashedrekord", "0.0.1"),
            Kind::Dsse => ("dsse", "0.0.1"),
            Kind::Intoto => ("intoto", "0.0.2"),
            Kind::V2 => ("hashedrekord", "0.0.2"),
        };
        let mut entry = json!({
            "logIndex": index.to_string(),
            "logId": {"keyId": STANDARD.encode(&self.id)},
            "kindVersion": {"kind": name, "version": version},
            "inclusionProof": {
                "logIndex": index.to_string(),
                "rootHash": STANDARD.encode(&root),
                "treeSize": size.to_string(),
                "hashes": path.iter().map(|hash| STANDARD.encode(hash)).collect::<Vec<_>>(),
                "checkpoint": {"envelope": self.checkpoint(size, &root)},
            },
            "canonicalizedBody": STANDARD.encode(body),
        });
        if let Some(time) = integrated {
            entry["integratedTime"] = json!(time.to_string());
            let promise = self.promise(body, index, time);
            entry["inclusionPromise"] = json!({"signedEntryTimestamp": STANDARD.encode(promise)});
        }
        entry
    }

    /// A signed note (<https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md>).
    pub(crate) fn checkpoint(&self, size: u64, root: &[u8]) -> String {
        let text = format!("{}\n{size}\n{}\n", self.origin, STANDARD.encode(root));
        let signature = [&self.id[..4], &self.key.sign(text.as_bytes())].concat();
        format!("{text}\n— {} {}\n", self.origin, STANDARD.encode(signature))
    }

    /// The signed entry timestamp over the canonical JSON of the entry.
    pub(crate) fn promise(&self, body: &[u8], index: u64, time: i64) -> Vec<u8> {
        let id: String = self.id.iter().map(|byte| format!("{byte:02x}")).collect();
        let body = STANDARD.encode(body);
        let text = format!(
            r#"{{"body":"{body}","integratedTime":{time},"logID":"{id}","logIndex":{index}}}"#
        );
        self.key.sign(text.as_bytes())
    }
}

/// The body of an entry.
pub(crate) fn body(kind: Kind, recorded: &Recorded<'_>) -> Vec<u8> {
    let signature = STANDARD.encode(recorded.signature);
    let pem = match recorded.certificate {
        Some(certificate) => der::pem("CERTIFICATE", certificate),
        None => recorded.key.pem(),
    };
    let pem = STANDARD.encode(pem);
    let payload = json!({"algorithm": "sha256", "value": Digest::of(recorded.payload).hex()});
    let message = Digest::of(recorded.message);
    let body = match kind {
        Kind::HashedRekord => json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": message.hex()}},
            "signature": {"content": signature, "publicKey": {"content": pem}},
        }}),
        Kind::Dsse => json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": {
            "envelopeHash": {"algorithm": "sha256", "value": message.hex()},
            "payloadHash": payload,
            "signatures": [{"signature": signature, "verifier": pem}],
        }}),
        Kind::Intoto => json!({"apiVersion": "0.0.2", "kind": "intoto", "spec": {"content": {
            "envelope": {
                "payloadType": "application/vnd.in-toto+json",
                "signatures": [{"publicKey": pem, "sig": STANDARD.encode(&signature)}],
            },
            "hash": {"algorithm": "sha256", "value": message.hex()},
            "payloadHash": payload,
        }}}),
        Kind::V2 => {
            let verifier = match recorded.certificate {
                Some(der) => json!({"x509Certificate": {"rawBytes": STANDARD.encode(der)}}),
                None => json!({"publicKey": {"rawBytes": STANDARD.encode(recorded.key.spki())}}),
            };
            let mut body = json!({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {
                "hashedRekordV002": {
                    "data": {"algorithm": "SHA2_256", "digest": STANDARD.encode(sha256(recorded.message))},
                    "signature": {"content": signature, "verifier": verifier},
                },
            }});
            body["spec"]["hashedRekordV002"]["signature"]["verifier"]["keyDetails"] =
                json!(recorded.key.details());
            body
        }
    };
    serde_json::to_vec(&body).unwrap()
}

/// RFC 6962 section 2.1.
fn hash_leaf(data: &[u8]) -> Vec<u8> {
    sha256(&[&[0][..], data].concat()).to_vec()
}

/// The root of a tree and the audit path of one leaf (RFC 6962 section 2.1.1).
fn prove(leaves: &[Vec<u8>], index: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
    if leaves.len() == 1 {
        return (leaves[0].clone(), Vec::new());
    }
    let split = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(split);
    let node = |left: &[u8], right: &[u8]| sha256(&[&[1][..], left, right].concat()).to_vec();
    let inside_left = index < split;
    let (left_root, left_path) = prove(left, if inside_left { index } else { 0 });
    let (right_root, right_path) = prove(right, if inside_left { 0 } else { index - split });
    let root = node(&left_root, &right_root);
    let mut path = if inside_left { left_path } else { right_path };
    path.push(if inside_left { right_root } else { left_root });
    (root, path)
}
