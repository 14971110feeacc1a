//! The visitors from other grids, whose phones have the planned hand-outs to the homes that they visit: the phones of
//! a grid follow its events, and these follow those that name them.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::task::Phase;
use serde_json::json;

use crate::beneficiary::store::BeneficiaryRow;
use crate::db::DbError;
use crate::log::Event;
use crate::tx::Tx;
use crate::{person, task};

/// The action of the events that name more visitors than that of the change itself.
pub const VISITORS: &str = "handout.visitors";

/// The people who hold a visit to each of these homes and work in another grid than that of the home.
fn from_elsewhere(
    tx: &mut Tx<'_>,
    homes: &BTreeMap<BeneficiaryId, AreaCode>,
) -> Result<BTreeMap<BeneficiaryId, Vec<PersonId>>, DbError> {
    let (district, ids) = (tx.district, homes.keys().copied().collect::<Vec<_>>());
    let conn = tx.read()?;
    let tasks = task::store::facts_at(conn, district, &ids)?;
    let held = tasks.into_iter().filter_map(|(home, task)| {
        let is_held = Phase::UNFINISHED_ASSIGNED.contains(&task.phase);
        Some((home, task.assignee.filter(|_| is_held)?))
    });
    let held: BTreeSet<(BeneficiaryId, PersonId)> = held.collect();
    let people: BTreeSet<PersonId> = held.iter().map(|(_, person)| *person).collect();
    let people = person::store::many(conn, district, &people)?;
    let mut visitors: BTreeMap<BeneficiaryId, Vec<PersonId>> = BTreeMap::new();
    for (home, person) in held {
        let area = people.get(&person).map(|row| row.area);
        if area.is_some() && area != homes.get(&home).copied() {
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

/// Records the event of hand-outs that a campaign has planned for these homes. That of the district reaches each phone,
/// that of an area below names the visitors from elsewhere.
///
/// # Errors
/// [`DbError`].
pub fn record_planned(
    tx: &mut Tx<'_>,
    event: Event,
    homes: &[BeneficiaryRow],
) -> Result<(), DbError> {
    let mut people = BTreeSet::new();
    if event.area.level() != Level::District {
        let homes = homes.iter().map(|home| (home.id, home.grid)).collect();
        people.extend(from_elsewhere(tx, &homes)?.into_values().flatten());
    }
    let people: Vec<PersonId> = people.into_iter().collect();
    record_for(tx, event, &people);
    Ok(())
}

/// Records the event with two of the people, and an event [`VISITORS`] for each two of the others.
fn record_for(tx: &mut Tx<'_>, event: Event, people: &[PersonId]) {
    let mut pairs = people.chunks(2);
    let others = Event { action: VISITORS, body: json!({}), ..event.clone() };
    tx.record(naming(event, pairs.next().unwrap_or_default()));
    for pair in pairs {
        tx.record(naming(others.clone(), pair));
    }
}

/// The event with up to two people.
fn naming(event: Event, people: &[PersonId]) -> Event {
    event.assignees(people.first().copied(), people.get(1).copied())
}
