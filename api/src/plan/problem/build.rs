//! Converts database rows into the solver's problem.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use gridward_dispatch::solve::{
    DispatchProblem, Pin, Shift, Visit, Volunteer, WeekOffer, block_unfit_pins,
};
use gridward_domain::authority::Role;
use gridward_domain::channel::Channel;
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::time::Minutes;

use super::base_visit::BaseVisit;
use super::carried::Carried;
use super::departure::departure;
use super::earliest::Earliest;
use super::reported::Reported;
use super::rest_of_day::{First, RestOfDay};
use super::seconded::Seconded;
use super::ties;
use super::under_way;
use crate::availability::calendar::{Calendar, Calendars, Hours};
use crate::beneficiary::visitors::{self, VisitorChoices};
use crate::db::DbError;
use crate::person::store::PersonRow;
use crate::plan::request::span::Span;
use crate::plan::settings::PlanningSettings;
use crate::task::row::TaskRow;
use crate::task::schedule::journey::{self, mode};
use crate::task::schedule::work_time::work_columns;

/// The rows that a plan is computed from.
pub struct Rows {
    /// The visitors.
    pub people: Vec<PersonRow>,
    /// The dated hours and absences of the visitors in the span.
    pub calendars: Calendars,
    /// Open tasks and assigned tasks.
    pub tasks: Vec<TaskRow>,
    /// Tasks that are tied to these.
    pub tied: Vec<TaskRow>,
    /// Other minutes already committed.
    pub carried: Carried,
    /// The district's settings.
    pub settings: PlanningSettings,
    /// The last visitor of each beneficiary.
    pub last_visitors: HashMap<BeneficiaryId, PersonId>,
    /// The kinds whose beneficiaries are called by phone.
    pub calls: HashSet<KindCode>,
    /// The preferred and forbidden visitors of beneficiaries.
    pub visitor_choices: VisitorChoices,
    /// The people who help in other areas on some days.
    pub seconded: Seconded,
    /// The people who had, or have, something to do lately: all, if that does not matter.
    pub busy: HashSet<PersonId>,
    /// The visits of today that were reported lately.
    pub reported: Vec<Reported>,
    /// The people who gave back a task that is open or not accepted yet.
    pub refusals: HashMap<TaskId, Vec<PersonId>>,
    /// The visits that people hold and that the plan may move.
    pub movable: HashMap<TaskId, BaseVisit>,
}

/// Builds the problem of planning `rows` for `span`, with no new visit before `earliest` and none in the
/// time of a visit that its person holds. The departures of people are visits as well, of no task.
///
/// # Errors
/// [`DbError::Corrupt`] for an invalid row.
pub fn problem(rows: &Rows, span: Span, earliest: Earliest) -> Result<DispatchProblem, DbError> {
    let under_way = rest_of_day(rows, span, earliest)?;
    let (mut visits, carried) = visits(rows, (span, earliest), &under_way)?;
    let departures = rows.people.iter().filter_map(|row| match under_way.get(&row.id)?.first? {
        First::Departure(place, at) => Some(departure(row.id, row.area, (place, at), earliest)),
        First::Visit(..) => None,
    });
    visits.extend(departures);
    let volunteers = rows.people.iter().map(|row| {
        let rest = under_way.get(&row.id);
        volunteer(row, rows, (span, earliest, rest), &carried)
    });
    let volunteers = volunteers.collect::<Result<_, DbError>>()?;
    let former = rows.movable.values().map(|visit| (visit.task, (visit.person, visit.day)));
    let former = former.collect();
    let mut problem = DispatchProblem { volunteers, visits, former, ..DispatchProblem::default() };
    // Held visits keep their times, also those that no plan would have made.
    block_unfit_pins(&mut problem);
    let people: Vec<PersonId> = rows.people.iter().map(|row| row.id).collect();
    let tasks = rows.tasks.iter().chain(&rows.tied);
    problem.ties = ties::among(tasks, &mut problem.visits, &people);
    Ok(problem)
}

/// The visits of tasks, and the minutes that people carry besides: also with tasks that are no visits of
/// the plan.
fn visits(
    rows: &Rows,
    (span, earliest): (Span, Earliest),
    under_way: &HashMap<PersonId, RestOfDay>,
) -> Result<(Vec<Visit>, Carried), DbError> {
    let known: HashSet<PersonId> = rows.people.iter().map(|row| row.id).collect();
    let mut carried = rows.carried.clone();
    let mut visits = Vec::with_capacity(rows.tasks.len());
    for row in &rows.tasks {
        let assignee = row.life()?.state.assignee();
        if let Some(person) = assignee
            && let Some(First::Visit(task, start)) =
                under_way.get(&person).and_then(|rest| rest.first)
            && task == row.id
        {
            let pin = Pin { volunteer: person, day: earliest.day(), start: Some(start) };
            // It keeps its time, whatever hours the beneficiary prefers now.
            visits.push(Visit { windows: Vec::new(), ..visit(row, rows, Some(pin))? });
            // The plan itself has it now, also one that was planned for a day beside it.
            let weeks = rows.settings.fairness_weeks;
            carried.leave_out(&Carried::of([work_columns(row)], span, weeks));
            continue;
        }
        match (assignee, row.planned_on) {
            (None, _) => visits.push(visit(row, rows, None)?),
            // The hours of this visit have begun, and the shift of its person begins after it.
            (Some(person), Some(day))
                if span.contains(day)
                    && row.planned_start.is_some_and(|start| earliest.has_passed(day, start)) =>
            {
                carried.commit(person, day, row.minutes.into());
            }
            (Some(person), Some(day)) if span.contains(day) && known.contains(&person) => {
                let pin = Pin { volunteer: person, day, start: row.planned_start };
                let is_firm = !rows.movable.contains_key(&row.id);
                visits.push(visit(row, rows, is_firm.then_some(pin))?);
            }
            // Claimed without a day: it still counts as workload, in the week of its due day or the
            // nearest one of the plan.
            (Some(person), None) => {
                let day = row.due_on.clamp(span.first(), span.last());
                carried.commit(person, day, row.minutes.into());
            }
            // Held for a day beside the plan, whose minutes `carried` has already, or by a person who is no
            // visitor of the plan. Those that were not accepted before their day had passed are open here.
            (Some(_), Some(_)) => {}
        }
    }
    Ok((visits, carried))
}

fn volunteer(
    row: &PersonRow,
    rows: &Rows,
    (span, earliest, rest_of_day): (Span, Earliest, Option<&RestOfDay>),
    carried: &Carried,
) -> Result<Volunteer, DbError> {
    let id = row.id;
    let calendar = rows.calendars.of(id);
    let shifts = span.days().filter_map(|day| {
        rows.seconded.is_there(id, day).then_some(())?;
        if let Some(rest) = rest_of_day.filter(|_| day == earliest.day()) {
            return rest.shift.clone();
        }
        let Hours { window, breaks } = calendar.hours_on(row.role, &row.availability, day)?;
        Some(Shift { day, window: earliest.within(day, window)?, breaks })
    });
    let offer = Offer::of(row, rows, span, carried);
    let skills = row.skills.members().clone();
    Ok(Volunteer {
        id,
        home: row.start()?,
        grid: row.area,
        also_serves: Vec::new(),
        lent: rows.seconded.of(id).to_vec(),
        mode: mode(&skills),
        skills,
        shifts: shifts.collect(),
        offered: offer.limit,
        weeks: offer.weeks,
        carried: offer.carried,
        share_of: Some(offer.share_of),
        is_idle: row.role == Role::Volunteer && !rows.busy.contains(&id),
    })
}

/// What the visits under way leave of the day of `earliest`, by person.
fn rest_of_day(
    rows: &Rows,
    span: Span,
    earliest: Earliest,
) -> Result<HashMap<PersonId, RestOfDay>, DbError> {
    if !span.contains(earliest.day()) {
        return Ok(HashMap::new());
    }
    let has_way = |row: &TaskRow| channel(row, rows) == Channel::Visit;
    let visits = under_way::all(&rows.tasks, &rows.reported, earliest, has_way)?;
    let next = under_way::next(&rows.tasks, earliest)?;
    let mut rest = HashMap::new();
    for row in &rows.people {
        let Some(visit) = visits.get(&row.id) else { continue };
        let calendar = rows.calendars.of(row.id);
        let hours = calendar.hours_on(row.role, &row.availability, earliest.day());
        let travels = (row.start()?, mode(row.skills.members()));
        let next = next.get(&row.id).copied();
        let left = hours.map(|hours| visit.rest(hours, travels, next, earliest));
        rest.insert(row.id, left.unwrap_or_default());
    }
    Ok(rest)
}

/// What a person carries and may carry on the days over which work is shared fairly.
struct Offer {
    /// The minutes carried, and those that are left in the weeks of the plan.
    limit: Minutes,
    /// The offer for each week of the plan, which is the most minutes in that week.
    weeks: Vec<WeekOffer>,
    /// The minutes carried on these days, without the visits of the plan.
    carried: Minutes,
    /// The offer for these days without the days of absence, so that a share compares like with like.
    share_of: Minutes,
}

impl Offer {
    fn of(row: &PersonRow, rows: &Rows, span: Span, carried: &Carried) -> Self {
        let Minutes(weekly) = rows.settings.weekly_offer(row.role, row.weekly_minutes.into());
        let week = |monday| WeekOffer {
            monday,
            offered: Minutes(weekly),
            carried: carried.weeks.get(&(row.id, monday)).copied().unwrap_or_default(),
        };
        let weeks: Vec<WeekOffer> = span.mondays().map(week).collect();
        let left = weeks.iter().map(|week| weekly.saturating_sub(week.carried.0)).sum();
        let carried = carried.period.get(&row.id).copied().unwrap_or_default();
        let period = span.fairness(rows.settings.fairness_weeks);
        let (present, usual) = days_of_presence(row, rows, period);
        let offered = u64::from(weekly) * count(period.days()) / 7;
        let share_of = (offered * present).checked_div(usual).unwrap_or_default();
        let share_of = u32::try_from(share_of).unwrap_or(u32::MAX).max(weekly.min(1));
        Self { limit: carried + Minutes(left), weeks, carried, share_of: Minutes(share_of) }
    }
}

/// The days with hours, with and without regard to absences and dated hours.
fn days_of_presence(row: &PersonRow, rows: &Rows, period: Span) -> (u64, u64) {
    let with_hours = |calendar: &Calendar| {
        let has_hours =
            |day: &NaiveDate| calendar.hours_on(row.role, &row.availability, *day).is_some();
        count(period.days().filter(has_hours))
    };
    let all = with_hours(rows.calendars.usual());
    (with_hours(rows.calendars.of(row.id)).min(all), all)
}

fn count(days: impl Iterator<Item = NaiveDate>) -> u64 {
    u64::try_from(days.count()).unwrap_or(u64::MAX)
}

/// How the task is planned.
fn channel(row: &TaskRow, rows: &Rows) -> Channel {
    journey::channel(row.kind.as_str(), row.tie().is_some(), &rows.calls)
}

/// The visit of a task.
///
/// # Errors
/// [`DbError::Corrupt`] for an invalid row.
pub fn visit(row: &TaskRow, rows: &Rows, pinned: Option<Pin>) -> Result<Visit, DbError> {
    let last = row.beneficiary.as_ref().and_then(|id| rows.last_visitors.get(id));
    let choice = row.beneficiary.as_ref().and_then(|id| rows.visitor_choices.get(id));
    let refused = rows.refusals.get(&row.id).into_iter().flatten();
    let excluded = visitors::forbidden(&rows.visitor_choices, row.beneficiary);
    // A task that is held is so by a decision, and keeps its time.
    let holder = pinned.map(|pin| pin.volunteer);
    let forbidden: BTreeSet<PersonId> =
        refused.chain(excluded).copied().filter(|person| Some(*person) != holder).collect();
    Ok(Visit {
        id: row.id,
        grid: row.grid,
        place: row.place()?,
        channel: channel(row, rows),
        service: row.minutes.into(),
        windows: row.window()?.into_iter().collect(),
        not_before: row.not_before,
        due: row.due_on,
        priority: row.priority,
        skills: row.skills.members().clone(),
        last: last.copied(),
        preferred: choice.and_then(|choice| choice.preferred),
        forbidden: forbidden.into_iter().collect(),
        pinned,
    })
}

#[cfg(test)]
pub(in crate::plan) mod tests;
