//! Who sees what of a task and of its beneficiary: the one rule of lists, details and sync.
//!
//! A volunteer chooses a visit from the pool without learning who lives where; its visitor gets
//! what the visit needs, for as long as it needs it; staff directs the work with masked data and
//! reveals more for a recorded purpose.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::area::AreaCode;
use crate::authority::{Action, Principal, Role};
use crate::id::PersonId;
use crate::place::Place;
use crate::task::Phase;

/// The period after a visit in which its visitor still sees what the visit needed.
pub const AFTER_VISIT: TimeDelta = TimeDelta::hours(72);

/// The fields that a person may see; a later view shows more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Enough to follow the log: kind and days.
    Audit,
    /// Enough to choose a visit: kind, days, cell, masked name, needed skills.
    Pool,
    /// Enough to direct the work: masked name and phone, cell, category, mobility.
    Staff,
    /// What a visit needs, in clear.
    Visitor,
}

/// The position that a view shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Position {
    /// The exact position.
    Exact(Place),
    /// The centre of its cell of about 500 m.
    Cell(Place),
    /// None.
    Hidden,
}

impl View {
    /// The position of a home at `place` in this view.
    pub fn home(self, place: Place) -> Position {
        match self {
            Self::Audit => Position::Hidden,
            Self::Pool | Self::Staff => Position::Cell(place.cell()),
            Self::Visitor => Position::Exact(place),
        }
    }

    /// Whether the view shows the name of a task's beneficiary, masked.
    pub fn shows_masked_name(self) -> bool {
        self >= Self::Pool
    }

    /// Whether the view shows what the task of a beneficiary is for: title, occasion and origin, which
    /// may be about hardship, age or a stay in hospital.
    pub fn shows_purpose(self) -> bool {
        self >= Self::Staff
    }
}

impl Position {
    /// The exact position, if the view shows it.
    pub const fn place(self) -> Option<Place> {
        match self {
            Self::Exact(place) => Some(place),
            Self::Cell(_) | Self::Hidden => None,
        }
    }

    /// The centre of the cell, if the view shows no more.
    pub const fn cell(self) -> Option<Place> {
        match self {
            Self::Exact(_) | Self::Hidden => None,
            Self::Cell(centre) => Some(centre),
        }
    }
}

/// The properties of a task that determine who sees what of it.
#[derive(Clone, Copy, Debug)]
pub struct TaskFacts {
    /// Its grid.
    pub grid: AreaCode,
    /// Its state.
    pub phase: Phase,
    /// Its assignee, or the last one.
    pub assignee: Option<PersonId>,
    /// When it last changed; of an ended task, when it ended.
    pub updated_at: DateTime<Utc>,
}

impl TaskFacts {
    /// Whether the assignee sees the beneficiary in clear at `now`: the visit is in hand, or was over
    /// a short time ago.
    pub fn is_in_clear(&self, now: DateTime<Utc>) -> bool {
        let in_hand = Phase::UNFINISHED_ASSIGNED.contains(&self.phase);
        let over = matches!(self.phase, Phase::Done | Phase::Failed);
        in_hand || (over && now < self.updated_at + AFTER_VISIT)
    }

    /// The principal's view of the task at `now`; `None` if it is not in sight.
    pub fn view(&self, principal: &Principal, now: DateTime<Utc>) -> Option<View> {
        let own = principal.role.visits() && self.assignee == Some(principal.person);
        if own && self.is_in_clear(now) {
            return Some(View::Visitor);
        }
        let here = principal.area.contains(&self.grid);
        match principal.role {
            Role::Admin | Role::Supervisor | Role::Manager if here => Some(View::Staff),
            Role::Auditor if here => Some(View::Audit),
            Role::Volunteer if here && self.phase == Phase::Open => Some(View::Pool),
            _ => own.then_some(View::Pool),
        }
    }
}

/// The principal's view of a beneficiary of `grid` with these `tasks` at `now`; `None` if it is
/// not in sight.
pub fn of_beneficiary(
    principal: &Principal,
    grid: &AreaCode,
    tasks: impl IntoIterator<Item = TaskFacts>,
    now: DateTime<Utc>,
) -> Option<View> {
    let by_area = principal.authorize(Action::ReadBeneficiaries, grid).is_ok();
    let visits = principal.role.visits();
    let tasks = tasks.into_iter().filter(|_| visits);
    let by_task = tasks.filter_map(|task| task.view(principal, now)).max();
    by_area.then_some(View::Staff).max(by_task)
}

/// The principal's view of a beneficiary that has ended: that of the visitor whose visit was under
/// way, until it is reported; otherwise `None`.
pub fn of_ended_beneficiary(
    principal: &Principal,
    tasks: impl IntoIterator<Item = TaskFacts>,
    now: DateTime<Utc>,
) -> Option<View> {
    let started = tasks.into_iter().filter(|task| task.phase == Phase::InProgress);
    let views = started.filter_map(|task| task.view(principal, now));
    views.max().filter(|view| *view == View::Visitor)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::word::VariantArray as _;

    const ME: PersonId = PersonId(Uuid::from_u128(1));
    const OTHER: PersonId = PersonId(Uuid::from_u128(2));
    const HERE: &str = "500116001002001";
    const THERE: &str = "500116001002002";

    fn area(code: &str) -> AreaCode {
        code.parse().expect("a code")
    }

    fn now() -> DateTime<Utc> {
        "2026-08-01T09:00:00Z".parse().expect("a time")
    }

    fn person(role: Role, code: &str) -> Principal {
        Principal { person: ME, role, area: area(code) }
    }

    fn task(grid: &str, phase: Phase, assignee: Option<PersonId>) -> TaskFacts {
        TaskFacts { grid: area(grid), phase, assignee, updated_at: now() - TimeDelta::days(9) }
    }

    fn view(role: Role, code: &str, task: &TaskFacts) -> Option<View> {
        task.view(&person(role, code), now())
    }

    #[test]
    fn a_volunteer_sees_the_pool_of_the_grid_and_own_tasks_anywhere() {
        let see = |task| view(Role::Volunteer, HERE, &task);
        assert_eq!(see(task(HERE, Phase::Open, None)), Some(View::Pool));
        assert_eq!(see(task(THERE, Phase::Open, None)), None);
        assert_eq!(see(task(HERE, Phase::Accepted, Some(OTHER))), None);
        for phase in [Phase::Assigned, Phase::Accepted, Phase::InProgress] {
            assert_eq!(see(task(THERE, phase, Some(ME))), Some(View::Visitor), "{phase}");
        }
    }

    #[test]
    fn a_visitor_sees_what_the_visit_needed_for_72_hours() {
        let over = task(THERE, Phase::Done, Some(ME));
        let ends = |in_minutes| {
            let updated_at = now() - AFTER_VISIT + TimeDelta::minutes(in_minutes);
            TaskFacts { updated_at, ..over }
        };
        assert_eq!(view(Role::Volunteer, HERE, &ends(1)), Some(View::Visitor));
        assert_eq!(view(Role::Volunteer, HERE, &ends(0)), Some(View::Pool));
        assert_eq!(view(Role::Volunteer, HERE, &over), Some(View::Pool));
        assert_eq!(view(Role::Manager, HERE, &over), Some(View::Pool));
        assert_eq!(view(Role::Manager, THERE, &over), Some(View::Staff));
        let others = TaskFacts { assignee: Some(OTHER), ..ends(1) };
        assert_eq!(view(Role::Volunteer, THERE, &others), None);
    }

    #[test]
    fn staff_sees_the_tasks_of_the_area_masked() {
        let others = task(HERE, Phase::Accepted, Some(OTHER));
        for (role, code) in
            [(Role::Manager, HERE), (Role::Supervisor, "500116001"), (Role::Admin, "500116")]
        {
            assert_eq!(view(role, code, &others), Some(View::Staff), "{role}");
        }
        assert_eq!(view(Role::Manager, THERE, &others), None);
        assert_eq!(view(Role::Supervisor, "500116002", &others), None);
        assert_eq!(view(Role::Auditor, "500116", &others), Some(View::Audit));
    }

    #[test]
    fn a_role_that_makes_no_visits_is_no_visitor() {
        for role in Role::VARIANTS.iter().copied() {
            let seen = view(role, "500116", &task(HERE, Phase::Accepted, Some(ME)));
            assert_eq!(seen == Some(View::Visitor), role.visits(), "{role}");
        }
    }

    #[test]
    fn a_beneficiary_is_seen_by_the_area_or_by_a_task() {
        let see = |role, code, tasks: &[TaskFacts]| {
            of_beneficiary(&person(role, code), &area(HERE), tasks.iter().copied(), now())
        };
        let (open, own) = (task(HERE, Phase::Open, None), task(HERE, Phase::Assigned, Some(ME)));
        assert_eq!(see(Role::Volunteer, HERE, &[]), None);
        assert_eq!(see(Role::Volunteer, HERE, &[open]), Some(View::Pool));
        assert_eq!(see(Role::Volunteer, THERE, &[open, own]), Some(View::Visitor));
        assert_eq!(see(Role::Manager, HERE, &[open]), Some(View::Staff));
        assert_eq!(see(Role::Manager, HERE, &[open, own]), Some(View::Visitor));
        assert_eq!(see(Role::Supervisor, "500116", &[open, own]), Some(View::Staff));
        assert_eq!(see(Role::Auditor, "500116", &[open, own]), None);
    }

    #[test]
    fn an_ended_beneficiary_is_seen_by_the_visitor_under_way_only() {
        let see = |role, task| of_ended_beneficiary(&person(role, HERE), [task], now());
        let started = task(HERE, Phase::InProgress, Some(ME));
        assert_eq!(see(Role::Volunteer, started), Some(View::Visitor));
        assert_eq!(see(Role::Manager, task(HERE, Phase::InProgress, Some(OTHER))), None);
        assert_eq!(see(Role::Manager, task(HERE, Phase::Open, None)), None);
        assert_eq!(see(Role::Volunteer, task(HERE, Phase::Accepted, Some(ME))), None);
    }

    #[test]
    fn only_a_visitor_sees_the_exact_home() {
        let home = Place::new(29.284, 106.251).expect("a place");
        assert_eq!(View::Visitor.home(home), Position::Exact(home));
        for view in [View::Pool, View::Staff] {
            let seen = view.home(home);
            assert_eq!((seen.place(), seen.cell()), (None, Some(home.cell())));
        }
        assert_eq!(View::Audit.home(home), Position::Hidden);
        assert!(View::Pool.shows_masked_name() && !View::Audit.shows_masked_name());
        assert!(View::Staff.shows_purpose() && !View::Pool.shows_purpose());
    }
}
