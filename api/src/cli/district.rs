//! `gridward district`.

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::place::Place;

use super::{Failure, connect};
use crate::clock;
use crate::crypto::store::districts;
use crate::db::DbError;
use crate::load::record::{AreaRecord, DistrictRecords};
use crate::load::{self, Extent, Options};
use crate::plan::initial_settings;
use crate::server::settings::Settings;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Add a district without towns, people or beneficiaries
    ///
    /// Then add its first admin (`gridward user add`), who imports the rest over the API. Each night the district
    /// has a draft of a plan of its next three days, unless the admin changes this.
    Add {
        /// The code, six digits
        #[arg(long)]
        code: AreaCode,
        /// The official name
        #[arg(long)]
        name: String,
        /// The latitude of a point inside, WGS-84 degrees
        #[arg(long)]
        lat: f64,
        /// The longitude
        #[arg(long)]
        lon: f64,
    },
}

pub(super) fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let Command::Add { code, name, lat, lon } = &args.command;
    if code.level() != Level::District {
        return Err("the code of a district has six digits".into());
    }
    let name = name.trim();
    if name.is_empty() {
        return Err("the name is empty".into());
    }
    let place = Place::new(*lat, *lon)?;
    let mut conn = connect(&settings.database)?;
    if districts(&mut conn)?.contains(code) {
        return Err(format!("the district {code} exists already").into());
    }
    let installation = settings.installation_key(&mut conn)?;
    let district = AreaRecord { code: *code, name: name.to_owned(), place };
    let records = DistrictRecords { areas: vec![district], ..DistrictRecords::default() };
    let options = Options { extent: Extent::All, ..Options::default() };
    // Before the district, so that none is without them: an earlier try that failed may have left them.
    match initial_settings::enter(&mut conn, *code) {
        Ok(()) | Err(DbError::Collision) => {}
        Err(error) => return Err(error.into()),
    }
    load::write(&mut conn, &installation, &records, clock::system(), &options, &mut |_| {})?;
    println!(
        "The district {code} is added. Next: gridward user add --role admin --area {code} \
         --name NAME --phone PHONE"
    );
    Ok(())
}
