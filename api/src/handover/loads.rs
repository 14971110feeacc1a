//! The minutes of those who get tasks by a handover, before and after.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::authority::Role;
use gridward_domain::id::PersonId;
use gridward_domain::time::Minutes;

use super::decide::Outcome;
use super::situation::{Decided, given_back};
use crate::db::{Conn, DbError};
use crate::person;
use crate::person::store::PersonRow;
use crate::plan::settings;
use crate::task::assignment::takers::HeldMinutes;
use crate::task::schedule::work_time::{self, HeldTime};

/// The minutes of those who get tasks of the person of `row`, before the handover and after it, which is not applied yet;
/// those of `spread` have got some of the tasks already.
///
/// # Errors
/// [`DbError`].
pub(super) fn of(
    conn: &mut Conn,
    row: &PersonRow,
    decided: &Decided,
    spread: &[HeldMinutes],
) -> Result<Vec<HeldMinutes>, DbError> {
    let mut gained: BTreeMap<PersonId, u32> = BTreeMap::new();
    for task in &decided.rows {
        if let Some(Outcome::Given(to)) = decided.decision.tasks.get(&task.id) {
            // The minutes of a plan were those of the former assignee.
            *gained.entry(*to).or_default() += task.minutes.get().unsigned_abs();
        }
    }
    if gained.is_empty() {
        return Ok(Vec::new());
    }
    let people: BTreeSet<PersonId> = gained.keys().copied().collect();
    let rows = person::store::many(conn, row.district, &people)?;
    let ids: Vec<PersonId> = people.into_iter().collect();
    let mut before: BTreeMap<PersonId, u32> = BTreeMap::new();
    for held in work_time::held_time(conn, row.district, &ids)? {
        *before.entry(held.assignee).or_default() += held.minutes.unsigned_abs();
    }
    before.extend(spread.iter().map(|load| (load.person_id, load.before)));
    let successor = decided.decision.successor.and_then(|id| rows.get(&id));
    let lost = match successor {
        Some(successor) => given_back(conn, successor, row.area)?,
        None => Vec::new(),
    };
    let lost = lost.iter().filter_map(HeldTime::of).map(|held| held.minutes.unsigned_abs());
    let lost: u32 = lost.sum();
    let (settings, _) = settings::read(conn, row.district)?;
    let load = |(person_id, gained): (PersonId, u32)| {
        let before = before.get(&person_id).copied().unwrap_or_default();
        let is_successor = successor.is_some_and(|successor| successor.id == person_id);
        let lost = if is_successor { lost } else { 0 };
        let after = (before + gained).saturating_sub(lost);
        let row = rows.get(&person_id)?;
        let role = if is_successor { Role::Manager } else { row.role };
        let Minutes(weekly_minutes) = settings.weekly_offer(role, row.weekly_minutes.into());
        Some(HeldMinutes { person_id, before, after, weekly_minutes })
    };
    Ok(gained.into_iter().filter_map(load).collect())
}
