//! The cases at whose step a grid acts, as phones of the grid have them: without descriptions and history.
//! An overdue one that has risen to a higher level is among them, since the grid may still act on it.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Principal;
use gridward_domain::bounded_text::Label;
use gridward_domain::case;
use gridward_domain::code::{CaseKindCode, StepCode};
use gridward_domain::id::{BeneficiaryId, CaseId, PersonId, TaskId};
use gridward_domain::range::{PageLimit, Version};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::filter::CaseQuery;
use super::list;
use super::read::moves_of;
use super::row::PlacedCase;
use super::{CaseDocumentWord, CaseKind, CaseNextMove, CaseReferralWord, kind_store};
use crate::clock;
use crate::db::schema::{beneficiaries, cases};
use crate::db::{Conn, DbError};
use crate::http::page::{Wanted, cut};

/// A case at whose step a grid acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WaitingCase {
    /// Identifies the case.
    pub id: CaseId,
    /// The code of its kind.
    pub kind: CaseKindCode,
    /// The Chinese name of the kind.
    pub name: Label,
    /// The English name of the kind.
    pub name_en: Label,
    /// The grid of the beneficiary, or that of the case.
    pub area: AreaCode,
    /// The beneficiary; absent for the case of a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
    /// Whether it is urgent.
    pub urgent: bool,
    /// The code of the step.
    pub step: StepCode,
    /// The Chinese name of the step.
    pub step_name: Label,
    /// The English name of the step.
    pub step_name_en: Label,
    /// The level that it waits for: the grid, or a higher one since it is overdue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Level>,
    /// Since when it waits.
    pub waiting_since: DateTime<FixedOffset>,
    /// The last day for the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
    /// The task that the step awaits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// The moves that the step permits; none to one who opened the case or brought it to the step, if another
    /// person must act. While a task of the step is open or held none is taken yet, not even a return.
    #[schema(max_items = 20)]
    pub may_come: Vec<CaseNextMove>,
    /// The form of the answers that a move from the step has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub form: Option<Value>,
    /// Whether a move from the step may have an amount.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub amount: bool,
    /// The documents that the step wants; `GET /v1/cases/{id}/documents` lists those that are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub documents: Vec<CaseDocumentWord>,
    /// To whom a move from the step may refer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub referrals: Vec<CaseReferralWord>,
    /// The version of the case.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// The cases at whose step the grid acts, as far as the principal sees them.
///
/// # Errors
/// [`DbError`].
pub fn all(
    conn: &mut Conn,
    principal: &Principal,
    grid: AreaCode,
    now: DateTime<Utc>,
) -> Result<Vec<WaitingCase>, DbError> {
    let query = CaseQuery {
        kind: None,
        step: None,
        area: Some(grid),
        waits_for: None,
        overdue: None,
        beneficiary_id: None,
        station: None,
        ended: false,
    };
    let (mut waiting, mut kinds, mut after) = (Vec::new(), HashMap::new(), None);
    loop {
        let wanted = Wanted { limit: PageLimit::MAX, after };
        let mut page = list::page(conn, principal, &query, &wanted, now)?;
        let position = |one: &PlacedCase| (one.row.begun_at.and_utc(), one.row.id);
        after = cut(&mut page, PageLimit::MAX, position);
        for placed in page {
            waiting.extend(waiting_case(conn, &mut kinds, &placed, principal.person)?);
        }
        if after.is_none() {
            return Ok(waiting);
        }
    }
}

/// Those of these cases at whose step the grid acts, as far as the principal sees them.
///
/// # Errors
/// [`DbError`].
pub fn these(
    conn: &mut Conn,
    principal: &Principal,
    grid: AreaCode,
    ids: &BTreeSet<CaseId>,
) -> Result<Vec<WaitingCase>, DbError> {
    let (mut waiting, mut kinds) = (Vec::new(), HashMap::new());
    for placed in list::open_of(conn, principal, ids)? {
        if placed.area == grid {
            waiting.extend(waiting_case(conn, &mut kinds, &placed, principal.person)?);
        }
    }
    Ok(waiting)
}

/// The kinds of cases by code and version, as far as they were read.
type Kinds = HashMap<(CaseKindCode, i64), Option<CaseKind>>;

fn waiting_case(
    conn: &mut Conn,
    kinds: &mut Kinds,
    placed: &PlacedCase,
    person: PersonId,
) -> Result<Option<WaitingCase>, DbError> {
    let row = &placed.row;
    let key = (row.kind.clone(), row.kind_version);
    if !kinds.contains_key(&key) {
        let kind = kind_store::at(conn, row.district, &row.kind, row.kind_version)?;
        kinds.insert(key.clone(), kind);
    }
    let Some(Some(kind)) = kinds.get(&key) else { return Ok(None) };
    let Some(step) = kind.step(&row.step) else { return Ok(None) };
    if case::acting_level(&kind.path(), &row.life(None)) != Some(Level::Grid) {
        return Ok(None);
    }
    Ok(Some(WaitingCase {
        id: row.id,
        kind: row.kind.clone(),
        name: kind.name.clone(),
        name_en: kind.name_en.clone(),
        area: placed.area,
        beneficiary_id: row.beneficiary,
        urgent: row.urgent,
        step: row.step.clone(),
        step_name: step.name.clone(),
        step_name_en: step.name_en.clone(),
        waits_for: row.waits_for,
        waiting_since: row.begun_at.and_utc().with_timezone(&clock::china()),
        due_on: row.due_on,
        task_id: row.task,
        may_come: moves_of(conn, kind, placed, person)?,
        form: step.form.clone(),
        amount: step.amount,
        documents: step.documents.clone(),
        referrals: step.referrals.clone(),
        version: row.version,
    }))
}

/// The ids of all open cases of the grid, also of those that some roles do not see.
///
/// # Errors
/// [`DbError`].
pub fn ids(conn: &mut Conn, grid: AreaCode) -> Result<BTreeSet<CaseId>, DbError> {
    let of_home = beneficiaries::district
        .eq(cases::district)
        .and(beneficiaries::id.nullable().eq(cases::beneficiary));
    let here = beneficiaries::grid.nullable().eq(grid).or(cases::area.eq(grid));
    let ids: Vec<CaseId> = cases::table
        .left_join(beneficiaries::table.on(of_home))
        .filter(cases::district.eq(grid.district()))
        .filter(cases::result.is_null())
        .filter(here)
        .select(cases::id)
        .load(conn)?;
    Ok(ids.into_iter().collect())
}

/// The ids of the cases of these beneficiaries.
///
/// # Errors
/// [`DbError`].
pub fn of_beneficiaries(
    conn: &mut Conn,
    district: AreaCode,
    homes: &BTreeSet<BeneficiaryId>,
) -> Result<BTreeSet<CaseId>, DbError> {
    if homes.is_empty() {
        return Ok(BTreeSet::new());
    }
    let ids: Vec<CaseId> = cases::table
        .filter(cases::district.eq(district))
        .filter(cases::beneficiary.eq_any(homes))
        .select(cases::id)
        .load(conn)?;
    Ok(ids.into_iter().collect())
}
