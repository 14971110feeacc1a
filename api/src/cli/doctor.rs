//! `gridward doctor`: whether the server can start, and the next command.

use thiserror::Error;

use super::Failure;
use crate::clock;
use crate::server::diagnosis::{Finding, examine};
use crate::server::settings::Settings;
use crate::server::settings_error::SettingsError;

/// A check failed; the findings are printed already.
#[derive(Debug, Error)]
#[error("the installation is not ready")]
pub(super) struct NotReady;

/// Prints the result of each check, and one command.
pub(super) fn run(settings: &Result<Settings, SettingsError>) -> Result<(), Failure> {
    let diagnosis = examine(settings, clock::system());
    for Finding { subject, status, text, .. } in &diagnosis.findings {
        println!("{:<8} {subject:<11}  {text}", status.as_str());
    }
    println!("\nnext: {}", diagnosis.next);
    if diagnosis.is_ready() { Ok(()) } else { Err(NotReady.into()) }
}
