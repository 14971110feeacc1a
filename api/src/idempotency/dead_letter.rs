//! Commands that the server failed at again and again: refused to who sent them,
//! sealed onto the log, where nothing is forgotten.
//!
//! A phone's later commands need not wait for one that a defect keeps from
//! happening, and what somebody did out there must not be lost by it either.

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
/// The same, as a build before this one named it: events are never rewritten.
const FORMER_ACTION: &str = "command.set_aside";
/// How many are read at a time.
const MOST: i64 = 1000;

/// Records the request on the log, sealed, and notifies the operators.
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

/// A dead letter, opened.
#[derive(Debug, Serialize)]
pub struct DeadLetter {
    /// Its number on the log.
    pub seq: i64,
    /// When it became one, UTC.
    pub at: String,
    /// The person who sent the command.
    pub person: String,
    /// Its id.
    pub command: String,
    /// What was asked, as `task.report`.
    pub action: String,
    /// The content of the command.
    pub request: Value,
}

/// The dead letters of the district that are not archived yet, the first [`MOST`].
///
/// # Errors
/// [`DbError`]; also when the key is not the district's.
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
