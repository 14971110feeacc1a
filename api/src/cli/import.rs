//! `gridward import`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, connect};
use crate::clock;
use crate::crypto;
use crate::db::{Conn, migrate};
use crate::demo::mark;
use crate::import::{self, FILES, Fault, Headings, Reading, read};
use crate::load::existing::Existing;
use crate::load::record::DistrictRecords;
use crate::load::{self, Extent, LoadError, Options};
use crate::plan::{initial_settings, settings as planning};
use crate::server::settings::Settings;

/// The number of record kinds in a load, for the progress bar.
const KINDS: u64 = 7;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The folder
    dir: PathBuf,
    /// Check the files and report the changes without writing
    #[arg(long)]
    dry_run: bool,
    /// Treat the files as the whole district and remove rows that they lack
    ///
    /// Areas end; people become inactive (admins stay); beneficiaries, stations,
    /// memorials and holidays are deleted. A beneficiary with tasks is kept for their
    /// history, and its unfinished tasks are cancelled. Without this flag, missing rows
    /// are only reported. Every file must be present.
    #[arg(long)]
    whole: bool,
    /// Give people who have left, and are in the files, access again
    ///
    /// Without this flag they stay as they are: a file may be older than the departure.
    #[arg(long)]
    readmit: bool,
    /// When the files were written, such as 2026-11-02T17:30:00+08:00
    ///
    /// A value that was edited over the API later is kept, and the difference is reported. Without
    /// this time every edited value is kept: the file system knows only when a file was copied.
    #[arg(long, value_name = "TIME")]
    written: Option<DateTime<Utc>>,
    /// The district, if the folder lacks its areas and the database has several districts
    #[arg(long, value_name = "CODE")]
    district: Option<AreaCode>,
}

pub(super) fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let began = Instant::now();
    let bar = bar(FILES.len() as u64 + KINDS);
    let existing = existing(settings, args)?;
    let reading = check(args, &existing, &bar)?;
    let absent: Vec<&str> = reading.absent.iter().map(|file| load::kind_of(file)).collect();
    let Args { whole, readmit, dry_run, .. } = *args;
    let district = existing.district;
    let absent = &absent;
    let extent = if dry_run { Extent::DryRun } else { Extent::Kind };
    let named = |failure| name_rows(&reading, failure);
    let options =
        Options { district, whole, absent, readmit, extent, written: args.written, by: None };
    if args.dry_run {
        rehearse(settings, &reading.records, &options, &bar).map_err(named)?;
        println!("All files are valid; nothing was written (dry run).");
        return Ok(());
    }
    let mut conn = connect(&settings.database)?;
    load(settings, &mut conn, &reading.records, &options, &bar).map_err(named)?;
    println!("loaded in {:.1} s", began.elapsed().as_secs_f64());
    let of_areas = reading.records.areas.first().map(|area| area.code.district());
    if let Some(district) = district.or(of_areas) {
        advise(&mut conn, district)?;
    }
    if let Some(demo) = mark::find(&mut conn)? {
        println!("warning: with the demo district {demo} this database is served on loopback only");
    }
    Ok(())
}

/// Prints how the district gets a plan each night, unless it has one.
fn advise(conn: &mut Conn, district: AreaCode) -> Result<(), Failure> {
    let (settings, _) = planning::read(conn, district)?;
    if settings.nightly_plan.is_none() {
        let plan = serde_json::to_string(&initial_settings::nightly_plan()?)?;
        println!(
            "The district {district} makes no plan at night. Next, as its admin: PUT \
             /v1/planning-settings with \"nightly_plan\": {plan} added to its settings"
        );
    }
    Ok(())
}

/// The district of the folder as the database has it; empty without a database.
fn existing(settings: &Settings, args: &Args) -> Result<Existing, Failure> {
    let Some(mut conn) = current_database(settings)? else { return Ok(Existing::default()) };
    let headings = Headings::default();
    let named = args.district.or_else(|| import::district_of(&args.dir, &headings));
    let district = match (named, &*crypto::store::districts(&mut conn)?) {
        (Some(district), _) => district,
        (None, [district]) => *district,
        (None, []) => return Ok(Existing::default()),
        (None, _) => return Err("the database has several districts: add --district CODE".into()),
    };
    let installation = settings.installation_key(&mut conn)?;
    match crypto::store::district_key(&mut conn, &installation, district)? {
        Some(key) => Ok(Existing::read(&mut conn, &key, district)?),
        None => Ok(Existing::default()),
    }
}

/// A connection to the database, if it exists and is up to date.
fn current_database(settings: &Settings) -> Result<Option<Conn>, Failure> {
    let database = &settings.database;
    // Connecting to a missing file would create it.
    if !database.file().is_none_or(Path::exists) {
        return Ok(None);
    }
    let mut conn = database.connect()?;
    Ok(migrate::is_current(&mut conn)?.then_some(conn))
}

/// Reads the folder and prints its faults and warnings.
fn check(args: &Args, existing: &Existing, bar: &ProgressBar) -> Result<Reading, Failure> {
    let today = clock::day(clock::system());
    let options = import::Options { today, existing, headings: &Headings::default() };
    let reading = read(&args.dir, &options, &mut |step| {
        bar.set_message(format!("reading {}", step.file));
        let place = FILES.iter().position(|file| *file == step.file).unwrap_or_default();
        bar.set_position(place as u64 + 1);
    })?;
    for file in &reading.absent {
        bar.suspend(|| println!("{file} is not in the folder and is skipped"));
    }
    for warning in &reading.warnings {
        bar.suspend(|| println!("warning: {warning}"));
    }
    if !reading.faults.is_empty() {
        bar.finish_and_clear();
        for fault in &reading.faults {
            println!("{fault}");
        }
        let count = reading.faults.len();
        return Err(format!("{count} faults; nothing was written").into());
    }
    if args.whole && !reading.absent.is_empty() {
        bar.finish_and_clear();
        let files = reading.absent.join(", ");
        return Err(format!("--whole needs every file; missing: {files}").into());
    }
    Ok(reading)
}

/// Prints the rows of the files that conflict with the register, in place of the ids of a conflict.
fn name_rows(reading: &Reading, failure: Failure) -> Failure {
    let Some(LoadError::Conflicts(conflicts)) = failure.downcast_ref::<LoadError>() else {
        return failure;
    };
    let faults: Vec<Fault> = conflicts.iter().filter_map(|one| reading.fault_of(one)).collect();
    if faults.len() < conflicts.len() {
        return failure;
    }
    for fault in &faults {
        println!("{fault}");
    }
    format!("{} faults; nothing was written", faults.len()).into()
}

/// Reports the changes that a load would make, if the database exists.
fn rehearse(
    settings: &Settings,
    records: &DistrictRecords,
    options: &Options<'_>,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    if let Some(mut conn) = current_database(settings)? {
        return load(settings, &mut conn, records, options, bar);
    }
    bar.finish_and_clear();
    println!("The database does not exist or is not up to date, so nothing was compared.");
    Ok(())
}

/// Writes a district and reports each kind.
pub(super) fn write(
    settings: &Settings,
    records: &DistrictRecords,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    load(settings, &mut connect(&settings.database)?, records, &Options::default(), bar)
}

fn load(
    settings: &Settings,
    conn: &mut Conn,
    records: &DistrictRecords,
    options: &Options<'_>,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let key = settings.installation_key(conn)?;
    let loaded = load::write(conn, &key, records, clock::system(), options, &mut |loaded| {
        bar.set_message(format!("wrote {}", loaded.kind));
        bar.inc(1);
        bar.suspend(|| println!("{loaded}"));
    });
    bar.finish_and_clear();
    Ok(loaded?)
}

/// A bar of `steps` steps; silent without a terminal.
pub(super) fn bar(steps: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
    ProgressBar::new(steps).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
