//! `phones`: the simulator and its benchmarks on the command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use futures_util::FutureExt as _;
use gridward_phones::benchmarks::{outbox, periodic, quiet, snapshots, stream};
use gridward_phones::system::System;
use gridward_phones::{Calendar, Error, Month, Options, Restart, SignIn, month, simulate};

/// Simulate many phones under network faults and check that nothing is lost and nobody signed out,
/// or run a benchmark
#[derive(Parser)]
struct Args {
    /// Address of the server
    #[arg(long, global = true, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// File that `gridward demo --sign-ins` wrote
    #[arg(long, global = true, default_value = "var/sign-ins.csv")]
    sign_ins: PathBuf,
    /// Start the server from this binary, with settings from the environment
    #[arg(long, global = true)]
    gridward: Option<PathBuf>,
    #[command(flatten)]
    simulation: Simulation,
    #[command(subcommand)]
    run: Option<Run>,
}

#[derive(clap::Args)]
struct Simulation {
    /// Number of managers with phones
    #[arg(long, default_value_t = 20)]
    managers: usize,
    /// Number of volunteers with phones, in the managers' grids
    #[arg(long, default_value_t = 60)]
    volunteers: usize,
    /// Steps per phone
    #[arg(long, default_value_t = 30)]
    steps: u32,
    /// Seed of all random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Phones that act concurrently
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// How many times the server is killed; needs --gridward
    #[arg(long, default_value_t = 0, requires = "gridward")]
    restarts: u32,
    /// How many times a supervisor revokes a phone
    #[arg(long, default_value_t = 5)]
    revocations: u32,
}

/// Options of the simulated month.
#[derive(clap::Args)]
struct MonthArgs {
    /// Number of volunteers with phones
    #[arg(long, default_value_t = 200)]
    phones: usize,
    /// Simulated days
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// Duration of a simulated day in milliseconds
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(100..))]
    day_ms: u64,
    /// Seed of all random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl MonthArgs {
    fn calendar(&self) -> Calendar {
        Calendar { day: Duration::from_millis(self.day_ms) }
    }
}

#[derive(Subcommand)]
enum Run {
    /// A month of sessions in seconds; a server that --gridward does not start needs its settings
    Month(MonthArgs),
    /// First syncs, all at the same time
    Snapshots(snapshots::Args),
    /// Syncs without changes
    Quiet(quiet::Args),
    /// Commands per second
    Outbox(outbox::Args),
    /// All managers sync at a fixed interval
    Periodic(periodic::Args),
    /// Open streams and the delay of their hints
    Stream(stream::Args),
}

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::Setting(error.to_string()));
    match runtime.and_then(|runtime| runtime.block_on(run(args))) {
        Ok(summary) => {
            println!("{}", summary.trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "this is where a terminal expects it")]
            {
                eprintln!("phones: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<String, Error> {
    let Args { url, sign_ins, gridward, simulation, run } = args;
    let people = SignIn::read(&sign_ins)?;
    let system = match &gridward {
        None => None,
        Some(binary) => {
            let settings = match &run {
                Some(Run::Month(args)) => args.calendar().settings().to_vec(),
                _ => Vec::new(),
            };
            Some(System::start(binary, url.trim_end_matches('/'), settings).await?)
        }
    };
    let summary = match &run {
        None => {
            let findings = simulate(options(&url, people, &simulation, system.clone())).await?;
            findings.to_string()
        }
        Some(Run::Month(args)) => {
            let calendar = args.calendar();
            let MonthArgs { phones, days, seed, .. } = *args;
            let month = Month { base_url: url, sign_ins: people, seed, phones, days, calendar };
            month::simulate(month).await?.to_string()
        }
        Some(Run::Snapshots(args)) => snapshots::measure(&url, &people, args).await?,
        Some(Run::Quiet(args)) => quiet::measure(&url, &people, args).await?,
        Some(Run::Outbox(args)) => outbox::measure(&url, &people, args).await?,
        Some(Run::Periodic(args)) => periodic::measure(&url, &people, args).await?,
        Some(Run::Stream(args)) => stream::measure(&url, &people, args).await?,
    };
    drop(system);
    Ok(summary)
}

fn options(
    url: &str,
    people: Vec<SignIn>,
    simulation: &Simulation,
    system: Option<Arc<System>>,
) -> Options {
    let base = url.to_owned();
    let restart = system.map(|system| Restart {
        times: simulation.restarts,
        kill_and_restart: Box::new(move || {
            let (system, base) = (Arc::clone(&system), base.clone());
            let again = async move {
                system.kill_and_restart().await.map_err(|error| error.to_string())?;
                Ok(base)
            };
            again.boxed_local()
        }),
    });
    Options {
        base_url: url.to_owned(),
        sign_ins: people,
        seed: simulation.seed,
        managers: simulation.managers,
        volunteers: simulation.volunteers,
        steps: simulation.steps,
        concurrency: simulation.concurrency,
        revocations: simulation.revocations,
        restart,
    }
}
