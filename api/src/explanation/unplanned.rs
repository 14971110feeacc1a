//! The explanation of a task that no plan gave: how it came to its assignee, or that it has none, and who else
//! could make the visit at present.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use gridward_domain::visibility::View;

use super::given::{self, GivenCode, Handover, HowGiven};
use super::model::{AssignmentExplanation, WhyThen};
use super::others;
use super::sentences::{self, Sentence, Who};
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::person;
use crate::task;
use crate::task::row::TaskRow;

/// The explanation of the task to a reader with this view of it.
///
/// # Errors
/// 404 for a task that has ended without an assignee.
pub(super) fn explanation(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    (row, view): (&TaskRow, View),
    now: DateTime<Utc>,
) -> Result<AssignmentExplanation, Problem> {
    let state = row.life()?.state;
    let person = state.assignee();
    if person.is_none() && !state.is_live() {
        return Err(ProblemCode::NotPlanned.into());
    }
    let handover = task::given::event(conn, row)?;
    let by = handover.as_ref().and_then(|event| event.actor);
    let people: BTreeSet<PersonId> = person.into_iter().chain(by).collect();
    let names = if view.shows_masked_name() {
        person::store::names(conn, key, &row.district.range(), people)?
    } else {
        HashMap::new()
    };
    let who = |id: PersonId| match names.get(&id) {
        _ if id == principal.person => Who::You,
        Some(name) => Who::Named(name),
        None => Who::Another,
    };
    let mut how = HowGiven {
        code: GivenCode::of(
            person,
            handover.as_ref().map_or(Handover::Archived, |event| Handover::By(event.actor)),
        ),
        by_id: by,
        by_name: by.and_then(|by| names.get(&by).cloned()),
        at: handover.map(|event| event.at.and_utc().with_timezone(&china())),
        sentence: Sentence::default(),
    };
    how.sentence = given::how_given(person.map(who), by.map(who), &how);
    let others = others::at_present(conn, key, principal, (row, person.as_slice()), (None, now))?;
    Ok(AssignmentExplanation {
        task_id: row.id,
        plan_id: None,
        person_id: person,
        person_name: person.and_then(|person| names.get(&person).cloned()),
        given: Some(how),
        why: None,
        when: when(row)?,
        others,
    })
}

/// When the visit is, if a time is set.
fn when(row: &TaskRow) -> Result<WhyThen, DbError> {
    let late = row.planned_on.map_or(0, |day| (day - row.due_on).num_days());
    let mut when = WhyThen {
        code: None,
        day: row.planned_on,
        start: row.planned_start,
        travel: row.planned_travel,
        starts_at: None,
        order: row.planned_order,
        due_on: row.due_on,
        late_days: u32::try_from(late).unwrap_or_default(),
        window: row.window()?,
        sentence: Sentence::default(),
    };
    when.sentence = sentences::why_then(&when);
    Ok(when)
}
