//! The database queries of sync for events.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{PersonId, TaskId};

use super::scope::Scope;
use crate::db::schema::events;
use crate::db::{Conn, DbError, batches, parsed};
use crate::log::Subject;

/// The columns of an event that a pull uses.
#[derive(Clone, Debug, Queryable, QueryableByName)]
pub struct EventRef {
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    #[diesel(sql_type = Text)]
    pub subject: Subject,
    #[diesel(sql_type = Text)]
    pub subject_id: String,
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Text)]
    pub area: AreaCode,
    #[diesel(sql_type = Nullable<Text>)]
    pub area_before: Option<AreaCode>,
    #[diesel(sql_type = Nullable<Text>)]
    pub person: Option<PersonId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub person_before: Option<PersonId>,
}

/// Selects the events that concern a grid or a person, with one index scan per kind of
/// relation; a constant, so that the statement stays prepared.
const EVENT_REFS: &str = "\
    SELECT seq, subject, subject_id, action, area, area_before, person, person_before FROM events \
    WHERE district = $1 AND area IN ($2, $3, $4, $5) AND seq > $6 AND seq <= $7 \
    UNION SELECT seq, subject, subject_id, action, area, area_before, person, person_before FROM events \
    WHERE district = $1 AND area_before IN ($2, $3, $4, $5) AND seq > $6 AND seq <= $7 \
    UNION SELECT seq, subject, subject_id, action, area, area_before, person, person_before FROM events \
    WHERE district = $1 AND person = $8 AND seq > $6 AND seq <= $7 \
    UNION SELECT seq, subject, subject_id, action, area, area_before, person, person_before FROM events \
    WHERE district = $1 AND person_before = $8 AND seq > $6 AND seq <= $7 \
    ORDER BY 1 LIMIT $9";

/// The events after number `after`, up to `head`, that may concern the scope, in
/// order; reads at most `limit`. For a scope above a grid it reads the log directly,
/// so unrelated events are included.
///
/// # Errors
/// [`DbError`].
pub fn event_refs(
    conn: &mut Conn,
    scope: &Scope,
    after: i64,
    head: i64,
    limit: i64,
) -> Result<Vec<EventRef>, DbError> {
    let district = scope.area().district();
    if !scope.is_grid() {
        return log(conn, district, after, head, limit);
    }
    let grid = scope.area();
    let around = |level| grid.ancestor(level).unwrap_or(grid);
    Ok(diesel::sql_query(EVENT_REFS)
        .bind::<Text, _>(district)
        .bind::<Text, _>(district)
        .bind::<Text, _>(around(Level::Town))
        .bind::<Text, _>(around(Level::Village))
        .bind::<Text, _>(grid)
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(head)
        .bind::<Text, _>(scope.person())
        .bind::<BigInt, _>(limit)
        .load(conn)?)
}

/// The events of the district after number `after`, up to `head`, in order.
///
/// # Errors
/// [`DbError`].
pub fn log(
    conn: &mut Conn,
    district: AreaCode,
    after: i64,
    head: i64,
    limit: i64,
) -> Result<Vec<EventRef>, DbError> {
    let columns = (
        events::seq,
        events::subject,
        events::subject_id,
        events::action,
        events::area,
        events::area_before,
        events::person,
        events::person_before,
    );
    let log = events::table.filter(events::district.eq(district)).select(columns);
    let part = log.filter(events::seq.gt(after)).filter(events::seq.le(head));
    Ok(part.order(events::seq).limit(limit).load(conn)?)
}

/// When the event with this number was recorded; `None` if the log does not have it any more.
///
/// # Errors
/// [`DbError`].
pub fn recorded_at(
    conn: &mut Conn,
    district: AreaCode,
    seq: i64,
) -> Result<Option<NaiveDateTime>, DbError> {
    Ok(events::table.find((district, seq)).select(events::at).first(conn).optional()?)
}

/// The number of the last event that concerns the person; 0 without one in the log.
///
/// # Errors
/// [`DbError`].
pub fn last_about(conn: &mut Conn, district: AreaCode, person: PersonId) -> Result<i64, DbError> {
    let last: Option<i64> = events::table
        .filter(events::district.eq(district))
        // SQLite uses the partial index only if the query repeats the index's condition.
        .filter(events::person.is_not_null())
        .filter(events::person.eq(person))
        .select(diesel::dsl::max(events::seq))
        .first(conn)?;
    Ok(last.unwrap_or(0))
}

/// The number of the last change of each of these tasks that the log has.
///
/// # Errors
/// [`DbError`].
pub fn last_changes(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[TaskId],
) -> Result<HashMap<TaskId, i64>, DbError> {
    let mut changes = HashMap::with_capacity(ids.len());
    for ids in batches(ids) {
        let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let last: Vec<(String, Option<i64>)> = events::table
            .filter(events::district.eq(district))
            .filter(events::subject_id.eq_any(texts))
            .filter(events::subject.eq(Subject::Task))
            .group_by(events::subject_id)
            .select((events::subject_id, diesel::dsl::max(events::seq)))
            .load(conn)?;
        for (id, seq) in last {
            changes.insert(parsed("events", &id)?, seq.unwrap_or(0));
        }
    }
    Ok(changes)
}
