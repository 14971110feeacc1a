//! The laws of a handover: each unfinished task has one outcome, nobody receives a task that they
//! may not do, and a grid keeps a manager.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::task::{Candidate, Phase};
use proptest::prelude::*;
use uuid::Uuid;

use super::decide::{
    Decision, Fault, HeldTask, Named, Outcome, Position, Situation, TaskWish, Wishes, decide,
};
use super::model::Obstacle;
use crate::task::assignment::breach::Breach;

const GRIDS: [&str; 3] = ["500116001002001", "500116001002002", "500116002001001"];
const SCOPES: [&str; 4] = ["500116", "500116001", "500116001002001", "500116002"];

fn code(text: &str) -> AreaCode {
    text.parse().expect("a code")
}

fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

/// The person in question.
fn me() -> PersonId {
    person(0)
}

fn position() -> impl Strategy<Value = Position> {
    let role = prop::sample::select(vec![Role::Manager, Role::Volunteer, Role::Supervisor]);
    (role, prop::sample::select(GRIDS.to_vec())).prop_map(|(role, grid)| {
        let area = if role == Role::Supervisor { code(&grid[..9]) } else { code(grid) };
        Position { role, area }
    })
}

fn situation() -> impl Strategy<Value = Situation> {
    let task = (
        prop::sample::select(GRIDS.to_vec()),
        prop::sample::select(Phase::UNFINISHED_ASSIGNED.to_vec()),
    );
    let named = (position(), any::<bool>());
    (
        (position(), proptest::option::of(position()), prop::sample::select(SCOPES.to_vec())),
        prop::collection::vec(task, 0..6),
        prop::collection::vec(named, 0..4),
    )
        .prop_map(|((before, after, scope), tasks, named)| Situation {
            person: me(),
            before,
            after,
            scope: code(scope),
            tasks: (0u128..)
                .zip(tasks)
                .map(|(n, (grid, phase))| HeldTask {
                    id: TaskId(Uuid::from_u128(n)),
                    grid: code(grid),
                    phase,
                    subject_ended: n % 3 == 2,
                })
                .collect(),
            named: (0u128..)
                .zip(named)
                .map(|(n, (Position { role, area }, is_active))| {
                    let candidate = Candidate { person: person(n), role, grid: area };
                    (person(n), Named { candidate, is_active })
                })
                .collect(),
        })
}

fn wishes() -> impl Strategy<Value = Wishes> {
    let somebody = || proptest::option::of((0u128..5).prop_map(person));
    let wish = (0u128..6, somebody())
        .prop_map(|(task, give_to)| TaskWish { task: TaskId(Uuid::from_u128(task)), give_to });
    (somebody(), somebody(), prop::collection::vec(wish, 0..3))
        .prop_map(|(successor, give_to, tasks)| Wishes { successor, give_to, tasks })
}

proptest! {
    #[test]
    fn each_unfinished_task_has_one_outcome_that_the_rules_permit(
        situation in situation(),
        wishes in wishes(),
    ) {
        let Ok(Decision { tasks, .. }) = decide(&situation, &wishes) else { return Ok(()) };
        let held: BTreeSet<TaskId> = situation.tasks.iter().map(|task| task.id).collect();
        prop_assert_eq!(tasks.keys().copied().collect::<BTreeSet<_>>(), held);
        for task in &situation.tasks {
            match tasks[&task.id] {
                Outcome::Kept => {
                    let after = situation.after.expect("a leaver keeps nothing");
                    let started = task.phase == Phase::InProgress;
                    prop_assert!(after.role.visits());
                    prop_assert!(started || after.area.contains(&task.grid));
                }
                Outcome::Given(to) => {
                    let Named { candidate, is_active } = &situation.named[&to];
                    prop_assert!(to != me() && *is_active && candidate.role.visits());
                    prop_assert!(!task.subject_ended);
                    prop_assert!(situation.scope.contains(&task.grid));
                    prop_assert!(situation.scope.contains(&candidate.grid));
                }
                Outcome::Cancelled => prop_assert!(task.subject_ended),
                Outcome::Opened(obstacle) => {
                    prop_assert!(!task.subject_ended);
                    prop_assert!(obstacle.is_none() || wishes.give_to.is_some());
                }
            }
        }
    }

    #[test]
    fn a_grid_is_never_without_a_manager(situation in situation(), wishes in wishes()) {
        let vacant = situation.before.role == Role::Manager
            && situation.after != Some(situation.before);
        match decide(&situation, &wishes) {
            Ok(Decision { successor: Some(next), .. }) => {
                let next = &situation.named[&next];
                prop_assert!(vacant && next.candidate.person != me());
                prop_assert!(next.is_active && next.candidate.role == Role::Volunteer);
            }
            Ok(Decision { successor: None, .. }) => prop_assert!(!vacant),
            Err(fault) => {
                let required = vacant && wishes.successor.is_none();
                prop_assert_eq!(fault == Fault::SuccessorRequired, required);
            }
        }
    }

    #[test]
    fn a_command_without_wishes_opens_all_tasks_of_a_leaver(situation in situation()) {
        let before = Position { role: Role::Volunteer, ..situation.before };
        let leaves = Situation { before, after: None, ..situation };
        let Decision { tasks, successor } =
            decide(&leaves, &Wishes::default()).expect("no successor is needed");
        prop_assert_eq!(successor, None);
        for held in &leaves.tasks {
            let expected =
                if held.subject_ended { Outcome::Cancelled } else { Outcome::Opened(None) };
            prop_assert_eq!(tasks[&held.id], expected);
        }
    }
}

#[test]
fn a_general_wish_gives_what_it_can_and_a_wish_for_a_task_is_refused_if_it_cannot() {
    let task = |n: u128, grid: &str| HeldTask {
        id: TaskId(Uuid::from_u128(n)),
        grid: code(grid),
        phase: Phase::Accepted,
        subject_ended: false,
    };
    let grid = code(GRIDS[0]);
    let candidate = Candidate { person: person(1), role: Role::Volunteer, grid };
    let situation = Situation {
        person: me(),
        before: Position { role: Role::Volunteer, area: grid },
        after: None,
        scope: grid,
        tasks: vec![task(1, GRIDS[0]), task(2, GRIDS[2])],
        named: BTreeMap::from([(person(1), Named { candidate, is_active: true })]),
    };
    let general = Wishes { give_to: Some(person(1)), ..Wishes::default() };
    let tasks = decide(&situation, &general).expect("a decision").tasks;
    let outcomes: Vec<Outcome> = tasks.into_values().collect();
    assert_eq!(outcomes, [Outcome::Given(person(1)), Outcome::Opened(Some(Obstacle::OutsideArea))]);
    let wish = |n: u128, to: u128| {
        let tasks = vec![TaskWish { task: TaskId(Uuid::from_u128(n)), give_to: Some(person(to)) }];
        decide(&situation, &Wishes { tasks, ..general.clone() })
    };
    assert_eq!(wish(1, 2), Err(Fault::NotACandidate("/tasks/0/give_to".to_owned())));
    assert_eq!(wish(2, 1), Err(Fault::NoSuchTask("/tasks/0/task_id".to_owned())));
}

#[test]
fn of_several_broken_rules_the_one_that_lasts_longest_is_the_obstacle() {
    let of = |broken: &[Breach]| Obstacle::of(&broken.iter().copied().collect());
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[Breach::Minutes, Breach::Absence]), Some(Obstacle::Absence));
    assert_eq!(of(&[Breach::Absence, Breach::TwoPeople]), Some(Obstacle::TwoPeople));
    assert_eq!(of(&[Breach::Skill, Breach::TwoPeople]), Some(Obstacle::MissingSkill));
}
