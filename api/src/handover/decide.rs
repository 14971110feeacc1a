//! Decides the outcome of each task and the succession: a pure function.

use std::collections::BTreeMap;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::task::{Candidate, Phase};

use super::model::Obstacle;

/// An unfinished task of the person.
#[derive(Clone, Debug)]
pub struct HeldTask {
    /// The task.
    pub id: TaskId,
    /// Its grid.
    pub grid: AreaCode,
    /// Its state.
    pub phase: Phase,
    /// Whether its beneficiary has ended, so that no other person may be sent.
    pub subject_ended: bool,
}

/// A person named in the command, who is in the caller's area.
#[derive(Clone, Debug)]
pub struct Named {
    /// The person's role and grid.
    pub candidate: Candidate,
    /// Whether the person is active.
    pub is_active: bool,
}

/// The role and area of the person afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The role.
    pub role: Role,
    /// The area.
    pub area: AreaCode,
}

/// The facts.
#[derive(Clone, Debug)]
pub struct Situation {
    /// The person who leaves or moves.
    pub person: PersonId,
    /// The present role and area.
    pub before: Position,
    /// The role and area afterwards; `None` if the person leaves.
    pub after: Option<Position>,
    /// The caller's area.
    pub scope: AreaCode,
    /// The person's unfinished tasks.
    pub tasks: Vec<HeldTask>,
    /// The people named in the command, as far as they are in the caller's area.
    pub named: BTreeMap<PersonId, Named>,
}

/// The wish for one task: a person, or open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskWish {
    /// The task.
    pub task: TaskId,
    /// Its new assignee; `None` to open it.
    pub give_to: Option<PersonId>,
}

/// The wishes of the caller.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The next manager of the person's grid.
    pub successor: Option<PersonId>,
    /// The new assignee of each task that this person may get.
    pub give_to: Option<PersonId>,
    /// The wishes for single tasks.
    pub tasks: Vec<TaskWish>,
}

impl Wishes {
    /// Whether they name a person who gets tasks.
    pub fn give(&self) -> bool {
        self.give_to.is_some() || self.tasks.iter().any(|wish| wish.give_to.is_some())
    }
}

/// The outcome for one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stays with the person.
    Kept,
    /// It is given to this person.
    Given(PersonId),
    /// It is opened; the obstacle prevented the general wish.
    Opened(Option<Obstacle>),
    /// It is cancelled, since its beneficiary has ended.
    Cancelled,
}

/// The decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The next manager of the grid that the person managed and manages no longer.
    pub successor: Option<PersonId>,
    /// The outcome for each unfinished task.
    pub tasks: BTreeMap<TaskId, Outcome>,
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The grid would have no manager.
    SuccessorRequired,
    /// A successor was named, but the person goes on as manager or is none.
    NoSuccession,
    /// The person at this JSON pointer is not eligible.
    NotACandidate(String),
    /// The task at this JSON pointer is not an unfinished task of the person in the caller's area,
    /// or is listed twice.
    NoSuchTask(String),
}

/// Decides a command. The rules of an assignment to the people named are applied afterwards (`handover/rules.rs`).
///
/// # Errors
/// A [`Fault`]; nothing changes then.
pub fn decide(situation: &Situation, wishes: &Wishes) -> Result<Decision, Fault> {
    let successor = succession(situation, wishes)?;
    let mut named = BTreeMap::new();
    for (n, TaskWish { task, give_to }) in wishes.tasks.iter().enumerate() {
        let pointer = |field: &str| format!("/tasks/{n}/{field}");
        let held = situation.tasks.iter().find(|held| held.id == *task);
        let held = held.filter(|held| situation.scope.contains(&held.grid));
        let held = held.ok_or_else(|| Fault::NoSuchTask(pointer("task_id")))?;
        let outcome = match *give_to {
            None => Outcome::Opened(None),
            Some(to) => match situation.obstacle(held, to) {
                None => Outcome::Given(to),
                Some(_) => return Err(Fault::NotACandidate(pointer("give_to"))),
            },
        };
        if named.insert(*task, outcome).is_some() {
            return Err(Fault::NoSuchTask(pointer("task_id")));
        }
    }
    if wishes.give_to.is_some_and(|to| !situation.may_receive(to)) {
        return Err(Fault::NotACandidate("/give_to".to_owned()));
    }
    let outcome = |held: &HeldTask| {
        if situation.keeps(held) {
            return Outcome::Kept;
        }
        if held.subject_ended {
            return Outcome::Cancelled;
        }
        match (named.get(&held.id), wishes.give_to) {
            (Some(outcome), _) => *outcome,
            (None, None) => Outcome::Opened(None),
            (None, Some(to)) => match situation.obstacle(held, to) {
                None => Outcome::Given(to),
                obstacle => Outcome::Opened(obstacle),
            },
        }
    };
    let tasks = situation.tasks.iter().map(|held| (held.id, outcome(held))).collect();
    Ok(Decision { successor, tasks })
}

/// The next manager of the person's grid, if it needs one.
fn succession(situation: &Situation, wishes: &Wishes) -> Result<Option<PersonId>, Fault> {
    let manages = situation.before.role == Role::Manager;
    let vacant = manages && situation.after != Some(situation.before);
    match wishes.successor {
        None if vacant => Err(Fault::SuccessorRequired),
        None => Ok(None),
        Some(_) if !vacant => Err(Fault::NoSuccession),
        Some(successor) => {
            let is_volunteer = situation
                .named
                .get(&successor)
                .is_some_and(|named| named.is_active && named.candidate.role == Role::Volunteer);
            if is_volunteer && successor != situation.person {
                Ok(Some(successor))
            } else {
                Err(Fault::NotACandidate("/successor_id".to_owned()))
            }
        }
    }
}

/// Whether a task stays with a person who has the position from now on: the person visits, and the
/// task is in the area or has started.
pub fn stays(after: Position, grid: &AreaCode, phase: Phase) -> bool {
    after.role.visits() && (after.area.contains(grid) || phase == Phase::InProgress)
}

impl Situation {
    /// Whether the task stays with the person.
    fn keeps(&self, held: &HeldTask) -> bool {
        self.after.is_some_and(|after| stays(after, &held.grid, held.phase))
    }

    /// Whether the person may receive tasks at all, as in a reassignment.
    fn may_receive(&self, to: PersonId) -> bool {
        to != self.person
            && self.named.get(&to).is_some_and(|named| {
                let Candidate { role, grid, .. } = named.candidate;
                named.is_active && role.visits() && self.scope.contains(&grid)
            })
    }

    /// Why the task cannot be given to the person, whatever the rules of an assignment say.
    fn obstacle(&self, held: &HeldTask, to: PersonId) -> Option<Obstacle> {
        if !self.may_receive(to) {
            Some(Obstacle::NotACandidate)
        } else if !self.scope.contains(&held.grid) {
            Some(Obstacle::OutsideArea)
        } else {
            None
        }
    }
}
