//! The commands that happened, with what was asked and answered, both sealed.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use serde::Serialize;

use super::{Asked, CommandId};
use crate::auth::Caller;
use crate::db::schema::commands;
use crate::db::{Conn, DbError, Tx};
use crate::problem::Problem;
use crate::seal::{self, SealingKey};

/// A row of `commands`.
#[derive(Queryable, Insertable)]
#[diesel(table_name = commands)]
pub(super) struct CommandRow {
    district: String,
    person: String,
    id: String,
    action: String,
    pub(super) request_hash: Vec<u8>,
    sealed_request: Vec<u8>,
    pub(super) sealed_answer: Vec<u8>,
    created_at: NaiveDateTime,
}

impl CommandRow {
    /// Where a sealed part of it lies.
    pub(super) fn place(&self, part: &str) -> String {
        place(&self.district, &self.person, &self.id, part)
    }
}

pub(super) fn place(district: &str, person: &str, id: &str, part: &str) -> String {
    seal::place(district, "commands", &format!("{person}|{id}|{part}"))
}

pub(super) fn row(
    conn: &mut Conn,
    caller: &Caller,
    id: &CommandId,
) -> Result<Option<CommandRow>, DbError> {
    let key = (&caller.district, caller.actor.person.to_string(), id.as_str());
    Ok(commands::table.find(key).first(conn).optional()?)
}

/// Keeps what was asked and what came of it, instead of what came of it before.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    asked: &Asked<'_>,
    id: &CommandId,
    request_hash: Vec<u8>,
    outcome: &impl Serialize,
) -> Result<(), Problem> {
    let (district, person) = (&asked.caller.district, asked.caller.actor.person.to_string());
    let place = |part| place(district, &person, id.as_str(), part);
    let row = CommandRow {
        sealed_request: key.seal_value(&place("request"), asked.request)?,
        sealed_answer: key.seal_value(&place("answer"), outcome)?,
        district: district.clone(),
        person: person.clone(),
        id: id.as_str().to_owned(),
        action: asked.action.to_owned(),
        request_hash,
        created_at: tx.now.naive_utc(),
    };
    let before = commands::table.find((district, &person, id.as_str()));
    diesel::delete(before).execute(tx.write())?;
    diesel::insert_into(commands::table).values(&row).execute(tx.write())?;
    Ok(())
}

/// Forgets the district's commands older than `age`; answers how many there were.
///
/// # Errors
/// [`DbError`].
pub fn forget_older(tx: &mut Tx<'_>, district: &str, age: TimeDelta) -> Result<usize, DbError> {
    let oldest = (tx.now - age).naive_utc();
    let old = commands::table
        .filter(commands::district.eq(district))
        .filter(commands::created_at.lt(oldest));
    Ok(diesel::delete(old).execute(tx.write())?)
}
