//! `gridward log`: check the log, archive it, list dead letters, start a new epoch.

use std::path::PathBuf;

use chrono::{DateTime, Days, Utc};
use clap::Subcommand;
use gridward_domain::area::AreaCode;
use serde_json::json;
use uuid::Uuid;

use super::{Failure, NO_DISTRICT, choose_district, connect_existing};
use crate::clock;
use crate::crypto::KeyRing;
use crate::crypto::store::districts;
use crate::db::{self, Conn};
use crate::event::{archive, verify};
use crate::idempotency::dead_letter;
use crate::log::head::Heads;
use crate::log::{self, Event, Subject, head};
use crate::server::settings::Settings;

#[derive(clap::Args)]
pub(super) struct VerifyArgs {
    /// District; default: all
    #[arg(long)]
    district: Option<String>,
    /// Also verify the archive files in this folder, from the first event on
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
    /// Move old events into compressed files
    ///
    /// A file has one event per line; the hash chain continues from file to file.
    /// Phones with an older cursor fetch a new snapshot. Keep the files: they are
    /// the only copy of these events.
    Archive {
        /// Folder for the files
        folder: PathBuf,
        /// Days of events that stay in the database
        #[arg(long, default_value_t = 184, value_parser = clap::value_parser!(u32).range(0..=36_500))]
        keep_days: u32,
        /// District; default: all
        #[arg(long)]
        district: Option<String>,
    },
    /// List dead letters: commands that the server repeatedly failed to process
    ///
    /// Prints them decrypted, one JSON object per line. They contain personal data;
    /// an event records the access.
    DeadLetters {
        /// District; default: all
        #[arg(long)]
        district: Option<String>,
    },
    /// Start a new epoch after a restore from backup: phones fetch a new snapshot
    Restored {
        /// District; default: all
        #[arg(long)]
        district: Option<String>,
    },
}

/// The named district, or all.
fn chosen(conn: &mut Conn, named: Option<&str>) -> Result<Vec<AreaCode>, Failure> {
    match named {
        Some(_) => Ok(vec![choose_district(conn, named)?]),
        None => match districts(conn)? {
            none if none.is_empty() => Err(NO_DISTRICT.into()),
            all => Ok(all),
        },
    }
}

/// Verifies each chain and prints its last hash.
pub(super) fn verify(settings: &Settings, args: &VerifyArgs) -> Result<(), Failure> {
    let mut conn = connect_existing(&settings.database)?;
    for district in chosen(&mut conn, args.district.as_deref())? {
        let end =
            verify::verify(&mut conn, district, args.archive.as_deref()).map_err(|broken| {
                let is = if broken.is_proven() { "is broken" } else { "cannot be verified" };
                format!("the log of {district} {is}: {broken}")
            })?;
        let (first, hash) = (end.checked_from, hex::encode(end.last.hash));
        let last = end.last.seq;
        if first > last {
            println!("{district}: the database has no events to verify; the last hash is {hash}");
        } else {
            println!("{district}: events {first} to {last} are valid; the last hash is {hash}");
        }
        if first > 1 {
            let archived = first - 1;
            println!(
                "{district}: events 1 to {archived} are archived; --archive verifies them too"
            );
        }
    }
    Ok(())
}

pub(super) fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let mut conn = connect_existing(&settings.database)?;
    match &args.command {
        Command::Archive { folder, keep_days, district } => {
            let moment = days_ago(*keep_days)?;
            for district in chosen(&mut conn, district.as_deref())? {
                let moved = archive::archive(&mut conn, district, folder, moment)?;
                println!("{district}: {moved} events archived");
            }
        }
        Command::DeadLetters { district } => {
            let keys = KeyRing::new(settings.installation_key(&mut conn)?);
            for district in chosen(&mut conn, district.as_deref())? {
                show_dead_letters(&mut conn, &keys, district)?;
            }
        }
        Command::Restored { district } => {
            for district in chosen(&mut conn, district.as_deref())? {
                let epoch = Uuid::new_v4().simple().to_string();
                db::transact(&mut conn, |conn| head::renew_epoch(conn, district, &epoch))?;
                println!("{district}: every phone fetches a new snapshot with its next sync");
            }
        }
    }
    Ok(())
}

fn show_dead_letters(conn: &mut Conn, keys: &KeyRing, district: AreaCode) -> Result<(), Failure> {
    let key = keys.key(conn, district)?;
    let commands = dead_letter::all(conn, &key, district)?;
    let shown: Vec<&str> = commands.iter().map(|letter| letter.command.as_str()).collect();
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
    ago.ok_or_else(|| "--keep-days is out of range".into())
}
