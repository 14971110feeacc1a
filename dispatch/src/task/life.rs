//! Every rule of a task's life, in one pure function.

use thiserror::Error;

use super::state::{Outcome, Phase, State, Task};
use crate::area::AreaCode;
use crate::authority::{Actor, Role};
use crate::id::PersonId;

/// Somebody who may be given a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: PersonId,
    /// In which role; only managers and volunteers visit.
    pub role: Role,
    /// The grid the person works in.
    pub grid: AreaCode,
}

/// What somebody wants of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Take it on oneself.
    Claim,
    /// Give it back.
    Release,
    /// Begin.
    Start,
    /// Say how it ended.
    Report(Outcome),
    /// Give it to somebody, whoever has it now.
    Reassign(Candidate),
    /// Give an open one to somebody, as dispatch does.
    Assign(Candidate),
}

impl Command {
    /// The word that names this command in messages and in the log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Release => "release",
            Self::Start => "start",
            Self::Report(_) => "report",
            Self::Reassign(_) => "reassign",
            Self::Assign(_) => "assign",
        }
    }
}

/// What a command did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The task is now this.
    Changed(Task),
    /// It was so already: the same person asked for the same thing twice.
    Already,
}

/// Why a command may not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// Somebody else was first.
    #[error("the task has been claimed by somebody else")]
    AlreadyClaimed {
        /// Who has it.
        holder: PersonId,
    },
    /// The task is not in the caller's hands.
    #[error("the task is not in the caller's hands")]
    NotHolder {
        /// Who has it, if anybody.
        holder: Option<PersonId>,
    },
    /// The task is past this, or not there yet.
    #[error("a task that is {phase} cannot be asked for this")]
    WrongPhase {
        /// Where the task stands.
        phase: Phase,
    },
    /// The chosen person does not work in a grid the actor may give to.
    #[error("the chosen person cannot be given this task")]
    NotACandidate,
}

/// The task after `command` by `actor`; the caller has already checked that the
/// actor's role may send it and that the task lies in the actor's area.
///
/// # Errors
/// A [`Rejection`]; the task is then as it was.
pub fn apply(task: &Task, command: &Command, actor: &Actor) -> Result<Transition, Rejection> {
    let me = actor.person;
    let state = match *command {
        Command::Claim => match task.state {
            State::Open => State::Accepted(me),
            State::Assigned(holder) if holder == me => State::Accepted(me),
            State::Accepted(holder) | State::InProgress(holder) if holder == me => {
                return Ok(Transition::Already);
            }
            State::Assigned(holder) | State::Accepted(holder) | State::InProgress(holder) => {
                return Err(Rejection::AlreadyClaimed { holder });
            }
            ref past => return Err(Rejection::WrongPhase { phase: past.phase() }),
        },
        Command::Release => match held_by(task, me)? {
            Phase::Assigned | Phase::Accepted | Phase::InProgress => State::Open,
            phase => return Err(Rejection::WrongPhase { phase }),
        },
        Command::Start => match held_by(task, me)? {
            // Who sets out on an assigned task has said yes with the feet.
            Phase::Assigned | Phase::Accepted => State::InProgress(me),
            Phase::InProgress => return Ok(Transition::Already),
            phase => return Err(Rejection::WrongPhase { phase }),
        },
        Command::Report(outcome) => match held_by(task, me)? {
            Phase::Assigned | Phase::Accepted | Phase::InProgress => ended(outcome, me),
            phase => return Err(Rejection::WrongPhase { phase }),
        },
        Command::Reassign(to) => match task.state.phase() {
            Phase::Open | Phase::Assigned | Phase::Accepted | Phase::InProgress => {
                let state = given(&to, actor, task)?;
                // Saying it again, after a lost reply, takes nothing back that was begun since.
                if task.state.holder() == Some(to.person) {
                    return Ok(Transition::Already);
                }
                state
            }
            phase => return Err(Rejection::WrongPhase { phase }),
        },
        Command::Assign(to) => match task.state.phase() {
            Phase::Open => given(&to, actor, task)?,
            phase => return Err(Rejection::WrongPhase { phase }),
        },
    };
    Ok(Transition::Changed(Task { state, version: task.version + 1, ..*task }))
}

/// The phase of a task that `person` has.
fn held_by(task: &Task, person: PersonId) -> Result<Phase, Rejection> {
    match task.state.holder() {
        Some(holder) if holder == person => Ok(task.state.phase()),
        None if task.state.phase() != Phase::Open => {
            Err(Rejection::WrongPhase { phase: task.state.phase() })
        }
        holder => Err(Rejection::NotHolder { holder }),
    }
}

/// How a report leaves the task.
const fn ended(outcome: Outcome, by: PersonId) -> State {
    match outcome {
        Outcome::Done | Outcome::NeedsFollowUp => State::Done(by),
        Outcome::NotHome | Outcome::Refused => State::Failed(by),
    }
}

/// The task in the hands of `to`, if the actor answers for that person's grid
/// too; a manager gives only within the grid.
fn given(to: &Candidate, actor: &Actor, task: &Task) -> Result<State, Rejection> {
    let visits = matches!(to.role, Role::Manager | Role::Volunteer);
    if visits && actor.area.contains(&to.grid) && actor.area.contains(&task.grid) {
        Ok(State::Assigned(to.person))
    } else {
        Err(Rejection::NotACandidate)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const GRID: &str = "500116001002001";
    const NEXT_GRID: &str = "500116001002002";

    fn person(n: u128) -> PersonId {
        PersonId(Uuid::from_u128(n))
    }

    fn area(code: &str) -> AreaCode {
        code.parse().expect("a code")
    }

    fn actor(n: u128, role: Role, code: &str) -> Actor {
        Actor { person: person(n), role, area: area(code) }
    }

    fn volunteer(n: u128) -> Actor {
        actor(n, Role::Volunteer, GRID)
    }

    fn candidate(n: u128, code: &str) -> Candidate {
        Candidate { person: person(n), role: Role::Volunteer, grid: area(code) }
    }

    fn task(state: State) -> Task {
        Task { grid: area(GRID), state, version: 1 }
    }

    fn state_after(task: &Task, command: Command, actor: &Actor) -> Result<State, Rejection> {
        match apply(task, &command, actor)? {
            Transition::Changed(task) => Ok(task.state),
            Transition::Already => Ok(task.state),
        }
    }

    #[test]
    fn the_first_to_claim_has_it_and_the_second_is_told_who() {
        let claimed = state_after(&task(State::Open), Command::Claim, &volunteer(1));
        assert_eq!(claimed, Ok(State::Accepted(person(1))));
        let second = apply(&task(State::Accepted(person(1))), &Command::Claim, &volunteer(2));
        assert_eq!(second, Err(Rejection::AlreadyClaimed { holder: person(1) }));
    }

    #[test]
    fn claiming_again_what_one_has_changes_nothing() {
        let again = apply(&task(State::Accepted(person(1))), &Command::Claim, &volunteer(1));
        assert_eq!(again, Ok(Transition::Already));
    }

    #[test]
    fn claiming_what_one_was_given_says_yes() {
        let yes = state_after(&task(State::Assigned(person(1))), Command::Claim, &volunteer(1));
        assert_eq!(yes, Ok(State::Accepted(person(1))));
    }

    #[test]
    fn only_the_holder_starts_releases_and_reports() {
        let held = task(State::Accepted(person(1)));
        for command in [Command::Start, Command::Release, Command::Report(Outcome::Done)] {
            assert_eq!(
                apply(&held, &command, &volunteer(2)),
                Err(Rejection::NotHolder { holder: Some(person(1)) }),
                "{}",
                command.word()
            );
            assert!(apply(&held, &command, &volunteer(1)).is_ok(), "{}", command.word());
        }
    }

    #[test]
    fn nobody_at_home_is_a_failed_try_and_a_found_need_is_a_done_one() {
        let at_it = task(State::InProgress(person(1)));
        let after = |outcome| state_after(&at_it, Command::Report(outcome), &volunteer(1));
        assert_eq!(after(Outcome::NotHome), Ok(State::Failed(person(1))));
        assert_eq!(after(Outcome::NeedsFollowUp), Ok(State::Done(person(1))));
    }

    #[test]
    fn a_manager_gives_within_the_grid_and_a_village_across_its_grids() {
        let open = task(State::Open);
        let manager = actor(9, Role::Manager, GRID);
        let village = actor(9, Role::Supervisor, "500116001002");
        let next = Command::Reassign(candidate(1, NEXT_GRID));
        assert_eq!(apply(&open, &next, &manager), Err(Rejection::NotACandidate));
        assert_eq!(state_after(&open, next, &village), Ok(State::Assigned(person(1))));
        let supervisor = Candidate { role: Role::Supervisor, ..candidate(1, GRID) };
        assert_eq!(
            apply(&open, &Command::Reassign(supervisor), &village),
            Err(Rejection::NotACandidate)
        );
    }

    #[test]
    fn giving_a_task_again_to_whoever_has_begun_it_takes_nothing_back() {
        let begun = task(State::InProgress(person(1)));
        let again = Command::Reassign(candidate(1, GRID));
        assert_eq!(apply(&begun, &again, &actor(9, Role::Manager, GRID)), Ok(Transition::Already));
    }

    #[test]
    fn what_is_over_stays_over() {
        let done = task(State::Done(person(1)));
        let commands = [
            Command::Claim,
            Command::Release,
            Command::Start,
            Command::Report(Outcome::Done),
            Command::Reassign(candidate(2, GRID)),
            Command::Assign(candidate(2, GRID)),
        ];
        for command in commands {
            assert_eq!(
                apply(&done, &command, &volunteer(1)),
                Err(Rejection::WrongPhase { phase: Phase::Done }),
                "{}",
                command.word()
            );
        }
    }

    fn commands() -> impl Strategy<Value = Command> {
        prop_oneof![
            Just(Command::Claim),
            Just(Command::Release),
            Just(Command::Start),
            prop::sample::select(&Outcome::ALL[..]).prop_map(Command::Report),
            (1u128..4).prop_map(|n| Command::Reassign(candidate(n, GRID))),
            (1u128..4).prop_map(|n| Command::Assign(candidate(n, GRID))),
        ]
    }

    proptest! {
        #[test]
        fn every_change_raises_the_version_by_one_and_the_end_is_final(
            steps in prop::collection::vec((commands(), 1u128..4), 0..40),
        ) {
            let mut now = task(State::Open);
            for (command, who) in steps {
                let over = matches!(now.state.phase(), Phase::Done | Phase::Failed);
                match apply(&now, &command, &volunteer(who)) {
                    Ok(Transition::Changed(next)) => {
                        prop_assert!(!over);
                        prop_assert_eq!(next.version, now.version + 1);
                        prop_assert_ne!(next.state.phase(), Phase::Expired);
                        now = next;
                    }
                    Ok(Transition::Already) => {
                        let asked = if let Command::Reassign(to) = command { to.person } else { person(who) };
                        prop_assert_eq!(now.state.holder(), Some(asked));
                    }
                    Err(_) => {}
                }
            }
        }
    }
}
