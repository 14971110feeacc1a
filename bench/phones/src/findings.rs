//! What a run has found, added up from the phones, and how it is told.

use std::collections::BTreeMap;
use std::fmt;

use crate::ledger::Ledger;
use crate::phone::Phone;
use crate::supervisor::Moves;
use crate::times::Times;
use crate::verdict::{self, Reports};
use crate::weather::Tally;
use crate::wire::Outcome;

/// What a run has found; it kept every promise.
#[derive(Clone, Debug)]
pub struct Findings {
    /// Phones.
    pub phones: usize,
    /// Commands, by outcome.
    pub commands: BTreeMap<Outcome, usize>,
    /// Why commands were refused, and how often.
    pub refusals: BTreeMap<String, usize>,
    /// What became of the reports.
    pub reports: Reports,
    /// What the supervisor did.
    pub moves: Moves,
    /// Faults, by kind.
    pub faults: Tally,
    /// How often the server was killed.
    pub kills: u32,
    /// Times that a phone had to begin anew.
    pub resets: u64,
    /// Pulls that were answered with 304.
    pub unchanged: u64,
    /// Calls with commands.
    pub pushes: Times,
    /// Calls without commands.
    pub pulls: Times,
    /// First snapshots: the calls of each added up.
    pub first_snapshots: Times,
    /// Bytes of the bodies of the median first snapshot, and of the largest, as they
    /// came over the wire.
    pub first_bytes: (u64, u64),
    /// Rows of the median first snapshot, and of the largest.
    pub first_rows: (usize, usize),
    /// Bytes of all answers to phones, heads and bodies as they came over the wire.
    pub received: u64,
    /// Rounds until every phone had come to rest.
    pub rounds_to_rest: u32,
    /// Rows compared with fresh snapshots.
    pub rows_compared: usize,
    /// Events on the log.
    pub events: usize,
}

/// The middle one and the last of the sorted.
fn middle_and_last<T: Copy + Default + Ord>(mut all: Vec<T>) -> (T, T) {
    all.sort_unstable();
    let middle = all.get(all.len() / 2).copied().unwrap_or_default();
    (middle, all.last().copied().unwrap_or_default())
}

impl Findings {
    /// What the phones' diaries and ledgers add up to.
    pub(crate) fn of(phones: &[Phone]) -> Self {
        let ledgers = || phones.iter().map(|phone| &phone.ledger);
        let diaries = || phones.iter().map(|phone| &phone.diary);
        let mut commands = BTreeMap::new();
        for answer in ledgers().flat_map(Ledger::entries).filter_map(|entry| entry.outcome()) {
            *commands.entry(answer.outcome).or_default() += 1;
        }
        let mut faults = Tally::new();
        for (fault, count) in diaries().flat_map(|diary| &diary.faults) {
            *faults.entry(*fault).or_default() += count;
        }
        Self {
            phones: phones.len(),
            commands,
            refusals: verdict::refusals(ledgers()),
            reports: Reports::default(),
            moves: Moves::default(),
            faults,
            kills: 0,
            resets: diaries().map(|diary| diary.resets).sum(),
            unchanged: diaries().map(|diary| diary.unchanged).sum(),
            pushes: Times::of(diaries().flat_map(|diary| &diary.pushes).copied().collect()),
            pulls: Times::of(diaries().flat_map(|diary| &diary.pulls).copied().collect()),
            first_snapshots: Times::of(diaries().map(|diary| diary.first.took).collect()),
            first_bytes: middle_and_last(diaries().map(|diary| diary.first.bytes).collect()),
            first_rows: middle_and_last(diaries().map(|diary| diary.first.rows).collect()),
            received: 0,
            rounds_to_rest: 0,
            rows_compared: 0,
            events: 0,
        }
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, told: String| writeln!(f, "{name:<26} {told}");
        line("phones", self.phones.to_string())?;
        line("events on the log", self.events.to_string())?;
        line("rows compared", self.rows_compared.to_string())?;
        line("commands", self.commands.values().sum::<usize>().to_string())?;
        for (outcome, count) in &self.commands {
            line(&format!("  {outcome:?}").to_lowercase(), count.to_string())?;
        }
        for (code, count) in &self.refusals {
            line(&format!("    {code}"), count.to_string())?;
        }
        let Reports { applied, recorded, refused } = &self.reports;
        line("reports kept", format!("{applied} applied, {recorded} recorded"))?;
        for report in refused {
            line("  report refused", report.to_string())?;
        }
        let Moves { within, across, refused, unheard } = self.moves;
        let moves =
            format!("{within} in a grid, {across} across, {refused} refused, {unheard} unheard");
        line("moves by the supervisor", moves)?;
        line("server killed", self.kills.to_string())?;
        for (fault, count) in &self.faults {
            line(fault.words(), count.to_string())?;
        }
        line("phones begun anew", self.resets.to_string())?;
        line("pushes", format!("{}; {}", self.pushes.count(), self.pushes))?;
        line("pulls", format!("{}; {}", self.pulls.count(), self.pulls))?;
        line("  unchanged (304)", self.unchanged.to_string())?;
        line("first snapshots", self.first_snapshots.to_string())?;
        let ((bytes, most_bytes), (rows, most_rows)) = (self.first_bytes, self.first_rows);
        line("  the median", format!("{rows} rows, {bytes} bytes"))?;
        line("  the largest", format!("{most_rows} rows, {most_bytes} bytes"))?;
        line("received by phones", format!("{} bytes", self.received))?;
        line("rounds to rest", self.rounds_to_rest.to_string())
    }
}
