//! Queries for the input of the solver.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Days, Utc};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};

use super::build::Rows;
use super::carried::Carried;
use super::seconded::Seconded;
use super::{busy, reported};
use crate::db::schema::{beneficiaries, tasks};
use crate::db::{Conn, DbError};
use crate::plan::request::span::Span;
use crate::plan::settings;
use crate::task::row::TaskRow;
use crate::task::schedule::work_time::WorkColumns;
use crate::{availability, beneficiary, catalogue, in_range, person, task};

/// Reads the input of a plan for the range, which is computed at `now`.
///
/// # Errors
/// [`DbError`].
pub fn rows(
    conn: &mut Conn,
    range: &AreaRange,
    span: Span,
    now: DateTime<Utc>,
) -> Result<Rows, DbError> {
    let district = range.area().district();
    let (settings, _) = settings::read(conn, district)?;
    let work = span.of_work(settings.fairness_weeks);
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
    let calls = catalogue::store::calls(conn, district)?;
    Ok(Rows {
        busy,
        seconded,
        tied: tied(conn, district, &tasks)?,
        tasks,
        carried: carried(conn, district, span, settings.fairness_weeks)?,
        last_visitors: last_visitors(conn, range)?,
        visitor_choices: beneficiary::visitors::all(conn, district)?,
        reported: reported::lately(conn, district, &calls, now)?,
        calls,
        refusals: task::assignment::refusals::of_unaccepted(conn, range)?,
        movable: HashMap::new(),
        calendars: availability::store::calendars(conn, district, work.first(), work.last())?,
        people,
        settings,
    })
}

/// The tasks that are tied to these and are not among them.
fn tied(conn: &mut Conn, district: AreaCode, among: &[TaskRow]) -> Result<Vec<TaskRow>, DbError> {
    let ties: BTreeSet<TaskId> = among.iter().filter_map(TaskRow::tie).map(|tie| tie.id).collect();
    let known: HashSet<TaskId> = among.iter().map(|task| task.id).collect();
    let mut others = task::assignment::tie::binding(conn, district, &ties)?;
    others.retain(|other| !known.contains(&other.id));
    Ok(others)
}

/// The minutes that people have committed in the weeks of the span, and on the days over which work is
/// shared fairly.
fn carried(
    conn: &mut Conn,
    district: AreaCode,
    span: Span,
    fairness_weeks: u8,
) -> Result<Carried, DbError> {
    let days = span.of_work(fairness_weeks);
    let rows: Vec<WorkColumns> = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::planned_on.ge(days.first()))
        .filter(tasks::planned_on.le(days.last()))
        .select((tasks::assignee, tasks::planned_on, tasks::planned_minutes, tasks::state))
        .load(conn)?;
    Ok(Carried::of(rows, span, fairness_weeks))
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
