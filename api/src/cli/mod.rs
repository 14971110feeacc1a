//! The command line: one word for each thing the binary does.

mod demo;
mod dispatch;
mod import;
mod jobs;
mod log;
mod migrate;
mod openapi;
mod serve;
mod solve;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gridward_domain::area::AreaCode;

use crate::db::{Address, Conn, migrate as tables};
use crate::server::settings::Settings;

const AFTER: &str = "\
Settings come from defaults, then gridward.toml (or the file GRIDWARD_CONFIG
names), then the environment:

  GRIDWARD_DATABASE_URL  a file for SQLite, or postgres://user:pass@host/name
                         [var/gridward.db]
  GRIDWARD_LISTEN        address and port to serve on  [127.0.0.1:8080]
  GRIDWARD_SECRET_KEY    32 bytes in base64 that seal what is personal; on
                         SQLite a key file beside the data is made for you
  GRIDWARD_KEY_FILE      a file that holds that key
  GRIDWARD_LOG           which log lines are written  [info]
  GRIDWARD_LOG_FORMAT    human or json  [human]
  GRIDWARD_WORKERS       threads that serve requests  [one a core]
  GRIDWARD_ATTACHMENTS   a folder, or s3://bucket/prefix (with the AWS_ variables)
                         [attachments beside the SQLite file, or var/attachments]
  GRIDWARD_READERS       connections for reading  [two a core, at least 4]
  GRIDWARD_ARCHIVE       a folder that old events move into, once a day  [none]
  GRIDWARD_KEEP_DAYS     days that events stay in the database before  [184]

Try it:  gridward demo --serve";

/// The service that a district runs its visits on.
#[derive(Parser)]
#[command(name = "gridward", version, about, after_help = AFTER, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API; brings the tables up to date first
    Serve,
    /// Bring the tables up to date and stop
    Migrate,
    /// Load a district from a folder of CSV and GeoJSON files
    ///
    /// Reads areas.csv, grids.geojson, people.csv, beneficiaries.csv,
    /// stations.csv, memorials.csv and holidays.csv. Every bad row is reported
    /// by file, line, column and reason, and then nothing is written. Loading
    /// the same folder twice changes nothing.
    Import(import::Args),
    /// Make up a demo district, the same for the same seed, and load it
    Demo(demo::Args),
    /// Give the open tasks of an area to its people
    Dispatch(dispatch::Args),
    /// Check that nobody has changed the log
    ///
    /// Follows the hash of each event to the next and names the first that does
    /// not hold. Write the last hash down elsewhere to notice even a new log.
    VerifyLog(log::VerifyArgs),
    /// Archive the log, show what was set aside, or say that it was restored
    Log(log::Args),
    /// List the background jobs and their last runs, or run one now
    Jobs(jobs::Args),
    /// Print openapi.yaml
    Openapi,
    /// Add people and set passwords
    User(user::Args),
}

/// What a command that failed says: a sentence for the person at the terminal.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            #[expect(clippy::print_stderr, reason = "this is where a terminal expects it")]
            {
                eprintln!("gridward: {failure}");
            }
            // As for a flag that makes no sense.
            if failure.is::<solve::BadInput>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn run(command: &Command) -> Result<(), Failure> {
    if let Command::Openapi = command {
        return openapi::run();
    }
    if let Command::Dispatch(dispatch::Args { solve: Some(dispatch::Solve::Solve(args)), .. }) =
        command
    {
        return solve::run(args);
    }
    let settings = Settings::load()?;
    match command {
        Command::Serve => serve::run(&settings),
        Command::Migrate => migrate::run(&settings),
        Command::Import(args) => import::run(&settings, args),
        Command::Demo(args) => demo::run(&settings, args),
        Command::Dispatch(args) => dispatch::run(&settings, args),
        Command::VerifyLog(args) => log::verify(&settings, args),
        Command::Log(args) => log::run(&settings, args),
        Command::Jobs(args) => jobs::run(&settings, args),
        Command::User(args) => user::run(&settings, args),
        Command::Openapi => Ok(()),
    }
}

/// A connection to a database whose tables are current.
fn connect(address: &Address) -> Result<Conn, Failure> {
    let mut conn = address.connect()?;
    tables::migrate(&mut conn)?;
    Ok(conn)
}

/// What to do where a command needs a district and there is none.
const NO_DISTRICT: &str = "there is no district yet: import one, or try `gridward demo`";

/// The district to act on: the one that is named, or the only one there is.
fn choose_district(conn: &mut Conn, named: Option<&str>) -> Result<AreaCode, Failure> {
    let known = crate::crypto::store::districts(conn)?;
    if let Some(named) = named {
        let chosen = known.into_iter().find(|district| district.as_str() == named);
        return chosen.ok_or_else(|| format!("there is no district {named}").into());
    }
    match known.as_slice() {
        [only] => Ok(*only),
        [] => Err(NO_DISTRICT.into()),
        several => {
            let codes: Vec<&str> = several.iter().map(AreaCode::as_str).collect();
            Err(format!("there are several; name one: {}", codes.join(", ")).into())
        }
    }
}
