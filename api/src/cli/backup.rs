//! `gridward backup`: copies the SQLite database of a running server.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tempfile::NamedTempFile;

use super::Failure;
use crate::attachment::blob_store::StorageLocation;
use crate::crypto::store::districts;
use crate::db::{Address, backup};
use crate::event::verify;
use crate::server::settings::Settings;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The file to create; an existing one is refused
    file: PathBuf,
}

pub(super) fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let (began, file) = (Instant::now(), &args.file);
    let Address::Sqlite(database) = &settings.database else {
        return Err(use_pg_dump(file).into());
    };
    // A connection would create a missing database.
    if !database.exists() {
        return Err(format!("{} does not exist", database.display()).into());
    }
    if std::fs::symlink_metadata(file).is_ok() {
        return Err(format!("{} exists already and is not replaced", file.display()).into());
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // Deleted again unless everything succeeds.
    let part = tempfile::Builder::new().prefix(".gridward-backup-").tempfile_in(folder)?;
    backup::copy(database, part.path())?;
    let found = check(part.path())?;
    let bytes = keep(part, file, folder)?;
    for line in found {
        println!("{line}");
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{}: {} KiB in {seconds:.1} s", file.display(), bytes.div_ceil(1024));
    print_what_else(settings);
    Ok(())
}

fn use_pg_dump(file: &Path) -> String {
    format!(
        "the database is on PostgreSQL, which has its own backup: pg_dump --format=custom \
         --file={} NAME",
        file.display()
    )
}

/// Checks the pages of the copy, and the hash chain of each district.
fn check(copy: &Path) -> Result<Vec<String>, Failure> {
    let mut conn = backup::open_checked(copy)?;
    let mut found = Vec::new();
    for district in districts(&mut conn)? {
        let end = verify::verify(&mut conn, district, None)
            .map_err(|broken| format!("the log of {district} in the copy: {broken}"))?;
        found.push(format!("{district}: the log is valid up to event {}", end.last.seq));
    }
    Ok(found)
}

/// Writes the copy to the disk under its final name; returns its size.
fn keep(part: NamedTempFile, file: &Path, folder: &Path) -> Result<u64, Failure> {
    part.as_file().sync_all()?;
    let kept = part.persist_noclobber(file).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()?;
    Ok(kept.metadata()?.len())
}

/// Names what a restore needs besides the copy.
fn print_what_else(settings: &Settings) {
    println!("\nA restore also needs:");
    match settings.installation_key_file() {
        Some(key) => println!("  the key, kept apart from the copy: {}", key.display()),
        None => println!("  the key, kept apart from the copy: the setting secret_key"),
    }
    match &settings.attachments {
        StorageLocation::Folder(folder) => println!("  the attachments: {}", folder.display()),
        StorageLocation::S3 { bucket, .. } => println!("  the attachments: the bucket {bucket}"),
    }
    if let Some(retention) = &settings.retention {
        println!("  the archived events: {}", retention.folder.display());
    }
}
