//! Task summaries for lists, cached as JSON.
//!
//! The version of a task grows with every change of its row, so the summary of one version in
//! one view never becomes stale, on any server. A list therefore reads ids and versions, and then
//! only the summaries that are not cached. Names change without their tasks: they are in no cached
//! summary, but read for each page and appended.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::TaskId;
use gridward_domain::visibility::View;
use moka::sync::Cache;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::filter::Filter;
use super::list_store::{self, Listed};
use super::names::Names;
use super::sort::SortKey;
use super::summaries;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::task::words::appended;

/// Sufficient for the active tasks of four districts, at about half a kilobyte each.
const KEPT: u64 = 50_000;

/// An entry of a task list: sort key and JSON.
pub struct CachedSummary {
    /// The position in the order of the list.
    pub key: SortKey,
    json: Box<RawValue>,
}

impl Serialize for CachedSummary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// Cached summaries by district, task, version and view.
#[derive(Clone)]
pub struct SummaryCache(Cache<(AreaCode, TaskId, i64, View), Arc<str>>);

impl Default for SummaryCache {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(KEPT).build())
    }
}

/// A task of a page in the reader's view, and its summary if it is cached.
struct Seen {
    task: Listed,
    view: View,
    json: Option<Arc<str>>,
}

impl SummaryCache {
    /// A page of the tasks of the principal's district, in the order of the filter, each in the
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
        wanted: &Wanted<SortKey>,
        now: DateTime<Utc>,
    ) -> Result<Vec<CachedSummary>, DbError> {
        let district = principal.district();
        let listed = list_store::list(conn, district, filter, wanted)?.into_iter();
        let seen = listed.filter_map(|task| {
            let view = task.visibility.facts().view(principal, now)?;
            let json = self.0.get(&(district, task.id, task.version, view));
            Some(Seen { task, view, json })
        });
        let seen: Vec<Seen> = seen.collect();
        let unseen = seen.iter().filter(|seen| seen.json.is_none());
        let unseen = unseen.map(|seen| (seen.task.id, seen.view)).collect();
        let fresh = self.read(conn, district, &unseen)?;
        let ids = seen.iter().map(|seen| (seen.task.ids(), seen.view));
        let names = Names::read(conn, key, district, ids)?;
        let sort = filter.query.sort.unwrap_or_default();
        let summaries = seen.iter().filter_map(|Seen { task, view, json }| {
            // A task removed between the two reads is omitted.
            let json = json.as_ref().or_else(|| fresh.get(&task.id))?;
            let json = appended(json, &names.of(&task.ids(), *view));
            Some(json.map(|json| CachedSummary { key: task.sort_key(sort), json }))
        });
        summaries.collect()
    }

    /// Loads summaries, each in its view, into the cache.
    fn read(
        &self,
        conn: &mut Conn,
        district: AreaCode,
        views: &HashMap<TaskId, View>,
    ) -> Result<HashMap<TaskId, Arc<str>>, DbError> {
        let mut fresh = HashMap::with_capacity(views.len());
        for (summary, view) in summaries::in_views(conn, district, views)? {
            let json = serde_json::to_string(&summary);
            let json: Arc<str> = json.map_err(|error| DbError::corrupt("tasks", error))?.into();
            let key = (district, summary.id, summary.version, view);
            self.0.insert(key, Arc::clone(&json));
            fresh.insert(summary.id, json);
        }
        Ok(fresh)
    }
}
