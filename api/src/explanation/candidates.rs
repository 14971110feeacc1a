//! Ranks the people within reach who could take a task, each on the cheapest of some days, the rest of their
//! days unchanged.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use gridward_dispatch::routing::Weights;
use gridward_dispatch::solve::{self, DispatchProblem, Visit};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::channel::Channel;
use gridward_domain::id::{PersonId, TaskId};

use super::candidate_sentences;
use super::day_words::PresentYear;
use super::held::{self, Held};
use super::hindrance::{self, Hindrance};
use super::known::{Known, Skills};
use super::model::{Candidate, Candidates};
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
use crate::task::assignment::{refusals, tie};
use crate::task::row::TaskRow;
use crate::task::schedule::possible_days::{check_near, last_of_most, possible_days};
use crate::task::view::seen;
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

/// The candidates for the task. If no one can make the visit on the usual days, such as the rest of today, and the
/// question names none, they are those of later days.
///
/// # Errors
/// 404 outside the scope; 409 for a task that has ended; 422 for a past day and one that is far away.
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
    if let Some(day) = question.day {
        check_near(&task, ("day", day), clock::day(question.now))?;
    }
    let usual = ranked(conn, key, principal, question, &task)?;
    if usual.possible > 0 || question.day.is_some() {
        return Ok(usual);
    }
    let (first, _) = possible_days(&task, clock::day(question.now));
    let Ok(span) = Span::longest(first) else { return Ok(usual) };
    let later = of_days(conn, key, principal, question, (&task, span))?;
    Ok(if later.possible > 0 { later } else { usual })
}

/// The candidates for the task of the question, which has not ended, on the usual days.
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
    of_days(conn, key, principal, question, (task, days(question, task)?))
}

/// The candidates for the task on the days of `span`.
fn of_days(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    question: &Question<'_>,
    (task, span): (&TaskRow, Span),
) -> Result<Candidates, Problem> {
    let area = within_reach(principal, task.grid);
    let input = input(conn, area, (span, question.now), task)?;
    let visit = build::visit(task, &input.rows, None)?;
    let ranked =
        ranking(principal, question, &problem(&input, (area, span), question.now)?, &visit)?;
    let shown = &ranked[..question.limit.min(ranked.len())];
    let by_id: HashMap<PersonId, _> = input.rows.people.iter().map(|row| (row.id, row)).collect();
    let people = shown.iter().filter_map(|one| by_id.get(&one.volunteer).copied());
    let view = View {
        known: Known::of(key, principal, people, &input.without_home)?,
        skills: Skills::read(conn, principal)?,
        declined: hindrance::declined(&input.rows, task),
        off_duty: &input.off_duty,
        assignee: task.life()?.state.assignee(),
        channel: visit.channel,
        is_early: span.last() < task.not_before,
        period: (
            SharePeriod::of(span, input.rows.settings.fairness_weeks),
            PresentYear::at(question.now),
        ),
    };
    let cheapest = ranked.first().and_then(|one| one.verdict.as_ref().ok()).map(|cost| cost.day);
    Ok(Candidates {
        task_id: task.id,
        day: cheapest.unwrap_or(span.first()),
        first_day: span.first(),
        last_day: span.last(),
        area,
        considered: ranked.len(),
        possible: ranked.iter().filter(|one| one.verdict.is_ok()).count(),
        items: shown.iter().map(|one| view.candidate(one)).collect(),
    })
}

/// The people in order, without those of whom the caller is not to read.
fn ranking(
    principal: &Principal,
    question: &Question<'_>,
    problem: &DispatchProblem,
    visit: &Visit,
) -> Result<Vec<solve::Candidate>, DbError> {
    let ranked = solve::candidates(problem, visit, Weights::default());
    let mut ranked = ranked.map_err(|error| DbError::corrupt("tasks", error))?;
    // Of the own exclusion no person learns.
    ranked.retain(|one| {
        let is_excluded =
            one.volunteer == principal.person && visit.forbidden.contains(&one.volunteer);
        !is_excluded && !question.except.contains(&one.volunteer)
    });
    Ok(ranked)
}

/// How candidates are shown to the caller.
struct View<'v> {
    known: Known,
    skills: Skills,
    declined: Vec<PersonId>,
    off_duty: &'v HashSet<PersonId>,
    assignee: Option<PersonId>,
    channel: Channel,
    /// Whether all days are before the first possible one of the task.
    is_early: bool,
    period: (SharePeriod, PresentYear),
}

impl View<'_> {
    fn candidate(&self, one: &solve::Candidate) -> Candidate {
        let id = one.volunteer;
        let (who, candidate) = (self.known.who(id), self.known.candidate(id));
        let (reach, is_assignee) = (Some(one.reach), self.assignee == Some(id));
        let candidate = Candidate { reach, is_assignee, ..candidate };
        match &one.verdict {
            Ok(cost) => {
                let cost = VisitCost::from(cost);
                let sentence = candidate_sentences::possible(who, &cost, self.channel, self.period);
                Candidate { cost: Some(cost), sentence, ..candidate }
            }
            Err(found) => {
                let is = (self.declined.contains(&id), self.off_duty.contains(&id));
                let found = Hindrance::of(found, is, self.is_early);
                let sentence = self.skills.sentence(who, &found);
                Candidate { hindrance: Some(found), sentence, ..candidate }
            }
        }
    }
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
    let (first, last) = possible_days(task, today);
    Span::new(first, last.min(last_of_most(first))).map_err(past)
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
    let Held { tasks, carried } = held::of(conn, district, (&ids, task.id), span, weeks)?;
    let home: Vec<_> = task.beneficiary.into_iter().collect();
    let rows = beneficiary::store::rows(conn, district, &home)?;
    let last_visitors = rows.iter().filter_map(|row| Some((row.id, row.last_visitor?))).collect();
    let visitor_choices = beneficiary::visitors::of(conn, district, &home)?;
    let work = span.of_work(weeks);
    let calendars = availability::store::calendars(conn, district, work.first(), work.last())?;
    let off_duty = availability::store::off_duty(conn, district)?;
    let refusals = refusals::of_unaccepted(conn, &task.grid.range())?;
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
