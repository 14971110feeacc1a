//! Tasks as a transaction keeps them: those of a commit are read and locked
//! together, and their steps written together.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date, Integer, Nullable, Text, Timestamp};

use super::row::TaskRow;
use super::store;
use crate::db::rows::{Change, Row, Rows, Tables};
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};

impl Row for TaskRow {
    type Key = (String, String);

    fn key(&self) -> Self::Key {
        (self.district.clone(), self.id.clone())
    }

    fn one(conn: &mut Conn, (district, id): &Self::Key) -> Result<Option<Self>, DbError> {
        Ok(tasks::table.find((district, id)).first(conn).optional()?)
    }

    /// Locks them too, all servers in the order of their keys, so that two cannot
    /// wait for each other.
    fn many(conn: &mut PgConnection, keys: &BTreeSet<Self::Key>) -> Result<Vec<Self>, DbError> {
        let mut by_district: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (district, id) in keys {
            by_district.entry(district).or_default().push(id);
        }
        let mut rows = Vec::with_capacity(keys.len());
        for (district, ids) in by_district {
            let those = tasks::table
                .filter(tasks::district.eq(district))
                .filter(tasks::id.eq_any(ids))
                .order(tasks::id)
                .for_no_key_update();
            rows.extend(those.load::<Self>(conn)?);
        }
        Ok(rows)
    }

    fn write(conn: &mut Conn, changes: &[Change<'_, Self>]) -> Result<(), DbError> {
        let new = changes.iter().filter(|change| change.was.is_none());
        let new: Vec<Self> = new.map(|change| change.is.clone()).collect();
        if !new.is_empty() {
            store::insert_all(conn, &new)?;
        }
        let steps = changes.iter().filter_map(|change| Some((change.was?.version, change.is)));
        let steps: Vec<(i64, &Self)> = steps.collect();
        if steps.is_empty() {
            return Ok(());
        }
        let written = match conn {
            Conn::Pg(conn) => together(conn, &steps)?,
            Conn::Sqlite(conn) => {
                steps.iter().map(|(was, next)| alone(conn, *was, next)).sum::<Result<_, _>>()?
            }
        };
        if written == steps.len() { Ok(()) } else { Err(DbError::Collision) }
    }

    fn of(tables: &mut Tables) -> &mut Rows<Self> {
        &mut tables.tasks
    }
}

/// The steps in one statement; answers how many tasks were still of their version.
fn together(conn: &mut PgConnection, steps: &[(i64, &TaskRow)]) -> Result<usize, DbError> {
    macro_rules! column {
        ($column:ident) => {
            steps.iter().map(|(_, row)| &row.$column).collect::<Vec<_>>()
        };
    }
    let was: Vec<i64> = steps.iter().map(|(was, _)| *was).collect();
    Ok(diesel::sql_query(TOGETHER)
        .bind::<Array<Text>, _>(column!(state))
        .bind::<Array<Nullable<Text>>, _>(column!(assignee))
        .bind::<Array<Nullable<Date>>, _>(column!(planned_on))
        .bind::<Array<Nullable<Integer>>, _>(column!(planned_start))
        .bind::<Array<Nullable<Integer>>, _>(column!(planned_minutes))
        .bind::<Array<Nullable<Text>>, _>(column!(plan))
        .bind::<Array<Timestamp>, _>(column!(updated_at))
        .bind::<Array<BigInt>, _>(column!(version))
        .bind::<Array<Date>, _>(column!(not_before))
        .bind::<Array<Date>, _>(column!(due_on))
        .bind::<Array<Nullable<Integer>>, _>(column!(window_start))
        .bind::<Array<Nullable<Integer>>, _>(column!(window_end))
        .bind::<Array<Integer>, _>(column!(attempt))
        .bind::<Array<Text>, _>(column!(desk))
        .bind::<Array<Nullable<Date>>, _>(column!(look_on))
        .bind::<Array<Bool>, _>(column!(archived))
        .bind::<Array<Text>, _>(column!(district))
        .bind::<Array<Text>, _>(column!(id))
        .bind::<Array<BigInt>, _>(was)
        .execute(conn)?)
}

const TOGETHER: &str = "UPDATE tasks SET state = next.state, assignee = next.assignee, \
     planned_on = next.planned_on, planned_start = next.planned_start, \
     planned_minutes = next.planned_minutes, plan = next.plan, updated_at = next.updated_at, \
     version = next.version, not_before = next.not_before, due_on = next.due_on, \
     window_start = next.window_start, window_end = next.window_end, attempt = next.attempt, \
     desk = next.desk, look_on = next.look_on, archived = next.archived \
     FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
     $19) AS next (state, assignee, planned_on, planned_start, planned_minutes, plan, updated_at, \
     version, not_before, due_on, window_start, window_end, attempt, desk, look_on, archived, \
     district, id, was) WHERE tasks.district = next.district AND tasks.id = next.id \
     AND tasks.version = next.was";

/// Every step of every task runs this, so it is written as a text that stays
/// prepared; diesel prepares an update built from values anew each time.
const ALONE: &str = "UPDATE tasks SET state = $1, assignee = $2, planned_on = $3, \
    planned_start = $4, planned_minutes = $5, plan = $6, updated_at = $7, version = $8, \
    not_before = $9, due_on = $10, window_start = $11, window_end = $12, attempt = $13, \
    desk = $14, look_on = $15, archived = $16 \
    WHERE district = $17 AND id = $18 AND version = $19";

/// One step; answers whether the task was still of its version, as 1 or 0.
fn alone(conn: &mut SqliteConnection, was: i64, next: &TaskRow) -> Result<usize, DbError> {
    Ok(diesel::sql_query(ALONE)
        .bind::<Text, _>(&next.state)
        .bind::<Nullable<Text>, _>(&next.assignee)
        .bind::<Nullable<Date>, _>(next.planned_on)
        .bind::<Nullable<Integer>, _>(next.planned_start)
        .bind::<Nullable<Integer>, _>(next.planned_minutes)
        .bind::<Nullable<Text>, _>(&next.plan)
        .bind::<Timestamp, _>(next.updated_at)
        .bind::<BigInt, _>(next.version)
        .bind::<Date, _>(next.not_before)
        .bind::<Date, _>(next.due_on)
        .bind::<Nullable<Integer>, _>(next.window_start)
        .bind::<Nullable<Integer>, _>(next.window_end)
        .bind::<Integer, _>(next.attempt)
        .bind::<Text, _>(&next.desk)
        .bind::<Nullable<Date>, _>(next.look_on)
        .bind::<Bool, _>(next.archived)
        .bind::<Text, _>(&next.district)
        .bind::<Text, _>(&next.id)
        .bind::<BigInt, _>(was)
        .execute(conn)?)
}
