//! Why a task is with its assignee and on its day, by the plan that assigned it if one did.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::channel::Channel;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::visibility::View;

use super::candidate_sentences;
use super::day_sentences::DayChoice;
use super::day_words::PresentYear;
use super::hindrance::Hindrance;
use super::known::{Known, Skills};
use super::model::{AssignmentExplanation, Candidate, WhyPerson, WhyThen};
use super::others;
use super::planned_sentences;
use super::sentence::{Sentence, Who};
use super::share_period::SharePeriod;
use super::task_log::TaskLog;
use super::time_sentences::{self, TimeContext};
use super::unplanned;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::person;
use crate::person::start::RouteStart;
use crate::person::store::{self as people, PersonRow};
use crate::plan::drafts::why::{self, StoredAlternative, StoredVerdict, StoredVisit};
use crate::plan::{settings, store};
use crate::task::row::TaskRow;
use crate::task::view::seen;

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
    let log = TaskLog::read(conn, key, (&row, view))?;
    if let Some((plan, person)) = row.plan.or(log.plan).zip(row.assignee) {
        let visit = why::of_task(conn, row.district, plan, id)?;
        if let Some(visit) = visit.filter(|visit| visit.person == person) {
            let mut planned = Planned::of(conn, row.district, (plan, visit), row.planned_order)?;
            planned.is_changed = row.plan.is_none();
            return explained(conn, key, principal, (&row, view, &log), &planned, now);
        }
    }
    unplanned::explanation(conn, key, principal, (&row, &log), now)
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
    let log = TaskLog::read(conn, key, (&row, view))?;
    explained(conn, key, principal, (&row, view, &log), &planned, now)
}

/// The visit of a plan.
struct Planned {
    plan: PlanId,
    visit: StoredVisit,
    /// Its position on the day of its person.
    order: Option<i32>,
    /// The weeks of its shares.
    period: SharePeriod,
    /// Whether the plan has several days.
    has_days: bool,
    /// Whether the time of the task was changed since the plan gave it.
    is_changed: bool,
}

impl Planned {
    fn of(
        conn: &mut Conn,
        district: AreaCode,
        (plan, visit): (PlanId, StoredVisit),
        order: Option<i32>,
    ) -> Result<Self, DbError> {
        let (settings, _) = settings::read(conn, district)?;
        let row = store::row(conn, &district.range(), plan)?;
        let (first, last) = row.map_or((visit.day, visit.day), |row| (row.first_day, row.last_day));
        let period = SharePeriod { weeks: settings.fairness_weeks, last };
        Ok(Self { plan, visit, order, period, has_days: first < last, is_changed: false })
    }

    /// The others by the plan, as far as they are of the time that the task has.
    fn next(&self) -> &[StoredAlternative] {
        if self.is_changed { &[] } else { &self.visit.why.next }
    }
}

/// The explanation of the visit to a reader with this view of the task.
fn explained(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    (row, view, log): (&TaskRow, View, &TaskLog),
    planned: &Planned,
    now: DateTime<Utc>,
) -> Result<AssignmentExplanation, Problem> {
    let (visit, year) = (&planned.visit, PresentYear::at(now));
    let person_id = visit.person;
    let next = planned.next().iter().map(|other| other.volunteer);
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
    let skills = Skills::read(conn, principal)?;
    let of = (visit.why.channel, (planned.period, year));
    let next = planned.next().iter().filter(|_| others::could_go(row));
    let mut others: Vec<_> = next.map(|other| self::other(&known, &skills, other, of)).collect();
    if others.len() < others::MOST {
        let shown: Vec<PersonId> = ids.into_iter().collect();
        let on = Some(visit.day).filter(|day| !planned.is_changed && *day >= clock::day(now));
        others.extend(others::at_present(conn, key, principal, (row, &shown), (on, now))?);
        others.truncate(others::MOST);
    }
    let when = when(row, log, planned, starts_at)?;
    let context = TimeContext {
        who,
        changed_by: log.who(principal, when.changed_by_id),
        phase: row.state,
        choice: DayChoice { is_first: visit.day <= row.not_before, has_others: planned.has_days },
        year,
    };
    let when = WhyThen { sentence: time_sentences::why_then(&when, &context), ..when };
    let why = Some(why_person(who, planned, year));
    Ok(AssignmentExplanation {
        task_id: row.id,
        plan_id: Some(planned.plan),
        person_id: Some(person_id),
        person_name,
        given: None,
        why,
        when,
        others,
    })
}

/// Why the plan chose the person.
fn why_person(who: Who<'_>, planned: &Planned, year: PresentYear) -> WhyPerson {
    let why = &planned.visit.why;
    let mut person = WhyPerson {
        code: why.decisive(),
        known: why.known,
        extra_travel: why.extra_travel,
        share_before: why.share_before,
        share_after: why.share_after,
        others: why.others,
        sentence: Sentence::default(),
    };
    let sentence = planned_sentences::why_person(who, &person, (planned.period, year));
    person.sentence =
        if planned.is_changed { planned_sentences::before_change(&sentence) } else { sentence };
    person
}

/// When the visit is, without a sentence: by the plan, or since a later change.
fn when(
    row: &TaskRow,
    log: &TaskLog,
    Planned { visit, order, is_changed, .. }: &Planned,
    starts_at: RouteStart,
) -> Result<WhyThen, DbError> {
    let present = unplanned::when(row, log)?;
    if *is_changed {
        let by = log.rescheduled.as_ref();
        return Ok(WhyThen {
            starts_at: Some(starts_at),
            changed_at: by.map(|event| event.at),
            changed_by_id: by.and_then(|event| event.by),
            changed_by_name: by.and_then(|event| log.name(event.by)),
            ..present
        });
    }
    let late = (visit.day - row.due_on).num_days().max(0);
    Ok(WhyThen {
        code: visit.why.day(),
        day: Some(visit.day),
        start: Some(visit.start),
        travel: visit.travel.filter(|_| visit.why.channel == Channel::Visit),
        starts_at: Some(starts_at),
        order: *order,
        late_days: u32::try_from(late).unwrap_or_default(),
        ..present
    })
}

fn other(
    known: &Known,
    skills: &Skills,
    other: &StoredAlternative,
    (channel, period): (Channel, (SharePeriod, PresentYear)),
) -> Candidate {
    let candidate = known.candidate(other.volunteer);
    let who = known.who(other.volunteer);
    match &other.verdict {
        StoredVerdict::Possible(cost) => {
            let sentence = candidate_sentences::possible(who, cost, channel, period);
            Candidate { cost: Some(*cost), sentence, ..candidate }
        }
        StoredVerdict::Hindered(reason) => {
            let found = Hindrance::stored(reason);
            let sentence = skills.sentence(who, &found);
            Candidate { hindrance: Some(found), sentence, ..candidate }
        }
    }
}
