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

/// What is put on the log.
const ACTION: &str = "command.set_aside";
/// How many are read at a time.
const MOST: i64 = 1000;

/// Puts what was request onto the log, sealed, and tells the operators.
pub(super) fn set_aside(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    request: &Request<'_>,
    id: &CommandId,
) -> Result<(), Problem> {
    let Request { caller, action, request, .. } = request;
    let me = caller.actor.person;
    let aad = aad(caller.district, me, id.as_str(), "request");
    let sealed = BASE64_STANDARD.encode(key.seal_value(&aad, request)?);
    tracing::error!(district = %caller.district, command = %id, action, "failed {TRIES} times and is set aside");
    let body = json!({ "action": action, "sealed": sealed });
    let event = Event::new(ACTION, Subject::Command, id.as_str(), caller.actor.area, 1);
    tx.record(event.by(me).with(body));
    Ok(())
}

/// A command that was set aside, opened.
#[derive(Debug, Serialize)]
pub struct DeadLetter {
    /// Its number on the log.
    pub seq: i64,
    /// When it was set aside, UTC.
    pub at: String,
    /// Who request.
    pub person: String,
    /// Its id.
    pub command: String,
    /// What was request, as `task.report`.
    pub action: String,
    /// With what.
    pub request: Value,
}

/// The commands of the district that were set aside and are not archived yet, the
/// first [`MOST`].
///
/// # Errors
/// [`DbError`]; also when the key is not the district's.
pub fn all(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
) -> Result<Vec<DeadLetter>, DbError> {
    let filter = Filter { action: Some(ACTION.to_owned()), ..Filter::default() };
    let rows = store::list(conn, &district.range(), &filter, 0, MOST)?;
    rows.into_iter().map(|row| opened(key, row)).collect()
}

fn opened(key: &SealingKey, row: EventRow) -> Result<DeadLetter, DbError> {
    let corrupt = || DbError::corrupt("events", "not a command that was set aside");
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
