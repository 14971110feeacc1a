//! The visitors from other grids, whose phones have the planned hand-outs to the homes that they visit: the phones of
//! a grid follow its events, and these follow those that name them.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{BeneficiaryId, PersonId};

use crate::db::DbError;
use crate::log::Event;
use crate::person;
use crate::task::beneficiary::visitors::holders;
use crate::tx::Tx;

/// The action of the events that name more visitors than that of the change itself.
pub const VISITORS: &str = "handout.visitors";

/// The people who hold a visit to each of these homes and work outside of the area of its event: their phones do not
/// follow that area.
fn from_elsewhere(
    tx: &mut Tx<'_>,
    homes: &BTreeMap<BeneficiaryId, AreaCode>,
) -> Result<BTreeMap<BeneficiaryId, Vec<PersonId>>, DbError> {
    let (district, ids) = (tx.district, homes.keys().copied().collect::<Vec<_>>());
    let conn = tx.read()?;
    let held = holders(conn, district, &ids)?;
    let people: BTreeSet<PersonId> = held.iter().map(|(_, person)| *person).collect();
    let people = person::store::many(conn, district, &people)?;
    let mut visitors: BTreeMap<BeneficiaryId, Vec<PersonId>> = BTreeMap::new();
    for (home, person) in held {
        if let (Some(area), Some(row)) = (homes.get(&home), people.get(&person))
            && !area.contains(&row.area)
        {
            visitors.entry(home).or_default().push(person);
        }
    }
    Ok(visitors)
}

/// Records the events of hand-outs to these homes, each in its grid; they name the visitors from elsewhere.
///
/// # Errors
/// [`DbError`].
pub(super) fn record(tx: &mut Tx<'_>, events: Vec<(BeneficiaryId, Event)>) -> Result<(), DbError> {
    let homes = events.iter().map(|(home, event)| (*home, event.area)).collect();
    let visitors = from_elsewhere(tx, &homes)?;
    for (home, event) in events {
        record_for(tx, event, visitors.get(&home).map(Vec::as_slice).unwrap_or_default());
    }
    Ok(())
}

/// Records the event of hand-outs that a campaign has planned for these homes; none without a home. That of the district
/// reaches each phone, that of an area below names the visitors who work outside of it.
///
/// # Errors
/// [`DbError`].
pub fn record_planned(
    tx: &mut Tx<'_>,
    event: Event,
    homes: &BTreeSet<BeneficiaryId>,
) -> Result<(), DbError> {
    if homes.is_empty() {
        return Ok(());
    }
    let mut people = BTreeSet::new();
    if event.area.level() != Level::District {
        let homes = homes.iter().map(|home| (*home, event.area)).collect();
        people.extend(from_elsewhere(tx, &homes)?.into_values().flatten());
    }
    let people: Vec<PersonId> = people.into_iter().collect();
    record_for(tx, event, &people);
    Ok(())
}

/// Records the event with two of the people, and an event [`VISITORS`] for each two of the others.
pub(super) fn record_for(tx: &mut Tx<'_>, event: Event, people: &[PersonId]) {
    for event in event.naming(people, VISITORS) {
        tx.record(event);
    }
}
