//! Runs questions side by side, some at a time, within one task.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Runs all of them, at most `at_a_time` at once, and gives what they gave in their order.
pub(super) async fn side_by_side<F: Future>(questions: Vec<F>, at_a_time: usize) -> Vec<F::Output> {
    let mut waiting = questions.into_iter().enumerate();
    let mut running: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    let mut done: BTreeMap<usize, F::Output> = BTreeMap::new();
    poll_fn(move |context| {
        loop {
            while running.len() < at_a_time.max(1)
                && let Some((position, question)) = waiting.next()
            {
                running.push((position, Box::pin(question)));
            }
            if running.is_empty() {
                return Poll::Ready(std::mem::take(&mut done).into_values().collect());
            }
            let before = running.len();
            running.retain_mut(
                |(position, question)| match question.as_mut().poll(context) {
                    Poll::Ready(output) => {
                        done.insert(*position, output);
                        false
                    }
                    Poll::Pending => true,
                },
            );
            if running.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[tokio::test]
    async fn the_answers_keep_their_order_and_no_more_run_at_once() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let questions = (0..50_u64).map(|number| {
            let (now, most) = (&now, &most);
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(number % 7)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                number
            }
        });
        let answers = side_by_side(questions.collect(), 6).await;
        assert_eq!(answers, (0..50).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 6);
    }

    #[tokio::test]
    async fn nothing_to_ask_is_nothing_answered() {
        assert!(
            side_by_side(Vec::<std::future::Ready<()>>::new(), 6)
                .await
                .is_empty()
        );
    }
}
