//! Task summaries in the views of a reader, read from the database.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::visibility::View;

use super::filter::Filter;
use super::list_store;
use super::projection::MaskedNames;
use super::sort::SortKey;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::task::model::TaskSummary;

/// A page of summaries.
pub struct SummaryPage {
    /// The tasks, in the order of the filter, with the names of their beneficiaries.
    pub tasks: Vec<TaskSummary>,
    /// The position after them, if more may follow.
    pub next: Option<SortKey>,
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
    wanted: &Wanted<SortKey>,
    now: DateTime<Utc>,
) -> Result<SummaryPage, DbError> {
    let district = principal.district();
    let listed = list_store::list(conn, district, filter, wanted)?;
    let is_full = i64::try_from(listed.len()) == Ok(wanted.rows());
    let sort = filter.query.sort.unwrap_or_default();
    let next = listed.last().filter(|_| is_full).map(|task| task.sort_key(sort));
    let views = listed.iter().filter_map(|task| {
        let view = task.visibility.facts().view(principal, now)?;
        Some((task.id, view))
    });
    let read = in_views(conn, district, &views.collect())?;
    let nameable = read.iter().filter(|(_, view)| view.shows_masked_name());
    let visited: BTreeSet<BeneficiaryId> =
        nameable.filter_map(|(task, _)| task.beneficiary_id).collect();
    let visited: Vec<BeneficiaryId> = visited.into_iter().collect();
    let names = MaskedNames::read(conn, key, district, &visited)?;
    let complete = read.into_iter().map(|(task, _)| {
        let name = task.beneficiary_id.and_then(|id| names.of(id)).map(ToOwned::to_owned);
        (task.id, TaskSummary { beneficiary_name: name, ..task })
    });
    let mut complete: HashMap<_, _> = complete.collect();
    let tasks = listed.iter().filter_map(|task| complete.remove(&task.id)).collect();
    Ok(SummaryPage { tasks, next })
}

/// The summaries of these tasks without names, each in its view, in no order.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn in_views(
    conn: &mut Conn,
    district: AreaCode,
    views: &HashMap<TaskId, View>,
) -> Result<Vec<(TaskSummary, View)>, DbError> {
    let ids: Vec<TaskId> = views.keys().copied().collect();
    let seen = list_store::summaries(conn, district, &ids)?.into_iter().map(|row| {
        let view = views.get(&row.id).copied().unwrap_or(View::Audit);
        Ok((row.summary(view)?, view))
    });
    seen.collect()
}
