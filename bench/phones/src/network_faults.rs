//! The faults of a phone's network and clock, drawn from a seed: what happens to its next sync,
//! and by how much its clock is wrong.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// A fault that a phone meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The phone was offline for a step.
    Offline,
    /// The server received the push; the phone did not receive the response.
    LostAnswer,
    /// The same push was sent twice, one after the other.
    SentTwice,
    /// The same push was sent twice at once.
    SentTwiceAtOnce,
    /// The later half of the outbox was sent before the earlier.
    Reordered,
    /// The pull was interrupted after its first page and resumed later.
    StoppedPull,
    /// The server was killed or not yet restarted: no response, or a truncated one.
    NoServer,
    /// The server answered that it was overloaded.
    Busy,
}

impl Fault {
    /// The label in the summary of a run.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Offline => "steps offline",
            Self::LostAnswer => "responses lost",
            Self::SentTwice => "pushes sent twice",
            Self::SentTwiceAtOnce => "pushes sent twice at once",
            Self::Reordered => "outboxes reordered",
            Self::StoppedPull => "pulls interrupted",
            Self::NoServer => "requests without a server",
            Self::Busy => "requests to a busy server",
        }
    }
}

/// How often each fault occurred.
pub type FaultCounts = BTreeMap<Fault, u64>;

/// The condition of the network at the next sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// No fault.
    Healthy,
    /// No network for this many steps, this one included.
    OfflineFor(u32),
    /// A fault of this sync alone.
    Faulty(Fault),
}

/// Draws the next condition; half are healthy.
pub fn condition(rng: &mut ChaCha8Rng) -> Condition {
    match rng.random_range(0..100) {
        0..=49 => Condition::Healthy,
        50..=61 => Condition::OfflineFor(rng.random_range(1..=8)),
        62..=71 => Condition::Faulty(Fault::LostAnswer),
        72..=77 => Condition::Faulty(Fault::SentTwice),
        78..=83 => Condition::Faulty(Fault::SentTwiceAtOnce),
        84..=90 => Condition::Faulty(Fault::Reordered),
        _ => Condition::Faulty(Fault::StoppedPull),
    }
}

/// Draws a page size: mostly small, so that a pull has several pages.
pub fn page_limit(rng: &mut ChaCha8Rng) -> u16 {
    let limits = [1, 7, 20, 50, 200, 1000];
    limits[rng.random_range(0..limits.len())]
}

/// Draws by how much a phone's clock is ahead: minutes for most, years in either direction for one
/// in ten.
pub fn clock_offset(rng: &mut ChaCha8Rng) -> TimeDelta {
    if rng.random_ratio(1, 10) {
        TimeDelta::days(rng.random_range(-3650..=3650))
    } else {
        TimeDelta::seconds(rng.random_range(-600..=600))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn a_seed_determines_the_conditions() {
        let draw = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            (0..200).map(|_| condition(&mut rng)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn every_fault_of_a_sync_occurs_and_half_of_the_conditions_are_healthy() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let conditions: Vec<Condition> = (0..10_000).map(|_| condition(&mut rng)).collect();
        let healthy = conditions.iter().filter(|drawn| **drawn == Condition::Healthy).count();
        assert!((4_700..5_300).contains(&healthy), "{healthy}");
        assert!(conditions.iter().any(|drawn| matches!(drawn, Condition::OfflineFor(8))));
        for fault in [
            Fault::LostAnswer,
            Fault::SentTwice,
            Fault::SentTwiceAtOnce,
            Fault::Reordered,
            Fault::StoppedPull,
        ] {
            assert!(conditions.contains(&Condition::Faulty(fault)), "{}", fault.label());
        }
    }

    #[test]
    fn most_clocks_are_wrong_by_minutes_and_some_by_years() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let clocks: Vec<i64> =
            (0..1_000).map(|_| clock_offset(&mut rng).num_days().abs()).collect();
        let years = clocks.iter().filter(|days| **days > 365).count();
        assert!((40..200).contains(&years), "{years}");
        assert!(clocks.iter().filter(|days| **days == 0).count() > 800);
    }
}
