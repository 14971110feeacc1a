//! The problems of commands that the rules of a task's life reject.

use gridward_domain::task::Rejection;
use gridward_domain::visibility::View;

use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::person;
use crate::task::model::{Assignee, TaskWithAssignee};
use crate::task::row::TaskRow;

/// The problem for `rejection`, with the task and its assignee.
///
/// # Errors
/// [`DbError`].
pub fn refused(
    conn: &mut Conn,
    key: &SealingKey,
    row: &TaskRow,
    rejection: Rejection,
) -> Result<Problem, DbError> {
    let (kind, assignee) = match rejection {
        Rejection::Forbidden => return Ok(ProblemCode::Forbidden.into()),
        Rejection::DaysReversed => {
            let error = FieldError::new("/due_on", "must not be before not_before");
            return Ok(Problem::from(ProblemCode::Invalid).with(error));
        }
        Rejection::AlreadyClaimed { assignee } => (ProblemCode::TaskAlreadyClaimed, Some(assignee)),
        Rejection::NotAssignee { assignee } => (ProblemCode::NotAssignee, assignee),
        Rejection::WrongPhase { .. } | Rejection::NotOverdue => {
            (ProblemCode::TaskPhase, row.life()?.state.assignee())
        }
        Rejection::NotACandidate => (ProblemCode::NotACandidate, None),
        Rejection::NoLevelAbove => (ProblemCode::NoLevelAbove, None),
    };
    let assignee = match assignee {
        None => None,
        Some(id) => {
            let person = person::store::one(conn, key, &row.district.range(), id)?;
            person.map(|person| Assignee { id, name: person.name })
        }
    };
    Ok(Problem::from(kind).showing(&TaskWithAssignee { task: row.task(View::Pool)?, assignee }))
}
