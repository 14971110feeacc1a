//! Task summaries for lists, cached as JSON.
//!
//! The version of a task grows with every change of its row, so the summary of one version
//! never becomes stale, on any server. A list therefore reads ids and versions, and then
//! only the summaries that are not cached.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::id::TaskId;
use moka::sync::Cache;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::model::TaskSummary;
use super::store::{self, Filter};
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;

/// Sufficient for the active tasks of four districts, at about half a kilobyte each.
const KEPT: u64 = 50_000;

/// An entry of a task list: sort key and JSON.
pub struct CachedSummary {
    /// The due day.
    pub due_on: NaiveDate,
    /// Identifies the task.
    pub id: TaskId,
    json: Arc<RawValue>,
}

impl Serialize for CachedSummary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// Cached summaries by district, task and version.
#[derive(Clone)]
pub struct SummaryCache(Cache<(AreaCode, TaskId, i64), Arc<RawValue>>);

impl Default for SummaryCache {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl SummaryCache {
    /// A page of the tasks in `area` (in the whole of `district` if `None`), earliest due
    /// day first.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn list(
        &self,
        conn: &mut Conn,
        district: AreaCode,
        area: Option<AreaCode>,
        filter: &Filter,
        wanted: &Wanted<(NaiveDate, TaskId)>,
    ) -> Result<Vec<CachedSummary>, DbError> {
        let keys = store::list(conn, district, area, filter, wanted)?;
        let mut seen = Vec::with_capacity(keys.len());
        let mut unseen = Vec::new();
        for (id, _, version) in &keys {
            let json = self.0.get(&(district, *id, *version));
            if json.is_none() {
                unseen.push(*id);
            }
            seen.push(json);
        }
        let mut fresh = self.read(conn, district, &unseen)?;
        // A task removed between the two reads is omitted.
        let summaries = keys.into_iter().zip(seen).filter_map(|((id, due_on, _), json)| {
            let json = json.or_else(|| fresh.remove(&id))?;
            Some(CachedSummary { due_on, id, json })
        });
        Ok(summaries.collect())
    }

    /// Loads the summaries of `ids` into the cache.
    fn read(
        &self,
        conn: &mut Conn,
        district: AreaCode,
        ids: &[TaskId],
    ) -> Result<HashMap<TaskId, Arc<RawValue>>, DbError> {
        let mut fresh = HashMap::with_capacity(ids.len());
        for summary in store::summaries(conn, district, ids)? {
            let json = Arc::from(json(&summary)?);
            let key = (district, summary.id, summary.version);
            self.0.insert(key, Arc::clone(&json));
            fresh.insert(summary.id, json);
        }
        Ok(fresh)
    }
}

fn json(summary: &TaskSummary) -> Result<Box<RawValue>, DbError> {
    serde_json::value::to_raw_value(summary).map_err(|error| DbError::corrupt("tasks", error))
}
