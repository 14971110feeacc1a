//! What a report says, as it is kept: all of it that could be read, and the rest
//! as it came. A visit that was made is not undone by an app that writes a time
//! wrongly, nor by one that is newer than the server.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};
use gridward_dispatch::place::Place;
use gridward_dispatch::task::Outcome;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::report::NewReport;
use crate::catalogue::Need;

/// What a report says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// How it ended; absent where that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// In the visitor's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 262_144)]
    pub note: Option<String>,
    /// Answers to the form of the kind of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answers: Option<Map<String, Value>>,
    /// What the household was found to need.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(max_items = 7, value_type = Vec<Need>)]
    pub needs: BTreeSet<Need>,
    /// Where the visitor stood, WGS-84.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// How far off the place may be, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f64>,
    /// When it began, by the visitor's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<FixedOffset>>,
    /// When it ended, by the visitor's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<FixedOffset>>,
    /// Photos, signatures and voices that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10_000)]
    pub attachments: Vec<Uuid>,
    /// What could not be read, by the name of the field, as it was sent.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Option<Object>)]
    pub unread: Map<String, Value>,
}

impl From<NewReport> for Account {
    fn from(report: NewReport) -> Self {
        let NewReport { outcome, note, answers, needs, place, accuracy_m, .. } = report;
        let NewReport { started_at, ended_at, attachments, .. } = report;
        Self {
            outcome: Some(outcome),
            note,
            answers,
            needs,
            place,
            accuracy_m,
            started_at,
            ended_at,
            attachments,
            unread: Map::new(),
        }
    }
}

impl Account {
    /// Reads what a phone wrote, field by field.
    pub fn read(told: Map<String, Value>) -> Self {
        let mut told = Fields { left: told, unread: Map::new() };
        Self {
            outcome: told.take("outcome"),
            note: told.take("note"),
            answers: told.take("answers"),
            needs: told.take_each("needs").into_iter().collect(),
            place: told.take("place"),
            accuracy_m: told.take("accuracy_m"),
            started_at: told.take("started_at"),
            ended_at: told.take("ended_at"),
            attachments: told.take_each("attachments"),
            unread: told.rest(),
        }
    }
}

/// The fields of a report that are still to be read, and those that cannot be.
struct Fields {
    left: Map<String, Value>,
    unread: Map<String, Value>,
}

impl Fields {
    fn take<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.left.remove(name).filter(|value| !value.is_null())?;
        let read = T::deserialize(&value).ok();
        if read.is_none() {
            self.unread.insert(name.to_owned(), value);
        }
        read
    }

    /// Reads a list entry by entry: one that is unknown takes no other with it.
    fn take_each<T: DeserializeOwned>(&mut self, name: &str) -> Vec<T> {
        let Some(values) = self.take::<Vec<Value>>(name) else { return Vec::new() };
        let (mut read, mut unread) = (Vec::new(), Vec::new());
        for value in values {
            match T::deserialize(&value) {
                Ok(entry) => read.push(entry),
                Err(_) => unread.push(value),
            }
        }
        if !unread.is_empty() {
            self.unread.insert(name.to_owned(), unread.into());
        }
        read
    }

    fn rest(mut self) -> Map<String, Value> {
        self.unread.append(&mut self.left);
        self.unread
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(told: Value) -> Account {
        Account::read(told.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn what_cannot_be_read_is_kept_as_it_came_and_takes_nothing_with_it() {
        let account = read(json!({
            "outcome": "done", "note": "一切安好", "place": {"lat": 91.0, "lon": 106.2},
            "needs": ["medical", "a_new_need"], "started_at": "yesterday", "weather": "rain"
        }));
        assert_eq!(account.outcome, Some(Outcome::Done));
        assert_eq!(account.note.as_deref(), Some("一切安好"));
        assert_eq!(account.needs, BTreeSet::from([Need::Medical]));
        assert_eq!((account.place, account.started_at), (None, None));
        assert_eq!(
            Value::Object(account.unread),
            json!({
                "place": {"lat": 91.0, "lon": 106.2}, "needs": ["a_new_need"],
                "started_at": "yesterday", "weather": "rain"
            })
        );
        let unclear = read(json!({ "outcome": "went_well" }));
        assert_eq!((unclear.outcome, unclear.unread.len()), (None, 1));
    }

    #[test]
    fn what_can_be_read_is_the_same_by_whichever_way_it_came() {
        let told = json!({
            "outcome": "done", "note": "x", "answers": {"health": "good"}, "needs": ["living"],
            "place": {"lat": 29.2, "lon": 106.2}, "accuracy_m": 12.0,
            "started_at": "2026-08-01T09:05:00+08:00", "ended_at": "2026-08-01T09:31:00+08:00",
            "attachments": ["0198a3b0-0000-7000-8000-000000000001"]
        });
        let strict: NewReport = serde_json::from_value(told.clone()).expect("a report");
        assert_eq!(Account::from(strict), read(told.clone()));
        assert_eq!(json!(read(told.clone())), told);
    }
}
