//! `gridward serve`.

use super::Failure;
use crate::server;
use crate::server::settings::Settings;

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    server::serve(settings, |_| {})
}
