//! `gridward user suspend`, `restore` and `leave`: a person's access, on the server itself.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::PersonId;
use gridward_domain::person_state::PersonState;
use gridward_domain::phone::Phone;

use super::{Failure, choose_district, connect_existing};
use crate::crypto::{KeyRing, SealingKey};
use crate::db::Conn;
use crate::handover::depart::depart;
use crate::handover::model::{Departure, DepartureReason};
use crate::handover::person_state::{StateChange, change_state};
use crate::handover::situation::Decider;
use crate::http::problem::Problem;
use crate::person::store::{self, PersonRow};
use crate::server::settings::Settings;
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

/// Suspends or restores a person.
pub(super) fn run(settings: &Settings, args: &Args, state: PersonState) -> Result<(), Failure> {
    let change = StateChange { state, reason: args.reason.clone() };
    let (id, ()) = with_person(settings, args, move |tx, key, row, by| {
        change_state(tx, key, row, &change, by)
    })?;
    println!("{id} is {state}.");
    Ok(())
}

/// Ends the work of a person who left.
pub(super) fn leave(
    settings: &Settings,
    args: &Args,
    successor: Option<PersonId>,
) -> Result<(), Failure> {
    let note = Some(args.reason.clone());
    let departure = Departure::without_wishes(DepartureReason::Other, note);
    let departure = Departure { successor_id: successor, ..departure };
    let (id, handover) = with_person(settings, args, move |tx, key, row, by| {
        depart(tx, key, by, row, (&departure, &BTreeSet::new()))
    })?;
    println!("{id} is {}; {} unfinished tasks are open.", handover.state, handover.tasks.len());
    Ok(())
}

/// Changes the person of the arguments with `act`, in one transaction; returns the person's id.
fn with_person<T: Send + 'static>(
    settings: &Settings,
    args: &Args,
    act: impl Fn(&mut Tx<'_>, &SealingKey, &PersonRow, Decider) -> Result<T, Problem> + Send + 'static,
) -> Result<(PersonId, T), Failure> {
    let mut conn = connect_existing(&settings.database)?;
    let district = choose_district(&mut conn, args.district.as_deref())?;
    let key = KeyRing::new(settings.installation_key(&mut conn)?).key(&mut conn, district)?;
    let row = find(&mut conn, &key, district, &args.person)?;
    let id = row.ok_or("no person has this phone number or id")?.id;
    let db = Db::open(settings.database.clone(), 1, clock::system);
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(db.write(district, move |tx: &mut Tx<'_>| {
        auth::store::lock_person(tx.read()?, district, id)?;
        let row = store::row(tx.read_unbatched(), &district.range(), id)?;
        let row = row.ok_or_else(Problem::not_found)?;
        act(tx, &key, &row, Decider::Operator(district))
    }));
    db.close();
    Ok((id, done?))
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
