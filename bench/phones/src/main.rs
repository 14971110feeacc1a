//! `phones`: the simulator and its figures, by hand. Settings of the server
//! (`GRIDWARD_DATABASE_URL` ...) are taken from the environment.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::{Parser, Subcommand};
use phones::{Error, Host, Options, SignIn, figures, simulate};

#[derive(Parser)]
#[command(about = "Many phones, bad weather, and whether anything is lost")]
struct Args {
    /// The server's binary
    #[arg(long, default_value = "target/release/gridward")]
    gridward: PathBuf,
    /// What `gridward demo --sign-ins` wrote; made, with the demo, if it is missing
    #[arg(long, default_value = "var/sign-ins.csv")]
    sign_ins: PathBuf,
    /// Grids of the demo, if it is made
    #[arg(long, default_value_t = 2395)]
    grids: u32,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Phones in bad weather, a server that is killed, and the verdict
    Run {
        /// Managers with a phone
        #[arg(long, default_value_t = 2395)]
        managers: usize,
        /// Volunteers with a phone
        #[arg(long, default_value_t = 5000)]
        volunteers: usize,
        /// Steps of each
        #[arg(long, default_value_t = 20)]
        steps: u32,
        /// All chance comes from it
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How often the server is killed
        #[arg(long, default_value_t = 5)]
        kills: u32,
        /// Phones that act at a time
        #[arg(long, default_value_t = 64)]
        at_once: usize,
    },
    /// First syncs, all at once
    Snapshots {
        /// Whose: manager, volunteer, supervisor
        #[arg(long, default_value = "manager")]
        role: String,
        /// How many phones
        #[arg(long, default_value_t = 2395)]
        phones: usize,
        /// Rows of a page
        #[arg(long, default_value_t = 200)]
        limit: u16,
    },
    /// All managers sync every so many seconds
    Storm {
        /// Seconds between two syncs of a phone
        #[arg(long, default_value_t = 30)]
        every: u64,
        /// Seconds that it lasts
        #[arg(long, default_value_t = 60)]
        lasts: u64,
        /// Apply a plan of the whole district in the middle
        #[arg(long)]
        plan: bool,
    },
    /// Streams held open, and how late a hint comes
    Streams {
        /// How many
        #[arg(long, default_value_t = 10_000)]
        count: usize,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = runtime.map_err(|error| Error::Away(error.to_string()));
    match done.and_then(|runtime| runtime.block_on(run(&args))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "this is where a terminal expects it")]
            {
                eprintln!("phones: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), Error> {
    let binary = args.gridward.clone();
    let command = move |words: &[&str]| {
        let mut command = Command::new(&binary);
        command.args(words);
        if std::env::var_os("GRIDWARD_LISTEN").is_none() {
            command.env("GRIDWARD_LISTEN", "127.0.0.1:0");
        }
        command
    };
    if !args.sign_ins.exists() {
        let (grids, file) = (args.grids.to_string(), args.sign_ins.display().to_string());
        let made = command(&["demo", "--grids", &grids, "--sign-ins", &file]).status();
        made.map_err(|error| Error::Away(error.to_string()))?;
    }
    let people = SignIn::read(&args.sign_ins)?;
    let host = Host::start(command)?;
    match args.task {
        Task::Run { managers, volunteers, steps, seed, kills, at_once } => {
            let options = Options { seed, managers, volunteers, steps, at_once, kills };
            weather(&host, &people, options).await
        }
        Task::Snapshots { ref role, phones, limit } => {
            snapshots(&host, &people, role, phones, limit).await
        }
        Task::Storm { every, lasts, plan } => storm(&host, &people, every, lasts, plan).await,
        Task::Streams { count } => streams(&host, &people, count).await,
    }
}

async fn weather(host: &Host, people: &[SignIn], options: Options) -> Result<(), Error> {
    let findings = simulate(host, people, options).await?;
    let weather = &findings.weather;
    let (count, refused) = findings.commands;
    let (reports, recorded) = findings.reports;
    println!("{} phones, {} events on the log", findings.phones, findings.events);
    println!("{count} commands, of these refused {refused}");
    println!("{reports} reports kept, of these moved nothing {recorded}");
    println!(
        "answers lost {}, sent twice {}, reordered {}, steps offline {}, no server {}, resets {}",
        weather.lost,
        weather.twice,
        weather.reordered,
        weather.offline,
        weather.away,
        weather.resets
    );
    let times = figures::Times::of(findings.weather.took);
    let (p50, p99) = (times.quantile(500), times.quantile(990));
    println!("{} syncs: p50 {p50:?}, p99 {p99:?}", times.count());
    let (whole, said) = host.run(&["verify-log"])?;
    print!("{said}");
    if whole { Ok(()) } else { Err(Error::Broken("the chain of hashes".to_owned())) }
}

/// Those of the role.
fn of<'a>(people: &'a [SignIn], role: &'a str) -> impl Iterator<Item = &'a SignIn> {
    people.iter().filter(move |who| who.role == role)
}

async fn snapshots(
    host: &Host,
    people: &[SignIn],
    role: &str,
    phones: usize,
    limit: u16,
) -> Result<(), Error> {
    let those: Vec<SignIn> =
        of(people, role).collect::<Vec<_>>().into_iter().cycle().take(phones).cloned().collect();
    let online = figures::sign_in(&host.base(), &those).await?;
    let (times, all, mut rows) = figures::snapshots(&online, phones, limit).await?;
    let mut bytes: Vec<u64> = online.iter().map(|one| figures::bytes(one)).collect();
    bytes.sort_unstable();
    rows.sort_unstable();
    let (p50, p99) = (times.quantile(500), times.quantile(990));
    println!("{} first syncs at once: all in {all:?}; median {p50:?}, p99 {p99:?}", times.count());
    println!("median {} rows, {} bytes of JSON", rows[rows.len() / 2], bytes[bytes.len() / 2]);
    println!("{}", host.memory());
    Ok(())
}

async fn storm(
    host: &Host,
    people: &[SignIn],
    every: u64,
    lasts: u64,
    plan: bool,
) -> Result<(), Error> {
    let managers: Vec<SignIn> = of(people, "manager").cloned().collect();
    let online = figures::sign_in(&host.base(), &managers).await?;
    let dispatch = async {
        if plan {
            tokio::time::sleep(Duration::from_secs(lasts / 2)).await;
            let (done, said) = tokio::task::block_in_place(|| host.run(&["dispatch"]))?;
            println!("dispatch ({done}): {said}");
        }
        Ok::<_, Error>(())
    };
    let storm = figures::storm(&online, Duration::from_secs(every), Duration::from_secs(lasts));
    let (times, planned) = tokio::join!(storm, dispatch);
    planned?;
    let times = times?;
    let [p50, p99, last] = [500, 990, 1000].map(|quantile| times.quantile(quantile));
    let (syncs, phones) = (times.count(), online.len());
    println!("{syncs} syncs of {phones} phones: p50 {p50:?}, p99 {p99:?}, longest {last:?}");
    Ok(())
}

async fn streams(host: &Host, people: &[SignIn], count: usize) -> Result<(), Error> {
    let staff: Vec<SignIn> =
        of(people, "supervisor").filter(|who| who.area.len() == 6).cloned().collect();
    let online = figures::sign_in(&host.base(), &staff).await?;
    let one = online.first().ok_or_else(|| Error::Answer("no supervisor".to_owned()))?;
    let times = figures::streams(&host.base(), one, one, count).await?;
    let (p50, p99) = (times.quantile(500), times.quantile(990));
    println!("{} of {count} streams told: median {p50:?}, p99 {p99:?}", times.count());
    println!("{}", host.memory());
    Ok(())
}
