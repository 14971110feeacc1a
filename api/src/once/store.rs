//! The commands that happened, with what was asked and answered, both sealed.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Text, Timestamp};
use serde::Serialize;

use super::{Asked, CommandId};
use crate::auth::Caller;
use crate::db::rows::{Change, Row, Rows, Tables};
use crate::db::schema::commands;
use crate::db::{Conn, DbError, Tx};
use crate::insert_columns;
use crate::problem::Problem;
use crate::seal::{self, SealingKey};

/// A row of `commands`.
#[derive(Clone, Debug, Queryable, QueryableByName, Insertable)]
#[diesel(table_name = commands)]
pub struct CommandRow {
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

/// The key of the caller's command: district, person and id.
pub fn key(caller: &Caller, id: &CommandId) -> (String, String, String) {
    (caller.district.clone(), caller.actor.person.to_string(), id.to_string())
}

/// Each command by the whole of its key: it is looked up once for each that comes.
const THOSE: &str = "SELECT commands.* FROM unnest($1, $2, $3) AS those (district, person, id) \
    JOIN commands USING (district, person, id)";

impl Row for CommandRow {
    type Key = (String, String, String);

    fn key(&self) -> Self::Key {
        (self.district.clone(), self.person.clone(), self.id.clone())
    }

    fn one(conn: &mut Conn, (district, person, id): &Self::Key) -> Result<Option<Self>, DbError> {
        Ok(commands::table.find((district, person, id)).first(conn).optional()?)
    }

    fn many(conn: &mut PgConnection, keys: &BTreeSet<Self::Key>) -> Result<Vec<Self>, DbError> {
        let districts: Vec<&str> = keys.iter().map(|(district, ..)| district.as_str()).collect();
        let people: Vec<&str> = keys.iter().map(|(_, person, _)| person.as_str()).collect();
        let ids: Vec<&str> = keys.iter().map(|(.., id)| id.as_str()).collect();
        Ok(diesel::sql_query(THOSE)
            .bind::<Array<Text>, _>(districts)
            .bind::<Array<Text>, _>(people)
            .bind::<Array<Text>, _>(ids)
            .load(conn)?)
    }

    fn write(conn: &mut Conn, changes: &[Change<'_, Self>]) -> Result<(), DbError> {
        // Only a command that the server failed at before is there already.
        for before in changes.iter().filter_map(|change| change.was) {
            let key = (&before.district, &before.person, &before.id);
            diesel::delete(commands::table.find(key)).execute(conn)?;
        }
        let rows: Vec<&Self> = changes.iter().map(|change| change.is).collect();
        Ok(insert_columns!(conn, commands, rows, {
            district: Text,
            person: Text,
            id: Text,
            action: Text,
            request_hash: Binary,
            sealed_request: Binary,
            sealed_answer: Binary,
            created_at: Timestamp,
        })?)
    }

    fn of(tables: &mut Tables) -> &mut Rows<Self> {
        &mut tables.commands
    }
}

/// Keeps what was asked and what came of it, instead of what came of it before.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    asked: &Asked<'_>,
    id: &CommandId,
    before: Option<&CommandRow>,
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
    match before {
        Some(before) => tx.replace(before, row),
        None => tx.insert(row),
    }
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
    Ok(diesel::delete(old).execute(tx.write()?)?)
}
