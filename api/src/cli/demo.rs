//! `gridward demo`.

use super::Failure;
use crate::settings::Settings;

#[derive(clap::Args)]
pub(super) struct Args {
    /// How many grids
    #[arg(long, default_value_t = 2395)]
    grids: u32,
}

pub(super) fn run(_settings: &Settings, args: &Args) -> Result<(), Failure> {
    let _ = args.grids;
    Err("not yet".into())
}
