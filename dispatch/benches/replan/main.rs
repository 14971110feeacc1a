//! How long it takes to mend a grid's day after one change, how many others are
//! moved by it, and how far the mended plan is from one drawn up afresh.
//!
//! `cargo bench -p gridward-dispatch --bench replan -- FILE.json ..` reads grid
//! days in the neutral format.

use std::time::Instant;

use gridward_dispatch::format::neutral;
use gridward_dispatch::routing::instance::{Bar, Instance, Pin};
use gridward_dispatch::routing::{Budget, Solution, Weights, check, plan, replan};

/// How long the search for a plan afresh is.
const AFRESH: Budget<'static> = Budget::Iterations(20_000);
/// How long the search for a mended plan is.
const MENDING: Budget<'static> = Budget::Iterations(800);

type Made<T> = Result<T, Box<dyn std::error::Error>>;

/// What can happen to a plan that stands.
#[derive(Clone, Copy, Debug)]
enum Change {
    Claim,
    Decline,
    Absence,
    NewVisit,
    Longer,
}

const CHANGES: [Change; 5] =
    [Change::Claim, Change::Decline, Change::Absence, Change::NewVisit, Change::Longer];

/// What came of one change.
struct Outcome {
    seconds: f64,
    moved: usize,
    gap: f64,
}

fn main() -> Made<()> {
    let files = std::env::args().skip(1).filter(|word| !word.starts_with('-'));
    let mut outcomes: Vec<(Change, Vec<Outcome>)> =
        CHANGES.into_iter().map(|change| (change, Vec::new())).collect();
    for file in files {
        let instance = neutral::read(&std::fs::read_to_string(file)?)?.instance;
        let stood = plan(&instance, Weights::default(), &AFRESH, 1)?;
        for (change, outcomes) in &mut outcomes {
            outcomes.extend(tried(&instance, &stood, *change)?);
        }
    }
    println!("change     cases  p99 ms  <=2 others moved  mean gap to afresh");
    for (change, outcomes) in &mut outcomes {
        tell(*change, outcomes);
    }
    Ok(())
}

fn tell(change: Change, outcomes: &mut [Outcome]) {
    outcomes.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    let count = outcomes.len().max(1);
    let p99 = outcomes.get(count * 99 / 100).map_or(0.0, |outcome| outcome.seconds * 1e3);
    let few = outcomes.iter().filter(|outcome| outcome.moved <= 2).count();
    let gap: f64 = outcomes.iter().map(|outcome| outcome.gap).sum();
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let (share, mean) = (100.0 * few as f64 / count as f64, 100.0 * gap / count as f64);
    println!("{:<10} {count:>5} {p99:>7.2} {share:>16.1} % {mean:>17.2} %", format!("{change:?}"));
}

/// The change on every eleventh visit in turn; for an absence, on every volunteer.
fn tried(instance: &Instance, stood: &Solution, change: Change) -> Made<Vec<Outcome>> {
    let step = if matches!(change, Change::Absence) { 1 } else { 11 };
    let mut outcomes = Vec::new();
    for number in (0..instance.visits.len()).step_by(step) {
        let Some((changed, touched)) = changed(instance, stood, change, number) else { continue };
        let mut before = stood.clone();
        if matches!(change, Change::NewVisit) {
            before = without(stood, number);
        }
        let began = Instant::now();
        let mended = replan(&changed, &before, Weights::default(), &MENDING, 1)?;
        let seconds = began.elapsed().as_secs_f64();
        check(&changed, &mended)?;
        let afresh = plan(&changed, Weights::default(), &AFRESH, 2)?;
        let cost = |plan: &Solution| plan.cost(&changed, &Weights::default());
        #[expect(clippy::cast_precision_loss, reason = "costs are far below 2^52")]
        let gap = (cost(&mended) - cost(&afresh)) as f64 / cost(&afresh).abs().max(1) as f64;
        let moved = (0..instance.visits.len())
            .filter(|visit| {
                !touched.contains(visit) && holder(&before, *visit) != holder(&mended, *visit)
            })
            .count();
        outcomes.push(Outcome { seconds, moved, gap });
    }
    Ok(outcomes)
}

/// The instance after the change, and the visits that it is about.
fn changed(
    instance: &Instance,
    stood: &Solution,
    change: Change,
    number: usize,
) -> Option<(Instance, Vec<usize>)> {
    let mut changed = instance.clone();
    let people = instance.volunteers.len();
    let holder = holder(stood, number);
    match change {
        Change::Claim => {
            let fits =
                |who: &usize| Some(*who) != holder && instance.bar(number, *who) == Bar::None;
            let volunteer = (0..people).map(|at| (at + number) % people).find(fits)?;
            let windows = &mut changed.visits[number].windows;
            let hours = &instance.volunteers[volunteer].shifts[0];
            windows.clear();
            windows.push((hours.open, hours.close));
            changed.visits[number].pinned = Some(Pin { volunteer, day: 0, start: None });
        }
        Change::Decline => changed.bars[number * people + holder?] = Bar::Forbidden,
        Change::Absence => {
            if number >= people || stood.routes[number].stops.is_empty() {
                return None;
            }
            changed.volunteers[number].shifts[0].close = changed.volunteers[number].shifts[0].open;
            let theirs = stood.routes[number].stops.iter().map(|stop| stop.visit).collect();
            return Some((changed, theirs));
        }
        Change::NewVisit => {
            holder?;
        }
        Change::Longer => {
            holder?;
            changed.visits[number].service += 15 * 60;
        }
    }
    Some((changed, vec![number]))
}

fn holder(plan: &Solution, visit: usize) -> Option<usize> {
    plan.routes.iter().find(|r| r.stops.iter().any(|s| s.visit == visit)).map(|r| r.volunteer)
}

/// The plan as it was before the visit was known.
fn without(plan: &Solution, visit: usize) -> Solution {
    let mut plan = plan.clone();
    for route in &mut plan.routes {
        route.stops.retain(|stop| stop.visit != visit);
    }
    plan
}
