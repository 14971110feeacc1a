//! What a phone recorded of its own syncs, for the summary of a run.

use std::time::Duration;

use crate::answer::Answer;
use crate::network_faults::{Fault, FaultCounts};
use crate::wire::Page;

/// Size and duration of a first snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirstSnapshot {
    /// Bytes of the bodies as transferred.
    pub bytes: u64,
    /// Rows.
    pub rows: usize,
    /// Total duration of its requests.
    pub took: Duration,
    /// Whether the last page has arrived.
    pub whole: bool,
}

/// What a phone recorded of its own syncs.
#[derive(Clone, Debug, Default)]
pub struct LocalLog {
    /// Faults, by kind.
    pub faults: FaultCounts,
    /// Duration of each answered request with commands.
    pub pushes: Vec<Duration>,
    /// Duration of each answered request without commands.
    pub pulls: Vec<Duration>,
    /// How often the server reset the copy.
    pub resets: u64,
    /// How often nothing had changed (304).
    pub unchanged: u64,
    /// Commands that waited in the outbox for a new sign-in.
    pub kept_for_sign_in: usize,
    /// The first snapshot.
    pub first: FirstSnapshot,
}

impl LocalLog {
    /// Counts a fault.
    pub fn count(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    /// Records a page; `resumed` says that the request carried a cursor.
    pub fn record(&mut self, page: &Page, answer: &Answer, resumed: bool) {
        let calls = if page.results.is_empty() { &mut self.pulls } else { &mut self.pushes };
        calls.push(answer.took);
        self.resets += u64::from(page.reset && resumed);
        if self.first.whole {
            return;
        }
        if page.reset {
            self.first = FirstSnapshot::default();
        }
        self.first.add(page, answer);
    }
}

impl FirstSnapshot {
    /// Adds a page.
    pub fn add(&mut self, page: &Page, answer: &Answer) {
        self.bytes += answer.body_bytes;
        self.rows += page.changes.len();
        self.took += answer.took;
        self.whole = !page.has_more;
    }
}
