//! `phones`: the simulator and its figures, by hand.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use futures_util::FutureExt as _;
use gridward_phones::figures::{outbox, quiet, snapshots, storm, stream};
use gridward_phones::host::Host;
use gridward_phones::{Error, Options, Restart, SignIn, simulate};

/// Many phones in bad weather, and whether anything is lost. Without a command:
/// the simulation.
#[derive(Parser)]
struct Args {
    /// Where the server is, or is to be
    #[arg(long, global = true, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// What `gridward demo --sign-ins` wrote
    #[arg(long, global = true, default_value = "var/sign-ins.csv")]
    sign_ins: PathBuf,
    /// Start the server with this binary, with the settings of the environment
    #[arg(long, global = true)]
    gridward: Option<PathBuf>,
    #[command(flatten)]
    weather: Weather,
    #[command(subcommand)]
    figure: Option<Figure>,
}

#[derive(clap::Args)]
struct Weather {
    /// Managers with a phone
    #[arg(long, default_value_t = 20)]
    managers: usize,
    /// Volunteers with a phone, in the managers' grids
    #[arg(long, default_value_t = 60)]
    volunteers: usize,
    /// Steps of each phone
    #[arg(long, default_value_t = 30)]
    steps: u32,
    /// All chance comes from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Phones that act at a time
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// How often the server is killed; needs --gridward
    #[arg(long, default_value_t = 0, requires = "gridward")]
    restarts: u32,
}

#[derive(Subcommand)]
enum Figure {
    /// First syncs, all at once
    Snapshots(snapshots::Asked),
    /// Syncs that bring nothing
    Quiet(quiet::Asked),
    /// Commands a second, so many to a push
    Outbox(outbox::Asked),
    /// All managers sync every so many seconds
    Storm(storm::Asked),
    /// Streams held open, and how late a hint comes
    Stream(stream::Asked),
}

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::Setting(error.to_string()));
    match runtime.and_then(|runtime| runtime.block_on(run(args))) {
        Ok(told) => {
            println!("{}", told.trim_end());
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
    let Args { url, sign_ins, gridward, weather, figure } = args;
    let people = SignIn::read(&sign_ins)?;
    let host = match &gridward {
        None => None,
        Some(binary) => Some(Host::start(binary, url.trim_end_matches('/')).await?),
    };
    let told = match &figure {
        None => {
            let findings = simulate(options(&url, people, &weather, host.clone())).await?;
            findings.to_string()
        }
        Some(Figure::Snapshots(asked)) => snapshots::measure(&url, &people, asked).await?,
        Some(Figure::Quiet(asked)) => quiet::measure(&url, &people, asked).await?,
        Some(Figure::Outbox(asked)) => outbox::measure(&url, &people, asked).await?,
        Some(Figure::Storm(asked)) => storm::measure(&url, &people, asked).await?,
        Some(Figure::Stream(asked)) => stream::measure(&url, &people, asked).await?,
    };
    drop(host);
    Ok(told)
}

fn options(url: &str, people: Vec<SignIn>, weather: &Weather, host: Option<Arc<Host>>) -> Options {
    let base = url.to_owned();
    let restart = host.map(|host| Restart {
        times: weather.restarts,
        kill_and_restart: Box::new(move || {
            let (host, base) = (Arc::clone(&host), base.clone());
            let again = async move {
                host.kill_and_restart().await.map_err(|error| error.to_string())?;
                Ok(base)
            };
            again.boxed_local()
        }),
    });
    Options {
        base_url: url.to_owned(),
        sign_ins: people,
        seed: weather.seed,
        managers: weather.managers,
        volunteers: weather.volunteers,
        steps: weather.steps,
        concurrency: weather.concurrency,
        restart,
    }
}
