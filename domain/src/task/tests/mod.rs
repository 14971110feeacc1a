//! Tests of a task's life cycle.

mod automatic;
mod laws;
mod rules;
mod table;

use crate::word::VariantArray as _;
use chrono::NaiveDate;
use uuid::Uuid;

use super::{AutomaticCommand, Candidate, Command, Outcome, Overdue, Phase, Rejection, State};
use super::{Task, Terms, Transition, Verb, apply, apply_automatic};
use crate::area::{AreaCode, Level};
use crate::authority::{Principal, Role};
use crate::id::PersonId;
use crate::range::{Attempts, EscalateDays, RetryDays};

const GRID: &str = "500116001002001";
const NEXT_GRID: &str = "500116001002002";

fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

fn area(code: &str) -> AreaCode {
    code.parse().expect("a code")
}

fn principal(n: u128, role: Role, code: &str) -> Principal {
    Principal { person: person(n), role, area: area(code) }
}

fn volunteer(n: u128) -> Principal {
    principal(n, Role::Volunteer, GRID)
}

/// A person of the role, for the grid or the district around it as the role requires.
fn principal_of_role(n: u128, role: Role) -> Principal {
    principal(n, role, if role.fits(Level::Grid) { GRID } else { "500116" })
}

fn candidate(n: u128, code: &str) -> Candidate {
    Candidate { person: person(n), role: Role::Volunteer, grid: area(code) }
}

fn day(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 8, n).expect("a day of August")
}

const TERMS: Terms = Terms {
    attempts: Attempts::of::<2>(),
    retry_days: RetryDays::of::<3>(),
    overdue: Overdue::Escalate,
    escalate_days: EscalateDays::of::<2>(),
};

fn task(state: State) -> Task {
    Task {
        grid: area(GRID),
        state,
        version: 1,
        attempt: Attempts::MIN,
        escalation_level: Level::Grid,
        not_before: day(1),
        due_on: day(5),
        terms: TERMS,
    }
}

const TODAY: u32 = 3;

fn after(task: &Task, command: Command, principal: &Principal) -> Result<Task, Rejection> {
    match apply(task, &command, principal, day(TODAY))? {
        Transition::Changed(after) => Ok(after),
        Transition::Already => Ok(*task),
    }
}

fn state_after(task: &Task, command: Command, principal: &Principal) -> Result<State, Rejection> {
    after(task, command, principal).map(|task| task.state)
}

const fn report(outcome: Outcome) -> Command {
    Command::Report { outcome, assigned_at_report: false }
}

/// A state of each phase; assigned to `assignee` if the phase has an assignee.
fn states(assignee: PersonId) -> impl Iterator<Item = State> {
    Phase::VARIANTS.iter().copied().map(move |phase| {
        State::of(phase, Some(assignee)).or_else(|_| State::of(phase, None)).expect("a state")
    })
}
