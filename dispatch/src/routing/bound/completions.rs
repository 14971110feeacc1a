//! How routes go on at best, told by one run to the next, which reads the clock the
//! other way round (bounds of completion: Righini and Salani, Networks 51(3), 2008).

use crate::routing::instance::Seconds;

/// What a route costs at least from each visit on.
pub(super) struct Completions {
    /// By the moment of its beginning there.
    by_time: Vec<Steps>,
    /// By the service and travel that it takes, the visit's own with them.
    by_load: Vec<Steps>,
}

/// The least cost up to each figure, in order.
type Steps = Vec<(Seconds, i64)>;

impl Completions {
    /// From the labels kept at each visit: when they leave, what they take, what they cost.
    pub(super) fn of(kept: &[Vec<(Seconds, Seconds, i64)>]) -> Self {
        let by = |figure: fn(&(Seconds, Seconds, i64)) -> Seconds| {
            kept.iter()
                .map(|labels| steps(labels.iter().map(|label| (figure(label), label.2)).collect()))
                .collect()
        };
        Self { by_time: by(|label| label.0), by_load: by(|label| label.1) }
    }

    /// What it costs at least to go on from the visit, itself included, in so much time
    /// and with so much service and travel; none if nothing goes on like that.
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
