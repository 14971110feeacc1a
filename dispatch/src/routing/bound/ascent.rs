//! Maximization of a Lagrangian bound by subgradients.
//!
//! Every vector of dual prices gives a bound and a subgradient of the bound. The bound is concave,
//! so subgradient steps increase it (Held, Wolfe and Crowder, Mathematical Programming 6, 1974);
//! the step length is that which would reach the target if the slope were constant (Polyak, USSR
//! Computational Mathematics 9(3), 1969), and earlier directions are kept in part (Camerini, Fratta
//! and Maffioli, Mathematical Programming Study 3, 1975). The bound of a point does not depend on
//! how the point was found, so nothing here needs to be exact.

/// The effort of the pricing problem at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PricingEffort {
    /// Only known routes: fast, no valid bound.
    KnownRoutes,
    /// Heuristic pricing: no valid bound.
    Heuristic,
    /// Exact pricing: a valid bound.
    Exact,
}

/// The evaluation of a point.
pub(super) struct Evaluation {
    pub(super) value: f64,
    pub(super) slope: Vec<f64>,
    /// The total number of pricing steps so far.
    pub(super) work: usize,
}

/// A phase of rounds; the first ones and then every tenth use the phase's effort.
struct Phase {
    effort: PricingEffort,
    rounds: usize,
    first: usize,
    step: f64,
}

const PHASES: [Phase; 2] = [
    Phase { effort: PricingEffort::Heuristic, rounds: 80, first: 8, step: 1.0 },
    Phase { effort: PricingEffort::Exact, rounds: 100, first: 1, step: 0.5 },
];
/// Every this many rounds use the phase's effort.
const EVERY: usize = 10;
/// The number of rounds without gain after which steps are shortened.
const PATIENCE: usize = 5;
/// The factor of shortening.
const SHORTER: f64 = 0.7;
/// A phase ends after more rounds of full effort without significant gain.
const IDLE: usize = 2;
/// The fraction of the target below which a gain is insignificant.
const LITTLE: f64 = 0.0005;
/// The fraction of the earlier direction that is kept.
const KEPT: f64 = 0.6;

/// The goal of a maximization.
pub(super) struct Goal {
    /// The estimated maximum.
    pub(super) target: f64,
    /// A bound above this suffices.
    pub(super) enough: f64,
    /// The limit of pricing steps; a third of it for heuristic pricing.
    pub(super) work: usize,
}

/// Maximizes from `point`, and sets it to the best point found. `evaluate` may project the point
/// onto its domain; it keeps the proven bound itself.
pub(super) fn maximize(
    point: &mut Vec<f64>,
    goal: &Goal,
    mut evaluate: impl FnMut(&mut [f64], PricingEffort) -> Evaluation,
) {
    let mut first_work = None;
    for phase in PHASES {
        let mut best = (f64::MIN, point.clone());
        let mut direction = vec![0.0; point.len()];
        let (mut step, mut highest, mut stale, mut idle) = (phase.step, f64::MIN, 0, 0);
        for round in 0..phase.rounds {
            let careful = round < phase.first || round % EVERY == EVERY - 1;
            let Evaluation { value, slope, work } =
                evaluate(point, if careful { phase.effort } else { PricingEffort::KnownRoutes });
            idle += usize::from(careful && value < best.0 + LITTLE * goal.target.abs());
            if careful && value > best.0 {
                if value > best.0 + LITTLE * goal.target.abs() {
                    idle = 0;
                }
                best = (value, point.clone());
                highest = f64::MIN;
            }
            let worked = work - *first_work.get_or_insert(work);
            let exhausted = worked
                > if phase.effort == PricingEffort::Exact { goal.work } else { goal.work / 3 };
            if careful && (exhausted || idle > IDLE || value > goal.enough) {
                break;
            }
            stale += 1;
            if value > highest {
                (highest, stale) = (value, 0);
            }
            if stale > PATIENCE {
                step *= SHORTER;
                stale = 0;
            }
            direction.iter_mut().zip(&slope).for_each(|(old, new)| *old = KEPT * *old + new);
            let square: f64 = direction.iter().map(|part| part * part).sum();
            if square <= 0.0 {
                break;
            }
            let length = step * (goal.target - value).max(0.0) / square;
            point.iter_mut().zip(&direction).for_each(|(at, part)| *at += length * part);
        }
        *point = best.1;
    }
}
