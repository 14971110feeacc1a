//! Tasks as lists show them, kept as JSON.
//!
//! A task's version grows with every change of its row, so what a task looks
//! like at one version never changes and never goes stale, on any server. A
//! list therefore reads ids and versions, and only those cards it has not seen.

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

/// Enough for the live tasks of four districts; about half a kilobyte each.
const KEPT: u64 = 50_000;

/// A task of a list: its place in the order, and its JSON.
pub struct Card {
    /// The day it is due.
    pub due_on: NaiveDate,
    /// Names the task.
    pub id: TaskId,
    json: Arc<RawValue>,
}

impl Serialize for Card {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// The cards seen so far, by district, task and version.
#[derive(Clone)]
pub struct SummaryCache(Cache<(AreaCode, TaskId, i64), Arc<RawValue>>);

impl Default for SummaryCache {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl SummaryCache {
    /// A page of the tasks in `area` (everywhere in `district` if `None`),
    /// those due first before the others.
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
    ) -> Result<Vec<Card>, DbError> {
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
        // A task that has gone between the two reads is left out.
        let cards = keys.into_iter().zip(seen).filter_map(|((id, due_on, _), json)| {
            let json = json.or_else(|| fresh.remove(&id))?;
            Some(Card { due_on, id, json })
        });
        Ok(cards.collect())
    }

    /// Reads the cards of `ids` and keeps them.
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
