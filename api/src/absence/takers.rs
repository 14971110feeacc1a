//! Who takes over the visits of a person who is away.

use std::collections::BTreeSet;

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;

use super::model::NewAbsence;
use crate::db::DbError;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::person;
use crate::person::store::PersonRow;
use crate::plan::settings;
use crate::task::assignment::takers::Takers;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// The people to whom the absence gives the visits of the person of `row`; `None` if it gives them to no
/// one.
///
/// # Errors
/// 422 without `release` or for two wishes; 409 for a person who cannot receive tasks.
pub(super) fn of(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &PersonRow,
    new: &NewAbsence,
    held: &[TaskRow],
) -> Result<Option<Takers>, Problem> {
    one_wish(new.spread, new.give_to)?;
    let (within, people) = match new.give_to {
        None if !new.spread => return Ok(None),
        _ if !new.release => {
            return Err(Problem::invalid("/release", "must be true to give tasks to others"));
        }
        Some(person) => (principal.area, BTreeSet::from([person])),
        None => nearby(tx, principal, row)?,
    };
    let people: BTreeSet<PersonId> = people.into_iter().filter(|id| *id != row.id).collect();
    let (settings, _) = settings::read(tx.read_unbatched(), row.district)?;
    let offer = |taker: &PersonRow| settings.weekly_offer(taker.role, taker.weekly_minutes.into());
    let takers = Takers::read(tx, within, &people, held, offer)?;
    if new.give_to.is_some() && takers.is_empty() {
        let detail = "must be another active manager or volunteer in your area";
        let problem = Problem::from(ProblemCode::NotACandidate);
        return Err(problem.with(FieldError::new("/give_to", detail)));
    }
    Ok(Some(takers))
}

/// Checks that there is one wish for the tasks: to spread them, or to give them to a person.
///
/// # Errors
/// 422 for two wishes.
pub fn one_wish(spread: bool, give_to: Option<PersonId>) -> Result<(), Problem> {
    if spread && give_to.is_some() {
        return Err(Problem::invalid("/spread", "must be false with `give_to`"));
    }
    Ok(())
}

/// The village of the grid of the person of `row`, as far as it is the principal's, and those who visit there.
///
/// # Errors
/// [`DbError`].
pub fn nearby(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &PersonRow,
) -> Result<(AreaCode, BTreeSet<PersonId>), DbError> {
    let village = row.area.ancestor(Level::Village).unwrap_or(row.area);
    let area = if principal.area.contains(&village) { village } else { principal.area };
    let people = person::store::visitors(tx.read()?, &area.range())?;
    Ok((area, people.into_iter().map(|person| person.id).collect()))
}
