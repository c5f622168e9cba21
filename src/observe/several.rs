//! Several questions of one channel at a time, their answers in the order of the questions.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Questions under way at a time; each host has its own limit besides.
const AT_A_TIME: usize = 8;

/// Runs all of them, some at a time, and gives what they give in their order.
pub(super) async fn several<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut waiting = futures.into_iter().enumerate();
    let mut running: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    let mut answers = BTreeMap::new();
    poll_fn(move |context| {
        loop {
            let free = AT_A_TIME.saturating_sub(running.len());
            let next = waiting.by_ref().take(free);
            running.extend(next.map(|(number, future)| (number, Box::pin(future))));
            let before = running.len();
            running.retain_mut(|(number, future)| match future.as_mut().poll(context) {
                Poll::Ready(answer) => {
                    answers.insert(*number, answer);
                    false
                }
                Poll::Pending => true,
            });
            if running.is_empty() && waiting.len() == 0 {
                let answers = std::mem::take(&mut answers);
                return Poll::Ready(answers.into_values().collect());
            }
            // What became free is filled, and asked at once: nothing else would wake it.
            if running.len() == before || waiting.len() == 0 {
                return Poll::Pending;
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn answers_keep_their_order_and_only_some_are_asked_at_a_time() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let one = async |number: u64| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            if !number.is_multiple_of(3) {
                tokio::time::sleep(Duration::from_millis(50 - number)).await;
            }
            now.fetch_sub(1, Ordering::SeqCst);
            number
        };
        let futures: Vec<_> = (0..50).map(one).collect();
        let answers = several(futures).await;
        assert_eq!(answers, (0..50).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), AT_A_TIME);
        assert!(
            several(Vec::<std::future::Ready<()>>::new())
                .await
                .is_empty()
        );
    }
}
