//! Prices raised until what they prove is as much as it can be.
//!
//! Every point in the space of prices gives a bound, and the slope of the bound there.
//! The bound is concave, so following slopes leads up (Held, Wolfe and Crowder,
//! Mathematical Programming 6, 1974); a step is as long as would reach the target if
//! the slope went on (Polyak, USSR Computational Mathematics 9(3), 1969), and slopes
//! of steps before are kept in part (Camerini, Fratta and Maffioli, Mathematical
//! Programming Study 3, 1975). What a point proves does not depend on how it was come
//! by, so nothing here needs to be exact.

/// How thoroughly a point is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PricingEffort {
    /// By the routes that are known; quick, and no proof.
    KnownRoutes,
    /// By good routes that are searched for; no proof either.
    Heuristic,
    /// By all routes: a proof.
    Exact,
}

/// What a point gives.
pub(super) struct Evaluation {
    pub(super) value: f64,
    pub(super) slope: Vec<f64>,
    /// How many steps all looks for routes took so far.
    pub(super) work: usize,
}

/// So many rounds, of which each of the first and then every tenth is asked with care.
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
/// Every so many rounds are asked with care.
const EVERY: usize = 10;
/// After so many rounds without gain the steps become shorter.
const PATIENCE: usize = 5;
/// By how much they do.
const SHORTER: f64 = 0.7;
/// A phase ends after more careful rounds in a row without real gain.
const IDLE: usize = 2;
/// What part of the target is no real gain.
const LITTLE: f64 = 0.0005;
/// How much of the slopes before is kept.
const KEPT: f64 = 0.6;

/// How far to climb.
pub(super) struct Goal {
    /// Where slopes are thought to lead.
    pub(super) target: f64,
    /// More than this need not be proven.
    pub(super) enough: f64,
    /// After so much work, a third of it without proof, what is proven is taken.
    pub(super) work: usize,
}

/// Climbs from `point`, and ends at the best found. `ask` may move the point to where
/// it is allowed; it keeps what is proven for itself.
pub(super) fn maximize(
    point: &mut Vec<f64>,
    goal: &Goal,
    mut evaluate: impl FnMut(&mut [f64], PricingEffort) -> Evaluation,
) {
    let mut begun = None;
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
            let worked = work - *begun.get_or_insert(work);
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
