//! Answers without end: memory follows the cap (THREATS rows 11 and 12).

use std::time::Duration;

use lockstep::model::FailureKind::TooLarge;
use lockstep::observe::http::Limits;

use super::{inject, media};
use crate::observe::asking::short;
use crate::observe::loopback::{Step, answer, head};

/// Peak memory of this process in KiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// THREATS rows 11 and 12: a gigabyte, an endless answer and a gzip bomb stop at the cap.
#[test]
fn memory_follows_the_cap_and_not_the_sender() {
    // In a process of its own: the peak is of the whole process, other tests included.
    const ALONE: &str = "LOCKSTEP_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let name = "observe::faults::memory::memory_follows_the_cap_and_not_the_sender";
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(ALONE, "1")
            // What glibc keeps back for each of the tests' many threads is not the client's.
            .env("MALLOC_ARENA_MAX", "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("peak memory grew by"), "{said}");
        assert!(
            output.status.success(),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        return;
    }
    let before = peak_memory();
    let limits = Limits {
        total: Duration::from_secs(30),
        ..short()
    };
    inject(&limits, &[TooLarge], |asked, _| {
        let [media] = media(asked);
        let head = head("200 OK", &[media, ("content-length", "1000000000")]);
        vec![
            Step::Send(head),
            Step::Repeat(vec![b'1'; 1 << 16], 1_000_000_000),
        ]
    });
    inject(&limits, &[TooLarge], |asked, _| {
        let head = head("200 OK", &media(asked));
        vec![
            Step::Send(head),
            Step::Repeat(vec![b'<'; 1 << 16], u64::MAX),
        ]
    });
    let bomb = gzip_bomb();
    inject(&limits, &[TooLarge], move |asked, _| {
        let [media] = media(asked);
        answer("200 OK", &[media, ("content-encoding", "gzip")], &bomb)
    });
    let grown = (peak_memory() - before) / 1024;
    println!("peak memory grew by {grown} MiB");
    assert!(grown < 200, "peak memory grew by {grown} MiB");
}

/// 200 MB of zeros in about 200 KB, made by the real `gzip`.
fn gzip_bomb() -> Vec<u8> {
    let script = "head -c 200000000 /dev/zero | gzip -1";
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .output()
        .unwrap();
    assert!(output.stdout.len() > 1_000 && output.stdout.len() < 4_000_000);
    output.stdout
}
