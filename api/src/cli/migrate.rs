//! `gridward migrate`.

use super::Failure;
use crate::db::migrate::migrate;
use crate::server::settings::Settings;

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    let ran = migrate(&mut settings.database.connect()?)?;
    if ran.is_empty() {
        println!("The schema of {:?} is current.", settings.database);
    }
    for name in ran {
        println!("ran {name}");
    }
    Ok(())
}
