//! What a phone went through, for the figures of a run.

use std::time::Duration;

use crate::answer::Answer;
use crate::weather::{Fault, Tally};
use crate::wire::Page;

/// A first snapshot: how much came, and how long it took in all.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirstSnapshot {
    /// Bytes of the bodies as they came over the wire.
    pub bytes: u64,
    /// Rows.
    pub rows: usize,
    /// The time of its calls, added up.
    pub took: Duration,
    /// Whether it has come to its end.
    pub whole: bool,
}

/// What a phone went through.
#[derive(Clone, Debug, Default)]
pub struct Diary {
    /// Faults, by kind.
    pub faults: Tally,
    /// How long each answered call with commands took.
    pub pushes: Vec<Duration>,
    /// How long each answered call without commands took.
    pub pulls: Vec<Duration>,
    /// How often it had to begin anew.
    pub resets: u64,
    /// How often nothing had changed (304).
    pub unchanged: u64,
    /// The first snapshot.
    pub first: FirstSnapshot,
}

impl Diary {
    /// Notes a fault.
    pub fn note(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    /// Notes an answer with a page; `begun` says that a cursor had been sent.
    pub fn take(&mut self, page: &Page, answer: &Answer, begun: bool) {
        let calls = if page.results.is_empty() { &mut self.pulls } else { &mut self.pushes };
        calls.push(answer.took);
        self.resets += u64::from(page.reset && begun);
        if self.first.whole {
            return;
        }
        if page.reset {
            self.first = FirstSnapshot::default();
        }
        self.first.take(page, answer);
    }
}

impl FirstSnapshot {
    /// Adds a page.
    pub fn take(&mut self, page: &Page, answer: &Answer) {
        self.bytes += answer.body_bytes;
        self.rows += page.changes.len();
        self.took += answer.took;
        self.whole = !page.has_more;
    }
}
