//! The faults of a phone's network and clock, drawn from a seed: what happens to its next sync or
//! refresh, and by how much its clock is wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// A fault that a phone meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The phone was offline for a step.
    Offline,
    /// The server did not receive the push.
    LostRequest,
    /// The server received the push; the phone did not receive the response.
    LostAnswer,
    /// The push arrived late, while others acted.
    Delayed,
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
    /// The phone had no access token: its session had ended, or a refresh was lost.
    NoToken,
    /// A sign-in or a refresh did not arrive.
    SessionRequestLost,
    /// The answer to a sign-in or a refresh did not arrive.
    SessionAnswerLost,
    /// A sign-in or a refresh arrived twice, with the same proof; only the second answer arrived.
    SessionRepeated,
    /// A sign-in or a refresh arrived late.
    SessionDelayed,
}

impl Fault {
    /// The label in the summary of a run.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Offline => "steps offline",
            Self::LostRequest => "pushes lost",
            Self::LostAnswer => "responses lost",
            Self::Delayed => "pushes delayed",
            Self::SentTwice => "pushes sent twice",
            Self::SentTwiceAtOnce => "pushes sent twice at once",
            Self::Reordered => "outboxes reordered",
            Self::StoppedPull => "pulls interrupted",
            Self::NoServer => "requests without a server",
            Self::Busy => "requests to a busy server",
            Self::NoToken => "syncs without a token",
            Self::SessionRequestLost => "refreshes lost",
            Self::SessionAnswerLost => "answers to them lost",
            Self::SessionRepeated => "refreshes repeated",
            Self::SessionDelayed => "refreshes delayed",
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
        62..=64 => Condition::Faulty(Fault::LostRequest),
        65..=73 => Condition::Faulty(Fault::LostAnswer),
        74..=76 => Condition::Faulty(Fault::Delayed),
        77..=81 => Condition::Faulty(Fault::SentTwice),
        82..=86 => Condition::Faulty(Fault::SentTwiceAtOnce),
        87..=92 => Condition::Faulty(Fault::Reordered),
        _ => Condition::Faulty(Fault::StoppedPull),
    }
}

/// What the network does to a sign-in or a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transit {
    /// Request and answer arrive.
    Delivered,
    /// The request does not arrive.
    RequestLost,
    /// The request arrives, its answer does not.
    AnswerLost,
    /// The request arrives late.
    Delayed(Duration),
    /// The request arrives twice, as a proxy repeats it; the phone gets the second answer.
    Repeated,
}

/// Draws what happens to the next sign-in or refresh; half are delivered.
pub fn transit(rng: &mut ChaCha8Rng) -> Transit {
    match rng.random_range(0..100) {
        0..=49 => Transit::Delivered,
        50..=61 => Transit::RequestLost,
        62..=81 => Transit::AnswerLost,
        82..=91 => Transit::Repeated,
        _ => Transit::Delayed(delay(rng)),
    }
}

/// Draws the delay of a late request.
pub fn delay(rng: &mut ChaCha8Rng) -> Duration {
    Duration::from_millis(rng.random_range(1..=200))
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
            Fault::LostRequest,
            Fault::LostAnswer,
            Fault::Delayed,
            Fault::SentTwice,
            Fault::SentTwiceAtOnce,
            Fault::Reordered,
            Fault::StoppedPull,
        ] {
            assert!(conditions.contains(&Condition::Faulty(fault)), "{}", fault.label());
        }
    }

    #[test]
    fn half_of_the_refreshes_are_lost_delayed_or_repeated() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let drawn: Vec<Transit> = (0..10_000).map(|_| transit(&mut rng)).collect();
        let count = |transit| drawn.iter().filter(|one| **one == transit).count();
        assert!((4_700..5_300).contains(&count(Transit::Delivered)));
        assert!((1_800..2_200).contains(&count(Transit::AnswerLost)));
        assert!(count(Transit::RequestLost) > 1_000 && count(Transit::Repeated) > 800);
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
