//! Who else could make a visit at present.

use chrono::{DateTime, NaiveDate, Utc};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PersonId;
use gridward_domain::task::Phase;

use super::candidates::{self, Question};
use super::model::Candidate;
use crate::crypto::SealingKey;
use crate::db::Conn;
use crate::http::problem::Problem;
use crate::task::row::TaskRow;

/// How many others an explanation names.
pub(super) const MOST: usize = 2;

/// Whether others could still make the visit of the task: it has not been started, and has not ended.
pub(super) const fn could_go(row: &TaskRow) -> bool {
    matches!(row.state, Phase::Open | Phase::Assigned | Phase::Accepted)
}

/// The first of the others who could make the visit of the task on the day, or on one that candidates are
/// ranked for if it names none, without the people of `except`; none if none [`could_go`].
///
/// # Errors
/// [`crate::db::DbError`].
pub(super) fn at_present(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    (row, except): (&TaskRow, &[PersonId]),
    (day, now): (Option<NaiveDate>, DateTime<Utc>),
) -> Result<Vec<Candidate>, Problem> {
    if !could_go(row) {
        return Ok(Vec::new());
    }
    let question = Question { task: row.id, except, day, limit: MOST, now };
    let mut others = candidates::ranked(conn, key, principal, &question, row)?.items;
    // What hinders people is for those who direct them.
    let directs = principal.may(Action::DirectTask).is_ok();
    others.retain(|one| directs || one.hindrance.is_none());
    Ok(others)
}
