//! Reads the measures of an area.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};
use diesel::dsl::{exists, sum};
use diesel::prelude::*;
use gridward_dispatch::solve;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use gridward_domain::task::{Outcome, Phase};

use super::model::{
    AreaMeasures, DueTasks, LastPlan, NeedsMet, PlannedTravel, Replans, VisitsMade, WorkShares,
};
use crate::case::needs::{NeedCases, days_of};
use crate::clock::{china, midnight};
use crate::db::schema::{reports, tasks};
use crate::db::{Conn, DbError, batches};
use crate::http::problem::Problem;
use crate::plan::execution::applied::{self, AppliedPlan};
use crate::plan::settings;
use crate::task::view::aging;
use crate::weekly::figure::{TaskList, median};
use crate::{area, in_range, person};

/// The days of a measurement, both included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
}

/// The measures of `code` over the period, on the day `today`.
///
/// # Errors
/// 404 for an unknown area; [`DbError`].
pub(super) fn measures(
    conn: &mut Conn,
    principal: &Principal,
    code: AreaCode,
    period: Period,
    today: NaiveDate,
) -> Result<AreaMeasures, Problem> {
    area::store::one(conn, &code)?.ok_or_else(Problem::not_found)?;
    let range = code.range();
    let last_plan = applied::last(conn, code)?.map(LastPlan::from);
    Ok(AreaMeasures {
        area: code,
        from: period.from,
        to: period.to,
        due: due(conn, &range, period, today)?,
        visits: visits(conn, &range, period)?,
        shares: shares(conn, &range, period)?,
        travel: travel(conn, &range, period)?,
        needs: needs(conn, principal, code, period, today)?,
        last_plan,
        replans: replans(conn, code, period)?,
        last_plan_applied_at: last_plan.map(|plan| plan.applied_at),
    })
}

fn due(
    conn: &mut Conn,
    range: &AreaRange,
    Period { from, to }: Period,
    today: NaiveDate,
) -> Result<DueTasks, DbError> {
    let those = tasks::table
        .filter(tasks::district.eq(range.area().district()))
        .filter(in_range!(tasks::grid, range))
        .filter(tasks::due_on.between(from, to))
        .filter(tasks::state.ne(Phase::Cancelled));
    let is_over = tasks::state
        .eq_any([Phase::Failed, Phase::Expired])
        .or(tasks::state.eq_any(Phase::UNFINISHED).and(tasks::due_on.lt(today)));
    Ok(DueTasks {
        count: those.clone().count().get_result(conn)?,
        unserved: those.filter(is_over).count().get_result(conn)?,
    })
}

fn visits(
    conn: &mut Conn,
    range: &AreaRange,
    Period { from, to }: Period,
) -> Result<VisitsMade, DbError> {
    const MADE: [Outcome; 2] = [Outcome::Done, Outcome::NeedsFollowUp];
    let made = reports::table
        .filter(reports::district.eq(range.area().district()))
        .filter(in_range!(reports::grid, range))
        .filter(reports::received_on.between(from, to))
        .filter(reports::outcome.eq_any(MADE))
        .filter(reports::recorded.eq(false));
    let days: Vec<(NaiveDate, Option<NaiveDate>, NaiveDate)> = made
        .clone()
        .inner_join(
            tasks::table.on(tasks::district.eq(reports::district).and(tasks::id.eq(reports::task))),
        )
        .select((reports::received_on, reports::made_on, tasks::due_on))
        .load(conn)?;
    let late = days.iter().map(|(arrived, made, due)| (made.unwrap_or(*arrived) - *due).num_days());
    let late: Vec<i64> = late.filter(|days| *days > 0).collect();
    let earlier = diesel::alias!(reports as earlier);
    let before = earlier
        .filter(earlier.field(reports::district).eq(reports::district))
        .filter(earlier.field(reports::beneficiary).eq(reports::beneficiary))
        .filter(earlier.field(reports::person).eq(reports::person))
        .filter(earlier.field(reports::outcome).eq_any(MADE))
        .filter(earlier.field(reports::created_at).lt(reports::created_at));
    Ok(VisitsMade {
        count: as_count(days.len()),
        late: as_count(late.len()),
        median_days_late: median(late),
        by_known_person: made.filter(exists(before)).count().get_result(conn)?,
    })
}

fn travel(
    conn: &mut Conn,
    range: &AreaRange,
    Period { from, to }: Period,
) -> Result<PlannedTravel, DbError> {
    let planned = tasks::table
        .filter(tasks::district.eq(range.area().district()))
        .filter(in_range!(tasks::grid, range))
        .filter(tasks::planned_on.between(from, to))
        .filter(tasks::planned_travel.is_not_null());
    let minutes: Option<i64> =
        planned.clone().select(sum(tasks::planned_travel)).get_result(conn)?;
    Ok(PlannedTravel {
        visits: planned.count().get_result(conn)?,
        minutes: minutes.unwrap_or_default(),
    })
}

pub(super) fn shares(
    conn: &mut Conn,
    range: &AreaRange,
    Period { from, to }: Period,
) -> Result<WorkShares, DbError> {
    let district = range.area().district();
    let (settings, _) = settings::read(conn, district)?;
    let people = person::store::visitors(conn, range)?;
    let ids: Vec<PersonId> = people.iter().map(|row| row.id).collect();
    let mut planned: HashMap<PersonId, i64> = HashMap::new();
    for ids in batches(&ids) {
        let of_people = tasks::table
            .filter(tasks::district.eq(district))
            .filter(tasks::assignee.is_not_null())
            .filter(tasks::assignee.eq_any(ids))
            .filter(tasks::planned_on.between(from, to))
            .group_by(tasks::assignee)
            .select((tasks::assignee, sum(tasks::planned_minutes)));
        let rows: Vec<(Option<PersonId>, Option<i64>)> = of_people.load(conn)?;
        planned.extend(rows.into_iter().filter_map(|(id, sum)| id.zip(sum)));
    }
    let days = (to - from).num_days() + 1;
    let mut shares = Vec::with_capacity(people.len());
    for person in &people {
        let percent = i64::from(settings.percent_of(person.role));
        // A percentage of the minutes of a week, for the days of the period.
        let offered = i64::from(person.weekly_minutes.get()) * percent * days;
        if offered > 0 {
            let planned = planned.get(&person.id).copied().unwrap_or_default();
            shares.push(as_number(planned * 700) / as_number(offered));
        }
    }
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(WorkShares {
        people: count(shares.len()),
        without_visits: count(shares.iter().filter(|share| **share <= 0.0).count()),
        largest: shares.iter().copied().reduce(f64::max),
        gini: solve::gini(shares),
    })
}

pub(super) fn needs(
    conn: &mut Conn,
    principal: &Principal,
    code: AreaCode,
    Period { from, to }: Period,
    today: NaiveDate,
) -> Result<NeedsMet, Problem> {
    let filter = TaskList::met_between(code, from, to).filter(principal, today)?;
    let met = aging::all(conn, code.district(), &filter)?;
    let mut days: Vec<i64> = met.iter().map(|task| task.days(today)).collect();
    days.extend(days_of(conn, principal, code, NeedCases::Met(from, to), today)?);
    Ok(NeedsMet { count: as_count(days.len()), median_days: median(days) })
}

impl From<AppliedPlan> for LastPlan {
    fn from(plan: AppliedPlan) -> Self {
        let AppliedPlan { at, assigned, unserved, late, .. } = plan;
        Self { applied_at: at.with_timezone(&china()), assigned, unserved, late }
    }
}

fn replans(
    conn: &mut Conn,
    code: AreaCode,
    Period { from, to }: Period,
) -> Result<Replans, DbError> {
    let before = midnight(to) + TimeDelta::days(1);
    let replans = applied::replans(conn, code, (midnight(from), before))?;
    let moves = replans.iter().map(|plan| i64::from(plan.assigned)).sum();
    Ok(Replans { count: as_count(replans.len()), moves })
}

fn as_count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "minutes of people are far below 2^52")]
const fn as_number(minutes: i64) -> f64 {
    minutes as f64
}
