//! When the tasks of a filter began and ended, without the people who did them.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::task::Phase;

use super::filter::Filter;
use crate::clock;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};

/// A task and its days.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub struct AgedTask {
    /// Column `id`.
    pub id: TaskId,
    /// Column `kind`.
    pub kind: KindCode,
    /// Column `grid`.
    pub grid: AreaCode,
    /// Column `beneficiary`.
    pub beneficiary: Option<BeneficiaryId>,
    /// Column `due_on`.
    pub due_on: NaiveDate,
    created_at: NaiveDateTime,
    state: Phase,
    updated_at: NaiveDateTime,
}

impl AgedTask {
    /// The day on which the task was created.
    pub fn created_on(&self) -> NaiveDate {
        clock::day(self.created_at.and_utc())
    }

    /// The day on which the task ended, if it has.
    pub fn ended_on(&self) -> Option<NaiveDate> {
        let ended = !Phase::UNFINISHED.contains(&self.state);
        ended.then(|| clock::day(self.updated_at.and_utc()))
    }

    /// The days from the creation to the end, or to `today`.
    pub fn days(&self, today: NaiveDate) -> i64 {
        (self.ended_on().unwrap_or(today) - self.created_on()).num_days()
    }
}

/// All tasks of a district that the filter shows, the oldest first.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, district: AreaCode, filter: &Filter) -> Result<Vec<AgedTask>, DbError> {
    let query = filter.query(district).order((tasks::created_at, tasks::id));
    Ok(query.select(AgedTask::as_select()).load(conn)?)
}

/// The first `limit` tasks of a district that the filter shows, the oldest first.
///
/// # Errors
/// [`DbError`].
pub fn oldest(
    conn: &mut Conn,
    district: AreaCode,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<AgedTask>, DbError> {
    let query = filter.query(district).order((tasks::created_at, tasks::id)).limit(limit);
    Ok(query.select(AgedTask::as_select()).load(conn)?)
}
