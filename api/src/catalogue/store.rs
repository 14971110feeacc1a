//! Queries for the catalogue.

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::range::{
    Attempts, DueDays, EscalateDays, Priority, RetryDays, ServiceMinutes,
};
use gridward_domain::skill::Skill;
use gridward_domain::task::Overdue;
use serde_json::json;

use super::ServiceKind;
use crate::db::column::SetColumn;
use crate::db::schema::service_kinds;
use crate::db::{Conn, DbError};

const TABLE: &str = "service_kinds";

#[derive(Queryable, Insertable)]
#[diesel(table_name = service_kinds)]
struct KindRow {
    district: AreaCode,
    code: String,
    name: String,
    minutes: ServiceMinutes,
    priority: Priority,
    skills: SetColumn<Skill>,
    due_days: DueDays,
    attempts: Attempts,
    retry_days: RetryDays,
    overdue: Overdue,
    escalate_days: EscalateDays,
    form: Option<String>,
    follow_ups: String,
    version: i64,
}

impl KindRow {
    fn kind(self) -> Result<ServiceKind, DbError> {
        Ok(ServiceKind {
            minutes: self.minutes,
            priority: self.priority,
            skills: self.skills.members().clone(),
            due_days: self.due_days,
            attempts: self.attempts,
            retry_days: self.retry_days,
            overdue: self.overdue,
            escalate_days: self.escalate_days,
            form: self.form.as_deref().map(read).transpose()?,
            follow_ups: read(&self.follow_ups)?,
            version: self.version,
            code: self.code,
            name: self.name,
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|error| DbError::corrupt(TABLE, error))
}

/// The kind with this code, if the district has it.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    district: AreaCode,
    code: &str,
) -> Result<Option<ServiceKind>, DbError> {
    let row: Option<KindRow> =
        service_kinds::table.find((district, code)).first(conn).optional()?;
    row.map(KindRow::kind).transpose()
}

/// All kinds of the district, ordered by code.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, district: AreaCode) -> Result<Vec<ServiceKind>, DbError> {
    let rows: Vec<KindRow> = service_kinds::table
        .filter(service_kinds::district.eq(district))
        .order(service_kinds::code)
        .load(conn)?;
    rows.into_iter().map(KindRow::kind).collect()
}

/// Adds those of `kinds` that the district does not have; returns their number.
///
/// # Errors
/// [`DbError`].
pub fn add_missing(
    conn: &mut Conn,
    district: AreaCode,
    kinds: &[ServiceKind],
) -> Result<usize, DbError> {
    let known = all(conn, district)?;
    let mut added = 0;
    for kind in kinds.iter().filter(|kind| !known.iter().any(|known| known.code == kind.code)) {
        let row = KindRow {
            district,
            code: kind.code.clone(),
            name: kind.name.clone(),
            minutes: kind.minutes,
            priority: kind.priority,
            skills: kind.skills.clone().into(),
            due_days: kind.due_days,
            attempts: kind.attempts,
            retry_days: kind.retry_days,
            overdue: kind.overdue,
            escalate_days: kind.escalate_days,
            form: kind.form.as_ref().map(ToString::to_string),
            follow_ups: json!(kind.follow_ups).to_string(),
            version: kind.version,
        };
        added += diesel::insert_into(service_kinds::table).values(&row).execute(conn)?;
    }
    Ok(added)
}
