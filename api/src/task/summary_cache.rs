//! Task summaries for lists, cached as JSON.
//!
//! The version of a task grows with every change of its row, so the summary of one version in
//! one view never becomes stale, on any server, but for the masked name of its beneficiary: a
//! corrected one is shown after five minutes. A list therefore reads ids and versions, and then only
//! the summaries that are not cached.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::TaskId;
use gridward_domain::visibility::View;
use moka::sync::Cache;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::model::TaskSummary;
use super::store::{self, Filter};
use super::summaries;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;

/// Sufficient for the active tasks of four districts, at about half a kilobyte each.
const KEPT: u64 = 50_000;

/// How long a summary is cached: the delay until a corrected name is shown.
const LIFETIME: Duration = Duration::from_secs(300);

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

/// Cached summaries by district, task, version and view.
#[derive(Clone)]
pub struct SummaryCache(Cache<(AreaCode, TaskId, i64, View), Arc<RawValue>>);

impl Default for SummaryCache {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(KEPT).time_to_live(LIFETIME).build())
    }
}

impl SummaryCache {
    /// A page of the tasks of the principal's district, earliest due day first, each in the
    /// principal's view.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn list(
        &self,
        conn: &mut Conn,
        key: &SealingKey,
        principal: &Principal,
        filter: &Filter,
        wanted: &Wanted<(NaiveDate, TaskId)>,
        now: DateTime<Utc>,
    ) -> Result<Vec<CachedSummary>, DbError> {
        let district = principal.district();
        let listed = store::list(conn, district, filter, wanted)?;
        let mut seen = Vec::with_capacity(listed.len());
        let mut unseen = HashMap::new();
        for task in listed {
            let Some(view) = task.visibility.facts().view(principal, now) else { continue };
            let json = self.0.get(&(district, task.id, task.version, view));
            if json.is_none() {
                unseen.insert(task.id, view);
            }
            seen.push((task.id, task.due_on, json));
        }
        let mut fresh = self.read(conn, key, district, &unseen)?;
        // A task removed between the two reads is omitted.
        let summaries = seen.into_iter().filter_map(|(id, due_on, json)| {
            let json = json.or_else(|| fresh.remove(&id))?;
            Some(CachedSummary { due_on, id, json })
        });
        Ok(summaries.collect())
    }

    /// Loads summaries, each in its view, into the cache.
    fn read(
        &self,
        conn: &mut Conn,
        key: &SealingKey,
        district: AreaCode,
        views: &HashMap<TaskId, View>,
    ) -> Result<HashMap<TaskId, Arc<RawValue>>, DbError> {
        let mut fresh = HashMap::with_capacity(views.len());
        for (summary, view) in summaries::in_views(conn, key, district, views)? {
            let json = Arc::from(json(&summary)?);
            let key = (district, summary.id, summary.version, view);
            self.0.insert(key, Arc::clone(&json));
            fresh.insert(summary.id, json);
        }
        Ok(fresh)
    }
}

fn json(summary: &TaskSummary) -> Result<Box<RawValue>, DbError> {
    serde_json::value::to_raw_value(summary).map_err(|error| DbError::corrupt("tasks", error))
}
