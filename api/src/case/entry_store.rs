//! The history of cases.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::dsl::max;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::bounded_text::Note;
use gridward_domain::case::MoveEffect;
use gridward_domain::code::{MoveCode, StepCode};
use gridward_domain::id::{CaseId, PersonId, ReportId};
use gridward_domain::range::AmountFen;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::row::CaseRow;
use super::{CaseEntry, CaseEntryAction, CaseKind, CaseReferral};
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::schema::case_entries;
use crate::db::{Conn, DbError};

const TABLE: &str = "case_entries";

/// The most entries of an answer; a case has a few dozen.
const MOST: i64 = 1000;

crate::table_row! {
    /// A row of `case_entries`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct CaseEntryRow in case_entries {
        district: AreaCode,
        key {
            case_id: CaseId,
            number: i32,
        }
        fixed {
            action: CaseEntryAction,
            at: NaiveDateTime,
            person: Option<PersonId>,
            from_step: Option<StepCode>,
            to_step: StepCode,
            taken: Option<MoveCode>,
            waits_for: Option<Level>,
            sealed: Vec<u8>,
        }
    }
}

/// The encrypted part of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntrySealed {
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// The answers to the form of the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Map<String, Value>>,
    /// The amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<AmountFen>,
    /// To whom the case was referred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<CaseReferral>,
    /// The report that found the need again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportId>,
}

/// An entry to be added.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// What happened.
    pub action: CaseEntryAction,
    /// When.
    pub at: NaiveDateTime,
    /// Who did it; `None` for the system.
    pub person: Option<PersonId>,
    /// The step before.
    pub from: Option<StepCode>,
    /// The step after.
    pub to: StepCode,
    /// The move.
    pub taken: Option<MoveCode>,
    /// The level that the case waits for after it.
    pub waits_for: Option<Level>,
}

fn label(case: CaseId, number: i32) -> String {
    format!("{case}/{number}")
}

/// Adds an entry to the case, which the transaction has just written, so that no other adds one.
///
/// # Errors
/// [`DbError`].
pub fn add(
    conn: &mut Conn,
    key: &SealingKey,
    (district, case): (AreaCode, CaseId),
    entry: NewEntry,
    content: &EntrySealed,
) -> Result<(), DbError> {
    let last: Option<i32> = case_entries::table
        .filter(case_entries::district.eq(district))
        .filter(case_entries::case_id.eq(case))
        .select(max(case_entries::number))
        .first(conn)?;
    let number = last.unwrap_or(0) + 1;
    let sealed = key.seal_row((district, TABLE, label(case, number)), content)?;
    let NewEntry { action, at, person, from, to, taken, waits_for } = entry;
    let row = CaseEntryRow {
        district,
        case_id: case,
        number,
        action,
        at,
        person,
        from_step: from,
        to_step: to,
        taken,
        waits_for,
        sealed,
    };
    CaseEntryRow::insert_all(conn, &[&row])
}

/// The person and the time of the last move of the case, to the step if one is given, whose meaning `is` this.
fn last_move(
    conn: &mut Conn,
    (district, case): (AreaCode, CaseId),
    (kind, to): (&CaseKind, Option<&StepCode>),
    is: impl Fn(MoveEffect) -> bool,
) -> Result<Option<(Option<PersonId>, NaiveDateTime)>, DbError> {
    let mut entries = case_entries::table
        .filter(case_entries::district.eq(district))
        .filter(case_entries::case_id.eq(case))
        .order(case_entries::number.desc())
        .limit(MOST)
        .into_boxed();
    if let Some(to) = to {
        entries = entries.filter(case_entries::to_step.eq(to));
    }
    let columns =
        (case_entries::from_step, case_entries::taken, (case_entries::person, case_entries::at));
    let moves: Vec<(Option<StepCode>, Option<MoveCode>, _)> = entries.select(columns).load(conn)?;
    let last = moves
        .into_iter()
        .find(|(from, taken, _)| effect(kind, from.as_ref(), taken.as_ref()).is_some_and(&is));
    Ok(last.map(|(.., by)| by))
}

/// The person who last brought the case forward to the step, by an entry that is no return.
///
/// # Errors
/// [`DbError`].
fn brought_by(
    conn: &mut Conn,
    case: (AreaCode, CaseId),
    (kind, step): (&CaseKind, &StepCode),
) -> Result<Option<PersonId>, DbError> {
    let last = last_move(conn, case, (kind, Some(step)), |one| one != MoveEffect::Return)?;
    Ok(last.and_then(|(person, _)| person))
}

/// What the move of an entry means; `None` for an entry that is no move.
fn effect(
    kind: &CaseKind,
    from: Option<&StepCode>,
    taken: Option<&MoveCode>,
) -> Option<MoveEffect> {
    let mut moves = kind.step(from?)?.moves.iter();
    moves.find(|one| Some(&one.code) == taken).map(|one| one.effect)
}

/// When a step last approved the case; `None` if none did.
///
/// # Errors
/// [`DbError`].
pub fn approved_at(
    conn: &mut Conn,
    kind: &CaseKind,
    row: &CaseRow,
) -> Result<Option<NaiveDateTime>, DbError> {
    let case = (row.district, row.id);
    let last = last_move(conn, case, (kind, None), |one| one == MoveEffect::Approve)?;
    Ok(last.map(|(_, at)| at))
}

/// Those who have found the need again since the case was opened.
///
/// # Errors
/// [`DbError`].
pub fn finders(
    conn: &mut Conn,
    district: AreaCode,
    case: CaseId,
) -> Result<BTreeSet<PersonId>, DbError> {
    let people: Vec<Option<PersonId>> = case_entries::table
        .filter(case_entries::district.eq(district))
        .filter(case_entries::case_id.eq(case))
        .filter(case_entries::action.eq(CaseEntryAction::Found))
        .select(case_entries::person)
        .load(conn)?;
    Ok(people.into_iter().flatten().collect())
}

/// The person who brought the case to its step. A return asks for no decision; where another person must act, the one
/// who had brought it there before still does not.
///
/// # Errors
/// [`DbError`].
pub fn asked_by(
    conn: &mut Conn,
    kind: &CaseKind,
    row: &CaseRow,
) -> Result<Option<PersonId>, DbError> {
    match (row.asked_by, kind.step(&row.step)) {
        (None, Some(step)) if step.two_people => {
            brought_by(conn, (row.district, row.id), (kind, &row.step))
        }
        (asked_by, _) => Ok(asked_by),
    }
}

/// The level at which a case of a station began, whatever has become of the station; `None` for others.
///
/// # Errors
/// [`DbError`].
pub fn desk(conn: &mut Conn, row: &CaseRow) -> Result<Option<Level>, DbError> {
    if row.station.is_none() {
        return Ok(None);
    }
    let opening: Option<Option<Level>> = case_entries::table
        .filter(case_entries::district.eq(row.district))
        .filter(case_entries::case_id.eq(row.id))
        .filter(case_entries::action.eq(CaseEntryAction::Open))
        .select(case_entries::waits_for)
        .first(conn)
        .optional()?;
    Ok(opening.flatten())
}

/// How often the case has risen since it came to its step.
///
/// # Errors
/// [`DbError`].
pub fn rises(conn: &mut Conn, district: AreaCode, case: CaseId) -> Result<i64, DbError> {
    let actions: Vec<CaseEntryAction> = case_entries::table
        .filter(case_entries::district.eq(district))
        .filter(case_entries::case_id.eq(case))
        .filter(case_entries::action.ne(CaseEntryAction::Found))
        .order(case_entries::number.desc())
        .limit(MOST)
        .select(case_entries::action)
        .load(conn)?;
    let rises = actions.iter().take_while(|action| **action == CaseEntryAction::Escalate);
    Ok(i64::try_from(rises.count()).unwrap_or_default())
}

/// The history of the case, in order, with what is encrypted; of a very long one the last entries.
///
/// # Errors
/// [`DbError`].
pub fn of_case(
    conn: &mut Conn,
    key: &SealingKey,
    (district, case): (AreaCode, CaseId),
) -> Result<Vec<CaseEntry>, DbError> {
    let rows: Vec<CaseEntryRow> = case_entries::table
        .filter(case_entries::district.eq(district))
        .filter(case_entries::case_id.eq(case))
        .order(case_entries::number.desc())
        .limit(MOST)
        .select(CaseEntryRow::as_select())
        .load(conn)?;
    rows.into_iter().rev().map(|row| row.opened(key)).collect()
}

impl CaseEntryRow {
    fn opened(self, key: &SealingKey) -> Result<CaseEntry, DbError> {
        let of = (self.district, TABLE, label(self.case_id, self.number));
        let content: EntrySealed = key.open_row(of, &self.sealed)?;
        let EntrySealed { note, answers, amount_fen, referral, report } = content;
        Ok(CaseEntry {
            action: self.action,
            at: self.at.and_utc().with_timezone(&china()),
            person_id: self.person,
            from: self.from_step,
            to: self.to_step,
            taken: self.taken,
            waits_for: self.waits_for,
            note,
            answers,
            amount_fen,
            referral,
            report_id: report,
        })
    }
}
