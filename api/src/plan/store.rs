//! Queries for plans and for the input of the solver.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::id::{BeneficiaryId, CampaignId, PersonId, PlanId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::build::Rows;
use super::busy;
use super::carried::{self, Carried};
use super::changed_visits::VisitChange;
use super::dry_result::DryResult;
use super::model::{APPLICABLE_FOR, Plan, PlanOrigin, PlanState, PlanVisit};
use super::order::PlanOrder;
use super::seconded::Seconded;
use super::settings;
use super::span::Span;
use crate::clock::china;
use crate::db::schema::{beneficiaries, plan_visits, plans, tasks};
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::task::row::TaskRow;
use crate::task::unserved_why::UnservedWhy;
use crate::{availability, beneficiary, catalogue, in_range, person, task};

#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = plans)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct PlanRow {
    pub district: AreaCode,
    pub id: PlanId,
    pub area: AreaCode,
    pub first_day: NaiveDate,
    pub last_day: NaiveDate,
    pub seed: i64,
    pub measures: String,
    pub created_by: Option<PersonId>,
    pub created_at: NaiveDateTime,
    pub state: PlanState,
    pub state_at: Option<NaiveDateTime>,
    pub request: Option<String>,
    pub progress: i32,
    pub attempts: i32,
    pub lease: Option<String>,
    pub lease_until: Option<NaiveDateTime>,
    pub origin: PlanOrigin,
    pub is_applied_at_once: bool,
    pub night: Option<NaiveDate>,
    pub changed_by: Option<PersonId>,
    pub reached: Option<TaskId>,
    pub campaign: Option<CampaignId>,
}

/// The stored result of a plan, as JSON.
#[derive(Default, Serialize, Deserialize)]
pub struct Kept {
    /// Number of tasks assigned.
    pub assigned: u32,
    /// Number of tasks claimed in the meantime.
    pub overtaken: u32,
    /// The solver's quality measures.
    pub measures: Value,
    /// Number of selected open tasks that were due before the first day and are not planned.
    #[serde(default)]
    pub overdue: u32,
    /// What a dry plan found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry: Option<DryResult>,
}

impl PlanRow {
    /// The public representation.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn plan(self) -> Result<Plan, DbError> {
        let kept = self.kept()?;
        let in_china = |moment: NaiveDateTime| moment.and_utc().with_timezone(&china());
        let is_draft = self.state == PlanState::Draft && self.campaign.is_none();
        Ok(Plan {
            id: self.id,
            campaign_id: self.campaign,
            area: self.area,
            first_day: self.first_day,
            last_day: self.last_day,
            seed: self.seed,
            assigned: kept.assigned,
            overtaken: kept.overtaken,
            overdue: kept.overdue,
            measures: (!kept.measures.is_null()).then_some(kept.measures),
            progress: (self.state.is_queued() && self.lease.is_some())
                .then(|| u8::try_from(self.progress).unwrap_or(100)),
            state: self.state,
            origin: self.origin,
            created_at: in_china(self.created_at),
            state_since: self.state_at.map(in_china),
            expires_at: is_draft.then(|| in_china(self.created_at + APPLICABLE_FOR)),
        })
    }

    /// The stored result.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn kept(&self) -> Result<Kept, DbError> {
        serde_json::from_str(&self.measures).map_err(|error| DbError::corrupt("plans", error))
    }
}

crate::table_row! {
    /// A row of `plan_visits`.
    pub struct VisitRow in plan_visits {
        district: AreaCode,
        key {
            plan: PlanId,
            task: TaskId,
        }
        fixed {
            grid: AreaCode,
            person: Option<PersonId>,
            day: Option<NaiveDate>,
            start: Option<TimeOfDay>,
            travel: Option<i32>,
            reason: String,
            task_version: Option<i64>,
            minutes: Option<i32>,
            person_grid: Option<AreaCode>,
            former_unserved: Option<UnservedWhy>,
        }
    }
}

impl VisitRow {
    fn visit(self) -> Result<PlanVisit, DbError> {
        let mut said: Value = serde_json::from_str(&self.reason)
            .map_err(|error| DbError::corrupt("plan_visits", error))?;
        let goes = self.person.is_some();
        // Older plans store this as "relief", or not at all.
        let remedy = said
            .as_object_mut()
            .and_then(|said| said.remove("remedy").or_else(|| said.remove("relief")));
        Ok(PlanVisit {
            task_id: self.task,
            grid: self.grid,
            grid_name: None,
            kind: None,
            beneficiary_id: None,
            beneficiary_name: None,
            minutes: None,
            due_on: None,
            window: None,
            person_id: self.person,
            person_name: None,
            day: self.day,
            start: self.start,
            change: None,
            travel: self.travel,
            why: goes.then(|| said.clone()),
            reason: (!goes).then_some(said),
            remedy,
        })
    }
}

/// Reads the input of a plan for the range.
///
/// # Errors
/// [`DbError`].
pub fn rows(conn: &mut Conn, range: &AreaRange, span: Span) -> Result<Rows, DbError> {
    let district = range.area().district();
    let (settings, _) = settings::read(conn, district)?;
    let first = span.fairness_first(settings.fairness_weeks);
    let mut people = person::store::visitors(conn, range)?;
    let seconded = Seconded::join(conn, range, span, &mut people)?;
    let off_duty = availability::store::off_duty(conn, district)?;
    people.retain(|person| !off_duty.contains(&person.id));
    person::start::at_areas(conn, district, &mut people)?;
    let mut tasks = task::store::for_dispatch(conn, range, span.last())?;
    // Tasks assigned to these people in other grids take their time as well.
    let known: HashSet<PersonId> = people.iter().map(|person| person.id).collect();
    let elsewhere = task::store::held_outside(conn, range)?.into_iter();
    let theirs = |task: &TaskRow| task.assignee.is_some_and(|id| known.contains(&id));
    tasks.extend(elsewhere.filter(theirs));
    let busy = match settings.idle_weeks() {
        0 => people.iter().map(|person| person.id).collect(),
        weeks => busy::since(conn, district, span.first() - Days::new(7 * u64::from(weeks)))?,
    };
    Ok(Rows {
        busy,
        seconded,
        tied: tied(conn, district, &tasks)?,
        tasks,
        carried: carried(conn, district, span, first)?,
        last_visitors: last_visitors(conn, range)?,
        visitor_choices: beneficiary::visitors::all(conn, district)?,
        calls: catalogue::store::calls(conn, district)?,
        refusals: task::freed::refusals(conn, range)?,
        calendars: availability::store::calendars(conn, district, first, span.weeks().last())?,
        people,
        settings,
    })
}

/// The tasks that are tied to these and are not among them.
fn tied(conn: &mut Conn, district: AreaCode, among: &[TaskRow]) -> Result<Vec<TaskRow>, DbError> {
    let ties: BTreeSet<TaskId> = among.iter().filter_map(TaskRow::tie).map(|tie| tie.id).collect();
    let known: HashSet<TaskId> = among.iter().map(|task| task.id).collect();
    let mut others = task::tie::binding(conn, district, &ties)?;
    others.retain(|other| !known.contains(&other.id));
    Ok(others)
}

/// The minutes that people have committed in the weeks of the span, and since `first` before them.
fn carried(
    conn: &mut Conn,
    district: AreaCode,
    span: Span,
    first: NaiveDate,
) -> Result<Carried, DbError> {
    let weeks = span.weeks();
    let rows: Vec<carried::Columns> = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::planned_on.ge(first))
        .filter(tasks::planned_on.le(weeks.last()))
        .select((tasks::assignee, tasks::planned_on, tasks::planned_minutes, tasks::state))
        .load(conn)?;
    Ok(Carried::of(rows, span))
}

fn last_visitors(
    conn: &mut Conn,
    range: &AreaRange,
) -> Result<HashMap<BeneficiaryId, PersonId>, DbError> {
    let rows: Vec<(BeneficiaryId, Option<PersonId>)> = beneficiaries::table
        .filter(beneficiaries::district.eq(range.area().district()))
        .filter(in_range!(beneficiaries::grid, range))
        .filter(beneficiaries::valid_to.is_null())
        .filter(beneficiaries::last_visitor.is_not_null())
        .select((beneficiaries::id, beneficiaries::last_visitor))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, visitor)| Some((id, visitor?))).collect())
}

/// Whether the district has a plan of this night.
///
/// # Errors
/// [`DbError`].
pub fn is_planned(conn: &mut Conn, district: AreaCode, night: NaiveDate) -> Result<bool, DbError> {
    let plans = plans::table.filter(plans::district.eq(district)).filter(plans::night.eq(night));
    Ok(diesel::select(diesel::dsl::exists(plans)).get_result(conn)?)
}

/// Inserts a plan.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] for a second plan of a night.
pub fn insert(conn: &mut Conn, plan: &PlanRow) -> Result<(), DbError> {
    let inserted = diesel::insert_into(plans::table).values(plan).execute(conn);
    inserted.map_err(DbError::unless_unique)?;
    Ok(())
}

/// When a plan gave its visits, and what was ordered.
pub struct Given {
    /// When the plan was applied, or came into a later state.
    pub at: DateTime<Utc>,
    /// The order; `None` of older plans.
    pub order: Option<PlanOrder>,
}

/// When these plans of the district gave their visits.
///
/// # Errors
/// [`DbError`].
pub fn given(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[PlanId],
) -> Result<HashMap<PlanId, Given>, DbError> {
    let mut given = HashMap::new();
    for ids in ids.chunks(500) {
        let rows: Vec<PlanRow> = plans::table
            .filter(plans::district.eq(district))
            .filter(plans::id.eq_any(ids))
            .load(conn)?;
        for row in rows {
            let order = row.request.as_deref().map(serde_json::from_str).transpose();
            let order = order.map_err(|error| DbError::corrupt("plans", error))?;
            let at = row.state_at.unwrap_or(row.created_at).and_utc();
            given.insert(row.id, Given { at, order });
        }
    }
    Ok(given)
}

/// Stores the result of a plan.
///
/// # Errors
/// [`DbError`].
pub fn keep(conn: &mut Conn, row: &mut PlanRow, kept: &Kept) -> Result<(), DbError> {
    row.measures = serde_json::to_string(kept).map_err(|error| DbError::corrupt("plans", error))?;
    diesel::update(plans::table.find((row.district, row.id)))
        .set(plans::measures.eq(&row.measures))
        .execute(conn)?;
    Ok(())
}

/// The plan, if its area is in the range.
///
/// # Errors
/// [`DbError`].
pub fn one(conn: &mut Conn, scope: &AreaRange, id: PlanId) -> Result<Option<Plan>, DbError> {
    row(conn, scope, id)?.map(PlanRow::plan).transpose()
}

/// The latest dry plan of the campaign in its present area that is not discarded: one of an earlier area
/// has figures of places that are no longer the campaign's.
///
/// # Errors
/// [`DbError`].
pub fn of_campaign(
    conn: &mut Conn,
    area: AreaCode,
    campaign: CampaignId,
) -> Result<Option<PlanRow>, DbError> {
    let row = plans::table
        .filter(plans::district.eq(area.district()))
        .filter(plans::campaign.eq(campaign))
        .filter(plans::area.eq(area))
        .filter(plans::state.ne(PlanState::Discarded))
        .order(plans::id.desc())
        .first(conn);
    Ok(row.optional()?)
}

/// The dry plans of the campaign that are being computed, of any area that it has had.
///
/// # Errors
/// [`DbError`].
pub fn computing_of_campaign(
    conn: &mut Conn,
    district: AreaCode,
    campaign: CampaignId,
) -> Result<Vec<PlanRow>, DbError> {
    Ok(plans::table
        .filter(plans::district.eq(district))
        .filter(plans::campaign.eq(campaign))
        .filter(plans::state.eq(PlanState::Computing))
        .order(plans::id)
        .load(conn)?)
}

/// The row of the plan, if its area is in the range.
///
/// # Errors
/// [`DbError`].
pub fn row(conn: &mut Conn, scope: &AreaRange, id: PlanId) -> Result<Option<PlanRow>, DbError> {
    let row = plans::table
        .find((scope.area().district(), id))
        .filter(in_range!(plans::area, scope))
        .first(conn);
    Ok(row.optional()?)
}

/// Changes the state of the plan. The update locks the row until the end of the transaction.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the state has changed since the row was read.
pub fn change_state(
    conn: &mut Conn,
    row: &mut PlanRow,
    to: PlanState,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let now = now.naive_utc();
    let changed = diesel::update(plans::table.find((row.district, row.id)))
        .filter(plans::state.eq(row.state))
        .set((plans::state.eq(to), plans::state_at.eq(now)))
        .execute(conn)?;
    if changed != 1 {
        return Err(DbError::Collision);
    }
    (row.state, row.state_at) = (to, Some(now));
    Ok(())
}

/// The plans of the district whose tasks are being changed.
///
/// # Errors
/// [`DbError`].
pub fn in_progress(conn: &mut Conn, district: AreaCode) -> Result<Vec<PlanRow>, DbError> {
    Ok(plans::table
        .filter(plans::district.eq(district))
        .filter(plans::state.eq_any(PlanState::IN_PROGRESS))
        .order(plans::id)
        .load(conn)?)
}

/// Begins a change of the plan's tasks by a person, or by the system.
///
/// # Errors
/// [`DbError`].
pub fn begin(conn: &mut Conn, row: &mut PlanRow, by: Option<PersonId>) -> Result<(), DbError> {
    diesel::update(plans::table.find((row.district, row.id)))
        .set((
            plans::changed_by.eq(by),
            plans::reached.eq(None::<TaskId>),
            plans::progress.eq(0),
            plans::lease.eq(None::<String>),
            plans::lease_until.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?;
    (row.changed_by, row.reached, row.progress) = (by, None, 0);
    (row.lease, row.lease_until) = (None, None);
    Ok(())
}

/// Stores how many tasks the plan assigned, and how many it left.
///
/// # Errors
/// [`DbError`].
pub fn count(
    conn: &mut Conn,
    row: &mut PlanRow,
    assigned: u32,
    overtaken: u32,
) -> Result<(), DbError> {
    let kept = Kept { assigned, overtaken, ..row.kept()? };
    keep(conn, row, &kept)
}

/// All visits of the plan, by task; only those without a visitor if `unserved`.
///
/// # Errors
/// [`DbError`].
pub fn all_visits(
    conn: &mut Conn,
    district: AreaCode,
    id: PlanId,
    unserved: bool,
) -> Result<Vec<VisitRow>, DbError> {
    let mut query = plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(id))
        .into_boxed();
    if unserved {
        query = query.filter(plan_visits::person.is_null());
    }
    Ok(query.order(plan_visits::task).select(VisitRow::as_select()).load(conn)?)
}

/// The visits whose tasks the plan assigns, by task.
///
/// # Errors
/// [`DbError`].
pub fn assignments(
    conn: &mut Conn,
    district: AreaCode,
    id: PlanId,
) -> Result<Vec<VisitRow>, DbError> {
    Ok(plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(id))
        .filter(plan_visits::task_version.is_not_null())
        .order(plan_visits::task)
        .select(VisitRow::as_select())
        .load(conn)?)
}

/// A page of the plans in the range and the state, newest first, without dry plans.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    scope: &AreaRange,
    state: Option<PlanState>,
    wanted: &Wanted<PlanId>,
) -> Result<Vec<Plan>, DbError> {
    let mut query = plans::table
        .filter(plans::district.eq(scope.area().district()))
        .filter(in_range!(plans::area, scope))
        .filter(plans::campaign.is_null())
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(plans::state.eq(state));
    }
    if let Some(id) = wanted.after {
        query = query.filter(plans::id.lt(id));
    }
    let rows: Vec<PlanRow> = query.order(plans::id.desc()).limit(wanted.rows()).load(conn)?;
    rows.into_iter().map(PlanRow::plan).collect()
}

/// Which visits of a plan are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct VisitFilter {
    /// Only tasks without a visitor.
    pub unassigned: bool,
    /// Only the visits of this person.
    pub person: Option<PersonId>,
    /// Only the visits of this day.
    pub day: Option<NaiveDate>,
    /// Only tasks of this area.
    pub area: Option<AreaCode>,
    /// Only this task.
    pub task: Option<TaskId>,
    /// Only visits that differ in this way from what their tasks have now.
    pub change: Option<VisitChange>,
}

/// The visits of a plan under conditions.
type Boxed = plan_visits::BoxedQuery<'static, <Conn as Connection>::Backend>;

/// The visits that differ in this way from what their tasks have now.
fn with_change(query: Boxed, district: AreaCode, change: VisitChange) -> Boxed {
    let of_task = || {
        let of_task = tasks::table.filter(tasks::district.eq(district));
        of_task.filter(tasks::id.eq(plan_visits::task))
    };
    let open = || exists(of_task().filter(tasks::state.eq(Phase::Open)));
    let held = || of_task().filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED));
    let same = || {
        held()
            .filter(tasks::assignee.eq(plan_visits::person))
            .filter(tasks::planned_on.eq(plan_visits::day))
            .filter(tasks::planned_start.eq(plan_visits::start))
    };
    let (visited, unvisited) = (plan_visits::person.is_not_null(), plan_visits::person.is_null());
    match change {
        VisitChange::New => query.filter(visited).filter(open()),
        VisitChange::Open => query.filter(unvisited).filter(open()),
        VisitChange::Left => query.filter(unvisited).filter(exists(held())),
        VisitChange::Kept => query.filter(visited).filter(exists(same())),
        VisitChange::Moved => {
            query.filter(visited).filter(exists(held())).filter(not(exists(same())))
        }
        VisitChange::Ended => {
            let ended = of_task().filter(tasks::state.ne_all(Phase::UNFINISHED));
            query.filter(exists(ended))
        }
    }
}

/// A page of the plan's visits, ordered by task.
///
/// # Errors
/// [`DbError`].
pub fn visits(
    conn: &mut Conn,
    district: AreaCode,
    id: PlanId,
    filter: VisitFilter,
    wanted: &Wanted<TaskId>,
) -> Result<Vec<PlanVisit>, DbError> {
    let mut query = plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(id))
        .into_boxed();
    if filter.unassigned {
        query = query.filter(plan_visits::person.is_null());
    }
    if let Some(person) = filter.person {
        query = query.filter(plan_visits::person.eq(person));
    }
    if let Some(day) = filter.day {
        query = query.filter(plan_visits::day.eq(day));
    }
    if let Some(area) = filter.area {
        query = query.filter(in_range!(plan_visits::grid, area.range()));
    }
    if let Some(task) = filter.task {
        query = query.filter(plan_visits::task.eq(task));
    }
    if let Some(change) = filter.change {
        query = with_change(query, district, change);
    }
    if let Some(task) = wanted.after {
        query = query.filter(plan_visits::task.gt(task));
    }
    let rows: Vec<VisitRow> = query
        .order(plan_visits::task)
        .limit(wanted.rows())
        .select(VisitRow::as_select())
        .load(conn)?;
    rows.into_iter().map(VisitRow::visit).collect()
}
