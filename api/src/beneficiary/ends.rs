//! The last end of each beneficiary and its effects, from which it is taken back.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::Household;
use gridward_domain::code::{PlaqueState, Tags};
use gridward_domain::goods::HandoutExchange;
use gridward_domain::id::{BeneficiaryId, CaseId, HandoutId, PersonId, TaskId};
use serde::{Deserialize, Serialize};

use super::answers::JoinedAnswer;
use crate::db::schema::beneficiary_ends;
use crate::db::{Conn, DbError};

/// The effects of the end of a beneficiary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effects {
    /// The tasks that it cancelled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cancelled: Vec<TaskId>,
    /// The visits that were under way and stayed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started: Vec<TaskId>,
    /// The planned hand-outs that it returned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handouts: Vec<HandoutId>,
    /// The merge, if the beneficiary was a duplicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge: Option<MergeEffects>,
}

/// The effects of a merge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeEffects {
    /// The entry that took over.
    pub into: BeneficiaryId,
    /// The tasks that went to it.
    pub tasks: Vec<TaskId>,
    /// The cases that went to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CaseId>,
    /// The hand-outs that went to it, and those that made way for them.
    #[serde(default, skip_serializing_if = "HandoutExchange::is_empty")]
    pub handouts: HandoutExchange,
    /// The answers that it got from the duplicate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<JoinedAnswer>,
    /// The tags that it got from the duplicate.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Its household, if it got that of the duplicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<Household>,
    /// The state of its plaque, if it got that of the duplicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plaque: Option<JoinedPlaque>,
    /// Its last contact before.
    pub contact_before: Contacted,
    /// Its last contact afterwards.
    pub contact_after: Contacted,
}

/// The state of a plaque before and after a merge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedPlaque {
    /// Before.
    pub before: PlaqueState,
    /// Afterwards.
    pub after: PlaqueState,
}

/// The last contact with a beneficiary, its visitor, and the last visit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacted {
    /// The day.
    pub day: Option<NaiveDate>,
    /// The visitor.
    pub visitor: Option<PersonId>,
    /// The day of the last contact at the beneficiary's place.
    // Absent in merges of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<NaiveDate>,
}

/// The last end of a beneficiary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// When it was recorded.
    pub ended_at: NaiveDateTime,
    /// The effects.
    pub effects: Effects,
    /// When it was taken back.
    pub undone_at: Option<NaiveDateTime>,
}

/// The last end of the beneficiary, if there was one.
///
/// # Errors
/// [`DbError`].
pub fn last(
    conn: &mut Conn,
    district: AreaCode,
    id: BeneficiaryId,
) -> Result<Option<End>, DbError> {
    type Columns = (NaiveDateTime, String, Option<NaiveDateTime>);
    let row: Option<Columns> = beneficiary_ends::table
        .find((district, id))
        .select((
            beneficiary_ends::ended_at,
            beneficiary_ends::effects,
            beneficiary_ends::undone_at,
        ))
        .first(conn)
        .optional()?;
    row.map(|(ended_at, effects, undone_at)| {
        Ok(End { ended_at, effects: read(&effects)?, undone_at })
    })
    .transpose()
}

fn read(effects: &str) -> Result<Effects, DbError> {
    serde_json::from_str(effects).map_err(|error| DbError::corrupt("beneficiary_ends", error))
}

fn text(effects: &Effects) -> Result<String, DbError> {
    serde_json::to_string(effects).map_err(|error| DbError::corrupt("beneficiary_ends", error))
}

/// Stores the end of a beneficiary in place of an earlier one, as one that may have left unfinished
/// tasks.
///
/// # Errors
/// [`DbError`].
pub fn record(
    conn: &mut Conn,
    district: AreaCode,
    id: BeneficiaryId,
    at: NaiveDateTime,
    effects: &Effects,
) -> Result<(), DbError> {
    let key = beneficiary_ends::table.find((district, id));
    diesel::delete(key).execute(conn)?;
    diesel::insert_into(beneficiary_ends::table)
        .values((
            beneficiary_ends::district.eq(district),
            beneficiary_ends::id.eq(id),
            beneficiary_ends::ended_at.eq(at),
            beneficiary_ends::effects.eq(text(effects)?),
            beneficiary_ends::visits_open.eq(true),
        ))
        .execute(conn)?;
    Ok(())
}

/// Records that the end has cancelled a visit that was under way, so that a reinstatement reopens
/// it too.
///
/// # Errors
/// [`DbError`].
pub fn cancelled(
    conn: &mut Conn,
    district: AreaCode,
    id: BeneficiaryId,
    task: TaskId,
) -> Result<(), DbError> {
    amend(conn, district, id, |effects| {
        effects.started.retain(|one| *one != task);
        if !effects.cancelled.contains(&task) {
            effects.cancelled.push(task);
        }
    })
}

/// Records that tasks of the merged duplicate have gone to its successor after the merge.
///
/// # Errors
/// [`DbError`].
pub fn joined(
    conn: &mut Conn,
    district: AreaCode,
    id: BeneficiaryId,
    tasks: &[TaskId],
) -> Result<(), DbError> {
    amend(conn, district, id, |effects| {
        let Some(merge) = &mut effects.merge else { return };
        merge.tasks.extend(tasks);
        merge.tasks.sort_unstable();
        merge.tasks.dedup();
    })
}

/// Records that the end has returned planned hand-outs later, so that a reinstatement plans them again too.
///
/// # Errors
/// [`DbError`].
pub fn returned(
    conn: &mut Conn,
    district: AreaCode,
    id: BeneficiaryId,
    handouts: Vec<HandoutId>,
) -> Result<(), DbError> {
    amend(conn, district, id, |effects| effects.handouts.extend(handouts))
}

/// Records that hand-outs of the merged duplicate have been exchanged after the merge.
///
/// # Errors
/// [`DbError`].
pub fn exchanged(
    conn: &mut Conn,
    district: AreaCode,
    id: BeneficiaryId,
    exchange: HandoutExchange,
) -> Result<(), DbError> {
    amend(conn, district, id, |effects| {
        let Some(merge) = &mut effects.merge else { return };
        merge.handouts.given.extend(exchange.given);
        merge.handouts.taken.extend(exchange.taken);
        merge.handouts.dropped.extend(exchange.dropped);
    })
}

/// Changes the effects of the last end, if it is in force.
fn amend(
    conn: &mut Conn,
    district: AreaCode,
    id: BeneficiaryId,
    change: impl FnOnce(&mut Effects),
) -> Result<(), DbError> {
    let Some(mut end) = last(conn, district, id)?.filter(|end| end.undone_at.is_none()) else {
        return Ok(());
    };
    change(&mut end.effects);
    diesel::update(beneficiary_ends::table.find((district, id)))
        .set(beneficiary_ends::effects.eq(text(&end.effects)?))
        .execute(conn)?;
    Ok(())
}

/// Records that the end was taken back.
///
/// # Errors
/// [`DbError`].
pub fn undone(
    conn: &mut Conn,
    district: AreaCode,
    id: BeneficiaryId,
    at: NaiveDateTime,
) -> Result<(), DbError> {
    diesel::update(beneficiary_ends::table.find((district, id)))
        .set((beneficiary_ends::undone_at.eq(at), beneficiary_ends::visits_open.eq(false)))
        .execute(conn)?;
    Ok(())
}

/// The beneficiaries whose end may have left unfinished tasks, with the moment of the end.
///
/// # Errors
/// [`DbError`].
pub fn unsettled(
    conn: &mut Conn,
    district: AreaCode,
) -> Result<Vec<(BeneficiaryId, NaiveDateTime)>, DbError> {
    Ok(beneficiary_ends::table
        .filter(beneficiary_ends::district.eq(district))
        .filter(beneficiary_ends::visits_open.eq(true))
        .order(beneficiary_ends::id)
        .select((beneficiary_ends::id, beneficiary_ends::ended_at))
        .load(conn)?)
}

/// As [`unsettled`], of these beneficiaries.
///
/// # Errors
/// [`DbError`].
pub fn unsettled_of(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[BeneficiaryId],
) -> Result<Vec<(BeneficiaryId, NaiveDateTime)>, DbError> {
    Ok(beneficiary_ends::table
        .filter(beneficiary_ends::district.eq(district))
        .filter(beneficiary_ends::id.eq_any(ids))
        .filter(beneficiary_ends::visits_open.eq(true))
        .order(beneficiary_ends::id)
        .select((beneficiary_ends::id, beneficiary_ends::ended_at))
        .load(conn)?)
}

/// Records that the end has left no unfinished task.
///
/// # Errors
/// [`DbError`].
pub fn settled(conn: &mut Conn, district: AreaCode, id: BeneficiaryId) -> Result<(), DbError> {
    diesel::update(beneficiary_ends::table.find((district, id)))
        .set(beneficiary_ends::visits_open.eq(false))
        .execute(conn)?;
    Ok(())
}

/// Forgets the ends of these beneficiaries, which are deleted.
///
/// # Errors
/// [`DbError`].
pub fn forget(
    conn: &mut Conn,
    district: AreaCode,
    beneficiaries: &[BeneficiaryId],
) -> Result<(), DbError> {
    let those = beneficiary_ends::table
        .filter(beneficiary_ends::district.eq(district))
        .filter(beneficiary_ends::id.eq_any(beneficiaries));
    diesel::delete(those).execute(conn)?;
    Ok(())
}
