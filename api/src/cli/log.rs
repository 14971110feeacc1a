//! `gridward log`: check the log, archive it, say that it was restored.

use std::path::PathBuf;

use chrono::{DateTime, Days, Utc};
use clap::Subcommand;
use gridward_domain::area::AreaCode;
use serde_json::json;
use uuid::Uuid;

use super::{Failure, NO_DISTRICT, choose_district, connect};
use crate::clock;
use crate::crypto::KeyRing;
use crate::crypto::store::districts;
use crate::db::{self, Conn};
use crate::event::{archive, verify};
use crate::idempotency::dead_letter;
use crate::log::chain::hex;
use crate::log::head::Heads;
use crate::log::{self, Event, Subject, head};
use crate::server::settings::Settings;

#[derive(clap::Args)]
pub(super) struct VerifyArgs {
    /// The district; all of them unless named
    #[arg(long)]
    district: Option<String>,
    /// Follow the chain from its first event, through the archive files in this folder
    #[arg(long)]
    archive: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Move events older than so many days into compressed files
    ///
    /// One event a line, the chain unbroken from file to file. Phones whose cursor
    /// is older begin anew. Keep the files: they are the record.
    Archive {
        /// The folder for the files
        folder: PathBuf,
        /// Events of the last so many days stay
        #[arg(long, default_value_t = 184, value_parser = clap::value_parser!(u32).range(0..=36_500))]
        keep_days: u32,
        /// The district; all of them unless named
        #[arg(long)]
        district: Option<String>,
    },
    /// Show the commands that the server failed at again and again, opened
    ///
    /// One a line, in JSON. What is shown is personal; that it was shown goes on the log.
    DeadLetter {
        /// The district; all of them unless named
        #[arg(long)]
        district: Option<String>,
    },
    /// Say that the database was restored from a backup: phones begin anew
    Restored {
        /// The district; all of them unless named
        #[arg(long)]
        district: Option<String>,
    },
}

/// The districts meant: the one that is named, or all.
fn chosen(conn: &mut Conn, named: Option<&str>) -> Result<Vec<AreaCode>, Failure> {
    match named {
        Some(_) => Ok(vec![choose_district(conn, named)?]),
        None => match districts(conn)? {
            none if none.is_empty() => Err(NO_DISTRICT.into()),
            all => Ok(all),
        },
    }
}

/// Checks each chain and says where it ends.
pub(super) fn verify(settings: &Settings, args: &VerifyArgs) -> Result<(), Failure> {
    let mut conn = connect(&settings.database)?;
    for district in chosen(&mut conn, args.district.as_deref())? {
        let end =
            verify::verify(&mut conn, district, args.archive.as_deref()).map_err(|broken| {
                let is = if broken.is_proven() { "is broken" } else { "cannot be checked" };
                format!("the log of {district} {is}: {broken}")
            })?;
        let (first, hash) = (end.checked_from, hex(end.last.hash.as_ref()));
        let last = end.last.seq;
        if first > last {
            println!("{district}: no events here to check; the last hash is {hash}");
        } else {
            println!("{district}: events {first} to {last} hold; the last hash is {hash}");
        }
        if first > 1 {
            let archived = first - 1;
            println!("{district}: events 1 to {archived} are archived; --archive checks them too");
        }
    }
    Ok(())
}

pub(super) fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let mut conn = connect(&settings.database)?;
    match &args.command {
        Command::Archive { folder, keep_days, district } => {
            let moment = days_ago(*keep_days)?;
            for district in chosen(&mut conn, district.as_deref())? {
                let moved = archive::archive(&mut conn, district, folder, moment)?;
                println!("{district}: {moved} events archived");
            }
        }
        Command::DeadLetter { district } => {
            let vault = KeyRing::new(settings.installation_key()?);
            for district in chosen(&mut conn, district.as_deref())? {
                show_set_aside(&mut conn, &vault, district)?;
            }
        }
        Command::Restored { district } => {
            for district in chosen(&mut conn, district.as_deref())? {
                let epoch = Uuid::new_v4().simple().to_string();
                db::transact(&mut conn, |conn| head::renew_epoch(conn, district, &epoch))?;
                println!("{district}: every phone begins anew with its next sync");
            }
        }
    }
    Ok(())
}

fn show_set_aside(conn: &mut Conn, vault: &KeyRing, district: AreaCode) -> Result<(), Failure> {
    let key = vault.key(conn, district)?;
    let commands = dead_letter::all(conn, &key, district)?;
    let shown: Vec<&str> = commands.iter().map(|aside| aside.command.as_str()).collect();
    if shown.is_empty() {
        return Ok(());
    }
    let fact = Event::new("command.read", Subject::Reading, district, district, 1)
        .with(json!({ "commands": shown }));
    db::transact(conn, |conn| {
        log::store::append(conn, &mut Heads::default(), district, clock::system(), &[fact])
    })?;
    for command in &commands {
        println!("{}", serde_json::to_string(command)?);
    }
    Ok(())
}

fn days_ago(days: u32) -> Result<DateTime<Utc>, Failure> {
    let ago = clock::system().checked_sub_days(Days::new(days.into()));
    ago.ok_or_else(|| "that many days reach too far back".into())
}
