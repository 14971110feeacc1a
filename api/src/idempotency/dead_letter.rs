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
/// The maximum number of dead letters that are read.
const MOST: i64 = 1000;

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
#[derive(Debug, Serialize)]
pub struct DeadLetter {
    /// Its sequence number in the log.
    pub seq: i64,
    /// When it became one, UTC.
    pub at: String,
    /// The person who sent the command.
    pub person: String,
    /// The id of the command.
    pub command: String,
    /// The action, such as `task.report`.
    pub action: String,
    /// The content of the command.
    pub request: Value,
}

/// The dead letters of the district that are not archived yet, the first [`MOST`].
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
        let filter = Filter { action: Some(action.to_owned()), ..Filter::default() };
        rows.extend(store::list(conn, &district.range(), &filter, 0, MOST)?);
    }
    rows.sort_by_key(|row| row.seq);
    rows.into_iter().map(|row| opened(key, row)).collect()
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
