//! `gridward jobs`: list the background jobs and their last runs, or run one now.

use gridward_domain::word::Word as _;
use std::sync::Arc;

use clap::Subcommand;

use super::{Failure, NO_DISTRICT, connect_existing};
use crate::clock::{self, china};
use crate::crypto::KeyRing;
use crate::crypto::store::districts;
use crate::db::Conn;
use crate::jobs::run::run_in_districts;
use crate::jobs::store::{self, JobRun};
use crate::jobs::{self, Job, JobContext, Schedule};
use crate::ops::Metrics;
use crate::server::settings::Settings;
use crate::tx::Db;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run a job now, in every district
    Run {
        /// The job's name, as `gridward jobs` lists it
        name: String,
    },
}

pub(super) fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let jobs = jobs::registry(
        settings.retention.clone(),
        settings.attachments.clone(),
        settings.launch_batch,
    );
    let mut conn = connect_existing(&settings.database)?;
    match &args.command {
        None => list(&mut conn, &jobs),
        Some(Command::Run { name }) => {
            let job = find(&jobs, name)?;
            let keys = KeyRing::new(settings.installation_key(&mut conn)?);
            drop(conn);
            run_now(settings, keys, job)
        }
    }
}

/// Prints each job with its last run in each district.
fn list(conn: &mut Conn, jobs: &[Arc<dyn Job>]) -> Result<(), Failure> {
    let districts = districts(conn)?;
    let header = ["JOB", "SCHEDULE", "DISTRICT", "LAST RUN", "OUTCOME", "PROCESSED", "ERROR"];
    let mut rows = vec![header.map(str::to_owned)];
    for job in jobs {
        let (name, schedule) = (job.name().to_owned(), job.schedule().to_string());
        if districts.is_empty() {
            rows.push(row([name.clone(), schedule.clone(), "-".to_owned()], None));
        }
        for district in &districts {
            let last = store::last_run(conn, *district, &name)?;
            rows.push(row([name.clone(), schedule.clone(), district.to_string()], last));
        }
    }
    print_table(&rows);
    Ok(())
}

/// A job in a district, and its last run there.
fn row([name, schedule, district]: [String; 3], last: Option<JobRun>) -> [String; 7] {
    let [at, outcome, processed, error] = match last {
        None => ["never", "-", "-", ""].map(str::to_owned),
        Some(run) => [
            run.finished_at.with_timezone(&china()).format("%Y-%m-%d %H:%M:%S").to_string(),
            run.outcome.as_str().to_owned(),
            run.processed.to_string(),
            run.error.unwrap_or_default(),
        ],
    };
    [name, schedule, district, at, outcome, processed, error]
}

/// Prints rows in columns as wide as their widest cell.
fn print_table<const N: usize>(rows: &[[String; N]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let widths: [usize; N] = std::array::from_fn(width);
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// The job of this name.
fn find<'a>(jobs: &'a [Arc<dyn Job>], name: &str) -> Result<&'a Arc<dyn Job>, Failure> {
    jobs.iter().find(|job| job.name() == name).ok_or_else(|| {
        let names: Vec<&str> = jobs.iter().map(|job| job.name()).collect();
        format!("job {name} does not exist; the jobs are {}", names.join(", ")).into()
    })
}

/// Runs a job in every district and prints each outcome.
fn run_now(settings: &Settings, keys: KeyRing, job: &Arc<dyn Job>) -> Result<(), Failure> {
    if let Schedule::Off(reason) = job.schedule() {
        return Err(format!("the job {} is off: {reason}", job.name()).into());
    }
    let db = Db::open(settings.database.clone(), 1, clock::system);
    let context =
        JobContext { db: db.clone(), keys, clock: clock::system, metrics: Metrics::default() };
    let runtime = tokio::runtime::Runtime::new()?;
    let runs = runtime.block_on(run_in_districts(job, &Arc::new(context), |_| true));
    drop(runtime);
    db.close();
    let runs = runs?;
    if runs.is_empty() {
        return Err(NO_DISTRICT.into());
    }
    let mut failures = Vec::new();
    for (district, run) in runs {
        match run {
            None => println!("{district}: skipped, because another server runs this job now"),
            Some(JobRun { error: None, processed, .. }) => {
                println!("{district}: succeeded, {processed} processed");
            }
            Some(JobRun { error: Some(error), .. }) => {
                failures.push(format!("{district}: {error}"));
            }
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(format!("the job {} failed in {}", job.name(), failures.join("; in ")).into())
    }
}
