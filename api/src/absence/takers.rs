//! Who takes over the visits of a person who is away.

use std::collections::BTreeSet;

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;

use super::model::NewAbsence;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::person;
use crate::person::store::PersonRow;
use crate::task::row::TaskRow;
use crate::task::takers::Takers;
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
    let (within, people) = match (new.give_to, new.spread) {
        (None, false) => return Ok(None),
        (Some(_), true) => {
            return Err(Problem::invalid("/spread", "must be false with `give_to`"));
        }
        _ if !new.release => {
            return Err(Problem::invalid("/release", "must be true to give tasks to others"));
        }
        (Some(person), false) => (principal.area, BTreeSet::from([person])),
        (None, true) => {
            let area = around(principal, row.area);
            let people = person::store::visitors(tx.read()?, &area.range())?;
            (area, people.into_iter().map(|person| person.id).collect())
        }
    };
    let people: BTreeSet<PersonId> = people.into_iter().filter(|id| *id != row.id).collect();
    let takers = Takers::read(tx, within, &people, held)?;
    if new.give_to.is_some() && takers.is_empty() {
        let detail = "must be another active manager or volunteer in your area";
        let problem = Problem::from(ProblemCode::NotACandidate);
        return Err(problem.with(FieldError::new("/give_to", detail)));
    }
    Ok(Some(takers))
}

/// The village of the grid, as far as it is the principal's.
pub fn around(principal: &Principal, grid: AreaCode) -> AreaCode {
    let village = grid.ancestor(Level::Village).unwrap_or(grid);
    if principal.area.contains(&village) { village } else { principal.area }
}
