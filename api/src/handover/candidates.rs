//! The people who could follow as the manager of a grid.

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::PersonId;

use super::model::{SuccessionCandidate, SuccessionCandidates};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::person;
use crate::person::store::PersonRow;

/// The maximum number of people in an answer.
const MOST: usize = 200;

/// The active volunteers of the grid, or else of the nearest area with any, as far as they are in
/// `scope`; `leaver` is none of them. Managers do not follow: each has a grid that needs one.
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
    let mut rows: Vec<PersonRow> = Vec::new();
    for level in [Level::Grid, Level::Village, Level::Town, Level::District] {
        let around = if level == Level::Grid { Some(grid) } else { grid.ancestor(level) };
        let Some(around) = around.filter(|around| scope.contains(around)) else { break };
        rows = person::store::volunteers(conn, &around.range())?;
        rows.retain(|row| row.id != leaver);
        if !rows.is_empty() {
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
