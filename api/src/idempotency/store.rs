//! Executed commands with their requests and answers, both encrypted.

use crate::db::column::Hash;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::{PersonId, TaskId};
use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use serde::Serialize;

use super::{CommandId, Request, StoredOutcome, fingerprint};
use crate::crypto::{self, SealingKey};
use crate::db::schema::commands;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::limits::{DailyQuota, daily_quota};
use crate::tx::row::{Row, RowChange};
use crate::tx::{ReadSet, Tx};

crate::table_row! {
    /// A row of `commands`.
    #[derive(Clone, Debug, diesel::QueryableByName)]
    pub struct CommandRow in commands {
        district: AreaCode,
        key {
            person: PersonId,
            id: String,
        }
        fixed {
            action: String,
            request_hash: Hash,
            sealed_request: Vec<u8>,
            sealed_answer: Vec<u8>,
            created_at: NaiveDateTime,
            pending_task: Option<TaskId>,
        }
    }
}

impl CommandRow {
    /// The associated data of an encrypted part.
    pub(super) fn aad(&self, part: &str) -> String {
        aad(self.district, self.person, &self.id, part)
    }
}

pub(super) fn aad(district: AreaCode, person: PersonId, id: &str, part: &str) -> String {
    crypto::aad(district, "commands", format!("{person}|{id}|{part}"))
}

/// The key of the principal's command within the district: person and id.
pub fn key(principal: &Principal, id: &CommandId) -> (PersonId, String) {
    (principal.person, id.to_string())
}

/// The rows that the execution of the principal's command reads.
pub fn read_set(principal: &Principal, id: &CommandId) -> ReadSet {
    let mut read_set = ReadSet::default();
    read_set.add::<CommandRow>(key(principal, id));
    daily_quota::read(principal, &mut read_set);
    read_set
}

/// The commands with these keys.
const BY_KEYS: &str = "SELECT commands.* FROM unnest($2, $3) AS wanted (person, id) \
    JOIN commands USING (person, id) WHERE commands.district = $1";

impl Row for CommandRow {
    type Key = (PersonId, String);
    const ORDER: u8 = 10;

    fn key(&self) -> Self::Key {
        (self.person, self.id.clone())
    }

    fn one(
        conn: &mut Conn,
        district: AreaCode,
        (person, id): &Self::Key,
    ) -> Result<Option<Self>, DbError> {
        let found = commands::table.find((district, person, id)).select(Self::as_select());
        Ok(found.first(conn).optional()?)
    }

    fn many(
        conn: &mut PgConnection,
        district: AreaCode,
        keys: &BTreeSet<Self::Key>,
    ) -> Result<Vec<Self>, DbError> {
        let (people, ids): (Vec<PersonId>, Vec<&str>) =
            keys.iter().map(|(person, id)| (*person, id.as_str())).unzip();
        Ok(diesel::sql_query(BY_KEYS)
            .bind::<Text, _>(district)
            .bind::<Array<Text>, _>(people)
            .bind::<Array<Text>, _>(ids)
            .load(conn)?)
    }

    fn write(
        conn: &mut Conn,
        district: AreaCode,
        changes: &[RowChange<'_, Self>],
    ) -> Result<(), DbError> {
        // A row exists already only if the server failed to process the command before.
        for before in changes.iter().filter_map(|change| change.old) {
            let key = (district, before.person, &before.id);
            diesel::delete(commands::table.find(key)).execute(conn)?;
        }
        let rows: Vec<&Self> = changes.iter().map(|change| change.new).collect();
        Self::insert_all(conn, &rows)
    }
}

/// Stores the request and its outcome, replacing an earlier outcome.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    request: &Request<'_>,
    id: &CommandId,
    before: Option<&CommandRow>,
    outcome: &StoredOutcome<impl Serialize>,
) -> Result<(), Problem> {
    let (district, person) = (request.principal.district(), request.principal.person);
    let aad = |part| aad(district, person, id.as_str(), part);
    let row = CommandRow {
        sealed_request: key.seal_value(&aad("request"), request.request)?,
        sealed_answer: key.seal_value(&aad("answer"), outcome)?,
        district,
        person,
        id: id.as_str().to_owned(),
        action: request.action.to_owned(),
        request_hash: fingerprint(request),
        created_at: tx.now.naive_utc(),
        pending_task: request.task.filter(|_| matches!(outcome, StoredOutcome::Failed(_))),
    };
    if let Some(before) = before {
        tx.replace(before, row);
    } else {
        DailyQuota::Answers.count(tx, request.principal)?;
        tx.insert(row);
    }
    Ok(())
}

/// Whether the server failed to process a command of the principal to `task` since `moment`, and
/// the command has no final outcome yet.
///
/// # Errors
/// [`DbError`].
pub fn is_pending(
    tx: &mut Tx<'_>,
    principal: &Principal,
    task: TaskId,
    moment: DateTime<Utc>,
) -> Result<bool, DbError> {
    let pending = commands::table
        .filter(commands::district.eq(principal.district()))
        .filter(commands::person.eq(principal.person))
        .filter(commands::pending_task.eq(task))
        .filter(commands::created_at.ge(moment.naive_utc()));
    let one: Option<String> = pending.select(commands::id).first(tx.read()?).optional()?;
    Ok(one.is_some())
}

/// Deletes the district's commands older than `age`; returns their number.
///
/// # Errors
/// [`DbError`].
pub fn forget_older(tx: &mut Tx<'_>, district: AreaCode, age: TimeDelta) -> Result<usize, DbError> {
    let oldest = (tx.now - age).naive_utc();
    let old = commands::table
        .filter(commands::district.eq(district))
        .filter(commands::created_at.lt(oldest));
    Ok(diesel::delete(old).execute(tx.write()?)?)
}
