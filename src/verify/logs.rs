//! The transparency logs of a trust domain, and whether an entry is truly one of the log that it
//! names.

use sigstore_merkle::{hash_leaf, verify_inclusion_proof};
use sigstore_trust_root::TrustedRoot;
use sigstore_types::{
    Checkpoint, CheckpointSignature, KindVersion, TimeRange, TransparencyLogEntry,
};
use sigstore_verify::crypto::VerificationKey;

use super::{Fault, VerifyError};
use crate::model::{Time, visible};

/// The logs that a trusted root names.
pub(super) struct Logs(Vec<Log>);

struct Log {
    id: Vec<u8>,
    key: VerificationKey,
    window: Option<TimeRange>,
}

impl Logs {
    /// Keys of kinds that cannot be verified are left out, as `sigstore-verify` does.
    pub(super) fn of(root: &TrustedRoot) -> Self {
        let logs = root.tlogs.iter().filter_map(|log| {
            Some(Log {
                id: log.log_id.key_id.as_bytes().to_vec(),
                key: VerificationKey::from_spki(&log.public_key.raw_bytes).ok()?,
                window: log.public_key.valid_for,
            })
        });
        Self(logs.collect())
    }

    /// Refuses an entry whose log is not of this domain, one whose checkpoint another log signed
    /// (`sigstore-verify` takes any trusted log's signature and, for Rekor v2, never looks at the
    /// entry's log), one whose log's key was not in force at `now`, and one whose duplicated numbers
    /// contradict the signed checkpoint.
    pub(super) fn check(
        &self,
        entry: &TransparencyLogEntry,
        domain: &str,
        now: Time,
    ) -> Result<(), VerifyError> {
        let log = self.find(entry).ok_or_else(|| {
            let id = hex(entry.log_id.key_id.as_bytes());
            wrong(format!(
                "it is entered in log {id}, which `{domain}` does not trust"
            ))
            .hint("a bundle of a private instance needs that instance's trusted root")
        })?;
        if log
            .window
            .is_some_and(|window| window.start.as_second() > now.unix_seconds())
        {
            return Err(wrong(format!(
                "the log's key was not in force yet at {now}"
            )));
        }
        let Some(proof) = &entry.inclusion_proof else {
            return Ok(());
        };
        let Some(checkpoint) = proof.checkpoint.checkpoint() else {
            return Err(wrong("the inclusion proof has no checkpoint".to_owned()));
        };
        // What stands after a second blank line is signed by nobody.
        if proof.checkpoint.envelope().matches("\n\n").count() != 1 {
            let message = "the checkpoint does not have exactly one blank line";
            return Err(wrong(message.to_owned()));
        }
        if proof.tree_size != checkpoint.tree_size() {
            return Err(wrong(format!(
                "the inclusion proof is of a tree of {}, its checkpoint of one of {}",
                proof.tree_size,
                checkpoint.tree_size()
            )));
        }
        if proof.root_hash != *checkpoint.root_hash() {
            let message = "the inclusion proof and its checkpoint have different roots";
            return Err(wrong(message.to_owned()));
        }
        if is_v2(entry) && proof.log_index != entry.log_index {
            return Err(wrong(format!(
                "the entry says that it stands at {}, its proof at {}",
                entry.log_index.get(),
                proof.log_index.get()
            )));
        }
        let lines = checkpoint.signatures();
        let mut others = self.0.iter().filter(|other| other.id != log.id);
        // Only where another trusted log may have signed is it worth verifying twice.
        let sound = match others.any(|other| lines.iter().any(|line| other.names(line))) {
            false => lines.iter().any(|line| log.names(line)),
            true => log.signed(checkpoint),
        };
        match sound {
            true => Ok(()),
            false => Err(wrong(format!(
                "the checkpoint is not signed by log {}, which the entry names",
                hex(&log.id)
            ))),
        }
    }

    /// Refuses an entry whose inclusion proof does not lead to the root of its checkpoint (RFC 6962
    /// section 2.1.1), and one whose checkpoint its own log did not sign. Of an entry of Rekor v1
    /// that [`Self::check`] let pass this is all that a proof says.
    pub(super) fn included(&self, entry: &TransparencyLogEntry) -> Result<(), VerifyError> {
        let unproved = || wrong("a log entry has no inclusion proof".to_owned());
        let proof = entry.inclusion_proof.as_ref().ok_or_else(unproved)?;
        let checkpoint = proof.checkpoint.checkpoint().ok_or_else(unproved)?;
        let log = self.find(entry).ok_or_else(unproved)?;
        verify_inclusion_proof(
            &hash_leaf(entry.canonicalized_body.as_bytes()),
            proof.log_index.get(),
            checkpoint.tree_size(),
            &proof.hashes,
            checkpoint.root_hash(),
        )
        .map_err(|why| {
            let message = format!("inclusion proof verification failed: {why}");
            wrong(visible(&message, 300))
        })?;
        match log.signed(checkpoint) {
            true => Ok(()),
            false => Err(wrong(format!(
                "no line of the checkpoint is a signature of log {}, which the entry names",
                hex(&log.id)
            ))),
        }
    }

    /// Refuses an entry whose log's key was in force at none of the times that are vouched for.
    pub(super) fn in_force(
        &self,
        entry: &TransparencyLogEntry,
        times: &[Time],
    ) -> Result<(), VerifyError> {
        let Some(window) = self.find(entry).and_then(|log| log.window) else {
            return Ok(());
        };
        let within = |time: &Time| {
            let seconds = time.unix_seconds();
            window.start.as_second() <= seconds
                && window.end.is_none_or(|end| seconds <= end.as_second())
        };
        match times.is_empty() || times.iter().any(within) {
            true => Ok(()),
            false => {
                let end = window.end.map_or_else(String::new, |end| end.to_string());
                let message = format!(
                    "the log's key is in force from {} to {end}, and it was signed outside of that",
                    window.start
                );
                Err(wrong(message))
            }
        }
    }

    fn find(&self, entry: &TransparencyLogEntry) -> Option<&Log> {
        let id = entry.log_id.key_id.as_bytes();
        self.0.iter().find(|log| log.id == id)
    }
}

impl Log {
    /// Whether a signature says that it is of this log.
    fn names(&self, line: &CheckpointSignature) -> bool {
        self.id.get(..4) == Some(line.key_id.as_bytes().as_slice())
    }

    /// Whether this log has signed a checkpoint.
    fn signed(&self, checkpoint: &Checkpoint) -> bool {
        let mut own = checkpoint
            .signatures()
            .iter()
            .filter(|line| self.names(line));
        own.any(|line| {
            let signed = self.key.verify(checkpoint.signed_data(), &line.signature);
            signed.is_ok()
        })
    }
}

/// Whether an entry is one of Rekor v2, which keeps no time.
pub(super) fn is_v2(entry: &TransparencyLogEntry) -> bool {
    entry.kind_version == KindVersion::HashedRekordV002
}

fn wrong(message: String) -> VerifyError {
    VerifyError::new(Fault::Log, message)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .take(32)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
