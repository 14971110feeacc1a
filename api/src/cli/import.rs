//! `gridward import`.

use std::path::PathBuf;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, connect};
use crate::clock;
use crate::import::{FILES, read};
use crate::load;
use crate::load::record::DistrictRecords;
use crate::server::settings::Settings;

/// How many kinds of record a load writes, for the progress bar.
const KINDS: u64 = 7;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The folder
    dir: PathBuf,
    /// Read and check everything, write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let began = Instant::now();
    let bar = bar(FILES.len() as u64 + KINDS);
    let today = clock::day(clock::system());
    let reading = read(&args.dir, today, &mut |step| {
        bar.set_message(format!("reading {}", step.file));
        let place = FILES.iter().position(|file| *file == step.file).unwrap_or_default();
        bar.set_position(place as u64 + 1);
    })?;
    for file in &reading.absent {
        bar.suspend(|| println!("{file} is not in the folder; nothing of it is loaded"));
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
    if args.dry_run {
        bar.finish_and_clear();
        println!("All files fit; nothing was written, as asked.");
        return Ok(());
    }
    write(settings, &reading.records, &bar)?;
    println!("loaded in {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

/// Writes a district and says of each kind what was done.
pub(super) fn write(
    settings: &Settings,
    records: &DistrictRecords,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let key = settings.installation_key()?;
    let mut conn = connect(&settings.database)?;
    load::write(&mut conn, &key, records, clock::system(), &mut |loaded| {
        bar.set_message(format!("wrote {}", loaded.kind));
        bar.inc(1);
        bar.suspend(|| println!("{loaded}"));
    })?;
    bar.finish_and_clear();
    Ok(())
}

/// A bar of so many steps; silent where there is no terminal.
pub(super) fn bar(steps: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
    ProgressBar::new(steps).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
