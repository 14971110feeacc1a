//! The command line: one subcommand per use of the binary.

mod backup;
mod call;
mod call_session;
mod demo;
mod dispatch;
mod district;
mod doctor;
mod import;
mod invite;
mod jobs;
mod log;
mod migrate;
mod openapi;
mod person_state;
mod scenario;
mod serve;
mod simulate;
mod solve;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gridward_domain::area::AreaCode;
use rustix::fs::Mode;

use crate::db::{Address, Conn, dialect, migrate as tables};
use crate::server::settings::Settings;

const AFTER: &str = "\
Environment variables override gridward.toml (or the file that GRIDWARD_CONFIG
names), which overrides the defaults:

  GRIDWARD_DATABASE_URL  path of the SQLite file, or postgres://user:pass@host/name
                         [var/gridward.db]
  GRIDWARD_LISTEN        address and port of the HTTP server  [127.0.0.1:8080]
  GRIDWARD_SECRET_KEY    encryption key for personal data: 32 bytes in base64; on
                         SQLite a key file beside the database is created
  GRIDWARD_KEY_FILE      file with that key  [beside the SQLite file]
  GRIDWARD_LOG           filter for the server's log lines  [info]
  GRIDWARD_LOG_FORMAT    human or json  [human]
  GRIDWARD_WORKERS       threads that serve requests  [one per core]
  GRIDWARD_READERS       database connections for reads  [two per core, at least 4]
  GRIDWARD_PLAN_THREADS  threads that compute plans  [half the cores, at least 1]
  GRIDWARD_LAUNCH_BATCH  beneficiaries in one transaction of a launch  [500]
  GRIDWARD_ATTACHMENTS   folder, or s3://bucket/prefix (with the AWS_ variables)
                         [attachments beside the SQLite file, or var/attachments]
  GRIDWARD_ARCHIVE       folder for archived events, moved daily  [none: no archiving]
  GRIDWARD_KEEP_DAYS     days that events stay in the database before archiving  [184]
  GRIDWARD_ACCESS_TOKEN_S      seconds that an access token is valid  [600]
  GRIDWARD_SESSION_IDLE_S      seconds until an unused session ends  [1209600: 14 days]
  GRIDWARD_SESSION_PHONE_S     seconds until a phone signs in again  [7776000: 90 days]
  GRIDWARD_SESSION_CONSOLE_S   seconds until a browser signs in again  [28800: 8 hours]
  GRIDWARD_SESSION_GRACE_S     seconds that a spent refresh token is forgiven  [60]
  GRIDWARD_SESSIONS_PER_PERSON devices of a person, signed in at a time  [5]
  GRIDWARD_SECOND_FACTOR       required, or off: a password suffices  [required]
  GRIDWARD_SECOND_FACTOR_GRACE last day on which people of an older database may enrol
                               by signing in  [none]
  GRIDWARD_STEP_UP_S           seconds for which exports and changes of factors accept a
                               sign-in  [600]
  GRIDWARD_INVITATION_S        seconds that an invitation is valid  [604800: 7 days]
  GRIDWARD_SMS                 codes by message: off, log (development) or http  [off]
  GRIDWARD_SMS_URL             address of the provider, for http  [none]
  GRIDWARD_SMS_KEY             key that signs the messages  [none]
  GRIDWARD_SMS_PER_DAY         messages of a district in a day  [200]
  GRIDWARD_SERVICE_NAME        name of the service, for everybody  [Gridward]
  GRIDWARD_HOST_UNIT           unit that runs the service
  GRIDWARD_FILING_NUMBER       filing number of the site
  GRIDWARD_COMPLAINT_CONTACT   how to complain
  GRIDWARD_PHONE_PIN           asked: the phone app has people set a PIN, or off  [asked]
  GRIDWARD_WEB                 embedded, or off: installed apps remove themselves  [embedded]
  GRIDWARD_REVEALS_MANAGER     reveals of a manager or volunteer per day  [50]
  GRIDWARD_REVEALS_SUPERVISOR  reveals of a supervisor or admin per day  [100]
  GRIDWARD_CORS_ORIGINS  web origins that may call the API, with commas  [none]
  GRIDWARD_PUBLIC_ORIGINS
                         origins under which clients reach the service, with commas; needed
                         beyond loopback and behind a proxy  [none]
  GRIDWARD_TRUSTED_PROXIES
                         networks of the proxies in front that encrypt and name the
                         client, with commas; needed beyond loopback without a
                         certificate  [none]
  GRIDWARD_TLS_CERT      file with the certificate chain (PEM), for HTTPS  [none]
  GRIDWARD_TLS_KEY       file with its private key (PEM)  [none]
  GRIDWARD_SIGN_INS_PER_MINUTE
                         sign-in attempts from one /24 or /64 of addresses  [120]
  GRIDWARD_SEARCHES_PER_MINUTE
                         searches for people and beneficiaries by one account  [60]
  GRIDWARD_CONNECTIONS   maximum number of connections  [20000]
  GRIDWARD_CONNECTIONS_PER_ADDRESS
                         connections of one address  [a quarter; loopback: all]
  GRIDWARD_BODY_SECONDS  time for a request body, or for an upload without progress  [30]

Example:  gridward demo --serve";

/// Gridward plans and records the home visits of a district.
#[derive(Parser)]
#[command(name = "gridward", version, about, after_help = AFTER, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API; migrates the database first
    Serve,
    /// Migrate the database and exit
    Migrate,
    /// Import a district from a folder of CSV and GeoJSON files
    ///
    /// Reads areas.csv, grids.geojson, people.csv, beneficiaries.csv,
    /// stations.csv, memorials.csv and holidays.csv. Every error is reported with
    /// file, line, column and reason; if there is one, nothing is written.
    /// Importing an unchanged folder again changes nothing.
    Import(import::Args),
    /// Add a district, to be filled over the API
    District(district::Args),
    /// Generate a demo district and load it
    Demo(demo::Args),
    /// Plan the open tasks of an area, and assign them with `--apply`
    Dispatch(dispatch::Args),
    /// Simulate a quarter of the demo district under several ways to assign visits
    ///
    /// Tasks arise by rules, and people accept, decline and fall ill, the same for each way.
    /// Prints a Markdown table. Uses neither settings nor a database.
    Simulate(simulate::Args),
    /// Verify the hash chain of the event log
    ///
    /// Names the first event that breaks the chain. Keep the last hash in another
    /// place: a comparison with it also detects a log that was rewritten as a whole.
    VerifyLog(log::VerifyArgs),
    /// Archive events, list dead letters, or start a new epoch after a restore
    Log(log::Args),
    /// List the background jobs and their last runs, or run one now
    Jobs(jobs::Args),
    /// Back up the SQLite database, while a server may use it
    ///
    /// The copy has every write acknowledged before the command began. It is checked before
    /// it gets its name, and an existing file is refused. PostgreSQL has its own tools.
    Backup(backup::Args),
    /// Check whether the server can start, and print the next command
    ///
    /// Checks the settings, the address, the certificate, the key, the database and its
    /// clock, open files and the disk, without changing anything. Fails if a start would.
    Doctor,
    /// Print openapi.yaml
    Openapi,
    /// Sign in at a server, for `gridward call`
    ///
    /// The password is typed without echo, or read from a line of standard input. The session is
    /// kept in a file of mode 600 in `~/.config/gridward` (or `$XDG_CONFIG_HOME/gridward`).
    SignIn(call::SignInArgs),
    /// Call the API as a person who has signed in, and print the answer
    ///
    /// Refreshes the session when its access token expires. JSON is printed with indents, other
    /// content as it arrives. Fails with the problem if the server refuses the call.
    Call(call::CallArgs),
    /// Print a new id, for a command or an Idempotency-Key
    ///
    /// The id is a `UUIDv7`: ids that are made later are greater.
    NewId,
    /// Add admins, supervisors and auditors; invite people; set passwords; suspend people
    User(user::Args),
}

/// The error of a failed command; its text is printed to the terminal.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Parses the arguments of this process and runs the command.
pub fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Its findings are printed already, and end with the next command.
            if !failure.is::<doctor::NotReady>() {
                #[expect(clippy::print_stderr, reason = "errors go to standard error")]
                {
                    eprintln!("gridward: {failure}");
                }
            }
            // The same status as for an invalid flag.
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
    if let Command::Simulate(args) = command {
        return simulate::run(args);
    }
    create_private_files();
    match command {
        Command::SignIn(args) => return call::sign_in(args),
        Command::Call(args) => return call::call(args),
        Command::NewId => {
            println!("{}", uuid::Uuid::now_v7());
            return Ok(());
        }
        _ => {}
    }
    let settings = Settings::load();
    if let Command::Doctor = command {
        return doctor::run(&settings);
    }
    let settings = settings?;
    match command {
        Command::Serve => serve::run(&settings),
        Command::Migrate => migrate::run(&settings),
        Command::Import(args) => import::run(&settings, args),
        Command::District(args) => district::run(&settings, args),
        Command::Demo(args) => demo::run(&settings, args),
        Command::Dispatch(args) => dispatch::run(&settings, args),
        Command::VerifyLog(args) => log::verify(&settings, args),
        Command::Log(args) => log::run(&settings, args),
        Command::Backup(args) => backup::run(&settings, args),
        Command::Jobs(args) => jobs::run(&settings, args),
        Command::User(args) => user::run(&settings, args),
        Command::Openapi
        | Command::Simulate(_)
        | Command::Doctor
        | Command::SignIn(_)
        | Command::Call(_)
        | Command::NewId => Ok(()),
    }
}

/// Makes new files readable for their owner only: the database, attachments, archives, accounts.
fn create_private_files() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Connects to the database and migrates it.
fn connect(address: &Address) -> Result<Conn, Failure> {
    let mut conn = address.connect()?;
    dialect::enlarge_cache(&mut conn)?;
    tables::migrate(&mut conn)?;
    Ok(conn)
}

/// As [`connect`], for commands that use what a database has: a missing file of SQLite is named
/// instead of created, since a relative path in another folder leads to another file.
fn connect_existing(address: &Address) -> Result<Conn, Failure> {
    if let Some(file) = address.file().filter(|file| !file.exists()) {
        let whole = std::env::current_dir()?.join(file);
        let relative = "the path of the setting `database_url` is relative to the current folder";
        let note = if file.is_relative() { format!(" ({relative})") } else { String::new() };
        return Err(format!("there is no database {}{note}", whole.display()).into());
    }
    connect(address)
}

/// Message of a command that needs a district when the database has none.
const NO_DISTRICT: &str = "the database has no district: add one (`gridward district add`), \
     import one, or run `gridward demo`";

/// The named district, or the only one in the database.
fn choose_district(conn: &mut Conn, named: Option<&str>) -> Result<AreaCode, Failure> {
    let known = crate::crypto::store::districts(conn)?;
    if let Some(named) = named {
        let chosen = known.into_iter().find(|district| district.as_str() == named);
        return chosen.ok_or_else(|| format!("district {named} does not exist").into());
    }
    match known.as_slice() {
        [only] => Ok(*only),
        [] => Err(NO_DISTRICT.into()),
        several => {
            let codes: Vec<&str> = several.iter().map(AreaCode::as_str).collect();
            Err(format!("the database has several districts; choose one of {}", codes.join(", "))
                .into())
        }
    }
}
