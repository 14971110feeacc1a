//! The public representation of an event in lists, exports and archives.

use chrono::{DateTime, FixedOffset};
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{DeviceName, EventAction, SubjectId};
use gridward_domain::id::PersonId;
use gridward_domain::range::Version;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::clock::china;
use crate::db::DbError;
use crate::db::column::Hash;
use crate::log::store::EventRow;

const TABLE: &str = "events";

/// An event of the log. It contains all input of its hash, so two consecutive events
/// suffice to verify a link of the chain.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct LoggedEvent {
    /// The district that owns the log.
    pub district: AreaCode,
    /// The sequence number: one more than that of the previous event.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub seq: i64,
    /// When the event occurred, by the server's clock, to the millisecond.
    pub at: DateTime<FixedOffset>,
    /// The person who acted; absent for actions of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<PersonId>,
    /// The device, as the client names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DeviceName>)]
    pub device: Option<String>,
    /// The action.
    #[schema(value_type = EventAction)]
    pub action: String,
    /// The kind of subject.
    #[schema(max_length = 32, example = "task")]
    pub subject: String,
    /// The id of the subject.
    #[schema(value_type = SubjectId)]
    pub subject_id: String,
    /// The area of the subject after the event.
    pub area: AreaCode,
    /// The area of the subject before the event, if different.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_before: Option<AreaCode>,
    /// The assignee after the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// The assignee before the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_before_id: Option<PersonId>,
    /// The version of the subject after the event.
    #[schema(value_type = Version)]
    pub version: i64,
    /// Details; personal data is encrypted.
    #[schema(value_type = Object)]
    pub body: Box<RawValue>,
    /// The hash of the previous event, in hexadecimal.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub prev_hash: String,
    /// SHA-256 over the previous hash and all of the above, in hexadecimal.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub hash: String,
}

impl TryFrom<EventRow> for LoggedEvent {
    type Error = DbError;

    fn try_from(row: EventRow) -> Result<Self, DbError> {
        let body = RawValue::from_string(row.body);
        Ok(Self {
            district: row.district,
            seq: row.seq,
            at: row.at.and_utc().with_timezone(&china()),
            actor_id: row.actor,
            device: row.device,
            action: row.action,
            subject: row.subject.to_string(),
            subject_id: row.subject_id,
            area: row.area,
            area_before: row.area_before,
            person_id: row.person,
            person_before_id: row.person_before,
            version: row.version,
            body: body.map_err(|error| DbError::corrupt(TABLE, error))?,
            prev_hash: hex::encode(row.prev_hash),
            hash: hex::encode(row.hash),
        })
    }
}

/// A line with an unknown subject, or with a hash that is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an event: its subject is unknown, or a hash is not 64 hexadecimal digits")]
pub struct NotAnEvent;

impl TryFrom<LoggedEvent> for EventRow {
    type Error = NotAnEvent;

    fn try_from(event: LoggedEvent) -> Result<Self, NotAnEvent> {
        Ok(Self {
            district: event.district,
            seq: event.seq,
            at: event.at.naive_utc(),
            actor: event.actor_id,
            device: event.device,
            action: event.action,
            subject: event.subject.parse().map_err(|_| NotAnEvent)?,
            subject_id: event.subject_id,
            area: event.area,
            area_before: event.area_before,
            person: event.person_id,
            person_before: event.person_before_id,
            version: event.version,
            body: event.body.get().to_owned(),
            prev_hash: unhex(&event.prev_hash)?,
            hash: unhex(&event.hash)?,
        })
    }
}

fn unhex(text: &str) -> Result<Hash, NotAnEvent> {
    let mut hash = Hash::ZERO;
    hex::decode_to_slice(text, &mut hash.0).map_err(|_| NotAnEvent)?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::chain::{Link, digest};

    #[test]
    fn a_hash_has_32_bytes() {
        assert_eq!(unhex(&"0a".repeat(32)), Ok(Hash([10; 32])));
        for wrong in
            ["", "0a", &"0a".repeat(31), &"0a".repeat(33), &"+a".repeat(32), &"0".repeat(63)]
        {
            assert_eq!(unhex(wrong), Err(NotAnEvent), "{wrong}");
        }
    }

    #[test]
    fn a_line_of_an_export_holds_all_that_its_hash_is_made_of() {
        let mut row = EventRow {
            district: "500116".parse().expect("a code"),
            seq: 1,
            at: "2026-08-01T09:00:00.123".parse().expect("a time"),
            actor: "018cc7af-0000-7000-8000-000000000021".parse().ok(),
            device: Some("手机".to_owned()),
            action: "task.claim".to_owned(),
            subject: crate::log::Subject::Task,
            subject_id: "t".to_owned(),
            area: "500116001002001".parse().expect("a code"),
            area_before: "500116001002002".parse().ok(),
            person: None,
            person_before: None,
            version: 2,
            body: "{\"b\":1.50,\"a\":\"x\"}".to_owned(),
            prev_hash: Hash::ZERO,
            hash: Hash::ZERO,
        };
        row.hash = digest(&row);
        let line = serde_json::to_string(&LoggedEvent::try_from(row.clone()).expect("an event"))
            .expect("JSON");
        let read: LoggedEvent = serde_json::from_str(&line).expect("an event");
        let back = EventRow::try_from(read).expect("a row");
        assert_eq!(back, row);
        assert!(Link::start().then(&back).is_ok());
    }
}
