//! The outcomes of changes, as tables.

use super::{Disruption, Outcome};

impl Outcome {
    /// Other visits with any difference.
    fn others(&self) -> usize {
        self.moved + self.dropped + self.gained
    }

    /// The additional cost of the repaired plan, relative to a plan from scratch.
    #[expect(clippy::cast_precision_loss, reason = "costs are far below 2^52")]
    fn gap(&self) -> f64 {
        (self.mended - self.afresh) as f64 / self.afresh.abs().max(1) as f64
    }
}

/// Prints each case in a line.
pub(super) fn cases(file: &str, change: Disruption, outcomes: &[Outcome]) {
    for (at, case) in outcomes.iter().enumerate() {
        println!(
            "{file} {change:?} {at}: moved {} dropped {} gained {}, unserved {} afresh {}, \
             cost {} afresh {}, gap {:.2} %",
            case.moved,
            case.dropped,
            case.gained,
            case.left,
            case.left_afresh,
            case.mended,
            case.afresh,
            100.0 * case.gap()
        );
    }
}

/// Prints the heading. The last two columns are over the cases in which both plans leave the same
/// priority unserved: their number, and the gap there.
pub(super) fn heading() {
    println!(
        "change     cases  p99 ms  <=2 others  without gained   0   1   2   3   4  5+  \
         gap      priority  same  gap there"
    );
}

/// Prints one kind of change in a line.
pub(super) fn summary(change: Disruption, outcomes: &mut [Outcome]) {
    outcomes.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    let count = outcomes.len();
    let p99 = outcomes.get(count * 99 / 100).map_or(0.0, |outcome| outcome.seconds * 1e3);
    let few = |others: fn(&Outcome) -> usize| {
        percent(outcomes.iter().filter(|case| others(case) <= 2).count(), count)
    };
    let mut by_moved = [0; 6];
    for case in outcomes.iter() {
        by_moved[case.others().min(5)] += 1;
    }
    let by_moved = by_moved.map(|cases| format!("{cases:>4}")).concat();
    let alike: Vec<&Outcome> =
        outcomes.iter().filter(|case| case.left == case.left_afresh).collect();
    let more: i64 = outcomes.iter().map(|case| case.left - case.left_afresh).sum();
    println!(
        "{:<10} {count:>5} {p99:>7.2} {:>9.1} % {:>13.1} % {by_moved} {:>8.2} % {more:>+8} {:>5} \
         {:>9.2} %",
        format!("{change:?}"),
        few(Outcome::others),
        few(|case| case.moved + case.dropped),
        mean_gap(outcomes.iter()),
        alike.len(),
        mean_gap(alike.iter().copied()),
    );
}

fn mean_gap<'o>(outcomes: impl ExactSizeIterator<Item = &'o Outcome>) -> f64 {
    let count = outcomes.len();
    100.0 * outcomes.map(Outcome::gap).sum::<f64>() / as_float(count)
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * as_float(part) / as_float(whole)
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn as_float(count: usize) -> f64 {
    count.max(1) as f64
}
