//! `gridward openapi`.

use super::Failure;

pub(super) fn run() -> Result<(), Failure> {
    print!("{}", crate::app::contract().to_yaml()?);
    Ok(())
}
