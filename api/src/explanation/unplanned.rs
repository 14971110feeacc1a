//! The explanation of a task that no plan gave: how it came to its assignee, or that it has none, and who else
//! could make the visit at present.

use chrono::{DateTime, Utc};
use gridward_domain::authority::Principal;

use super::day_sentences::DayChoice;
use super::day_words::PresentYear;
use super::given::{self, GivenCode, HowGiven};
use super::model::{AssignmentExplanation, WhyThen};
use super::others;
use super::sentence::Sentence;
use super::task_log::TaskLog;
use super::time_sentences::{self, TimeContext};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::task::row::TaskRow;

/// The explanation of the task by its log.
///
/// # Errors
/// 404 for a task that has ended without an assignee.
pub(super) fn explanation(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    (row, log): (&TaskRow, &TaskLog),
    now: DateTime<Utc>,
) -> Result<AssignmentExplanation, Problem> {
    let (person, year) = (row.assignee, PresentYear::at(now));
    if person.is_none() && !row.life()?.state.is_live() {
        return Err(ProblemCode::NotPlanned.into());
    }
    let by = log.given.and_then(|event| event.by);
    let mut how = HowGiven {
        code: GivenCode::of(person, log.handover),
        by_id: by,
        by_name: log.name(by),
        at: log.given.map(|event| event.at),
        sentence: Sentence::default(),
    };
    let who = log.who(principal, person);
    how.sentence = given::how_given(who, log.who(principal, by), (&how, year));
    let others = others::at_present(conn, key, principal, (row, person.as_slice()), (None, now))?;
    let when = when(row, log)?;
    let context = TimeContext {
        who,
        changed_by: log.who(principal, None),
        phase: row.state,
        choice: DayChoice { is_first: false, has_others: false },
        year,
    };
    let when = WhyThen { sentence: time_sentences::why_then(&when, &context), ..when };
    Ok(AssignmentExplanation {
        task_id: row.id,
        plan_id: None,
        person_id: person,
        person_name: log.name(person),
        given: Some(how),
        why: None,
        when,
        others,
    })
}

/// When the visit is, if a time is set, without a sentence.
pub(super) fn when(row: &TaskRow, log: &TaskLog) -> Result<WhyThen, DbError> {
    let late = row.planned_on.map_or(0, |day| (day - row.due_on).num_days());
    Ok(WhyThen {
        code: None,
        day: row.planned_on,
        start: row.planned_start,
        travel: row.planned_travel,
        starts_at: None,
        order: row.planned_order,
        changed_at: None,
        changed_by_id: None,
        changed_by_name: None,
        started_at: log.started.map(|event| event.at),
        due_on: row.due_on,
        late_days: u32::try_from(late).unwrap_or_default(),
        window: row.window()?,
        sentence: Sentence::default(),
    })
}
