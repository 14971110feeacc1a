//! `gridward dispatch solve`: a day out of a file, planned and told.
//!
//! It touches neither settings nor a database, so that anyone can compare.

mod answer;
mod map;
mod table;

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use gridward_dispatch::format::{self, Named};
use gridward_dispatch::routing::{
    self, Bounds, Budget, Effort, InstanceError, Reasons, Solution, Tiers, Weights,
};
use serde_json::Value;
use thiserror::Error;

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
    /// Threads to use at most; a day is searched by one, and the plan does not depend on it
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// What is to be good
    #[arg(long, value_enum, default_value_t = Objective::Tiers)]
    objective: Objective,
    /// What a tier weighs, in seconds of travel: NAME=NUMBER, again for others; see
    /// dispatch/FORMATS.md. For tiers only
    #[arg(long = "weight", value_name = "NAME=NUMBER", value_parser = weight)]
    weights: Vec<(String, i64)>,
    /// How close the bounds are to be
    #[arg(long, value_enum, default_value_t = Certificate::Quick)]
    bounds: Certificate,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Draw the routes and the loads into this file: .svg or .html
    #[arg(long, value_parser = picture)]
    map: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Objective {
    /// Unserved, lateness, fairness, travel, continuity, stability
    Tiers,
    /// Unserved priority times 10,000 and seconds of travel
    Travel,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Certificate {
    /// Within milliseconds
    Quick,
    /// Mostly much closer, in about a second for each part of up to 64 visits
    Thorough,
}

/// A day, its plan and what is to be said of it.
struct Solved {
    named: Named,
    plan: Solution,
    /// Seconds that each carries, what came before with it.
    loads: Vec<i64>,
    tiers: Tiers,
    bounds: Bounds,
    reasons: Reasons,
}

/// A file that cannot be read or makes no sense, in a sentence that names it.
#[derive(Debug, Error)]
#[error("{}: {why}", file.display())]
pub(super) struct BadInput {
    file: PathBuf,
    why: String,
}

/// A weight as it is written.
fn weight(text: &str) -> Result<(String, i64), String> {
    let (name, number) = text.split_once('=').ok_or("a weight is NAME=NUMBER")?;
    let number = number.parse().map_err(|_| format!("{number:?} is not a whole number"))?;
    Ok((name.to_owned(), number))
}

/// What each tier weighs for this objective.
fn weights(objective: Objective, given: &[(String, i64)]) -> Result<Weights, String> {
    if let Objective::Travel = objective {
        let fixed = "the weights of --objective travel are fixed".to_owned();
        return if given.is_empty() { Ok(Weights::TRAVEL) } else { Err(fixed) };
    }
    if let Some((name, _)) = given.iter().find(|(name, _)| name.starts_with("moved")) {
        return Err(format!("{name} weighs nothing here: no plan stands that could be moved"));
    }
    let given = given.iter().map(|(name, number)| (name.clone(), Value::from(*number)));
    let given = Value::Object(given.collect());
    let weights: Weights = serde_json::from_value(given).map_err(|error| error.to_string())?;
    weights.validate().map_err(|error| error.to_string())?;
    Ok(weights)
}

/// The two kinds of picture, by how the file is called.
fn picture(name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name);
    let kind = path.extension().map(OsStr::to_ascii_lowercase);
    match kind.as_deref().and_then(OsStr::to_str) {
        Some("svg" | "html") => Ok(path),
        _ => Err("a map ends in .svg or .html".to_owned()),
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global()?;
    }
    let weights = weights(args.objective, &args.weights)?;
    let bad = |why: String| BadInput { file: args.file.clone(), why };
    let text = std::fs::read_to_string(&args.file).map_err(|error| bad(error.to_string()))?;
    let named = format::read(&text).map_err(|error| bad(error.to_string()))?;
    let solved = solve(args, named, weights).map_err(|error| bad(error.to_string()))?;
    if let Some(path) = &args.map {
        let drawn = map::draw(&solved);
        let html = path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("html"));
        let page = if html { map::page(&drawn) } else { drawn };
        std::fs::write(path, page).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let output = if args.json { answer::json(&solved) } else { table::table(&solved) };
    match writeln!(std::io::stdout().lock(), "{output}") {
        // Whoever reads it has read enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn solve(args: &Args, named: Named, weights: Weights) -> Result<Solved, InstanceError> {
    let limit = args.time_ms.unwrap_or(1000).max(1);
    let began = Instant::now();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds that anybody waits for")]
    let clock = || began.elapsed().as_secs_f64() * 1e3 / limit as f64;
    let budget = args.iterations.map_or(Budget::Until(&clock), Budget::Iterations);
    let plan = routing::plan(&named.instance, weights, &budget, args.seed)?;
    let tiers = plan.tiers(&named.instance);
    let reasons = routing::explain(&named.instance, weights, &plan);
    let effort = match args.bounds {
        Certificate::Quick => Effort::Quick,
        Certificate::Thorough => Effort::Thorough,
    };
    let bounds = routing::bounds(&named.instance, &plan, effort);
    let loads = plan.loads(&named.instance);
    Ok(Solved { named, plan, loads, tiers, bounds, reasons })
}

impl Solved {
    /// A length of time in the file's unit.
    fn in_units(&self, length: i64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52")]
        let length = length as f64;
        length / f64::from(self.named.per_second)
    }
}
