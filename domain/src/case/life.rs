//! The rules of a case: how it opens, moves, escalates and ends.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use thiserror::Error;

use super::path::{CaseMove, CasePath, CaseStep, Variant};
use super::working_days::{Calendar, after};
use super::{CaseResult, MoveEffect, TaskEnd};
use crate::area::Level;
use crate::authority::{Principal, Role};
use crate::code::{CaseClass, MoveCode, StepCode, WordCode};
use crate::id::PersonId;

/// The task that a step awaits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepTask {
    /// It is not done yet.
    Live,
    /// It has ended.
    Ended(TaskEnd),
}

/// A case, as far as its rules depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The class, if its kind has classes.
    pub class: Option<CaseClass>,
    /// Whether it is urgent.
    pub urgent: bool,
    /// The level of its area: a grid for a case of a beneficiary. The staff of a step below this
    /// level cannot see the case, so that of this level acts instead.
    pub area: Level,
    /// The level of the desk to which it came, if that is where it began: it waits for that level at the first step,
    /// also when it returns there.
    pub desk: Option<Level>,
    /// The step.
    pub step: StepCode,
    /// The level that it waits for: that of the step, or a higher one since it is overdue; `None`
    /// at an end.
    pub waits_for: Option<Level>,
    /// The day on which the step began.
    pub begun_on: NaiveDate,
    /// The last day on which it is not overdue; `None` without a clock.
    pub due_on: Option<NaiveDate>,
    /// The first day on which it rises to the next level; `None` without a clock and once it waits
    /// for the district.
    pub escalates_on: Option<NaiveDate>,
    /// The person who opened it; `None` for the system.
    pub opened_by: Option<PersonId>,
    /// The person who brought it to the step; `None` for the system, and after a return, which asks for
    /// no decision.
    pub asked_by: Option<PersonId>,
    /// The task that the step awaits.
    pub task: Option<StepTask>,
    /// The documents that are stored as a whole.
    pub documents: BTreeSet<WordCode>,
    /// The result, at an end.
    pub result: Option<CaseResult>,
}

/// A person who moves a case in whose area it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseActor {
    /// The person.
    pub person: PersonId,
    /// The level at which that person decides; `None` for one who decides nothing.
    pub level: Option<Level>,
}

/// What followed from a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseEvent {
    /// The case went to another step, or to the same one anew.
    Moved {
        /// The step before.
        from: StepCode,
        /// The step after.
        to: StepCode,
        /// What the move means.
        effect: MoveEffect,
    },
    /// The new step awaits a task, which is to be created.
    TaskWanted,
    /// The case has ended.
    Closed(CaseResult),
}

/// Why a case does not open or move.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CaseRejection {
    /// The kind has classes and the case none, or the reverse, or the class is unknown.
    #[error("must be one of the classes of the kind")]
    UnknownClass,
    /// The case has ended.
    #[error("the case has ended")]
    Ended,
    /// The step does not have this move, or not for this case.
    #[error("the step does not permit this move")]
    NotPermitted,
    /// Another level acts.
    #[error("another level acts at this step")]
    OtherLevel,
    /// The same person brought the case to the step, or opened it.
    #[error("another person must act than those who opened the case and brought it to this step")]
    SamePerson,
    /// The task of the step is not done.
    #[error("the task of this step is not done")]
    AwaitsTask,
    /// Documents that the step requires are not stored.
    #[error("documents that this step requires are missing")]
    MissingDocuments(Vec<WordCode>),
    /// The path has no such step: the case and the path do not belong together.
    #[error("the path does not have the step of the case")]
    UnknownStep,
}

impl CaseActor {
    /// The principal as one who moves cases.
    pub fn of(principal: &Principal) -> Self {
        let level = match principal.role {
            Role::Admin => Some(Level::District),
            Role::Supervisor => Some(principal.area.level()),
            Role::Manager => Some(Level::Grid),
            Role::Volunteer | Role::Auditor => None,
        };
        Self { person: principal.person, level }
    }
}

impl Case {
    pub(super) fn variant(&self) -> Variant<'_> {
        Variant { class: self.class.as_ref(), urgent: self.urgent }
    }

    /// The level whose staff act at the step: the district is the least value.
    fn level_at(&self, step: &CaseStep) -> Level {
        step.level_for(self.class.as_ref()).min(self.area)
    }

    /// The level that the case waits for as it begins the step.
    fn waits_at(&self, path: &CasePath, step: &CaseStep) -> Level {
        let own = self.level_at(step);
        let begins = path.first().is_some_and(|first| first.code == step.code);
        self.desk.filter(|_| begins).map_or(own, |desk| own.min(desk))
    }

    /// Whether it may take the move of its step `from`. Not one that leads up to a level at which the case is already, as
    /// one of a desk or an area above the step, if the next step adds nothing then: it would move the case to the same
    /// staff.
    fn may_take(&self, path: &CasePath, from: &CaseStep, one: &CaseMove) -> bool {
        let (variant, class) = (self.variant(), self.class.as_ref());
        let stays_with_the_same_staff = path.step(&one.to).is_some_and(|to| {
            to.level_for(class) < from.level_for(class)
                && self.waits_at(path, to) == self.waits_at(path, from)
                && to.adds_nothing_to(from, variant)
        });
        one.permits(variant) && !stays_with_the_same_staff
    }

    /// The case as it begins `step`.
    fn begin(
        self,
        (path, step): (&CasePath, &CaseStep),
        by: Option<PersonId>,
        today: NaiveDate,
        is_working: Calendar<'_>,
    ) -> Self {
        let level = self.waits_at(path, step);
        let waits_for = step.result.is_none().then_some(level);
        let due_on = waits_for
            .and(step.days_for(self.class.as_ref()))
            .map(|days| after(today, days, is_working));
        Self {
            step: step.code.clone(),
            waits_for,
            begun_on: today,
            due_on,
            escalates_on: due_on
                .filter(|_| level != Level::District)
                .and_then(|day| day.succ_opt()),
            asked_by: by,
            task: step.awaits_task.then_some(StepTask::Live),
            result: step.result,
            ..self
        }
    }
}

/// A new case in an area of the level, at the first step of the path; one that came to a desk waits for the level of
/// that at least.
///
/// # Errors
/// [`CaseRejection::UnknownClass`]; [`CaseRejection::UnknownStep`] for an empty path.
pub fn open(
    path: &CasePath,
    (class, urgent, area, desk): (Option<CaseClass>, bool, Level, Option<Level>),
    by: Option<PersonId>,
    today: NaiveDate,
    is_working: Calendar<'_>,
) -> Result<Case, CaseRejection> {
    let is_known = match &class {
        Some(class) => path.classes.contains(class),
        None => path.classes.is_empty(),
    };
    if !is_known {
        return Err(CaseRejection::UnknownClass);
    }
    let first = path.first().ok_or(CaseRejection::UnknownStep)?;
    let case = Case {
        class,
        urgent,
        area,
        desk,
        step: first.code.clone(),
        waits_for: None,
        begun_on: today,
        due_on: None,
        escalates_on: None,
        opened_by: by,
        asked_by: by,
        task: None,
        documents: BTreeSet::new(),
        result: None,
    };
    Ok(case.begin((path, first), by, today, is_working))
}

/// The moves that the step of the case permits, to the person who acts at it.
pub fn next_moves<'a>(path: &'a CasePath, case: &Case) -> Vec<&'a CaseMove> {
    let Some(step) = path.step(&case.step).filter(|_| case.result.is_none()) else {
        return Vec::new();
    };
    step.moves.iter().filter(|one| case.may_take(path, step, one)).collect()
}

/// The level whose staff act at the step of the case, also once it has risen from there; `None` at an end.
pub fn acting_level(path: &CasePath, case: &Case) -> Option<Level> {
    let step = path.step(&case.step).filter(|_| case.result.is_none());
    step.map(|step| case.level_at(step))
}

/// Whether another person than this one must act at the step.
fn awaits_another(case: &Case, step: &CaseStep, person: PersonId) -> bool {
    step.two_people && [case.asked_by, case.opened_by].contains(&Some(person))
}

/// The moves that the step of the case permits to the person: none if another one must act.
pub fn moves_of<'a>(path: &'a CasePath, case: &Case, person: PersonId) -> Vec<&'a CaseMove> {
    let is_of_another =
        path.step(&case.step).is_some_and(|step| awaits_another(case, step, person));
    if is_of_another { Vec::new() } else { next_moves(path, case) }
}

/// Whether the actor may act on the case now.
///
/// # Errors
/// [`CaseRejection`].
fn may_act(case: &Case, step: &CaseStep, actor: CaseActor) -> Result<(), CaseRejection> {
    let Some(waits_for) = case.waits_for.filter(|_| case.result.is_none()) else {
        return Err(CaseRejection::Ended);
    };
    // From the level of the step up to the one that an overdue case has reached; the district is
    // the least value. Where another person must act, and the level may have one person only, also
    // the next level.
    let own = case.level_at(step);
    let reached = waits_for.min(own);
    let highest = if step.two_people { reached.parent().unwrap_or(reached) } else { reached };
    let levels = highest..=own;
    if !actor.level.is_some_and(|level| levels.contains(&level)) {
        return Err(CaseRejection::OtherLevel);
    }
    if awaits_another(case, step, actor.person) {
        return Err(CaseRejection::SamePerson);
    }
    if case.task == Some(StepTask::Live) {
        return Err(CaseRejection::AwaitsTask);
    }
    Ok(())
}

/// How the task of the step must have ended for the move of its step, if that matters. A move that goes forward comes
/// after a task that was done, unless it says that it does without: then it comes after one that ended undone. At a
/// step where only moves of one of these sorts go forward, and no other comes, they come in any case, since they would
/// keep the case for ever.
pub fn task_end(path: &CasePath, case: &Case, taken: &CaseMove) -> Option<TaskEnd> {
    let step = path.step(&case.step).filter(|step| step.awaits_task)?;
    let rests = |one: &CaseMove| path.goes_forward(one) && !one.without_task;
    let mut all = step.moves.iter().filter(|one| case.may_take(path, step, one));
    if taken.without_task {
        all.any(rests).then_some(TaskEnd::Undone)
    } else {
        (rests(taken) && !all.all(rests)).then_some(TaskEnd::Done)
    }
}

/// Moves the case. A move that the step does not permit is refused before anything else, so that
/// the caller learns what may come.
///
/// # Errors
/// [`CaseRejection`].
pub fn apply(
    path: &CasePath,
    case: &Case,
    code: &MoveCode,
    actor: CaseActor,
    today: NaiveDate,
    is_working: Calendar<'_>,
) -> Result<(Case, Vec<CaseEvent>), CaseRejection> {
    if case.result.is_some() {
        return Err(CaseRejection::Ended);
    }
    let step = path.step(&case.step).ok_or(CaseRejection::UnknownStep)?;
    let taken = step.moves.iter().find(|one| one.code == *code && case.may_take(path, step, one));
    let taken = taken.ok_or(CaseRejection::NotPermitted)?;
    may_act(case, step, actor)?;
    let to = path.step(&taken.to).ok_or(CaseRejection::UnknownStep)?;
    match (case.task, task_end(path, case, taken)) {
        (Some(StepTask::Ended(TaskEnd::Undone)), Some(TaskEnd::Done)) => {
            return Err(CaseRejection::AwaitsTask);
        }
        (Some(StepTask::Ended(TaskEnd::Done)), Some(TaskEnd::Undone)) => {
            return Err(CaseRejection::NotPermitted);
        }
        _ => {}
    }
    if path.goes_forward(taken) {
        let missing = step.missing(case.urgent, &case.documents);
        if !missing.is_empty() {
            return Err(CaseRejection::MissingDocuments(missing));
        }
    }
    let (from, effect) = (case.step.clone(), taken.effect);
    let asked_by = (effect != MoveEffect::Return).then_some(actor.person);
    let next = case.clone().begin((path, to), asked_by, today, is_working);
    let mut events = vec![CaseEvent::Moved { from, to: to.code.clone(), effect }];
    if next.task == Some(StepTask::Live) {
        events.push(CaseEvent::TaskWanted);
    }
    events.extend(next.result.map(CaseEvent::Closed));
    Ok((next, events))
}

/// The case raised to the next level, if it is overdue on `today` and waits for a level below the
/// district; it rises again after as many working days. It stays overdue.
pub fn escalate(
    path: &CasePath,
    case: &Case,
    today: NaiveDate,
    is_working: Calendar<'_>,
) -> Option<Case> {
    let above = case.waits_for?.parent()?;
    case.escalates_on.filter(|day| *day <= today)?;
    let days = path.step(&case.step)?.days_for(case.class.as_ref())?;
    let next = || after(today, days, is_working).succ_opt();
    let escalates_on = (above != Level::District).then(next).flatten();
    Some(Case { waits_for: Some(above), escalates_on, ..case.clone() })
}
