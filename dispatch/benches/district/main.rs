//! How long it takes to plan a week of a whole district: 2,395 grids, about
//! 21,500 people, 12,000 visits.
//!
//! `cargo bench -p gridward-dispatch --bench district` prints the measures of each
//! plan and then the times. The plans are checked first.

mod week;

use divan::Bencher;
use gridward_dispatch::solve::{DispatchProblem, Options, check, plan};

use week::{Reach, week};

const SEED: u64 = 500_116;
const REACHES: [Reach; 4] = [Reach::Grid, Reach::ManagersVillage, Reach::Village, Reach::Town];

type Made<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Made<()> {
    for reach in REACHES {
        report(reach)?;
    }
    divan::main();
    Ok(())
}

/// Prints the measures of a plan after checking it.
fn report(reach: Reach) -> Made<()> {
    let problem = district(reach)?;
    let plan = plan(&problem, &Options::default())?;
    check(&problem, &plan)?;
    let (people, visits) = (problem.volunteers.len(), problem.visits.len());
    println!("{reach:?}: {people} people, {visits} visits, {} routes", plan.routes.len());
    println!("  {:?}", plan.measures);
    Ok(())
}

fn district(reach: Reach) -> Made<DispatchProblem> {
    week(SEED, 2_395, 12_000, reach)
}

/// `plan` alone, on every thread there is, for each reach.
#[divan::bench(args = REACHES, sample_count = 3)]
fn week_of_a_district(bencher: Bencher<'_, '_>, reach: Reach) {
    bench(bencher, district(reach));
}

/// Cost grows with the number of grids and no faster.
#[divan::bench(args = [599, 1_198, 2_395, 4_790, 9_580], sample_count = 3)]
fn by_grids(bencher: Bencher<'_, '_>, grids: usize) {
    bench(bencher, week(SEED, grids, grids * 5, Reach::Grid));
}

fn bench(bencher: Bencher<'_, '_>, problem: Made<DispatchProblem>) {
    match problem {
        Ok(problem) => bencher.bench_local(|| plan(&problem, &Options::default())),
        Err(error) => println!("no problem to plan: {error}"),
    }
}
