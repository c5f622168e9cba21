//! Examines every channel of targets: what the present credentials can and cannot see.

use std::sync::Arc;

use crate::observe::http::{Client, Events};
use crate::observe::{Asking, Environment, Examination, now};

use super::asking::with_client;
use super::judge::JudgeError;
use super::targets::Target;

/// Examines the channels of targets, one after the other, in the order of the policies.
///
/// # Errors
/// [`JudgeError`] where nothing could be asked at all.
pub fn examine(
    targets: &[Target],
    environment: Environment,
    events: Arc<dyn Events>,
) -> Result<Vec<Examination>, JudgeError> {
    with_client(&environment, events, async |client: &Client| {
        let round = now();
        let mut examinations = Vec::new();
        for target in targets {
            let policy = &target.item.policy;
            for (channel, (name, configured)) in policy.channels.iter().zip(&target.item.channels) {
                let asking = Asking {
                    channel: name,
                    round,
                    listed: &[],
                    client,
                };
                let seen = match &configured.examine {
                    Some(examine) => examine.examine(&asking).await,
                    None => Vec::new(),
                };
                examinations.push(Examination {
                    component: policy.component.name.clone(),
                    channel: name.clone(),
                    kind: channel.kind,
                    seen,
                });
            }
        }
        examinations
    })
}
