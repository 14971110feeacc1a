//! What an event looks like from outside: in lists, in exports and in archives.

use chrono::{DateTime, FixedOffset};
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::clock::china;
use crate::db::DbError;
use crate::db::column::Hash;
use crate::log::chain::hex;
use crate::log::store::EventRow;

const TABLE: &str = "events";

/// One fact of the log. It holds all that its hash is made of, so whoever has
/// two in a row can check the chain.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct LoggedEvent {
    /// The district, whose log it is.
    pub district: AreaCode,
    /// Its number: one more than that of the event before.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub seq: i64,
    /// When, by the server's clock, to the millisecond.
    pub at: DateTime<FixedOffset>,
    /// Who did it; absent when Gridward did it by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<PersonId>,
    /// With which device, as it calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub device: Option<String>,
    /// What was done.
    #[schema(max_length = 64, example = "task.claim")]
    pub action: String,
    /// What kind of thing it was done to.
    #[schema(max_length = 32, example = "task")]
    pub subject: String,
    /// Which one.
    #[schema(max_length = 64)]
    pub subject_id: String,
    /// Where the thing lay afterwards.
    pub area: AreaCode,
    /// Where it lay before, if that was elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_before: Option<AreaCode>,
    /// In whose hands it was afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// In whose hands it was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_before_id: Option<PersonId>,
    /// The thing's version afterwards.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 2)]
    pub version: i64,
    /// More about it; what is personal in it lies sealed.
    #[schema(value_type = Object)]
    pub body: Box<RawValue>,
    /// The hash of the event before, in hexadecimal.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub prev_hash: String,
    /// SHA-256 over the hash before and all of the above, in hexadecimal.
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
            prev_hash: hex(row.prev_hash.as_ref()),
            hash: hex(row.hash.as_ref()),
        })
    }
}

/// A line with an unknown subject, or a hash that is not 64 hexadecimal digits.
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
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() || !text.is_ascii() {
        return Err(NotAnEvent);
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        let pair = text.get(2 * at..2 * at + 2).ok_or(NotAnEvent)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAnEvent)?;
    }
    Ok(Hash(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::chain::{Link, digest};

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
