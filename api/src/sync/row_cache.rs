//! A cache of rows in the form that phones receive, as JSON.
//!
//! The JSON of a task depends only on its version and the view, that of a masked beneficiary also on
//! the last contact, so a cache entry never becomes stale, on any server. Personal data in clear is decrypted for
//! each answer and never cached.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::id::TaskId;
use gridward_domain::visibility::View;
use moka::sync::Cache;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::model::{Change, json};
use super::row_type::RowType;
use super::scope::Scope;
use super::store::{self, TaskKey};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::task::row::TaskRow;
use crate::task::words::{TaskWords, appended};

/// The maximum number of entries; an entry takes about half a kilobyte.
const KEPT: u64 = 100_000;

/// What the content of a row depends on: its version, and the last contact of a beneficiary.
pub(super) type Stamp = (i64, Option<NaiveDate>);

type Key = (AreaCode, RowType, Uuid, Stamp, View);

/// The cached rows, by district, type, id, stamp and view.
#[derive(Clone)]
pub struct RowCache(Cache<Key, Arc<RawValue>>);

impl Default for RowCache {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl RowCache {
    /// The cached row, if present.
    pub(super) fn get(
        &self,
        district: AreaCode,
        row: RowType,
        id: Uuid,
        stamp: Stamp,
        view: View,
    ) -> Option<Arc<RawValue>> {
        self.0.get(&(district, row, id, stamp, view))
    }

    /// Caches a row.
    pub(super) fn keep(
        &self,
        district: AreaCode,
        row: RowType,
        (id, stamp, view): (Uuid, Stamp, View),
        json: &Arc<RawValue>,
    ) {
        self.0.insert((district, row, id, stamp, view), Arc::clone(json));
    }

    /// The JSON of this task row in the view, from the cache if present, with its words.
    pub(super) fn task(
        &self,
        key: &SealingKey,
        row: &TaskRow,
        view: View,
    ) -> Result<Change, DbError> {
        let kind = RowType::Task;
        let stamp = (row.version, None);
        let kept = self.get(row.district, kind, row.id.0, stamp, view);
        let data = if let Some(json) = kept {
            json
        } else {
            let json = json(&row.task(view)?)?;
            self.keep(row.district, kind, (row.id.0, stamp, view), &json);
            json
        };
        let data = with_words(key, (row.district, row.id), row.words.as_deref(), view, data)?;
        Ok(Change { r#type: kind, id: row.id.to_string(), version: row.version, data })
    }

    /// The tasks of these keys, in the same order; a task that has changed since its key
    /// was read has its current content.
    pub(super) fn tasks(
        &self,
        conn: &mut Conn,
        sealing: &SealingKey,
        scope: &Scope,
        keys: &[TaskKey],
        now: DateTime<Utc>,
    ) -> Result<Vec<Change>, DbError> {
        let district = scope.area().district();
        let mut seen = HashMap::with_capacity(keys.len());
        let mut unseen = Vec::new();
        for key in keys {
            let Some(view) = key.visibility.facts().view(scope.viewer(), now) else { continue };
            match self.get(district, RowType::Task, key.id.0, (key.version, None), view) {
                Some(json) => {
                    let (at, words) = ((district, key.id), key.words.as_deref());
                    let json = with_words(sealing, at, words, view, json)?;
                    seen.insert(key.id, (key.version, json));
                }
                None => unseen.push(key.id),
            }
        }
        for row in store::tasks(conn, district, &unseen)? {
            // It may have left the scope since its key was read.
            if let Some(view) = scope.view(&row, now) {
                let Change { version, data, .. } = self.task(sealing, &row, view)?;
                seen.insert(row.id, (version, data));
            }
        }
        let changes = keys.iter().filter_map(|key| {
            let (version, data) = seen.remove(&key.id)?;
            Some(Change { r#type: RowType::Task, id: key.id.to_string(), version, data })
        });
        Ok(changes.collect())
    }
}

/// The JSON of a task with the words that the view shows.
fn with_words(
    key: &SealingKey,
    task: (AreaCode, TaskId),
    sealed: Option<&[u8]>,
    view: View,
    json: Arc<RawValue>,
) -> Result<Arc<RawValue>, DbError> {
    let words = TaskWords::shown(key, task, sealed, view)?;
    if words == TaskWords::default() {
        return Ok(json);
    }
    Ok(Arc::from(appended(json.get(), &words)?))
}
