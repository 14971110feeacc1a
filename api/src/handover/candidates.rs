//! The people who could follow as the manager of a grid.

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Role;
use gridward_domain::id::PersonId;

use super::model::{SuccessionCandidate, SuccessionCandidates};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::person;
use crate::person::store::PersonRow;

/// The maximum number of people in an answer.
const MOST: usize = 200;

/// The active volunteers of the grid and the managers of the nearest area with other grids, as far
/// as they are in `scope`; `leaver` is none of them.
///
/// # Errors
/// [`DbError`].
pub fn of(
    conn: &mut Conn,
    key: &SealingKey,
    scope: &AreaCode,
    grid: AreaCode,
    leaver: PersonId,
) -> Result<SuccessionCandidates, DbError> {
    let volunteers = person::store::volunteers(conn, &grid.range())?.into_iter();
    let mut rows: Vec<PersonRow> = volunteers.filter(|row| row.id != leaver).collect();
    for level in [Level::Village, Level::Town, Level::District] {
        let Some(around) = grid.ancestor(level).filter(|around| scope.contains(around)) else {
            break;
        };
        let nearby = person::store::visitors(conn, &around.range())?.into_iter();
        let managers = nearby.filter(|row| row.role == Role::Manager && row.id != leaver);
        let managers: Vec<PersonRow> = managers.collect();
        if !managers.is_empty() {
            rows.extend(managers);
            break;
        }
    }
    let candidate = |row: &PersonRow| {
        let name = row.particulars(key)?.name;
        Ok(SuccessionCandidate { id: row.id, name, role: row.role, area: row.area })
    };
    let candidates = rows.iter().take(MOST).map(candidate).collect::<Result<_, DbError>>()?;
    Ok(SuccessionCandidates { grid, candidates })
}
