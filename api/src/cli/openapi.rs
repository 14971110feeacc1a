//! `gridward openapi`.

use super::Failure;
use crate::server;

pub(super) fn run() -> Result<(), Failure> {
    print!("{}", server::yaml()?);
    Ok(())
}
