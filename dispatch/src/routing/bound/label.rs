//! Labels and their dominance.
//!
//! A label dominates another at the same visit if it is as early, as cheap, as little loaded and
//! remembers no other visit, since any completion of the other completes it as well (Desrochers,
//! Desrosiers and Solomon, Operations Research 40(2), 1992).

use crate::routing::instance::Seconds;

/// No visit, or no label.
pub(super) const NONE: u32 = u32::MAX;

/// The tolerance of heuristic dominance in time and load.
const TOLERANCE: Seconds = 300;

/// A partial route that ends with a visit at some time and cost.
#[derive(Clone, Copy)]
pub(super) struct Label {
    /// Reduced cost so far.
    pub(super) cost: i64,
    /// The remembered visits.
    pub(super) memory: u64,
    /// All its visits.
    pub(super) all: u64,
    /// Departure time.
    pub(super) time: Seconds,
    /// Load; zero if there is no limit.
    pub(super) load: Seconds,
    /// The number of the label that it extends, or [`NONE`].
    pub(super) from: u32,
    /// The visit that it ends with, or [`NONE`].
    pub(super) visit: u32,
    /// Whether it is elementary, that is, without a cycle.
    pub(super) elementary: bool,
}

/// The position of a label by cost, unless one of the `looks` labels before it dominates it;
/// `heuristic` dominance ignores memories and tolerates a little more time and load.
pub(super) fn position(
    kept: &[Label],
    label: &Label,
    heuristic: bool,
    looks: usize,
) -> Option<usize> {
    let dearer = kept.partition_point(|other| other.cost <= label.cost);
    let slack = if heuristic { TOLERANCE } else { 0 };
    let better = |other: &Label| {
        other.time <= label.time + slack
            && other.load <= label.load + slack
            && (heuristic || other.memory & !label.memory == 0)
    };
    // Labels of similar cost are the likeliest to be as early.
    (!kept[..dearer].iter().rev().take(looks).any(better)).then_some(dearer)
}
