//! The weather a phone lives in, drawn from a seed: what befalls its next sync,
//! and how wrong its clock is.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// What befalls a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A step without a network.
    Offline,
    /// The push arrived, its answer did not.
    LostAnswer,
    /// The same push was sent twice, one after the other.
    SentTwice,
    /// The same push was sent twice at once.
    SentTwiceAtOnce,
    /// The later half of the outbox was sent before the earlier.
    Reordered,
    /// The pull stopped after its first page, to be resumed later.
    StoppedPull,
    /// No server, or the answer was cut: it was killed, or is not up again.
    NoServer,
    /// The server was busy and said so.
    Busy,
}

impl Fault {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Offline => "steps offline",
            Self::LostAnswer => "answers lost",
            Self::SentTwice => "pushes sent twice",
            Self::SentTwiceAtOnce => "pushes sent twice at once",
            Self::Reordered => "outboxes reordered",
            Self::StoppedPull => "pulls stopped half-way",
            Self::NoServer => "calls without a server",
            Self::Busy => "calls to a busy server",
        }
    }
}

/// How often each fault came.
pub type Tally = BTreeMap<Fault, u64>;

/// What the next sync meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sky {
    /// Nothing.
    Clear,
    /// No network for so many steps, this one included.
    OfflineFor(u32),
    /// One of the faults of a single sync.
    Faulty(Fault),
}

/// Draws the next sky: half are clear.
pub fn sky(rng: &mut ChaCha8Rng) -> Sky {
    match rng.random_range(0..100) {
        0..=49 => Sky::Clear,
        50..=61 => Sky::OfflineFor(rng.random_range(1..=8)),
        62..=71 => Sky::Faulty(Fault::LostAnswer),
        72..=77 => Sky::Faulty(Fault::SentTwice),
        78..=83 => Sky::Faulty(Fault::SentTwiceAtOnce),
        84..=90 => Sky::Faulty(Fault::Reordered),
        _ => Sky::Faulty(Fault::StoppedPull),
    }
}

/// How many rows a phone asks for: small pages, so that pulls have several.
pub fn page_limit(rng: &mut ChaCha8Rng) -> u16 {
    let limits = [1, 7, 20, 50, 200, 1000];
    limits[rng.random_range(0..limits.len())]
}

/// How far a phone's clock is ahead of the true one: minutes for most, years
/// either way for one in ten.
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
    fn the_same_seed_is_the_same_weather_and_another_is_not() {
        let draw = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            (0..200).map(|_| sky(&mut rng)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn every_fault_of_a_sync_comes_and_half_of_the_skies_are_clear() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let skies: Vec<Sky> = (0..10_000).map(|_| sky(&mut rng)).collect();
        let clear = skies.iter().filter(|sky| **sky == Sky::Clear).count();
        assert!((4_700..5_300).contains(&clear), "{clear}");
        assert!(skies.iter().any(|sky| matches!(sky, Sky::OfflineFor(8))));
        for fault in [
            Fault::LostAnswer,
            Fault::SentTwice,
            Fault::SentTwiceAtOnce,
            Fault::Reordered,
            Fault::StoppedPull,
        ] {
            assert!(skies.contains(&Sky::Faulty(fault)), "{}", fault.words());
        }
    }

    #[test]
    fn most_clocks_are_minutes_off_and_some_are_years() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let clocks: Vec<i64> =
            (0..1_000).map(|_| clock_offset(&mut rng).num_days().abs()).collect();
        let years = clocks.iter().filter(|days| **days > 365).count();
        assert!((40..200).contains(&years), "{years}");
        assert!(clocks.iter().filter(|days| **days == 0).count() > 800);
    }
}
