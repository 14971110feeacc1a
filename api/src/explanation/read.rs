//! Why a task is with its assignee and on its day, by the plan that assigned it if one did.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::channel::Channel;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::visibility::View;

use super::hindrance::Hindrance;
use super::known::{Known, Skills};
use super::model::{AssignmentExplanation, Candidate, WhyPerson, WhyThen};
use super::others;
use super::sentences::{self, Sentence, Who};
use super::share_period::SharePeriod;
use super::unplanned;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::person;
use crate::person::start::RouteStart;
use crate::person::store::{self as people, PersonRow};
use crate::plan::drafts::why::{self, StoredAlternative, StoredVerdict, StoredVisit};
use crate::task::row::TaskRow;
use crate::task::seen;

/// The explanation of the task.
///
/// # Errors
/// 404 outside the scope, and for a task that has ended without an assignee.
pub(super) fn explanation(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    id: TaskId,
    now: DateTime<Utc>,
) -> Result<AssignmentExplanation, Problem> {
    let (row, view) = seen::visible(conn, principal, id, now)?;
    let assignee = row.life()?.state.assignee();
    if let Some((plan, person)) = row.plan.zip(assignee) {
        let visit = why::of_task(conn, row.district, plan, id)?;
        if let Some(visit) = visit.filter(|visit| visit.person == person) {
            let planned = Planned::of(conn, row.district, (plan, visit), row.planned_order)?;
            return explained(conn, key, principal, (&row, view), &planned, now);
        }
    }
    unplanned::explanation(conn, key, principal, (&row, view), now)
}

/// The explanation of the visit that the plan, which is computed, has for the task, whether or not it is
/// applied.
///
/// # Errors
/// 404 outside the scope, and if the plan has no visit of the task by a person.
pub(super) fn of_plan(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    (plan, task): (PlanId, TaskId),
    now: DateTime<Utc>,
) -> Result<AssignmentExplanation, Problem> {
    let (row, view) = seen::visible(conn, principal, task, now)?;
    let visit = why::of_task(conn, row.district, plan, task)?;
    let visit = visit.ok_or_else(|| Problem::from(ProblemCode::NotPlanned))?;
    let order = Some(why::order(conn, (row.district, plan), (task, &visit))?);
    let planned = Planned::of(conn, row.district, (plan, visit), order)?;
    explained(conn, key, principal, (&row, view), &planned, now)
}

/// The visit of a plan.
struct Planned {
    plan: PlanId,
    visit: StoredVisit,
    /// Its position on the day of its person.
    order: Option<i32>,
    /// The weeks of its shares.
    period: SharePeriod,
}

impl Planned {
    fn of(
        conn: &mut Conn,
        district: AreaCode,
        (plan, visit): (PlanId, StoredVisit),
        order: Option<i32>,
    ) -> Result<Self, DbError> {
        let period = SharePeriod::of_plan(conn, district, (plan, visit.day))?;
        Ok(Self { plan, visit, order, period })
    }
}

/// The explanation of the visit to a reader with this view of the task.
fn explained(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    (row, view): (&TaskRow, View),
    Planned { plan, visit, order, period }: &Planned,
    now: DateTime<Utc>,
) -> Result<AssignmentExplanation, Problem> {
    let person_id = visit.person;
    let next = visit.why.next.iter().map(|other| other.volunteer);
    let ids: BTreeSet<PersonId> = next.chain([person_id]).collect();
    let district = row.district.range();
    let rows = ids.iter().map(|id| people::row(conn, &district, *id));
    let rows: Vec<PersonRow> = rows.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    let without_home = person::start::without_home(&rows)?;
    let known = Known::of(key, principal, &rows, &without_home)?;
    // The assignee's name is shown with the task.
    let assignee = rows.iter().find(|one| one.id == person_id && view.shows_masked_name());
    let person_name =
        assignee.map(|one| Ok::<_, DbError>(one.particulars(key)?.name)).transpose()?;
    let has_home = |one: &PersonRow| one.id == person_id && !without_home.contains(&one.id);
    let starts_at = RouteStart::of(rows.iter().any(has_home));
    let who = match (person_id == principal.person, &person_name) {
        (true, _) => Who::You,
        (false, Some(name)) => Who::Named(name),
        (false, None) => Who::Another,
    };
    let code = visit.why.decisive();
    let mut person = WhyPerson {
        code,
        known: visit.why.known,
        extra_travel: visit.why.extra_travel,
        share_before: visit.why.share_before,
        share_after: visit.why.share_after,
        others: visit.why.others,
        sentence: Sentence::default(),
    };
    person.sentence = sentences::why_person(who, &person, *period);
    let skills = Skills::read(conn, principal)?;
    let of = (visit.why.channel, *period);
    let next = visit.why.next.iter();
    let mut others: Vec<_> = next.map(|other| self::other(&known, &skills, other, of)).collect();
    if others.len() < others::MOST {
        let shown: Vec<PersonId> = ids.into_iter().collect();
        let on = Some(visit.day).filter(|day| *day >= clock::day(now));
        others.extend(others::at_present(conn, key, principal, (row, &shown), (on, now))?);
        others.truncate(others::MOST);
    }
    Ok(AssignmentExplanation {
        task_id: row.id,
        plan_id: Some(*plan),
        person_id: Some(person_id),
        person_name,
        given: None,
        why: Some(person),
        when: when(row, (visit, *order), starts_at)?,
        others,
    })
}

/// When the visit is, by the plan.
fn when(
    row: &TaskRow,
    (visit, order): (&StoredVisit, Option<i32>),
    starts_at: RouteStart,
) -> Result<WhyThen, DbError> {
    let late = (visit.day - row.due_on).num_days().max(0);
    let mut when = WhyThen {
        code: visit.why.day(),
        day: Some(visit.day),
        start: Some(visit.start),
        travel: visit.travel.filter(|_| visit.why.channel == Channel::Visit),
        starts_at: Some(starts_at),
        order,
        due_on: row.due_on,
        late_days: u32::try_from(late).unwrap_or_default(),
        window: row.window()?,
        sentence: Sentence::default(),
    };
    when.sentence = sentences::why_then(&when);
    Ok(when)
}

fn other(
    known: &Known,
    skills: &Skills,
    other: &StoredAlternative,
    (channel, period): (Channel, SharePeriod),
) -> Candidate {
    let candidate = known.candidate(other.volunteer);
    let who = known.who(other.volunteer);
    match &other.verdict {
        StoredVerdict::Possible(cost) => {
            let sentence = sentences::possible(who, cost, channel, period);
            Candidate { cost: Some(*cost), sentence, ..candidate }
        }
        StoredVerdict::Hindered(reason) => {
            let found = Hindrance::stored(reason);
            let sentence = skills.sentence(who, &found);
            Candidate { hindrance: Some(found), sentence, ..candidate }
        }
    }
}
