//! What a device recorded of its sessions, for the checks and the summary of a run.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::network_faults::{Fault, FaultCounts};

/// When a request was sent and when its answer arrived: the server acted between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The request was sent.
    pub sent: Instant,
    /// The answer arrived.
    pub answered: Instant,
}

impl Span {
    /// From `sent` until now.
    pub fn since(sent: Instant) -> Self {
        Self { sent, answered: Instant::now() }
    }
}

/// A session that the server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOut {
    /// The session.
    pub session: Uuid,
    /// The code of the problem.
    pub code: String,
    /// When the refusal arrived.
    pub at: Instant,
    /// The sign-in.
    pub opened: Span,
    /// The last request that renewed the session, even if its answer was lost.
    pub renewed: Span,
}

/// What a device recorded of its sessions.
#[derive(Clone, Debug, Default)]
pub struct SessionLog {
    /// Faults of sign-ins and refreshes, by kind.
    pub faults: FaultCounts,
    /// Answered sign-ins.
    pub sign_ins: u64,
    /// Answered refreshes.
    pub refreshes: u64,
    /// The sessions that the server refused.
    pub sign_outs: Vec<SignOut>,
    /// The keys of the local storage that sign-ins answered.
    pub device_keys: BTreeSet<String>,
    /// The longest time without a renewal after which a session was still renewed.
    pub longest_unused: Duration,
    current: Option<Current>,
}

/// The session in force.
#[derive(Clone, Copy, Debug)]
struct Current {
    opened: Span,
    renewed: Span,
    /// The latest moment at which the server may have renewed the session.
    latest: Instant,
}

impl SessionLog {
    /// Counts a fault.
    pub fn count(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    /// Records a sign-in.
    pub fn signed_in(&mut self, opened: Span, device_key: Option<String>) {
        self.sign_ins += 1;
        self.device_keys.extend(device_key);
        self.current = Some(Current { opened, renewed: opened, latest: opened.answered });
    }

    /// Records that the server renewed the session; `arrived` says whether its answer did.
    pub fn renewed(&mut self, renewed: Span, arrived: bool) {
        self.refreshes += u64::from(arrived);
        let Some(current) = &mut self.current else { return };
        let unused = renewed.sent.saturating_duration_since(current.latest);
        self.longest_unused = self.longest_unused.max(unused);
        current.renewed = renewed;
        current.latest = renewed.answered;
    }

    /// Records that nobody knows whether the server renewed the session.
    pub fn unanswered(&mut self) {
        if let Some(current) = &mut self.current {
            current.latest = Instant::now();
        }
    }

    /// Records that the server refused the session.
    pub fn signed_out(&mut self, session: Uuid, code: &str) {
        let Some(Current { opened, renewed, .. }) = self.current.take() else { return };
        let (code, at) = (code.to_owned(), Instant::now());
        self.sign_outs.push(SignOut { session, code, at, opened, renewed });
    }
}
