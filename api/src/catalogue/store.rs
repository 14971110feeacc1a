//! Queries for the catalogue.

use std::collections::{BTreeMap, HashSet};

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::Label;
use gridward_domain::channel::Channel;
use gridward_domain::code::{CaseKindCode, KindCode, Need};
use gridward_domain::range::{
    Attempts, DueDays, EscalateDays, Priority, RetryDays, ServiceMinutes,
};
use gridward_domain::skill::Skill;
use gridward_domain::task::Overdue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ServiceKind;
use crate::db::column::SetColumn;
use crate::db::schema::{service_kind_versions, service_kinds};
use crate::db::{Conn, DbError, changed_one};

const TABLE: &str = "service_kinds";

/// How long phones get an earlier version, whose tasks they may have: as long as the outcome of a
/// command is known.
const EARLIER_FOR: TimeDelta = TimeDelta::days(180);

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = service_kinds, treat_none_as_null = true)]
struct KindRow {
    district: AreaCode,
    code: KindCode,
    name: Label,
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
    name_en: Label,
    active: bool,
    channel: Channel,
    opens: String,
}

impl KindRow {
    fn of(district: AreaCode, kind: &ServiceKind) -> Result<Self, DbError> {
        Ok(Self {
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
            follow_ups: write(&kind.follow_ups)?,
            version: kind.version,
            name_en: kind.name_en.clone(),
            active: kind.active,
            channel: kind.channel,
            opens: write(&kind.opens)?,
        })
    }

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
            follow_ups: read::<BTreeMap<Need, KindCode>>(&self.follow_ups)?,
            opens: read::<BTreeMap<Need, CaseKindCode>>(&self.opens)?,
            version: self.version,
            code: self.code,
            name: self.name,
            name_en: self.name_en,
            active: self.active,
            channel: self.channel,
        })
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|error| DbError::corrupt(TABLE, error))
}

fn write(value: &impl Serialize) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|error| DbError::corrupt(TABLE, error))
}

/// An earlier version of a kind.
#[derive(Insertable)]
#[diesel(table_name = service_kind_versions)]
struct EarlierRow {
    district: AreaCode,
    code: KindCode,
    version: i64,
    kind: String,
    replaced_at: NaiveDateTime,
}

/// The kind with this code, current or archived, if the district has it.
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

/// The version `version` of the kind.
///
/// # Errors
/// [`DbError`].
pub fn at(
    conn: &mut Conn,
    district: AreaCode,
    code: &KindCode,
    version: i64,
) -> Result<Option<ServiceKind>, DbError> {
    match one(conn, district, code.as_str())? {
        Some(current) if current.version != version => {
            let earlier: Option<String> = service_kind_versions::table
                .find((district, code, version))
                .select(service_kind_versions::kind)
                .first(conn)
                .optional()?;
            earlier.as_deref().map(read).transpose()
        }
        current => Ok(current),
    }
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

/// The kinds of the district whose beneficiaries are called by phone.
///
/// # Errors
/// [`DbError`].
pub fn calls(conn: &mut Conn, district: AreaCode) -> Result<HashSet<KindCode>, DbError> {
    let codes = service_kinds::table
        .filter(service_kinds::district.eq(district))
        .filter(service_kinds::channel.eq(Channel::Call))
        .select(service_kinds::code)
        .load(conn)?;
    Ok(codes.into_iter().collect())
}

/// The earlier versions of kinds that tasks on phones may keep at the time `now`.
///
/// # Errors
/// [`DbError`].
pub fn earlier(
    conn: &mut Conn,
    district: AreaCode,
    now: NaiveDateTime,
) -> Result<Vec<ServiceKind>, DbError> {
    let rows: Vec<String> = service_kind_versions::table
        .filter(service_kind_versions::district.eq(district))
        .filter(service_kind_versions::replaced_at.gt(now - EARLIER_FOR))
        .order((service_kind_versions::code, service_kind_versions::version))
        .select(service_kind_versions::kind)
        .load(conn)?;
    rows.iter().map(|text| read(text)).collect()
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
    let missing = kinds.iter().filter(|kind| !known.iter().any(|known| known.code == kind.code));
    let mut added = 0;
    for kind in missing {
        insert(conn, district, kind)?;
        added += 1;
    }
    Ok(added)
}

/// Adds a kind.
///
/// # Errors
/// [`DbError`].
pub fn insert(conn: &mut Conn, district: AreaCode, kind: &ServiceKind) -> Result<(), DbError> {
    let row = KindRow::of(district, kind)?;
    diesel::insert_into(service_kinds::table).values(&row).execute(conn)?;
    Ok(())
}

/// Writes `next` in place of `before`, which becomes an earlier version.
///
/// # Errors
/// [`DbError::Collision`] if `before` is no longer the current version.
pub fn replace(
    conn: &mut Conn,
    district: AreaCode,
    before: &ServiceKind,
    next: &ServiceKind,
    now: NaiveDateTime,
) -> Result<(), DbError> {
    let earlier = EarlierRow {
        district,
        code: before.code.clone(),
        version: before.version,
        kind: write(before)?,
        replaced_at: now,
    };
    let current = service_kinds::table
        .find((district, &before.code))
        .filter(service_kinds::version.eq(before.version));
    let row = KindRow::of(district, next)?;
    changed_one(diesel::update(current).set(&row).execute(conn)?)?;
    diesel::insert_into(service_kind_versions::table).values(&earlier).execute(conn)?;
    Ok(())
}
