//! `gridward dispatch solve`: a day out of a file, planned and told.
//!
//! It touches neither settings nor a database, so that anyone can compare.

mod answer;
mod map;
mod table;

use std::path::PathBuf;
use std::time::Instant;

use gridward_dispatch::format::{self, Named};
use gridward_dispatch::routing::{self, Bounds, Budget, Reasons, Solution, Tiers, Weights};

use super::Failure;

#[derive(clap::Args)]
pub(super) struct Args {
    /// A day: neutral JSON, VROOM's JSON input or Solomon's text
    file: PathBuf,
    /// How long to search, in milliseconds  [1000]
    #[arg(long, conflicts_with = "iterations")]
    time_ms: Option<u64>,
    /// How many steps to search; the same plan every time
    #[arg(long)]
    iterations: Option<u64>,
    /// The same seed and iterations give the same plan
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Threads to use; the plan does not depend on it
    #[arg(long)]
    threads: Option<usize>,
    /// What is to be good
    #[arg(long, value_enum, default_value_t = Objective::Tiers)]
    objective: Objective,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Draw the routes and the loads into this file: .svg or .html
    #[arg(long)]
    map: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Objective {
    /// Unserved, lateness, fairness, travel, continuity, stability
    Tiers,
    /// Unserved priority times 10,000 and seconds of travel
    Travel,
}

/// A day, its plan and what is to be said of it.
struct Solved {
    named: Named,
    plan: Solution,
    tiers: Tiers,
    bounds: Bounds,
    reasons: Reasons,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    let text = std::fs::read_to_string(&args.file)
        .map_err(|error| format!("{}: {error}", args.file.display()))?;
    let solved = solve(args, format::read(&text)?)?;
    if let Some(path) = &args.map {
        let drawn = map::draw(&solved);
        let html = path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("html"));
        let page = if html { map::page(&drawn) } else { drawn };
        std::fs::write(path, page).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let told = if args.json { answer::json(&solved) } else { table::table(&solved) };
    println!("{told}");
    Ok(())
}

fn solve(args: &Args, named: Named) -> Result<Solved, Failure> {
    let weights = match args.objective {
        Objective::Tiers => Weights::default(),
        Objective::Travel => Weights::TRAVEL,
    };
    let limit = args.time_ms.unwrap_or(1000).max(1);
    let began = Instant::now();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds that anybody waits for")]
    let clock = || began.elapsed().as_secs_f64() * 1e3 / limit as f64;
    let budget = args.iterations.map_or(Budget::Until(&clock), Budget::Iterations);
    let plan = routing::plan(&named.instance, weights, &budget, args.seed)?;
    let tiers = plan.tiers(&named.instance);
    let reasons = routing::explain(&named.instance, weights, &plan);
    let bounds = routing::bounds(&named.instance, &plan);
    Ok(Solved { named, plan, tiers, bounds, reasons })
}
