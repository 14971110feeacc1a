//! `gridward dispatch`.

use std::time::Duration;

use chrono::{Days, NaiveDate, TimeDelta};
use gridward_domain::area::AreaCode;

use super::{Failure, choose_district, connect_existing};
use crate::clock;
use crate::plan::computed::Order;
use crate::plan::run::run as plan;
use crate::plan::span::Span;
use crate::server::settings::Settings;
use crate::tx::Db;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) solve: Option<Solve>,
    /// Area of the tasks; default: the whole district
    #[arg(long)]
    area: Option<AreaCode>,
    /// First day (YYYY-MM-DD); default: today
    #[arg(long, value_parser = day)]
    from: Option<NaiveDate>,
    /// Number of days
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..=31))]
    days: u8,
    /// Seed of the search; the same tasks and seed give the same plan
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// Minutes from now to the first departure of today
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(0..=1440))]
    lead_minutes: u16,
    /// Also plan tasks that all these days make late, although earlier days are possible
    #[arg(long)]
    include_late: bool,
}

#[derive(clap::Subcommand)]
pub(super) enum Solve {
    /// Plan one day from a file, without a database
    Solve(super::solve::Args),
}

/// A day of an argument.
fn day(text: &str) -> Result<NaiveDate, &'static str> {
    text.parse().map_err(|_| "must be a date such as 2026-08-01")
}

pub(super) fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let mut conn = connect_existing(&settings.database)?;
    let area = match args.area {
        Some(area) => area,
        None => choose_district(&mut conn, None)?,
    };
    let now = clock::system();
    let first = args.from.unwrap_or_else(|| clock::day(now));
    let last = first.checked_add_days(Days::new(u64::from(args.days) - 1));
    let last = last.ok_or("--from is out of range")?;
    let span = Span::from_today(first, last, clock::day(now))?;
    let db = Db::open(settings.database.clone(), 1, clock::system);
    let lead = TimeDelta::minutes(i64::from(args.lead_minutes));
    let (seed, include_late) = (args.seed.into(), args.include_late);
    let order = Order { area, span, seed, now, lead, include_late, by: None };
    let runtime = tokio::runtime::Runtime::new()?;
    let planned = runtime.block_on(plan(&db, order));
    db.close();
    let (made, timing) = planned?;
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    println!("plan {} for {area}, {first} to {last}", made.id);
    println!("assigned {}, overtaken {}", made.assigned, made.overtaken);
    println!("{}", serde_json::to_string_pretty(&made.measures)?);
    let (read, solve, write) = (seconds(timing.read), seconds(timing.solve), seconds(timing.write));
    println!("read {read}, solve {solve}, write {write}");
    Ok(())
}
