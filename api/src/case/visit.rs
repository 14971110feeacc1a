//! Whether a person visits a beneficiary, who may live outside of the person's area: for cases, and for goods. It reads
//! the tasks by itself, since their folder imports this one: a report opens cases.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::task::Phase;
use gridward_domain::visibility::{TaskFacts, View};

use crate::db::schema::tasks;
use crate::db::{Conn, DbError};

/// The columns of [`TaskFacts`].
type Facts = (AreaCode, Phase, Option<PersonId>, NaiveDateTime);

/// Whether the principal is the visitor of the beneficiary at `now`: by a visit that is theirs, or that ended a short
/// time ago.
///
/// # Errors
/// [`DbError`].
pub fn is_visitor(
    conn: &mut Conn,
    principal: &Principal,
    beneficiary: BeneficiaryId,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let visits: Vec<Facts> = tasks::table
        .filter(tasks::district.eq(principal.district()))
        .filter(tasks::beneficiary.eq(beneficiary))
        // SQLite uses the partial index only if the query repeats the index's condition.
        .filter(tasks::beneficiary.is_not_null())
        .filter(tasks::assignee.eq(principal.person))
        .filter(tasks::archived.eq(false))
        .select((tasks::grid, tasks::state, tasks::assignee, tasks::updated_at))
        .load(conn)?;
    let mut visits = visits.into_iter().map(|(grid, phase, assignee, updated_at)| {
        let updated_at = updated_at.and_utc();
        TaskFacts { grid, phase, assignee, updated_at }
    });
    Ok(visits.any(|visit| visit.view(principal, now) == Some(View::Visitor)))
}
