//! What a run of asking shows on standard error while it is under way.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::model::{Failure, Time, visible_line};
use crate::observe::http::{Event, Events};

use super::say::{CLEAR, Terminal, alone};

/// Shows a line that renews itself on a terminal, or every request with `--verbose`.
pub(super) struct Progress {
    manner: Manner,
    asked: AtomicUsize,
    answered: AtomicUsize,
    components: usize,
    judged: AtomicUsize,
    begun: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Silent,
    OneLine,
    Everything,
}

impl Progress {
    /// For a run over so many components.
    pub(super) fn new(terminal: &Terminal, components: usize) -> Self {
        let manner = if terminal.is_verbose() {
            Manner::Everything
        } else if terminal.shows_progress() {
            Manner::OneLine
        } else {
            Manner::Silent
        };
        Self {
            manner,
            asked: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            components,
            judged: AtomicUsize::new(0),
            begun: Instant::now(),
        }
    }

    /// Says that the verdict is not final, and until when it is waited.
    pub(super) fn waiting(&self, until: Time, why: &str) {
        match self.manner {
            Manner::Silent => {}
            Manner::OneLine => show(&format!(
                "{CLEAR}asking again at {until}: {}",
                visible_line(why)
            )),
            Manner::Everything => {
                show(&format!("asking again at {until}: {}\n", visible_line(why)))
            }
        }
    }

    /// One more component has its verdict.
    pub(super) fn judged(&self) {
        self.judged.fetch_add(1, Ordering::Relaxed);
        if self.manner == Manner::OneLine {
            self.renew();
        }
    }

    fn renew(&self) {
        let asked = self.asked.load(Ordering::Relaxed);
        let answered = self.answered.load(Ordering::Relaxed);
        let mut line = format!("{CLEAR}asking: {answered} of {asked} answers");
        if self.components > 1 {
            let judged = self.judged.load(Ordering::Relaxed);
            line.push_str(&format!(", {judged} of {} components", self.components));
            if let Some(left) = left(self.begun.elapsed(), judged, self.components) {
                line.push_str(&format!(", about {left} left"));
            }
        }
        show(&line);
    }
}

/// Shows how far a large file is hashed, on a terminal.
pub(super) struct Hashing {
    shows: bool,
}

impl Hashing {
    pub(super) fn new(terminal: &Terminal) -> Self {
        Self {
            shows: terminal.shows_progress(),
        }
    }

    /// So many bytes of a file are hashed, of so many.
    pub(super) fn hashed(&self, file: &str, bytes: u64, all: u64) {
        if self.shows {
            let share = bytes.saturating_mul(100).checked_div(all).unwrap_or(100);
            let of = all >> 20;
            show(&format!("{CLEAR}hashing {file}: {share} % of {of} MiB"));
        }
    }
}

impl Drop for Hashing {
    fn drop(&mut self) {
        if self.shows {
            show(CLEAR);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.manner == Manner::OneLine {
            show(CLEAR);
        }
    }
}

impl Events for Progress {
    fn event(&self, event: &Event) {
        match event {
            Event::Started { attempt: 1, .. } => self.asked.fetch_add(1, Ordering::Relaxed),
            Event::Finished { .. } | Event::Failed { .. } => {
                self.answered.fetch_add(1, Ordering::Relaxed)
            }
            _ => 0,
        };
        match self.manner {
            Manner::Silent => {}
            Manner::OneLine => self.renew(),
            Manner::Everything => show(&format!("{}\n", told(event))),
        }
    }
}

fn told(event: &Event) -> String {
    match event {
        Event::Started {
            endpoint,
            credential,
            attempt: 1,
        } => {
            format!("ask {endpoint} as {}", visible_line(credential))
        }
        Event::Started {
            endpoint, attempt, ..
        } => format!("ask {endpoint}, try {attempt}"),
        Event::Finished {
            endpoint,
            status: 304,
            ..
        } => format!("unchanged {endpoint}"),
        Event::Finished {
            endpoint,
            status,
            bytes,
            took,
        } => {
            format!(
                "answer {status} {endpoint}: {bytes} bytes in {} ms",
                took.as_millis()
            )
        }
        Event::Retrying {
            endpoint,
            why,
            after,
        } => {
            format!(
                "again in {} ms: {endpoint}: {}",
                after.as_millis(),
                why.words()
            )
        }
        Event::Waiting { endpoint, until } => format!("rate limit until {until}: {endpoint}"),
        Event::Budget {
            endpoint,
            remaining,
            limit,
            reset,
        } => {
            let limit = limit
                .map(|limit| format!(" of {limit}"))
                .unwrap_or_default();
            let reset = reset
                .map(|reset| format!(", full again at {reset}"))
                .unwrap_or_default();
            format!("budget {endpoint}: {remaining}{limit} requests left{reset}")
        }
        Event::Failed {
            endpoint,
            why,
            detail,
        } => {
            let why = Failure {
                kind: *why,
                detail: visible_line(detail),
            };
            format!("no answer {endpoint}: {why}")
        }
    }
}

/// How long the rest will take if it goes on as so far; nothing before a twentieth is done.
fn left(elapsed: Duration, done: usize, all: usize) -> Option<String> {
    if done == 0 || done * 20 < all || done >= all {
        return None;
    }
    let each = elapsed.as_secs_f64() / done as f64;
    let seconds = (each * (all - done) as f64).ceil() as u64;
    Some(match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    })
}

/// That it cannot be shown changes nothing.
fn show(text: &str) {
    let _line = alone();
    let mut errors = std::io::stderr().lock();
    let _ = errors.write_all(crate::report::inert(text).as_bytes());
    let _ = errors.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_goes_by_what_is_done_and_waits_for_a_twentieth() {
        let left = |seconds, done, all| left(Duration::from_secs(seconds), done, all);
        assert_eq!(left(10, 0, 100), None);
        assert_eq!(left(10, 4, 100), None);
        assert_eq!(left(10, 5, 100).as_deref(), Some("4 min"));
        assert_eq!(left(10, 50, 100).as_deref(), Some("10 s"));
        assert_eq!(left(3_600, 25, 100).as_deref(), Some("3 h 0 min"));
        assert_eq!(left(10, 100, 100), None);
    }
}
