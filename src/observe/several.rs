//! Several questions of one channel at a time, their answers in the order of the questions.

use std::future::Future;

use futures_util::StreamExt;

/// Questions under way at a time; each host has its own limit besides.
pub(super) const AT_A_TIME: usize = 8;

/// Runs all of them, some at a time, and gives what they give in their order.
pub(super) async fn several<F: Future>(questions: Vec<F>, at_a_time: usize) -> Vec<F::Output> {
    let numbered = questions.into_iter().enumerate();
    let numbered = numbered.map(|(number, question)| async move { (number, question.await) });
    // Unordered, so that a slow answer leaves no turn unused.
    let answers = futures_util::stream::iter(numbered).buffer_unordered(at_a_time.max(1));
    let mut answers: Vec<(usize, F::Output)> = answers.collect().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
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
        let questions: Vec<_> = (0..50).map(one).collect();
        let answers = several(questions, 6).await;
        assert_eq!(answers, (0..50).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 6);
        let none = Vec::<std::future::Ready<()>>::new();
        assert!(several(none, 6).await.is_empty());
    }
}
