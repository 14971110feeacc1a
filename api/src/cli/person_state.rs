//! `gridward user suspend`, `restore` and `leave`: a person's access, on the server itself.

use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::PersonId;
use gridward_domain::person_state::PersonState;
use gridward_domain::phone::Phone;

use super::{Failure, choose_district, connect};
use crate::crypto::{KeyRing, SealingKey};
use crate::db::Conn;
use crate::http::problem::Problem;
use crate::person::store::{self, PersonRow};
use crate::server::settings::Settings;
use crate::task::person_state::{StateChange, change_state};
use crate::tx::{Db, Tx};
use crate::{auth, clock};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The person's phone number or id; a person who left has only an id
    person: String,
    /// The reason, stored encrypted in the log
    #[arg(long)]
    reason: CommandReason,
    /// District, required if the database has several
    #[arg(long)]
    district: Option<String>,
}

pub(super) fn run(settings: &Settings, args: &Args, state: PersonState) -> Result<(), Failure> {
    let mut conn = connect(&settings.database)?;
    let district = choose_district(&mut conn, args.district.as_deref())?;
    let key = KeyRing::new(settings.installation_key(&mut conn)?).key(&mut conn, district)?;
    let row = find(&mut conn, &key, district, &args.person)?;
    let row = row.ok_or("no person has this phone number or id")?;
    let change = StateChange { state, reason: args.reason.clone() };
    let id = row.id;
    let db = Db::open(settings.database.clone(), 1, clock::system);
    let runtime = tokio::runtime::Runtime::new()?;
    let changed = runtime.block_on(db.write(district, move |tx: &mut Tx<'_>| {
        auth::store::lock_person(tx.write()?, district, id)?;
        let row = store::row(tx.read_unbatched(), &district.range(), id)?;
        let row = row.ok_or_else(Problem::not_found)?;
        change_state(tx, &key, &row, &change, None)
    }));
    db.close();
    changed?;
    println!("{id} is {state}.");
    Ok(())
}

/// The person with this id or phone number.
fn find(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    person: &str,
) -> Result<Option<PersonRow>, Failure> {
    if let Ok(id) = person.parse::<PersonId>() {
        return Ok(store::row(conn, &district.range(), id)?);
    }
    let phone: Phone = person.parse()?;
    Ok(store::with_phone(conn, district, key.index(phone.as_str()))?)
}
