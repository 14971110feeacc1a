//! The summary of a run: totals over all phones, and their text.

use std::collections::BTreeMap;
use std::fmt;

use crate::checks::{self, Reports};
use crate::clerk::EditCounts;
use crate::expectations::Expectations;
use crate::network_faults::FaultCounts;
use crate::phone::Phone;
use crate::session_findings::SessionFindings;
use crate::supervisor::Reassignments;
use crate::times::Times;
use crate::wire::Outcome;

/// The summary of a run in which every guarantee held.
#[derive(Clone, Debug)]
pub struct Findings {
    /// Number of phones.
    pub phones: usize,
    /// Commands by outcome.
    pub commands: BTreeMap<Outcome, usize>,
    /// Rejected and recorded commands by problem code.
    pub refusals: BTreeMap<String, usize>,
    /// Reports by outcome.
    pub reports: Reports,
    /// Reassignments by the supervisor.
    pub reassignments: Reassignments,
    /// Edits of the registers by the clerk.
    pub edits: EditCounts,
    /// Sessions, and faults of their requests.
    pub sessions: SessionFindings,
    /// Commands that waited in an outbox for a new sign-in, all of them answered since.
    pub kept_for_sign_in: usize,
    /// Faults of syncs by kind.
    pub faults: FaultCounts,
    /// How often the server was killed.
    pub kills: u32,
    /// How often the server reset a phone's copy.
    pub resets: u64,
    /// Pulls answered by 304.
    pub unchanged: u64,
    /// Requests with commands.
    pub pushes: Times,
    /// Requests without commands.
    pub pulls: Times,
    /// Total duration of the requests of each first snapshot.
    pub first_snapshots: Times,
    /// Transferred bytes of the bodies of the median and the largest first snapshot.
    pub first_bytes: (u64, u64),
    /// Rows of the median and the largest first snapshot.
    pub first_rows: (usize, usize),
    /// Transferred bytes of all responses, headers and bodies.
    pub received: u64,
    /// Rounds until every phone had converged.
    pub rounds_to_converge: u32,
    /// Rows compared with fresh snapshots.
    pub rows_compared: usize,
    /// Events in the log.
    pub events: usize,
}

/// The median and the maximum.
fn median_and_maximum<T: Copy + Default + Ord>(mut all: Vec<T>) -> (T, T) {
    all.sort_unstable();
    let middle = all.get(all.len() / 2).copied().unwrap_or_default();
    (middle, all.last().copied().unwrap_or_default())
}

impl Findings {
    /// Adds up the records of the phones.
    pub(crate) fn of(phones: &[Phone]) -> Self {
        let expectations = || phones.iter().map(|phone| &phone.expectations);
        let logs = || phones.iter().map(|phone| &phone.log);
        let mut commands = BTreeMap::new();
        for answer in
            expectations().flat_map(Expectations::entries).filter_map(|entry| entry.outcome())
        {
            *commands.entry(answer.outcome).or_default() += 1;
        }
        let mut faults = FaultCounts::new();
        for (fault, count) in logs().flat_map(|log| &log.faults) {
            *faults.entry(*fault).or_default() += count;
        }
        Self {
            phones: phones.len(),
            commands,
            refusals: checks::refusals(expectations()),
            reports: Reports::default(),
            reassignments: Reassignments::default(),
            edits: EditCounts::default(),
            sessions: SessionFindings::default(),
            kept_for_sign_in: logs().map(|log| log.kept_for_sign_in).sum(),
            faults,
            kills: 0,
            resets: logs().map(|log| log.resets).sum(),
            unchanged: logs().map(|log| log.unchanged).sum(),
            pushes: Times::of(logs().flat_map(|log| &log.pushes).copied().collect()),
            pulls: Times::of(logs().flat_map(|log| &log.pulls).copied().collect()),
            first_snapshots: Times::of(logs().map(|log| log.first.took).collect()),
            first_bytes: median_and_maximum(logs().map(|log| log.first.bytes).collect()),
            first_rows: median_and_maximum(logs().map(|log| log.first.rows).collect()),
            received: 0,
            rounds_to_converge: 0,
            rows_compared: 0,
            events: 0,
        }
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, value: String| writeln!(f, "{name:<26} {value}");
        line("phones", self.phones.to_string())?;
        line("events in the log", self.events.to_string())?;
        line("rows compared", self.rows_compared.to_string())?;
        line("commands", self.commands.values().sum::<usize>().to_string())?;
        for (outcome, count) in &self.commands {
            line(&format!("  {outcome:?}").to_lowercase(), count.to_string())?;
        }
        for (code, count) in &self.refusals {
            line(&format!("    {code}"), count.to_string())?;
        }
        let Reports { applied, recorded, rejected } = &self.reports;
        line("reports stored", format!("{applied} applied, {recorded} recorded"))?;
        for report in rejected {
            line("  report rejected", report.to_string())?;
        }
        let Reassignments { within, across, rejected, unanswered } = self.reassignments;
        let text = format!(
            "{within} in a grid, {across} across, {rejected} rejected, {unanswered} unanswered"
        );
        line("reassignments", text)?;
        let EditCounts { acknowledged, rejected, unanswered } = &self.edits;
        let edits = acknowledged.values().sum::<u64>();
        line("register edits", format!("{edits}, {rejected} rejected, {unanswered} unanswered"))?;
        for (kind, count) in acknowledged {
            line(&format!("  {}", kind.action()), count.to_string())?;
        }
        line("server killed", self.kills.to_string())?;
        for (fault, count) in &self.faults {
            line(fault.label(), count.to_string())?;
        }
        line("commands kept for sign-in", self.kept_for_sign_in.to_string())?;
        line("copies reset", self.resets.to_string())?;
        line("pushes", format!("{}; {}", self.pushes.count(), self.pushes))?;
        line("pulls", format!("{}; {}", self.pulls.count(), self.pulls))?;
        line("  unchanged (304)", self.unchanged.to_string())?;
        line("first snapshots", self.first_snapshots.to_string())?;
        let ((bytes, most_bytes), (rows, most_rows)) = (self.first_bytes, self.first_rows);
        line("  the median", format!("{rows} rows, {bytes} bytes"))?;
        line("  the largest", format!("{most_rows} rows, {most_bytes} bytes"))?;
        line("received by phones", format!("{} bytes", self.received))?;
        line("rounds to converge", self.rounds_to_converge.to_string())?;
        self.sessions.fmt(f)
    }
}
