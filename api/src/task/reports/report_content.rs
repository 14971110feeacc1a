//! The content of a report as stored: every readable field, and the unreadable ones as
//! sent. A visit must not be lost because an app formats a time incorrectly or is newer
//! than the server.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset};
use gridward_domain::code::Need;
use gridward_domain::id::PersonId;
use gridward_domain::place::Place;
use gridward_domain::task::Outcome;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::task::model::NewReport;

/// The content of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportContent {
    /// The outcome; absent if unreadable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Free text by the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 262_144)]
    pub note: Option<String>,
    /// The visitor of a report on behalf of another person; absent in a stored report, whose row
    /// has the authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub on_behalf_of: Option<PersonId>,
    /// The answers to the form of the kind of service, and to fields that it lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answers: Option<Map<String, Value>>,
    /// The beneficiary's needs found during the visit.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(max_items = 200, value_type = Vec<Need>)]
    pub needs: BTreeSet<Need>,
    /// The visitor's position, WGS-84.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The accuracy of the position, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f64>,
    /// The start of the visit, by the visitor's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<FixedOffset>>,
    /// The end of the visit, by the visitor's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<FixedOffset>>,
    /// Photos, signatures and voice recordings of the report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10_000)]
    pub attachments: Vec<Uuid>,
    /// Unreadable fields by name, as sent: a JSON value, or text if it is not valid JSON. In
    /// the text, `\udcXX` represents a byte XX that is not UTF-8.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Option<Object>)]
    pub unread: Map<String, Value>,
    /// Unreadable fields of the enclosing command.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Option<Object>)]
    pub unread_command: Map<String, Value>,
}

/// The fields of an object, each as raw text.
pub type Written = BTreeMap<String, Box<RawValue>>;

impl From<NewReport> for ReportContent {
    fn from(report: NewReport) -> Self {
        let NewReport { outcome, on_behalf_of, note, answers, needs, place, .. } = report;
        let NewReport { accuracy_m, started_at, ended_at, attachments, .. } = report;
        Self {
            outcome: Some(outcome),
            on_behalf_of,
            note: note.map(String::from),
            answers,
            needs,
            place,
            accuracy_m,
            started_at,
            ended_at,
            attachments,
            unread: Map::new(),
            unread_command: Map::new(),
        }
    }
}

impl ReportContent {
    /// Reads the fields sent by a phone one by one.
    pub fn read(fields: Written) -> Self {
        let mut fields = Fields::of(fields);
        Self {
            outcome: fields.take("outcome"),
            note: fields.take("note"),
            on_behalf_of: fields.take("on_behalf_of"),
            answers: fields.take_value("answers"),
            needs: fields.take_each("needs").into_iter().collect(),
            place: fields.take("place"),
            accuracy_m: fields.take("accuracy_m"),
            started_at: fields.take("started_at"),
            ended_at: fields.take("ended_at"),
            attachments: fields.take_each("attachments"),
            unread: fields.remaining(),
            unread_command: Map::new(),
        }
    }

    /// The report in the form that a phone sends, with unreadable fields in place, so that
    /// a newer server that reads more fields considers it equal.
    pub fn written(&self) -> Value {
        let read = Self { unread: Map::new(), unread_command: Map::new(), ..self.clone() };
        let mut written = json!(read);
        if let Some(Value::Array(needs)) = written.get_mut("needs") {
            let place = |need: &Value| FIRST_NEEDS.iter().position(|first| need == first);
            needs.sort_by_key(|need| place(need).unwrap_or(FIRST_NEEDS.len()));
        }
        for (name, value) in &self.unread {
            match (&mut written[name], value) {
                (Value::Array(read), Value::Array(unread)) => read.extend(unread.iter().cloned()),
                (place, _) => *place = value.clone(),
            }
        }
        written
    }

    /// Whether every field was readable and the outcome is present.
    pub fn is_complete(&self) -> bool {
        self.outcome.is_some() && self.unread.is_empty() && self.unread_command.is_empty()
    }
}

/// A JSON value, or its text if it is invalid or nested too deeply.
fn as_written(raw: &RawValue) -> Value {
    let value = serde_json::from_str::<Value>(raw.get()).ok();
    let value = value.filter(|value| is_shallow(value, DEEPEST));
    value.unwrap_or_else(|| Value::String(raw.get().to_owned()))
}

/// The maximum nesting depth; the stored value is nested a few levels deeper when read
/// again.
const DEEPEST: u8 = 32;

fn is_shallow(value: &Value, levels: u8) -> bool {
    let Some(below) = levels.checked_sub(1) else { return false };
    match value {
        Value::Array(values) => values.iter().all(|value| is_shallow(value, below)),
        Value::Object(fields) => fields.values().all(|value| is_shallow(value, below)),
        _ => true,
    }
}

/// The needs of versions without vocabularies, in the order in which those wrote them: a report
/// that is sent again after the upgrade equals the stored one.
const FIRST_NEEDS: [&str; 7] =
    ["medical", "living", "housing", "employment", "legal", "psychological", "other"];

/// The unread fields of an object, and the unreadable ones.
pub struct Fields {
    left: Written,
    unread: Map<String, Value>,
}

impl Fields {
    /// Starts with every field unread.
    pub fn of(left: Written) -> Self {
        Self { left, unread: Map::new() }
    }

    /// Reads a field; `None` if it is absent, null or unreadable.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let raw = self.left.remove(name).filter(|raw| raw.get() != "null")?;
        let read = serde_json::from_str(raw.get()).ok();
        if read.is_none() {
            self.unread.insert(name.to_owned(), as_written(&raw));
        }
        read
    }

    /// Takes a field of any type.
    fn take_value<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let raw = self.left.remove(name).filter(|raw| raw.get() != "null")?;
        let value = as_written(&raw);
        let read = T::deserialize(&value).ok();
        if read.is_none() {
            self.unread.insert(name.to_owned(), value);
        }
        read
    }

    /// Reads a list entry by entry, so that an unknown entry does not discard the others.
    fn take_each<T: DeserializeOwned>(&mut self, name: &str) -> Vec<T> {
        let Some(entries) = self.take::<Vec<Box<RawValue>>>(name) else { return Vec::new() };
        let (mut read, mut unread) = (Vec::new(), Vec::new());
        for entry in entries {
            match serde_json::from_str(entry.get()) {
                Ok(entry) => read.push(entry),
                Err(_) => unread.push(as_written(&entry)),
            }
        }
        if !unread.is_empty() {
            self.unread.insert(name.to_owned(), unread.into());
        }
        read
    }

    /// All remaining fields.
    pub fn remaining(mut self) -> Map<String, Value> {
        let left = self.left.iter().map(|(name, raw)| (name.clone(), as_written(raw)));
        self.unread.extend(left);
        self.unread
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> ReportContent {
        ReportContent::read(serde_json::from_str(text).expect("an object"))
    }

    #[test]
    fn needs_are_written_in_the_order_of_earlier_versions() {
        let sent = json!({ "outcome": "done", "needs": ["legal", "dental", "medical", "art"] });
        let content = read(&sent.to_string());
        assert_eq!(content.written()["needs"], json!(["medical", "legal", "art", "dental"]));
    }

    #[test]
    fn an_unreadable_field_is_stored_as_sent_and_does_not_affect_the_others() {
        let sent = json!({
            "outcome": "done", "note": "一切安好", "place": {"lat": 91.0, "lon": 106.2},
            "needs": ["medical", "Medical!"], "started_at": "yesterday", "weather": "rain"
        });
        let content = read(&sent.to_string());
        assert_eq!(content.outcome, Some(Outcome::Done));
        assert_eq!(content.note.as_deref(), Some("一切安好"));
        assert_eq!(content.needs, BTreeSet::from(["medical".parse().expect("a code")]));
        assert_eq!((content.place, content.started_at), (None, None));
        // Serialized again it equals the input, so that it remains the same command.
        assert_eq!(content.written(), sent);
        assert_eq!(
            Value::Object(content.unread),
            json!({
                "place": {"lat": 91.0, "lon": 106.2}, "needs": ["Medical!"],
                "started_at": "yesterday", "weather": "rain"
            })
        );
        for unclear in [r#"{"outcome": "went_well"}"#, "{}", r#"{"outcome": null}"#] {
            let unclear = read(unclear);
            assert!(unclear.outcome.is_none() && !unclear.is_complete());
        }
        assert!(read(r#"{"outcome": "done"}"#).is_complete());
    }

    #[test]
    fn what_is_not_even_a_value_is_kept_as_text() {
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        let content = read(&format!(
            r#"{{"outcome": "done", "note": "好\ud83d", "accuracy_m": 1e999, "answers": {{"x": {deep}}},
                "place": {{"lat": 29.2, "lon": 106.2, "altitude": 300}}, "needs": {deep}}}"#
        ));
        assert_eq!(
            (content.outcome, content.note, content.answers),
            (Some(Outcome::Done), None, None)
        );
        assert_eq!(content.unread["note"], json!(r#""好\ud83d""#));
        assert_eq!(content.unread["accuracy_m"], json!("1e999"));
        assert_eq!(content.unread["place"]["altitude"], 300);
        assert_eq!(content.unread["answers"], json!(format!(r#"{{"x": {deep}}}"#)));
        // The result can be stored and read again.
        let kept = serde_json::to_string(&json!({ "kept": content.unread })).expect("JSON");
        assert!(serde_json::from_str::<Value>(&kept).is_ok());
    }

    #[test]
    fn what_can_be_read_is_the_same_by_whichever_way_it_came() {
        let sent = json!({
            "outcome": "done", "note": "x", "answers": {"health": "good"}, "needs": ["living"],
            "place": {"lat": 29.2, "lon": 106.2}, "accuracy_m": 12.0,
            "started_at": "2026-08-01T09:05:00+08:00", "ended_at": "2026-08-01T09:31:00+08:00",
            "attachments": ["0198a3b0-0000-7000-8000-000000000001"]
        });
        let strict: NewReport = serde_json::from_value(sent.clone()).expect("a report");
        assert_eq!(ReportContent::from(strict), read(&sent.to_string()));
        assert_eq!(read(&sent.to_string()).written(), sent);
    }
}
