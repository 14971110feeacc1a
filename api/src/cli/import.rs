//! `gridward import`.

use std::path::PathBuf;

use super::Failure;
use crate::settings::Settings;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The folder
    dir: PathBuf,
    /// Read and check everything, write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(_settings: &Settings, args: &Args) -> Result<(), Failure> {
    let _ = (&args.dir, args.dry_run);
    Err("not yet".into())
}
