//! Completion bounds: lower bounds on the cost of the rest of a route, from the previous run with
//! time reversed (Righini and Salani, Networks 51(3), 2008).

use crate::routing::instance::Seconds;

/// Lower bounds on the cost from each visit on.
pub(super) struct Completions {
    /// By the time of its begin.
    by_time: Vec<Steps>,
    /// By load, the visit's own included.
    by_load: Vec<Steps>,
}

/// The least cost up to each figure, as a step function.
type Steps = Vec<(Seconds, i64)>;

impl Completions {
    /// From the labels kept at each visit: departure, load and cost.
    pub(super) fn of(kept: &[Vec<(Seconds, Seconds, i64)>]) -> Self {
        let by = |figure: fn(&(Seconds, Seconds, i64)) -> Seconds| {
            kept.iter()
                .map(|labels| steps(labels.iter().map(|label| (figure(label), label.2)).collect()))
                .collect()
        };
        Self { by_time: by(|label| label.0), by_load: by(|label| label.1) }
    }

    /// A lower bound on the cost from the visit on, itself included, within this time and load;
    /// none if infeasible.
    pub(super) fn least(&self, visit: usize, time: Seconds, load: Seconds) -> Option<i64> {
        let by_time = up_to(&self.by_time[visit], time)?;
        Some(by_time.max(up_to(&self.by_load[visit], load)?))
    }
}

fn steps(mut labels: Steps) -> Steps {
    labels.sort_unstable();
    let mut steps = Steps::new();
    for label in labels {
        if steps.last().is_none_or(|step| label.1 < step.1) {
            steps.push(label);
        }
    }
    steps
}

fn up_to(steps: &Steps, most: Seconds) -> Option<i64> {
    let past = steps.partition_point(|step| step.0 <= most);
    steps[..past].last().map(|step| step.1)
}
