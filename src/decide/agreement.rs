//! What the required channels must agree on: the policy's word, and one image where it has none.

use crate::model::{AgreeOn, Agreement, Content, Environment, Name, Policy};

use super::scene::is_required;

/// Every agreement with the required channels that it still has: those of the policy, and
/// `same-digest` for each pair of images that none of them names together. One that is left with a
/// single channel is not judged.
pub(super) fn agreements(policy: &Policy, environment: Option<&Environment>) -> Vec<Agreement> {
    let required = |name: &Name| is_required(policy, environment, name);
    let images: Vec<&Name> = policy
        .channels
        .iter()
        .filter(|channel| channel.traits.content == Content::Image && required(&channel.name))
        .map(|channel| &channel.name)
        .collect();
    let mut agreements = policy.agreements.clone();
    for (position, one) in images.iter().enumerate() {
        for other in &images[position + 1..] {
            let named = policy.agreements.iter().any(|agreement| {
                agreement.channels.contains(one) && agreement.channels.contains(other)
            });
            if !named {
                agreements.push(Agreement {
                    channels: vec![(*one).clone(), (*other).clone()],
                    on: AgreeOn::SameDigest,
                    because: None,
                    declared_at: 0,
                });
            }
        }
    }
    for agreement in &mut agreements {
        agreement.channels.retain(required);
    }
    agreements.retain(|agreement| agreement.channels.len() > 1);
    agreements
}
