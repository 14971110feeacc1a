//! Ranks the people within reach who could take a task, each on the cheapest of some days, the rest of their
//! days unchanged.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use gridward_dispatch::routing::Weights;
use gridward_dispatch::solve::{self, DispatchProblem};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{PersonId, TaskId};

use super::held::{self, Held};
use super::hindrance::Hindrance;
use super::known::{Known, Skills};
use super::model::{Candidate, Candidates};
use super::sentences;
use super::share_period::SharePeriod;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::person::store::PersonRow;
use crate::plan::drafts::why::VisitCost;
use crate::plan::problem::build::{self, Rows};
use crate::plan::problem::earliest::Earliest;
use crate::plan::problem::reported;
use crate::plan::problem::seconded::Seconded;
use crate::plan::request::span::{Span, SpanError};
use crate::plan::settings;
use crate::task::row::TaskRow;
use crate::task::{freed, seen, tie};
use crate::{availability, beneficiary, catalogue, clock, person};

/// What is asked about a task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'q> {
    /// The task.
    pub(super) task: TaskId,
    /// People who are left out.
    pub(super) except: &'q [PersonId],
    /// The day; by default the planned one, or else the days in which the task may be.
    pub(super) day: Option<NaiveDate>,
    /// How many candidates are returned.
    pub(super) limit: usize,
    /// The present time.
    pub(super) now: DateTime<Utc>,
}

/// The most days of which the cheapest is chosen where the question names none.
const MOST_DAYS: u64 = 7;

/// The candidates for the task.
///
/// # Errors
/// 404 outside the scope; 409 for a task that has ended; 422 for a past day.
pub(super) fn candidates(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    question: &Question<'_>,
) -> Result<Candidates, Problem> {
    let (task, _) = seen::visible(conn, principal, question.task, question.now)?;
    principal.authorize(Action::DirectTask, &task.grid)?;
    if !task.life()?.state.is_live() {
        return Err(ProblemCode::TaskPhase.into());
    }
    ranked(conn, key, principal, question, &task)
}

/// The candidates for the task of the question, which has not ended.
///
/// # Errors
/// 422 for a past day.
pub(super) fn ranked(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    question: &Question<'_>,
    task: &TaskRow,
) -> Result<Candidates, Problem> {
    let span = days(question, task)?;
    let area = within_reach(principal, task.grid);
    let input = input(conn, area, (span, question.now), task)?;
    let problem = problem(&input, (area, span), question.now)?;
    let Input { rows, off_duty, without_home } = input;
    let visit = build::visit(task, &rows, None)?;
    let ranked = solve::candidates(&problem, &visit, Weights::default());
    let mut ranked = ranked.map_err(|error| DbError::corrupt("tasks", error))?;
    // Of the own exclusion no person learns.
    ranked.retain(|one| {
        let is_excluded =
            one.volunteer == principal.person && visit.forbidden.contains(&one.volunteer);
        !is_excluded && !question.except.contains(&one.volunteer)
    });
    let possible = ranked.iter().filter(|one| one.verdict.is_ok()).count();
    let first: Vec<&solve::Candidate> = ranked.iter().take(question.limit).collect();
    let by_id: HashMap<PersonId, _> = rows.people.iter().map(|row| (row.id, row)).collect();
    let shown = first.iter().filter_map(|one| by_id.get(&one.volunteer).copied());
    let known = Known::of(key, principal, shown, &without_home)?;
    let skills = Skills::read(conn, principal)?;
    let assignee = task.life()?.state.assignee();
    let is_early = span.last() < task.not_before;
    let period = SharePeriod::of(span, rows.settings.fairness_weeks);
    let item = |one: &&solve::Candidate| {
        let id = one.volunteer;
        let (who, candidate) = (known.who(id), known.candidate(id));
        let (reach, is_assignee) = (Some(one.reach), assignee == Some(id));
        let candidate = Candidate { reach, is_assignee, ..candidate };
        match &one.verdict {
            Ok(cost) => {
                let cost = VisitCost::from(cost);
                let sentence = sentences::possible(who, &cost, visit.channel, period);
                Candidate { cost: Some(cost), sentence, ..candidate }
            }
            Err(found) => {
                let found = Hindrance::of(found, off_duty.contains(&id), is_early);
                let sentence = skills.sentence(who, &found);
                Candidate { hindrance: Some(found), sentence, ..candidate }
            }
        }
    };
    let items = first.iter().map(item).collect();
    let cheapest = ranked.first().and_then(|one| one.verdict.as_ref().ok()).map(|cost| cost.day);
    Ok(Candidates {
        task_id: task.id,
        day: cheapest.unwrap_or(span.first()),
        first_day: span.first(),
        last_day: span.last(),
        area,
        considered: ranked.len(),
        possible,
        items,
    })
}

/// The days of the people in the area, with what they hold.
fn problem(
    Input { rows, off_duty, .. }: &Input,
    (area, span): (AreaCode, Span),
    now: DateTime<Utc>,
) -> Result<DispatchProblem, DbError> {
    let earliest = Earliest::after(now, rows.settings.lead());
    let mut problem = build::problem(rows, span, earliest)?;
    for volunteer in &mut problem.volunteers {
        // The people of other areas serve on the days of their secondments alone.
        volunteer.also_serves.extend(area.contains(&volunteer.grid).then_some(area));
        if off_duty.contains(&volunteer.id) {
            volunteer.shifts.clear();
        }
    }
    Ok(problem)
}

/// The days of which each person has the cheapest, not before today: the day of the question or the planned
/// one, or else some days from the first possible one, of a task that is not overdue up to its due day.
fn days(question: &Question<'_>, task: &TaskRow) -> Result<Span, Problem> {
    let today = clock::day(question.now);
    let planned = task.planned_on.filter(|day| *day >= today);
    if let Some(day) = question.day.or(planned) {
        return Span::from_today(day, day, today).map_err(past);
    }
    let first = task.not_before.max(today);
    let last = first.checked_add_days(Days::new(MOST_DAYS - 1)).unwrap_or(first);
    let last = if task.due_on < first { last } else { last.min(task.due_on) };
    Span::new(first, last).map_err(past)
}

fn past(error: SpanError) -> Problem {
    Problem::invalid("day", error.to_string())
}

/// The area whose people are considered: the town, as far as it is the caller's; for an assignee from
/// elsewhere, the grid.
fn within_reach(principal: &Principal, grid: AreaCode) -> AreaCode {
    let town = grid.ancestor(Level::Town).unwrap_or(grid);
    let areas = [town, principal.area];
    let is_reached = |area: &AreaCode| principal.area.contains(area) && area.contains(&grid);
    areas.into_iter().find(is_reached).unwrap_or(grid)
}

/// The input of the ranking.
struct Input {
    rows: Rows,
    off_duty: HashSet<PersonId>,
    without_home: HashSet<PersonId>,
}

fn input(
    conn: &mut Conn,
    area: AreaCode,
    (span, now): (Span, DateTime<Utc>),
    task: &TaskRow,
) -> Result<Input, DbError> {
    let district = area.district();
    let mut people = person::store::visitors(conn, &area.range())?;
    let seconded = Seconded::join(conn, &area.range(), span, &mut people)?;
    let helps = |row: &PersonRow| {
        let mut days = span.days();
        days.any(|day| seconded.helps(row.id, task.grid, day))
    };
    people.retain(|row| area.contains(&row.area) || helps(row));
    let without_home = person::start::at_areas(conn, district, &mut people)?;
    let ids: Vec<PersonId> = people.iter().map(|row| row.id).collect();
    let (settings, _) = settings::read(conn, district)?;
    let weeks = settings.fairness_weeks;
    let Held { mut tasks, carried } = held::of(conn, district, &ids, span, weeks)?;
    tasks.retain(|held| held.id != task.id);
    let home: Vec<_> = task.beneficiary.into_iter().collect();
    let rows = beneficiary::store::rows(conn, district, &home)?;
    let last_visitors = rows.iter().filter_map(|row| Some((row.id, row.last_visitor?))).collect();
    let visitor_choices = beneficiary::visitors::of(conn, district, &home)?;
    let work = span.of_work(weeks);
    let calendars = availability::store::calendars(conn, district, work.first(), work.last())?;
    let off_duty = availability::store::off_duty(conn, district)?;
    let refusals = freed::refusals(conn, &task.grid.range())?;
    let own_tie = task.tie().map(|tie| tie.id).into_iter().collect();
    let mut tied = tie::binding(conn, district, &own_tie)?;
    tied.retain(|other| other.id != task.id && tasks.iter().all(|held| held.id != other.id));
    let calls = catalogue::store::calls(conn, district)?;
    let rows = Rows {
        busy: HashSet::new(),
        seconded,
        people,
        calendars,
        tasks,
        tied,
        carried,
        settings,
        last_visitors,
        reported: reported::lately(conn, district, &calls, now)?,
        calls,
        visitor_choices,
        refusals,
        movable: HashMap::new(),
    };
    Ok(Input { rows, off_duty, without_home })
}
