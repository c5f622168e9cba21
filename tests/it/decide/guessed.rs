//! A policy that nobody wrote never allows, and else says what the same written policy says.

use lockstep::model::Outcome;
use proptest::prelude::*;

use super::drawn::{cases, worlds};

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_guessed_policy_turns_every_allow_and_nothing_else_into_indeterminate(world in worlds()) {
        let mut guess = world.clone();
        guess.policy.guessed = Some(Vec::new());
        let (Some(written), Some(guessed)) = (world.judge(), guess.judge()) else {
            return Ok(());
        };
        prop_assert_ne!(guessed.outcome, Outcome::Allow);
        prop_assert!(guessed.digests.is_empty(), "a guess approves nothing");
        if written.outcome != Outcome::Allow {
            prop_assert_eq!(guessed.outcome, written.outcome);
            prop_assert_eq!(guessed.retry_at, written.retry_at);
        }
        prop_assert_eq!(guessed.guessed, Some(Vec::new()));
        prop_assert_eq!(written.guessed, None);
    }
}

/// The property above would hold of worlds that are never allowed too.
#[test]
fn some_drawn_worlds_are_allowed_when_somebody_wrote_their_policy() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let allowed = (0..300).filter(|_| {
        let world = worlds().new_tree(&mut runner).unwrap().current();
        world.judge().is_some_and(|it| it.outcome == Outcome::Allow)
    });
    assert!(allowed.count() > 3);
}
