//! What is attached to artifacts, in real registries, and in fakes of GitHub, PyPI and npm.

mod faults;
mod github;
mod hostile;
mod packages;
mod push;
mod registries;
mod writing;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockstep::attest::SignedBundle;
use lockstep::model::{
    Answer, ArtifactDigest, Attestations, Coverage, Digest, Facts, Failure, Observation, Query,
    WantedAttestations,
};
use lockstep::observe::attached::{Found, Place};
use lockstep::observe::oci::{Image, Reference};
use lockstep::observe::{Ask, Asking, Attached, now};
use serde_json::json;

use super::asking::{World, runtime};

/// A bundle about a digest that nobody signed; places do not look at that.
pub(crate) fn bundle(subject: &Digest, name: &str) -> SignedBundle {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": subject.hex()}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {},
    });
    let json = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": name}},
        "dsseEnvelope": {
            "payload": STANDARD.encode(statement.to_string()),
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{"sig": "AA=="}],
        },
    });
    SignedBundle {
        json: json.to_string(),
    }
}

pub(super) fn reference(text: &str) -> Reference {
    Reference::read(text).unwrap()
}

pub(super) fn image(text: &str) -> Image {
    Image::read(text).unwrap()
}

/// What a place that was read whole has.
pub(super) fn read_whole(place: &Place) -> &Found {
    let found = place.answer.as_ref().unwrap();
    assert_eq!(found.stopped, None);
    found
}

/// The documents of a place that was read whole.
pub(super) fn documents(place: &Place) -> Vec<&str> {
    let documents = read_whole(place).documents.values();
    documents.map(String::as_str).collect()
}

/// Asks a channel, in one round, for its listing and for what is attached to names of it.
pub(super) fn ask(world: &World, ask: &Arc<dyn Ask>, wanted: &[WantedAttestations]) -> Attached {
    let listed = world.ask_many(vec![ask.clone()]).remove(0);
    ask_listed(world, ask, &listed, wanted)
}

/// The same where the channel has listed this.
pub(super) fn ask_listed(
    world: &World,
    ask: &Arc<dyn Ask>,
    listed: &[Observation],
    wanted: &[WantedAttestations],
) -> Attached {
    let channel = "channel".parse().unwrap();
    let asking = Asking {
        channel: &channel,
        round: listed.first().map_or_else(now, |it| it.round),
        listed,
        client: &world.client,
    };
    runtime().block_on(ask.attestations(&asking, wanted))
}

pub(super) fn wanted(name: &str, artifacts: &[(&str, ArtifactDigest)]) -> WantedAttestations {
    let artifacts = artifacts.iter();
    WantedAttestations {
        name: name.to_owned(),
        artifacts: artifacts
            .map(|(name, it)| ((*name).to_owned(), *it))
            .collect(),
    }
}

/// What an observation says that was read whole.
pub(super) fn attested(observation: &Observation) -> &Attestations {
    match (&observation.query, &observation.answer) {
        (
            Query::Attestations(_),
            Answer::Seen {
                facts: Facts::Attestations(attestations),
                coverage: Coverage::Complete,
                ..
            },
        ) => attestations,
        other => panic!("not whole: {other:?}"),
    }
}

/// Why an observation does not say everything; nothing where it does.
pub(super) fn unknown(observation: &Observation) -> Option<&Failure> {
    match &observation.answer {
        Answer::Failed { why, .. }
        | Answer::Seen {
            coverage: Coverage::Partial { why, .. },
            ..
        } => Some(why),
        _ => None,
    }
}
