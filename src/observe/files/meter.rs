//! Readers with a budget of bytes and time.

use std::io::{self, Read, Seek, SeekFrom};
use std::time::Instant;

/// Why a meter stops.
#[derive(Debug, thiserror::Error)]
pub(super) enum Spent {
    #[error("more than {0} bytes")]
    Bytes(u64),
    #[error("out of time")]
    Time,
}

/// A reader with a budget.
pub(super) struct Metered<R> {
    inner: R,
    cap: u64,
    left: u64,
    end: Instant,
}

impl<R> Metered<R> {
    pub(super) fn new(inner: R, cap: u64, end: Instant) -> Self {
        Self {
            inner,
            cap,
            left: cap,
            end,
        }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if Instant::now() > self.end {
            return Err(io::Error::other(Spent::Time));
        }
        let read = self.inner.read(buffer)?;
        let Some(left) = self.left.checked_sub(read as u64) else {
            return Err(io::Error::other(Spent::Bytes(self.cap)));
        };
        self.left = left;
        Ok(read)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
