//! `phones`: the simulator and its benchmarks on the command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use futures_util::FutureExt as _;
use gridward_phones::benchmarks::{outbox, periodic, quiet, snapshots, stream};
use gridward_phones::system::System;
use gridward_phones::{Error, Options, Restart, SignIn, simulate};

/// Simulate many phones under network faults and check that nothing is lost, or run a benchmark
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
    benchmark: Option<Benchmark>,
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
}

#[derive(Subcommand)]
enum Benchmark {
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
    let Args { url, sign_ins, gridward, simulation, benchmark } = args;
    let people = SignIn::read(&sign_ins)?;
    let system = match &gridward {
        None => None,
        Some(binary) => Some(System::start(binary, url.trim_end_matches('/')).await?),
    };
    let summary = match &benchmark {
        None => {
            let findings = simulate(options(&url, people, &simulation, system.clone())).await?;
            findings.to_string()
        }
        Some(Benchmark::Snapshots(args)) => snapshots::measure(&url, &people, args).await?,
        Some(Benchmark::Quiet(args)) => quiet::measure(&url, &people, args).await?,
        Some(Benchmark::Outbox(args)) => outbox::measure(&url, &people, args).await?,
        Some(Benchmark::Periodic(args)) => periodic::measure(&url, &people, args).await?,
        Some(Benchmark::Stream(args)) => stream::measure(&url, &people, args).await?,
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
        restart,
    }
}
