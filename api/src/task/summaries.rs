//! Task summaries in the views of a reader, read from the database.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::visibility::View;

use super::model::TaskSummary;
use super::projection::MaskedNames;
use super::store::{self, Filter};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;

/// A page of summaries.
pub struct SummaryPage {
    /// The tasks, earliest due day first.
    pub tasks: Vec<TaskSummary>,
    /// The position after them, if more may follow.
    pub next: Option<(NaiveDate, TaskId)>,
}

/// As [`super::summary_cache::SummaryCache::list`], without the cache, which a long list would
/// flush.
///
/// # Errors
/// [`DbError`].
pub fn page(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    filter: &Filter,
    wanted: &Wanted<(NaiveDate, TaskId)>,
    now: DateTime<Utc>,
) -> Result<SummaryPage, DbError> {
    let district = principal.district();
    let listed = store::list(conn, district, filter, wanted)?;
    let is_full = i64::try_from(listed.len()) == Ok(wanted.rows());
    let next = listed.last().filter(|_| is_full).map(|task| (task.due_on, task.id));
    let views = listed.iter().filter_map(|task| {
        let view = task.visibility.facts().view(principal, now)?;
        Some((task.id, view))
    });
    let read = in_views(conn, key, district, &views.collect())?;
    let mut read: HashMap<_, _> = read.into_iter().map(|(task, _)| (task.id, task)).collect();
    let tasks = listed.iter().filter_map(|task| read.remove(&task.id)).collect();
    Ok(SummaryPage { tasks, next })
}

/// The summaries of these tasks, each in its view, in no order.
///
/// # Errors
/// [`DbError`].
pub(super) fn in_views(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    views: &HashMap<TaskId, View>,
) -> Result<Vec<(TaskSummary, View)>, DbError> {
    let ids: Vec<TaskId> = views.keys().copied().collect();
    let rows = store::summaries(conn, district, &ids)?;
    let mut visited: Vec<BeneficiaryId> = rows.iter().filter_map(|row| row.beneficiary).collect();
    visited.sort_unstable();
    visited.dedup();
    let names = MaskedNames::read(conn, key, district, &visited)?;
    let seen = rows.into_iter().map(|row| {
        let view = views.get(&row.id).copied().unwrap_or(View::Audit);
        Ok((row.summary(view, &names)?, view))
    });
    seen.collect()
}
