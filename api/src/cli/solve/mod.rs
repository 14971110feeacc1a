//! `gridward dispatch solve`: plans a day from a file and prints the plan.
//!
//! It uses neither settings nor a database, so that comparisons need no installation.

mod answer;
mod map;
mod table;

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use gridward_dispatch::format::{self, Named};
use gridward_dispatch::routing::{
    self, Answer, Bounds, Budget, Detail, Effort, InstanceError, Reasons, Solution, Tiers, Weights,
};
use serde_json::Value;
use thiserror::Error;

use super::Failure;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Input file: neutral JSON, VROOM's JSON or Solomon's text
    file: PathBuf,
    /// Time in milliseconds for the whole call  [1000]
    #[arg(long, conflicts_with = "iterations")]
    time_ms: Option<u64>,
    /// Number of search steps instead of a time; gives a reproducible plan
    #[arg(long)]
    iterations: Option<u64>,
    /// Seed of the search; the same seed and iterations give the same plan
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Maximum number of threads; does not affect the plan
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Objective of the search
    #[arg(long, value_enum, default_value_t = Objective::Tiers)]
    objective: Objective,
    /// Weight of a tier in seconds of travel (repeatable, with the objective `tiers` only);
    /// dispatch/FORMATS.md lists the names
    #[arg(long = "weight", value_name = "NAME=NUMBER", value_parser = weight)]
    weights: Vec<(String, i64)>,
    /// Effort for the bounds
    #[arg(long, value_enum, default_value_t = Certificate::Quick)]
    bounds: Certificate,
    /// How much to explain
    #[arg(long, value_enum, default_value_t = Explained::Some)]
    reasons: Explained,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Draw routes and loads to this file (.svg or .html)
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
    /// Takes milliseconds
    Quick,
    /// Usually much tighter; takes about a second for each part of up to 64 visits
    Thorough,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Explained {
    /// Nothing
    None,
    /// Up to 1,000 unserved visits, and for each served visit the best other volunteer
    Some,
    /// Every visit, with up to eight other volunteers
    All,
}

/// A day, its plan and the explanations.
struct Solved {
    named: Named,
    plan: Solution,
    /// The load of each volunteer in seconds, including the earlier load.
    loads: Vec<i64>,
    tiers: Tiers,
    bounds: Bounds,
    reasons: Reasons,
}

/// An unreadable or invalid input file; the message names it.
#[derive(Debug, Error)]
#[error("{}: {why}", file.display())]
pub(super) struct BadInput {
    file: PathBuf,
    why: String,
}

/// Parses a weight.
fn weight(text: &str) -> Result<(String, i64), String> {
    let (name, number) = text.split_once('=').ok_or("a weight must be NAME=NUMBER")?;
    let number = number.parse().map_err(|_| format!("{number:?} is not a whole number"))?;
    Ok((name.to_owned(), number))
}

/// The weights of the tiers for this objective.
fn weights(objective: Objective, given: &[(String, i64)]) -> Result<Weights, String> {
    if let Objective::Travel = objective {
        let fixed = "the weights of --objective travel are fixed".to_owned();
        return if given.is_empty() { Ok(Weights::TRAVEL) } else { Err(fixed) };
    }
    if let Some((name, _)) = given.iter().find(|(name, _)| name.starts_with("moved")) {
        return Err(format!("{name} has no effect here, since there is no earlier plan"));
    }
    let given = given.iter().map(|(name, number)| (name.clone(), Value::from(*number)));
    let given = Value::Object(given.collect());
    let weights: Weights = serde_json::from_value(given).map_err(|error| error.to_string())?;
    weights.validate().map_err(|error| error.to_string())?;
    Ok(weights)
}

/// Accepts the two picture formats, by file extension.
fn picture(name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name);
    let kind = path.extension().map(OsStr::to_ascii_lowercase);
    match kind.as_deref().and_then(OsStr::to_str) {
        Some("svg" | "html") => Ok(path),
        _ => Err("the file name must end in .svg or .html".to_owned()),
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global()?;
    }
    let began = Instant::now();
    let weights = weights(args.objective, &args.weights)?;
    let bad = |why: String| BadInput { file: args.file.clone(), why };
    let text = std::fs::read_to_string(&args.file).map_err(|error| bad(error.to_string()))?;
    let named = format::read(&text).map_err(|error| bad(error.to_string()))?;
    let solved = solve(args, began, named, weights).map_err(|error| bad(error.to_string()))?;
    if let Some(path) = &args.map {
        let drawn = map::draw(&solved);
        let html = path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("html"));
        let page = if html { map::page(&drawn) } else { drawn };
        std::fs::write(path, page).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let output = if args.json { answer::json(&solved) } else { table::table(&solved) };
    match writeln!(std::io::stdout().lock(), "{output}") {
        // The reader has closed the pipe.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// The clock of a call: the search ends early enough for what follows it.
struct CallClock {
    began: Instant,
    /// The seconds for the whole call.
    limit: f64,
    /// The seconds from the begin to the search.
    prepared: OnceLock<f64>,
}

impl CallClock {
    fn new(began: Instant, limit: Duration) -> Self {
        Self { began, limit: limit.as_secs_f64(), prepared: OnceLock::new() }
    }

    /// The fraction of the search's time that is spent. Bounds and explanations take about as long
    /// as reading the file and preparing the search; at least two thirds of the time remain.
    fn spent(&self) -> f64 {
        let now = self.began.elapsed().as_secs_f64();
        let rest = self.prepared.get_or_init(|| now).min(self.limit / 3.0);
        now / (self.limit - rest)
    }
}

fn solve(
    args: &Args,
    began: Instant,
    named: Named,
    weights: Weights,
) -> Result<Solved, InstanceError> {
    let limit = Duration::from_millis(args.time_ms.unwrap_or(1000).max(1));
    let call = CallClock::new(began, limit);
    let clock = || call.spent();
    let budget = args.iterations.map_or(Budget::Until(&clock), Budget::Iterations);
    let effort = match args.bounds {
        Certificate::Quick => Effort::Quick,
        Certificate::Thorough => Effort::Thorough,
    };
    let detail = match args.reasons {
        Explained::None => Detail::None,
        Explained::Some => Detail::Some,
        Explained::All => Detail::All,
    };
    let Answer { plan, reasons, bounds } =
        routing::answer(&named.instance, weights, &budget, args.seed, (detail, effort))?;
    let tiers = plan.tiers(&named.instance);
    let loads = plan.loads(&named.instance);
    Ok(Solved { named, plan, loads, tiers, bounds, reasons })
}

impl Solved {
    /// A duration in the unit of the file.
    fn in_units(&self, length: i64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52")]
        let length = length as f64;
        length / f64::from(self.named.per_second)
    }
}
