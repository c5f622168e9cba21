//! What a run of asking shows on standard error while it is under way.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::model::{Time, visible_line};
use crate::observe::http::{Event, Events};

use super::say::Terminal;

/// Shows a line that renews itself on a terminal, or every request with `--verbose`.
pub(super) struct Progress {
    manner: Manner,
    asked: AtomicUsize,
    answered: AtomicUsize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Silent,
    OneLine,
    Everything,
}

/// Back to the first column, and the rest of the line blank (ECMA-48 `EL`).
const CLEAR: &str = "\r\u{1b}[K";

impl Progress {
    pub(super) fn new(terminal: &Terminal) -> Self {
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

    fn renew(&self) {
        let asked = self.asked.load(Ordering::Relaxed);
        let answered = self.answered.load(Ordering::Relaxed);
        show(&format!("{CLEAR}asking: {answered} of {asked} answers"));
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
            format!(
                "no answer {endpoint}: {}: {}",
                why.words(),
                visible_line(detail)
            )
        }
    }
}

/// That it cannot be shown changes nothing.
fn show(text: &str) {
    let mut errors = std::io::stderr().lock();
    let _ = errors.write_all(crate::report::inert(text).as_bytes());
    let _ = errors.flush();
}
