//! Measures the repair of a grid's day after one change: the time, the number of other
//! visits moved, and the gap to a plan from scratch.
//!
//! `cargo bench -p gridward-dispatch --bench replan -- [--iterations 800] [--moved 300]
//! [--moved-many 3000] [--only Absence] [--cases] FILE.json ..` reads grid days in the neutral format.

use std::time::Instant;

use gridward_dispatch::format::neutral;
use gridward_dispatch::routing::instance::{Bar, Instance, InstanceError, Pin};
use gridward_dispatch::routing::{Budget, Solution, Weights, check, plan, replan};

mod report;

/// The length of the search for a plan from scratch.
const AFRESH: Budget<'static> = Budget::Iterations(20_000);

/// The number of timed repairs of a change; the plan is the same each time.
const TIMES: usize = 3;

type Made<T> = Result<T, Box<dyn std::error::Error>>;

/// A change that disrupts a plan.
#[derive(Clone, Copy, Debug)]
enum Disruption {
    Claim,
    Decline,
    Absence,
    NewVisit,
    Longer,
}

const DISRUPTIONS: [Disruption; 5] = [
    Disruption::Claim,
    Disruption::Decline,
    Disruption::Absence,
    Disruption::NewVisit,
    Disruption::Longer,
];

/// The outcome of one change.
struct Outcome {
    /// The least of several runs, to exclude other load on the machine.
    seconds: f64,
    /// Other visits that another volunteer makes now.
    moved: usize,
    /// Other visits that are no longer served, and those that are served now.
    dropped: usize,
    gained: usize,
    mended: i64,
    afresh: i64,
    /// Unserved priority.
    left: i64,
    left_afresh: i64,
}

/// The command line.
struct Arguments {
    iterations: u64,
    weights: Weights,
    only: Option<String>,
    cases: bool,
    files: Vec<String>,
}

impl Arguments {
    fn read() -> Made<Self> {
        let mut arguments = Self {
            iterations: 800,
            weights: Weights::default(),
            only: None,
            cases: false,
            files: Vec::new(),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or("a value is missing");
            match word.as_str() {
                "--iterations" => arguments.iterations = value()?.parse()?,
                "--moved" => arguments.weights.moved = value()?.parse()?,
                "--moved-many" => arguments.weights.moved_many = value()?.parse()?,
                "--only" => arguments.only = Some(value()?),
                "--cases" => arguments.cases = true,
                "--bench" => {} // cargo says so
                _ => arguments.files.push(word),
            }
        }
        Ok(arguments)
    }
}

fn main() -> Made<()> {
    let arguments = Arguments::read()?;
    let wanted =
        |change: &Disruption| arguments.only.as_ref().is_none_or(|o| *o == format!("{change:?}"));
    let mut outcomes: Vec<(Disruption, Vec<Outcome>)> =
        DISRUPTIONS.into_iter().filter(wanted).map(|change| (change, Vec::new())).collect();
    for file in &arguments.files {
        let instance = neutral::read(&std::fs::read_to_string(file)?)?.instance;
        let stood = plan(&instance, Weights::default(), &AFRESH, 1)?;
        for (change, outcomes) in &mut outcomes {
            let first = outcomes.len();
            outcomes.extend(tried(&instance, &stood, *change, &arguments)?);
            if arguments.cases {
                report::cases(file, *change, &outcomes[first..]);
            }
        }
    }
    report::heading();
    for (change, outcomes) in &mut outcomes {
        report::summary(*change, outcomes);
    }
    Ok(())
}

/// The change on every eleventh visit in turn; for an absence, on every volunteer.
fn tried(
    instance: &Instance,
    stood: &Solution,
    change: Disruption,
    arguments: &Arguments,
) -> Made<Vec<Outcome>> {
    let step = if matches!(change, Disruption::Absence) { 1 } else { 11 };
    let mut outcomes = Vec::new();
    for number in (0..instance.visits.len()).step_by(step) {
        let Some((changed, touched)) = changed(instance, stood, change, number) else { continue };
        let mut before = stood.clone();
        if matches!(change, Disruption::NewVisit) {
            before = without(stood, number);
        }
        let budget = Budget::Iterations(arguments.iterations);
        let mend = || {
            let began = Instant::now();
            let mended = replan(&changed, &before, arguments.weights, &budget, 1)?;
            Ok::<_, InstanceError>((began.elapsed().as_secs_f64(), mended))
        };
        let (mut seconds, mended) = mend()?;
        for _ in 1..TIMES {
            seconds = seconds.min(mend()?.0);
        }
        check(&changed, &mended)?;
        let afresh = plan(&changed, Weights::default(), &AFRESH, 2)?;
        let cost = |plan: &Solution| plan.cost(&changed, &Weights::default());
        let others = || (0..instance.visits.len()).filter(|visit| !touched.contains(visit));
        let went = |test: fn(Option<usize>, Option<usize>) -> bool| {
            others().filter(|visit| test(holder(&before, *visit), holder(&mended, *visit))).count()
        };
        outcomes.push(Outcome {
            seconds,
            moved: went(|from, to| from.is_some() && to.is_some() && from != to),
            dropped: went(|from, to| from.is_some() && to.is_none()),
            gained: went(|from, to| from.is_none() && to.is_some()),
            mended: cost(&mended),
            afresh: cost(&afresh),
            left: mended.tiers(&changed).unserved_priority,
            left_afresh: afresh.tiers(&changed).unserved_priority,
        });
    }
    Ok(outcomes)
}

/// The instance after the change, and the visits that it concerns.
fn changed(
    instance: &Instance,
    stood: &Solution,
    change: Disruption,
    number: usize,
) -> Option<(Instance, Vec<usize>)> {
    let mut changed = instance.clone();
    let people = instance.volunteers.len();
    let holder = holder(stood, number);
    match change {
        Disruption::Claim => {
            let fits =
                |who: &usize| Some(*who) != holder && instance.bar(number, *who) == Bar::None;
            let volunteer = (0..people).map(|at| (at + number) % people).find(fits)?;
            let windows = &mut changed.visits[number].windows;
            let hours = &instance.volunteers[volunteer].shifts[0];
            windows.clear();
            windows.push((hours.open, hours.close));
            changed.visits[number].pinned = Some(Pin { volunteer, day: 0, start: None });
        }
        Disruption::Decline => changed.bars[number * people + holder?] = Bar::Forbidden,
        Disruption::Absence => {
            if number >= people || stood.routes[number].stops.is_empty() {
                return None;
            }
            changed.volunteers[number].shifts[0].close = changed.volunteers[number].shifts[0].open;
            let theirs = stood.routes[number].stops.iter().map(|stop| stop.visit).collect();
            return Some((changed, theirs));
        }
        Disruption::NewVisit => {
            holder?;
        }
        Disruption::Longer => {
            holder?;
            changed.visits[number].service += 15 * 60;
        }
    }
    Some((changed, vec![number]))
}

fn holder(plan: &Solution, visit: usize) -> Option<usize> {
    plan.routes.iter().find(|r| r.stops.iter().any(|s| s.visit == visit)).map(|r| r.volunteer)
}

/// The plan before the visit was known.
fn without(plan: &Solution, visit: usize) -> Solution {
    let mut plan = plan.clone();
    for route in &mut plan.routes {
        route.stops.retain(|stop| stop.visit != visit);
    }
    plan
}
