//! Random decisions that do not depend on one another.
//!
//! A decision is a hash of the seed, of what is decided and of whom it concerns, not the next number
//! of a stream: a policy that asks other people, or in another order, changes no other decision.

use uuid::Uuid;

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The day of the cycle on which a beneficiary's regular visit is due.
    Phase = 1,
    /// The hours at which a beneficiary receives visits.
    Hours,
    /// Whether a visit requires a skill.
    Skill,
    /// Whether a need arises in a household.
    Need,
    /// How long a household waits until it reports a need.
    Report,
    /// Whether a person falls ill.
    Illness,
    /// How long the illness lasts.
    Recovery,
    /// Whether a person declines a visit.
    Decline,
    /// Whether a beneficiary is out.
    Out,
    /// Whether a person looks for open tasks.
    Look,
    /// The order in which people look, and which task they take.
    Choice,
    /// The id of a task.
    Id,
}

/// The random decisions of a seed.
#[derive(Clone, Copy, Debug)]
pub struct Luck {
    seed: u64,
}

impl Luck {
    /// The decisions of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// 64 bits for a decision about `subject`.
    pub fn bits(&self, decision: Decision, subject: &[u64]) -> u64 {
        let start = mix(self.seed ^ mix(decision as u64));
        subject.iter().fold(start, |hash, word| mix(hash ^ mix(*word)))
    }

    /// A number from 0, inclusive, to 1, exclusive.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub fn fraction(&self, decision: Decision, subject: &[u64]) -> f64 {
        (self.bits(decision, subject) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub fn happens(&self, decision: Decision, subject: &[u64], probability: f64) -> bool {
        self.fraction(decision, subject) < probability
    }

    /// A number from 0, inclusive, to `below`, exclusive; 0 if `below` is 0.
    pub fn below(&self, decision: Decision, subject: &[u64], below: u64) -> u64 {
        self.bits(decision, subject) % below.max(1)
    }
}

/// A person or thing as a subject.
pub fn subject(id: Uuid) -> u64 {
    let (high, low) = id.as_u64_pair();
    mix(high) ^ low
}

/// The finalizer of `SplitMix64` (Steele, Lea and Flood, 2014).
const fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_depends_on_the_seed_the_question_and_the_subject_alone() {
        let luck = Luck::new(1);
        let one = luck.bits(Decision::Out, &[1, 2]);
        assert_eq!(one, Luck::new(1).bits(Decision::Out, &[1, 2]));
        for other in [
            Luck::new(2).bits(Decision::Out, &[1, 2]),
            luck.bits(Decision::Need, &[1, 2]),
            luck.bits(Decision::Out, &[2, 1]),
            luck.bits(Decision::Out, &[1]),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn an_event_happens_as_often_as_its_probability_says() {
        let luck = Luck::new(7);
        let count = (0..20_000).filter(|n| luck.happens(Decision::Out, &[*n], 0.12)).count();
        assert!((2_250..2_550).contains(&count), "{count}");
    }
}
