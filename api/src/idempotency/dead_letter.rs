//! Dead letters: commands that the server repeatedly failed to process. They are
//! rejected, and stored encrypted in the log.
//!
//! A command that fails because of a defect must neither block the later commands
//! of its phone nor be lost.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gridward_domain::area::AreaCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::store::aad;
use super::{CommandId, Request, TRIES};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::log::store::{self, EventRow, Filter};
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// The action of the event.
const ACTION: &str = "command.dead_letter";
/// Its former name: events are never rewritten.
const FORMER_ACTION: &str = "command.set_aside";
/// The number of events that are read at a time.
const BATCH: i64 = 1000;

/// Stores the request encrypted in the log, and notifies the operators.
pub(super) fn record(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    request: &Request<'_>,
    id: &CommandId,
) -> Result<(), Problem> {
    let Request { principal, action, request, .. } = request;
    let me = principal.person;
    let aad = aad(principal.district(), me, id.as_str(), "request");
    let sealed = BASE64_STANDARD.encode(key.seal_value(&aad, request)?);
    tracing::error!(district = %principal.district(), command = %id, action, "a command failed {TRIES} times and is now a dead letter");
    let body = json!({ "action": action, "sealed": sealed });
    let event = Event::new(ACTION, Subject::Command, id.as_str(), principal.area, 1);
    tx.record(event.by(me).with(body));
    Ok(())
}

/// A dead letter, decrypted.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetter {
    /// Its sequence number in the log.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub seq: i64,
    /// When it became one, UTC.
    #[schema(format = "date-time", example = "2026-08-01T01:00:00+00:00")]
    pub at: String,
    /// The person who sent the command.
    #[schema(format = "uuid", example = "0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8d")]
    pub person: String,
    /// The id of the command.
    #[schema(max_length = 64, example = "0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8d")]
    pub command: String,
    /// The action, such as `task.report`.
    #[schema(max_length = 64, example = "task.report")]
    pub action: String,
    /// The content of the command.
    #[schema(value_type = Object)]
    pub request: Value,
}

/// The dead letters of the district that are not archived yet, in order.
///
/// # Errors
/// [`DbError`]; also if the key is not that of the district.
pub fn all(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
) -> Result<Vec<DeadLetter>, DbError> {
    let mut rows = Vec::new();
    for action in [FORMER_ACTION, ACTION] {
        rows.extend(events(conn, district, action)?);
    }
    rows.sort_by_key(|row| row.seq);
    rows.into_iter().map(|row| opened(key, row)).collect()
}

/// All events of the district with this action, read in batches.
fn events(conn: &mut Conn, district: AreaCode, action: &str) -> Result<Vec<EventRow>, DbError> {
    let filter = Filter { action: Some(action.to_owned()), ..Filter::default() };
    let mut rows: Vec<EventRow> = Vec::new();
    loop {
        let after = rows.last().map_or(0, |row| row.seq);
        let batch = store::list(conn, &district.range(), &filter, after, BATCH)?;
        if batch.is_empty() {
            return Ok(rows);
        }
        rows.extend(batch);
    }
}

fn opened(key: &SealingKey, row: EventRow) -> Result<DeadLetter, DbError> {
    let corrupt = || DbError::corrupt("events", "not a dead letter");
    let body: Value = serde_json::from_str(&row.body).map_err(|_| corrupt())?;
    let person = row.actor.ok_or_else(corrupt)?;
    let sealed = body["sealed"].as_str().and_then(|text| BASE64_STANDARD.decode(text).ok());
    let aad = aad(row.district, person, &row.subject_id, "request");
    let request = key.open_value(&aad, &sealed.ok_or_else(corrupt)?);
    Ok(DeadLetter {
        seq: row.seq,
        at: row.at.and_utc().to_rfc3339(),
        person: person.to_string(),
        command: row.subject_id,
        action: body["action"].as_str().unwrap_or_default().to_owned(),
        request: request.map_err(|error| DbError::corrupt("events", error))?,
    })
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, SqliteConnection};
    use gridward_domain::id::PersonId;
    use uuid::Uuid;

    use super::*;
    use crate::clock;
    use crate::db::migrate;
    use crate::log::head::Heads;

    #[test]
    fn all_dead_letters_are_read_however_many() {
        let mut conn = Conn::Sqlite(SqliteConnection::establish(":memory:").expect("a database"));
        migrate::migrate(&mut conn).expect("tables");
        let head = "INSERT INTO district_heads (district, seq, hash, archived_hash)
            VALUES ('500116', 0, zeroblob(32), zeroblob(32))";
        conn.batch_execute(head).expect("a head");
        let district: AreaCode = "500116".parse().expect("a code");
        let (key, person) = (SealingKey::new(&[7; 32]), PersonId(Uuid::nil()));
        let letter = |n: i64| {
            let (id, action) = (n.to_string(), if n == 0 { FORMER_ACTION } else { ACTION });
            let aad = aad(district, person, &id, "request");
            let sealed = key.seal_value(&aad, &json!(n)).expect("a sealed request");
            let body = json!({ "action": "test", "sealed": BASE64_STANDARD.encode(sealed) });
            Event::new(action, Subject::Command, id, district, 1).by(person).with(body)
        };
        let letters: Vec<Event> = (0..=BATCH + 1).map(letter).collect();
        store::append(&mut conn, &mut Heads::default(), district, clock::system(), &letters)
            .expect("a log");
        let read = all(&mut conn, &key, district).expect("dead letters");
        assert_eq!(read.len(), letters.len());
        assert!(read.iter().zip(0..).all(|(letter, n)| letter.request == json!(n)));
    }
}
