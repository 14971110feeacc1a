//! `gridward dispatch`.

use std::sync::Arc;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::id::PlanId;
use gridward_domain::range::{LeadMinutes, PlanSeed};
use rayon::ThreadPool;
use uuid::Uuid;

use super::{Failure, choose_district, connect_existing};
use crate::clock;
use crate::http::problem::{Problem, ProblemCode};
use crate::plan::compute::computed::Request;
use crate::plan::compute::run::{apply, draft};
use crate::plan::compute::thread_pool;
use crate::plan::drafts::subjects;
use crate::plan::execution::apply::ApplyPlan;
use crate::plan::model::{Plan, PlanResult};
use crate::plan::request::order::PlanOrder;
use crate::plan::request::span::Span;
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
    #[arg(long, default_value_t = PlanSeed::MIN)]
    seed: PlanSeed,
    /// Minutes from now to the first departure of today; default: the district's setting
    #[arg(long)]
    lead_minutes: Option<LeadMinutes>,
    /// Also plan tasks that all these days make late, although earlier days are possible
    #[arg(long)]
    include_late: bool,
    /// Assign the tasks: of the draft of this id, or of a new plan without having seen it
    #[arg(long, value_name = "PLAN", num_args = 0..=1, default_missing_value = "", value_parser = apply_of)]
    apply: Option<Apply>,
    /// Plan days more than 31 days from today, or apply a plan that makes more than a tenth of its
    /// visits late
    #[arg(long)]
    confirm: bool,
}

/// The plan to apply.
#[derive(Clone, Copy, Debug)]
enum Apply {
    /// A new one.
    New,
    /// A stored draft.
    Draft(PlanId),
}

/// The plan of an argument; empty for a new one.
fn apply_of(text: &str) -> Result<Apply, &'static str> {
    if text.is_empty() {
        return Ok(Apply::New);
    }
    text.parse().map(Apply::Draft).map_err(|_| "must be the id of a plan")
}

#[derive(clap::Subcommand)]
pub(super) enum Solve {
    /// Plan one day from a file, without a database
    Solve(super::solve::Args),
}

/// A day of an argument.
pub(super) fn day(text: &str) -> Result<NaiveDate, &'static str> {
    text.parse().map_err(|_| "must be a date such as 2026-08-01")
}

pub(super) fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let mut conn = connect_existing(&settings.database)?;
    let area = match args.area {
        Some(area) => area,
        None => choose_district(&mut conn, None)?,
    };
    drop(conn);
    let db = Db::open(settings.database.clone(), 1, clock::system);
    let pool = Arc::new(thread_pool::build("plan", settings.plan_threads)?);
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(carry_out(&db, pool, area, args));
    db.close();
    done
}

async fn carry_out(
    db: &Db,
    pool: Arc<ThreadPool>,
    area: AreaCode,
    args: &Args,
) -> Result<(), Failure> {
    if let Some(Apply::Draft(id)) = args.apply {
        return assign(db, area, id, args).await;
    }
    let plan = print_draft(db, pool, request(area, args)?).await?;
    if args.apply.is_some() {
        return assign(db, area, plan.id, args).await;
    }
    let (id, assigned) = (plan.id, plan.assigned);
    println!("a draft: no task has changed; to assign {assigned} tasks within 7 days:");
    println!("  gridward dispatch --area {area} --apply {id}");
    Ok(())
}

/// Applies a draft, and prints what became of it.
async fn assign(db: &Db, area: AreaCode, id: PlanId, args: &Args) -> Result<(), Failure> {
    let how = ApplyPlan { confirm: args.confirm, ..ApplyPlan::default() };
    let PlanResult { plan, .. } = apply(db, area, id, how).await.map_err(with_option)?;
    println!("plan {}: assigned {}, overtaken {}", plan.id, plan.assigned, plan.overtaken);
    Ok(())
}

/// The failure, with the option that confirms what needs a confirmation.
fn with_option(problem: Problem) -> Failure {
    match problem.kind() {
        Some(ProblemCode::ConfirmationRequired) => {
            format!("{problem}; `--confirm` if that is intended").into()
        }
        _ => problem.into(),
    }
}

fn request(area: AreaCode, args: &Args) -> Result<Request, Failure> {
    let now = clock::system();
    let first = args.from.unwrap_or_else(|| clock::day(now));
    let last = first.checked_add_days(Days::new(u64::from(args.days) - 1));
    let last = last.ok_or("--from is out of range")?;
    let span = Span::from_today(first, last, clock::day(now))
        .map_err(|error| format!("--from {first}: {error}"))?;
    let order = PlanOrder {
        seed: args.seed,
        lead_minutes: args.lead_minutes,
        include_late: args.include_late,
        confirm: args.confirm,
        ..PlanOrder::of(area, span)
    };
    Ok(Request { id: PlanId(Uuid::now_v7()), order, now, by: None })
}

/// Checks the order, computes and stores a draft, and prints it.
async fn print_draft(db: &Db, pool: Arc<ThreadPool>, request: Request) -> Result<Plan, Failure> {
    let (order, now) = (request.order.clone(), request.now);
    let checked = db.read(move |conn| subjects::check(conn, &order, now)).await;
    checked.map_err(with_option)?;
    let (plan, timing) = draft(db, request, pool).await?;
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    println!("plan {} for {}, {} to {}", plan.id, plan.area, plan.first_day, plan.last_day);
    println!("{}", serde_json::to_string_pretty(&plan.measures)?);
    let (read, solve, write) = (seconds(timing.read), seconds(timing.solve), seconds(timing.write));
    println!("read {read}, solve {solve}, write {write}");
    Ok(plan)
}
