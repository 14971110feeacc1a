//! Reads the health of the phones of a superior's people.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::person_state::PersonState;

use super::routes::{PersonHealth, PhoneHealth, SyncError};
use crate::auth::session_store::SessionRow;
use crate::auth::sync_state::{self, SyncState};
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::log::head;
use crate::person;
use crate::person::list_store::Filter;
use crate::person::store::PersonRow;
use crate::sync::{event_store, store};

/// The most people in an answer.
const MOST_PEOPLE: i64 = 1_000;

/// The people whose direct superior the principal is: the volunteers of a manager's grid, the
/// managers of a village supervisor's grids, and those managers of a town whose village has no
/// supervisor of its own. A district's supervisor and an admin are above superiors only.
fn direct(conn: &mut Conn, principal: &Principal) -> Result<Vec<PersonRow>, DbError> {
    let range = principal.scope();
    let mut of = |role| {
        let filter =
            Filter { role: Some(role), state: Some(PersonState::Active), ..Filter::default() };
        person::list_store::page(conn, &range, &filter, None, MOST_PEOPLE)
    };
    match (principal.role, principal.area.level()) {
        (Role::Manager, _) => of(Role::Volunteer),
        (Role::Supervisor, Level::Village) => of(Role::Manager),
        (Role::Supervisor, Level::Town) => {
            let supervised: BTreeSet<AreaCode> =
                of(Role::Supervisor)?.into_iter().map(|row| row.area).collect();
            let mut managers = of(Role::Manager)?;
            let village = |row: &PersonRow| row.area.ancestor(Level::Village);
            managers.retain(|row| village(row).is_none_or(|code| !supervised.contains(&code)));
            Ok(managers)
        }
        _ => Ok(Vec::new()),
    }
}

/// The health of the phones of the principal's people, ordered by name.
///
/// # Errors
/// [`DbError`].
pub fn health(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    idle: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Vec<PersonHealth>, DbError> {
    let district = principal.district();
    let rows = direct(conn, principal)?;
    let people: Vec<PersonId> = rows.iter().map(|row| row.id).collect();
    let epoch = head::read(conn, district)?.epoch;
    let held = store::held_tasks(conn, district, &people)?;
    let tasks: Vec<TaskId> = held.iter().map(|(_, task)| *task).collect();
    let changed = event_store::last_changes(conn, district, &tasks)?;
    let mut visits: HashMap<PersonId, Vec<TaskId>> = HashMap::new();
    for (person, task) in held {
        visits.entry(person).or_default().push(task);
    }
    let mut phones: BTreeMap<PersonId, Vec<PhoneHealth>> = BTreeMap::new();
    for (session, state) in sync_state::of_phones(conn, district, &people, now)? {
        if session.is_live(now, idle) {
            let visits = visits.get(&session.person).map_or(&[][..], Vec::as_slice);
            let waiting = waiting(visits, &changed, &state, &epoch);
            phones.entry(session.person).or_default().push(phone(session, state, waiting));
        }
    }
    let person = |row: PersonRow| {
        let name = row.particulars(key)?.name;
        let phones = phones.remove(&row.id).unwrap_or_default();
        Ok(PersonHealth { person_id: row.id, name, area: row.area, phones })
    };
    let mut all = rows.into_iter().map(person).collect::<Result<Vec<_>, DbError>>()?;
    all.sort_by(|one, other| (&one.name, one.person_id).cmp(&(&other.name, other.person_id)));
    Ok(all)
}

/// The visits in hand whose last change the phone has not stored. Events that are archived were
/// stored long ago: an older cursor is refused.
fn waiting(
    visits: &[TaskId],
    changed: &HashMap<TaskId, i64>,
    state: &SyncState,
    epoch: &str,
) -> Vec<TaskId> {
    let stored = state.seq.filter(|_| state.epoch.as_deref() == Some(epoch));
    let is_there = |task: &&TaskId| {
        stored.is_some_and(|stored| changed.get(task).is_none_or(|last| *last <= stored))
    };
    visits.iter().filter(|task| !is_there(task)).copied().collect()
}

fn phone(session: SessionRow, state: SyncState, waiting: Vec<TaskId>) -> PhoneHealth {
    let error = state
        .error
        .zip(state.error_at)
        .map(|(code, at)| SyncError { code, at: at.and_utc().with_timezone(&china()) });
    PhoneHealth {
        session_id: session.id,
        device: session.device,
        visits_waiting: waiting,
        error,
        clock_behind_min: state.clock_behind_min,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_waits_until_the_phone_has_stored_its_last_change() {
        let [one, two] = [1, 2].map(|n| TaskId(uuid::Uuid::from_u128(n)));
        let changed = HashMap::from([(one, 5), (two, 9)]);
        let state =
            |seq| SyncState { epoch: Some("e".to_owned()), seq: Some(seq), ..SyncState::default() };
        let waiting = |state: &SyncState| waiting(&[one, two], &changed, state, "e");
        assert_eq!(waiting(&SyncState::default()), [one, two], "a phone that never synced");
        assert_eq!(waiting(&state(4)), [one, two]);
        assert_eq!(waiting(&state(5)), [two]);
        assert_eq!(waiting(&state(9)), []);
        let restored = SyncState { epoch: Some("before".to_owned()), ..state(9) };
        assert_eq!(waiting(&restored), [one, two], "after a restore of the database");
    }
}
