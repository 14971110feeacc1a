//! `gridward simulate`: the demo district over weeks, under several ways to assign visits.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_simulation::{Habits, Outcome, Policy, Scenario, plot, simulate, table};
use rayon::prelude::*;

use super::Failure;
use crate::demo::simulated;

/// The first day by default: 1 August, with its visits before, is in the quarter.
const FIRST: &str = "2026-07-01";

#[derive(clap::Args)]
pub(super) struct Args {
    /// Number of grids: the first ones of the demo district
    #[arg(long, default_value_t = 113, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    grids: u32,
    /// First day (YYYY-MM-DD)
    #[arg(long, value_parser = super::dispatch::day, default_value = FIRST)]
    from: NaiveDate,
    /// Number of days
    #[arg(long, default_value_t = 91, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// Seed of the district, the demand and the behaviour; the same seed gives the same table
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Way to assign visits
    #[arg(long, value_enum, default_value_t = Choice::All)]
    policy: Choice,
    /// Percentage of offered visits that are declined; default: 15
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=100))]
    declines: Option<u8>,
    /// This many volunteers more, who offer two hours a week each, live in the middle of their grid and have
    /// time from 9 to 17 o'clock
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    more_volunteers: Option<u16>,
    /// Grid, village or town over the grids of which they are spread; may be repeated. Default: all grids
    #[arg(long = "in", value_name = "AREA", requires = "more_volunteers")]
    areas: Vec<AreaCode>,
    /// Draw the weeks to this file (SVG)
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the measures to this file (JSON)
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Choice {
    /// Daily plans of the solver
    Dispatch,
    /// Every task to the nearest person who has time
    Nearest,
    /// People claim tasks at random
    Random,
    /// All three
    All,
}

impl Choice {
    fn policies(self) -> Vec<Policy> {
        match self {
            Self::Dispatch => vec![Policy::Dispatch],
            Self::Nearest => vec![Policy::NearestFirst],
            Self::Random => vec![Policy::RandomClaims],
            Self::All => Policy::ALL.to_vec(),
        }
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    // A file that cannot be written is known before the long computation.
    let [svg, json] = [&args.svg, &args.json].map(|file| file.as_deref().map(create).transpose());
    let (svg, json) = (svg?, json?);
    let mut district = simulated::part(args.grids.try_into()?, args.seed);
    if let Some(count) = args.more_volunteers {
        let unknown = |area: AreaCode| format!("{area} has no grid among the first {}", args.grids);
        district = district.with_volunteers(count, &args.areas).map_err(unknown)?;
    }
    let usual = Habits::default();
    let declines = args.declines.map_or(usual.declines, |percent| f64::from(percent) / 100.0);
    let habits = Habits { declines, ..usual };
    let usual = Scenario::new(&district, args.from, args.days, args.seed);
    let scenario = Scenario { habits, ..usual };
    let outcomes: Vec<Outcome> = args
        .policy
        .policies()
        .into_par_iter()
        .map(|policy| simulate(&scenario, policy))
        .collect::<Result<_, _>>()?;
    println!(
        "{} grids, {} people, {} homes; {} days from {}; seed {}\n",
        args.grids,
        district.people.len(),
        district.beneficiaries.len(),
        args.days,
        args.from,
        args.seed
    );
    print!("{}", table::markdown(&outcomes));
    if let Some(mut file) = svg {
        file.write_all(plot::svg(&outcomes).as_bytes())?;
    }
    if let Some(file) = json {
        serde_json::to_writer_pretty(file, &outcomes)?;
    }
    Ok(())
}

fn create(file: &Path) -> Result<File, Failure> {
    File::create(file).map_err(|error| format!("{}: {error}", file.display()).into())
}
