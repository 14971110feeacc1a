//! The table row of a task: its life, its changes, and the day of its next step.

use crate::db::column::SetColumn;
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::bounded_text::{Occasion, TaskTitle};
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, OriginId, PersonId, PlanId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::range::{Attempts, EscalateDays, Priority, RetryDays, ServiceMinutes};
use gridward_domain::skill::Skill;
use gridward_domain::task::Overdue;
use gridward_domain::task::{self as life, Phase, State, Terms, overdue};
use gridward_domain::time::{TimeOfDay, Window};

use super::assignment::task_tie::TieType;
use super::creation::task_origin::{TaskOrigin, TaskOriginType};
use super::view::planned_why::PlannedWhy;
use super::view::unserved_why::UnservedWhy;
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::db::DbError;

const TABLE: &str = "tasks";

crate::table_row! {
    /// A row of `tasks`.
    #[derive(Clone, Debug)]
    pub struct TaskRow in tasks {
        district: AreaCode,
        key {
            id: TaskId,
        }
        fixed {
            grid: AreaCode,
            kind: KindCode,
            beneficiary: Option<BeneficiaryId>,
            lat: f64,
            lon: f64,
            created_by: Option<PersonId>,
            created_at: NaiveDateTime,
            attempts: Attempts,
            retry_days: RetryDays,
            overdue: Overdue,
            escalate_days: EscalateDays,
            kind_version: i64,
            origin: Option<TaskOriginType>,
            origin_id: Option<OriginId>,
            origin_person: Option<PersonId>,
            occasion: Option<Occasion>,
        }
        changing {
            minutes: ServiceMinutes,
            priority: Priority,
            skills: SetColumn<Skill>,
            title: Option<TaskTitle>,
            words: Option<Vec<u8>>,
            state: Phase,
            assignee: Option<PersonId>,
            planned_on: Option<NaiveDate>,
            planned_start: Option<TimeOfDay>,
            planned_minutes: Option<i32>,
            plan: Option<PlanId>,
            planned_why: Option<PlannedWhy>,
            planned_travel: Option<i32>,
            planned_order: Option<i32>,
            tie: Option<TieType>,
            tie_id: Option<TaskId>,
            updated_at: NaiveDateTime,
            version: i64,
            not_before: NaiveDate,
            due_on: NaiveDate,
            window_start: Option<TimeOfDay>,
            window_end: Option<TimeOfDay>,
            attempt: Attempts,
            escalation_level: Level,
            next_action_on: Option<NaiveDate>,
            archived: bool,
            unserved_why: Option<UnservedWhy>,
        }
    }
}

/// A task about to be inserted.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Identifies the task.
    pub id: TaskId,
    /// The grid.
    pub grid: AreaCode,
    /// The beneficiary.
    pub beneficiary: Option<BeneficiaryId>,
    /// The position.
    pub place: Place,
    /// The earliest day of the visit.
    pub not_before: NaiveDate,
    /// The due day.
    pub due_on: NaiveDate,
    /// The time window within the day.
    pub window: Option<Window>,
    /// The creator; `None` for the system.
    pub by: Option<PersonId>,
    /// What the task follows from.
    pub origin: Option<TaskOrigin>,
}

impl TaskRow {
    /// An open task of `kind`, with the values of the draft in place of the kind's
    /// defaults.
    pub fn open(draft: &Draft, kind: &ServiceKind, now: DateTime<Utc>) -> Self {
        let mut row = Self {
            district: draft.grid.district(),
            id: draft.id,
            grid: draft.grid,
            kind: kind.code.clone(),
            beneficiary: draft.beneficiary,
            lat: draft.place.lat(),
            lon: draft.place.lon(),
            minutes: kind.minutes,
            priority: kind.priority,
            skills: kind.skills.clone().into(),
            not_before: draft.not_before,
            due_on: draft.due_on,
            window_start: draft.window.map(|window| window.start()),
            window_end: draft.window.map(|window| window.end()),
            state: Phase::Open,
            assignee: None,
            planned_on: None,
            planned_start: None,
            planned_minutes: None,
            plan: None,
            planned_why: None,
            planned_travel: None,
            planned_order: None,
            tie: None,
            tie_id: None,
            created_by: draft.by,
            created_at: now.naive_utc(),
            updated_at: now.naive_utc(),
            version: 1,
            attempt: Attempts::MIN,
            attempts: kind.attempts,
            retry_days: kind.retry_days,
            overdue: kind.overdue,
            escalate_days: kind.escalate_days,
            kind_version: kind.version,
            occasion: None,
            title: None,
            words: None,
            origin: draft.origin.map(|origin| origin.r#type),
            origin_id: draft.origin.map(|origin| origin.id),
            origin_person: draft.origin.map(|origin| origin.person_id),
            escalation_level: Level::Grid,
            next_action_on: None,
            archived: false,
            unserved_why: None,
        };
        // A new row's state is consistent, so `life` succeeds.
        row.next_action_on = row.life().ok().and_then(|life| overdue::next_action_on(&life));
        row
    }

    /// The state that the rules apply to.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn life(&self) -> Result<life::Task, DbError> {
        let state = State::of(self.state, self.assignee);
        Ok(life::Task {
            grid: self.grid,
            state: state.map_err(|error| DbError::corrupt(TABLE, error))?,
            version: self.version,
            attempt: self.attempt,
            escalation_level: self.escalation_level,
            not_before: self.not_before,
            due_on: self.due_on,
            terms: Terms {
                attempts: self.attempts,
                retry_days: self.retry_days,
                overdue: self.overdue,
                escalate_days: self.escalate_days,
            },
        })
    }

    /// The time window within the day.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn window(&self) -> Result<Option<Window>, DbError> {
        window(self.window_start, self.window_end)
    }

    /// The position.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn place(&self) -> Result<Place, DbError> {
        Place::new(self.lat, self.lon).map_err(|error| DbError::corrupt(TABLE, error))
    }

    /// The row in the state `to`. A planned visit is dropped when the assignee changes.
    #[must_use]
    pub fn moved(&self, to: &life::Task, now: DateTime<Utc>) -> Self {
        let mut next = self.clone();
        next.state = to.state.phase();
        next.assignee = to.state.assignee();
        // An escalation of an ended task does not change when it ended.
        if to.state.is_live() || next.state != self.state {
            next.updated_at = now.naive_utc();
        }
        next.version = to.version;
        next.attempt = to.attempt;
        next.escalation_level = to.escalation_level;
        (next.not_before, next.due_on) = (to.not_before, to.due_on);
        // A reopened task must reach the phones again.
        next.archived = self.archived && !to.state.is_live();
        next.next_action_on = next.next_step_on(to, clock::day(now));
        if next.assignee != self.assignee {
            next.unplan();
        }
        if next.state != Phase::Open {
            next.unserved_why = None;
        }
        next
    }

    /// The day of the next automatic step: what is due by the rules, and for an ended task the
    /// end of its visitor's view, then its removal from the phones.
    pub fn next_step_on(&self, task: &life::Task, today: NaiveDate) -> Option<NaiveDate> {
        let by_rules = overdue::next_action_on(task);
        if task.state.is_live() {
            return by_rules;
        }
        let archived = self.ended_on().checked_add_days(SHOWN_FOR);
        let later = by_rules.or_else(|| archived.max(today.succ_opt()));
        let closes = self.ended_on().checked_add_days(CLOSES_AFTER).filter(|day| *day > today);
        closes.into_iter().chain(later).min()
    }

    /// The day on which an ended task ended.
    fn ended_on(&self) -> NaiveDate {
        clock::day(self.updated_at.and_utc())
    }

    /// Whether an ended task remains on phones on `today`.
    pub fn is_shown_on(&self, today: NaiveDate) -> bool {
        self.ended_on().checked_add_days(SHOWN_FOR).is_none_or(|last| today < last)
    }

    /// Drops the planned visit.
    pub fn unplan(&mut self) {
        self.planned_on = None;
        self.planned_start = None;
        self.planned_minutes = None;
        self.plan = None;
        self.planned_why = None;
        self.planned_travel = None;
        self.planned_order = None;
    }

    /// Gives a finished visit that was planned for no day that on which it ended, so that its minutes count in
    /// the load of its person.
    pub fn count_if_finished(&mut self) {
        let is_finished = matches!(self.state, Phase::Done | Phase::Failed);
        if is_finished && self.assignee.is_some() && self.planned_on.is_none() {
            self.planned_on = Some(self.ended_on());
            self.planned_minutes = Some(self.minutes.get());
        }
    }

    /// Gives the visit this time, which no plan chose.
    pub fn plan_by_hand(&mut self, day: NaiveDate, start: TimeOfDay) {
        self.planned_on = Some(day);
        self.planned_start = Some(start);
        self.planned_minutes = Some(self.minutes.get());
    }
}

/// How long a finished task remains on phones.
const SHOWN_FOR: Days = Days::new(14);

/// The number of days after which the period of
/// [`AFTER_VISIT`](gridward_domain::visibility::AFTER_VISIT) is over at any time of day.
const CLOSES_AFTER: Days = Days::new(4);

/// The time window within the day of two columns.
///
/// # Errors
/// [`DbError::Corrupt`].
pub(super) fn window(
    start: Option<TimeOfDay>,
    end: Option<TimeOfDay>,
) -> Result<Option<Window>, DbError> {
    let window = start.zip(end).map(|(start, end)| Window::new(start, end));
    window.transpose().map_err(|error| DbError::corrupt(TABLE, error))
}

#[cfg(test)]
mod tests {
    use gridward_domain::visibility::AFTER_VISIT;
    use uuid::Uuid;

    use super::*;

    fn open(now: DateTime<Utc>) -> TaskRow {
        let draft = Draft {
            id: TaskId(Uuid::nil()),
            grid: "500116001002001".parse().expect("a code"),
            beneficiary: None,
            place: Place::new(29.0, 106.0).expect("a place"),
            not_before: clock::day(now),
            due_on: clock::day(now),
            window: None,
            by: None,
            origin: None,
        };
        let kind = &crate::catalogue::defaults::kinds()[0];
        TaskRow::open(&draft, kind, now)
    }

    #[test]
    fn a_task_that_begins_again_is_back_on_the_phones() {
        let now: DateTime<Utc> = "2026-08-01T09:00:00Z".parse().expect("a time");
        let open = open(now);
        let life = open.life().expect("a life");
        let over = life::Task { state: State::Cancelled, ..life };
        let archived = TaskRow { archived: true, ..open.moved(&over, now) };
        assert!(archived.moved(&over, now).archived);
        assert!(!archived.moved(&life, now).archived);
    }

    #[test]
    fn an_escalation_of_a_failed_visit_does_not_prolong_its_visitors_view() {
        let now: DateTime<Utc> = "2026-08-01T09:00:00Z".parse().expect("a time");
        let (later, me) = (now + chrono::TimeDelta::days(5), PersonId(Uuid::from_u128(1)));
        let open = open(now);
        let life = open.life().expect("a life");
        let in_state = |state| life::Task { state, ..life };
        let failed = open.moved(&in_state(State::Failed(me)), now);
        let escalated = failed.moved(&in_state(State::Failed(me)), later);
        assert_eq!(escalated.facts().updated_at, now);
        assert_eq!(escalated.moved(&life, later).facts().updated_at, later);
        // An event is due when the view of an ended task ends, and another at its removal.
        let done = open.moved(&in_state(State::Done(me)), now);
        let ends = clock::day(now + AFTER_VISIT);
        assert!(done.next_action_on.is_some_and(|day| day > ends && done.is_shown_on(day)));
    }
}
