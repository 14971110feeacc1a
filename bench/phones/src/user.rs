//! The simulated user of a phone. The next action is a pure function of the rows that the phone
//! shows, the user's role and the random numbers. The phone shows the server's rows with the pending
//! commands applied, so users act on a state that may be outdated.

use std::collections::BTreeMap;

use chrono::Days;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;

use crate::copy::LocalCopy;
use crate::wire::{Action, Command, PersonId, Phase, Task, TaskId, VisitOutcome};

/// Maximum length of a note in characters: a full push must fit into 256 KiB.
pub const LONGEST_NOTE: usize = 300;

/// The user of a phone.
#[derive(Clone, Debug)]
pub struct User {
    /// The person.
    pub person: PersonId,
    /// The grid of the person.
    pub grid: String,
    /// For a manager, the people of the grid who may be assigned tasks; empty for a volunteer.
    pub colleagues: Vec<PersonId>,
}

/// An action on a task, and the version on which the user decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The task.
    pub task: TaskId,
    /// The version of the row as received.
    pub base: i64,
    /// The action.
    pub action: Action,
}

/// The tasks as the phone shows them: the rows with the pending commands applied.
pub fn displayed(copy: &LocalCopy, pending: &[Command], me: PersonId) -> BTreeMap<TaskId, Task> {
    let mut tasks: BTreeMap<TaskId, Task> =
        copy.tasks().map(|task| (task.id, task.clone())).collect();
    for command in pending {
        if let Some(task) = tasks.get_mut(&command.task_id) {
            apply(task, &command.action, me);
        }
    }
    tasks
}

fn apply(task: &mut Task, action: &Action, me: PersonId) {
    let (state, holder) = match action {
        Action::Claim {} | Action::Accept {} => (Phase::Accepted, Some(me)),
        Action::Start {} => (Phase::InProgress, Some(me)),
        Action::Decline { .. } | Action::Release {} => (Phase::Open, None),
        Action::Report { outcome: VisitOutcome::Done | VisitOutcome::NeedsFollowUp, .. } => {
            (Phase::Done, Some(me))
        }
        Action::Report { .. } => (Phase::Failed, Some(me)),
        Action::Reassign { person_id } => (Phase::Assigned, Some(*person_id)),
        Action::Cancel { .. } => (Phase::Cancelled, None),
        Action::Reschedule { due_on } => {
            task.due_on = *due_on;
            return;
        }
    };
    (task.state, task.assignee_id) = (state, holder);
}

impl User {
    /// The next action of this user, if there is any.
    pub fn next(
        &self,
        copy: &LocalCopy,
        pending: &[Command],
        rng: &mut ChaCha8Rng,
    ) -> Option<Intent> {
        let tasks = displayed(copy, pending, self.person);
        let live: Vec<&Task> = tasks.values().filter(|task| task.state.is_live()).collect();
        let task = self.chosen(&live, rng)?;
        let action = self.action(task, rng)?;
        Some(Intent { task: task.id, base: task.version, action })
    }

    /// Prefers the user's own tasks.
    fn chosen<'a>(&self, live: &[&'a Task], rng: &mut ChaCha8Rng) -> Option<&'a Task> {
        let mine = |task: &&&Task| task.assignee_id == Some(self.person);
        let own: Vec<&Task> = live.iter().filter(mine).copied().collect();
        let from = if own.is_empty() || rng.random_ratio(2, 5) { live } else { &own };
        from.choose(rng).copied()
    }

    fn action(&self, task: &Task, rng: &mut ChaCha8Rng) -> Option<Action> {
        let mine = task.assignee_id == Some(self.person);
        if task.grid == self.grid && !self.colleagues.is_empty() && rng.random_ratio(1, 5) {
            return self.manages(task, rng);
        }
        let percent = rng.random_range(0..100);
        Some(match (task.state, mine) {
            (Phase::Open, _) => Action::Claim {},
            (Phase::Assigned, true) => match percent {
                0..60 => Action::Accept {},
                60..75 => Action::Start {},
                _ => Action::Decline { reason: "那天没有时间".to_owned() },
            },
            (Phase::Accepted, true) => match percent {
                0..65 => Action::Start {},
                65..85 => report(rng),
                _ => Action::Release {},
            },
            (Phase::InProgress, true) => match percent {
                0..90 => report(rng),
                _ => Action::Release {},
            },
            // The visit took place although somebody else holds the task now.
            (_, false) if percent < 15 => report(rng),
            _ => return None,
        })
    }

    /// An action of a manager on a task of the grid.
    fn manages(&self, task: &Task, rng: &mut ChaCha8Rng) -> Option<Action> {
        Some(match rng.random_range(0..10) {
            0..6 => Action::Reassign { person_id: *self.colleagues.choose(rng)? },
            6..9 => {
                let later = Days::new(rng.random_range(1..=30));
                Action::Reschedule { due_on: task.due_on.checked_add_days(later)? }
            }
            _ => Action::Cancel { reason: "不再需要".to_owned() },
        })
    }
}

fn report(rng: &mut ChaCha8Rng) -> Action {
    let outcomes = [VisitOutcome::ALL.as_slice(), &[VisitOutcome::Done; 4]].concat();
    let outcome = *outcomes.choose(rng).unwrap_or(&VisitOutcome::Done);
    let needs: &[&str] = match outcome {
        VisitOutcome::NeedsFollowUp => &["medical", "living", "housing"],
        _ => &[],
    };
    let found = rng.random_range(0..=needs.len());
    let note = ["走访记录。", "老人身体尚好，", "灯泡需要更换。"][rng.random_range(0..3)];
    let times = rng.random_range(1..=LONGEST_NOTE / note.chars().count());
    Action::Report { outcome, note: note.repeat(times), needs: needs[..found].to_vec() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::wire::{CommandId, Page};

    const GRID: &str = "500116001002001";

    fn person(n: u128) -> PersonId {
        PersonId(Uuid::from_u128(n))
    }

    fn user(colleagues: Vec<PersonId>) -> User {
        User { person: person(1), grid: GRID.to_owned(), colleagues }
    }

    fn copy_of(tasks: &[(u128, &str, Option<u128>)]) -> LocalCopy {
        let changes: Vec<_> = tasks
            .iter()
            .map(|(id, state, holder)| {
                let id = Uuid::from_u128(*id);
                json!({ "type": "task", "id": id, "version": 3, "data": {
                    "id": id, "grid": GRID, "state": state, "version": 3, "due_on": "2026-08-01",
                    "assignee_id": holder.map(Uuid::from_u128),
                }})
            })
            .collect();
        let page = json!({
            "results": [], "reset": true, "changes": changes, "removed": [], "cursor": "c",
            "has_more": false, "next_poll_s": 900, "server_time": "2026-08-01T09:00:00+08:00"
        });
        let page: Page = serde_json::from_str(&page.to_string()).expect("a page");
        let mut copy = LocalCopy::default();
        copy.apply(&page).expect("a valid page");
        copy
    }

    fn done(task: u128, action: Action) -> Command {
        Command {
            id: CommandId(Uuid::from_u128(99)),
            task_id: TaskId(Uuid::from_u128(task)),
            base_version: None,
            at: "2026-08-01T07:12:03+08:00".parse().expect("a timestamp"),
            action,
        }
    }

    #[test]
    fn pending_commands_are_displayed_as_applied() {
        let copy = copy_of(&[(5, "open", None)]);
        let pending = [done(5, Action::Claim {}), done(5, Action::Start {})];
        let tasks = displayed(&copy, &pending, person(1));
        let task = &tasks[&TaskId(Uuid::from_u128(5))];
        assert_eq!((task.state, task.assignee_id), (Phase::InProgress, Some(person(1))));
        assert_eq!(task.version, 3, "the version is the server's");
    }

    #[test]
    fn an_open_task_is_claimed_and_ended_tasks_leave_nothing_to_do() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let open = copy_of(&[(5, "open", None)]);
        let next = user(vec![]).next(&open, &[], &mut rng).expect("something to do");
        assert_eq!((next.action, next.base), (Action::Claim {}, 3));
        let over = copy_of(&[(5, "done", Some(1)), (6, "cancelled", None)]);
        assert_eq!(user(vec![person(2)]).next(&over, &[], &mut rng), None);
    }

    #[test]
    fn every_action_occurs_and_only_a_manager_manages() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let copy = copy_of(&[
            (5, "open", None),
            (6, "assigned", Some(1)),
            (7, "accepted", Some(1)),
            (8, "in_progress", Some(1)),
            (9, "accepted", Some(2)),
        ]);
        let words = |user: &User, rng: &mut ChaCha8Rng| {
            let actions = (0..2000).filter_map(|_| user.next(&copy, &[], rng));
            let word = |intent: Intent| {
                let json = serde_json::to_value(intent.action).expect("JSON");
                json["type"].as_str().expect("a type").to_owned()
            };
            actions.map(word).collect::<std::collections::BTreeSet<_>>()
        };
        let volunteer = words(&user(vec![]), &mut rng);
        let expected = ["accept", "claim", "decline", "release", "report", "start"];
        assert_eq!(volunteer, expected.map(|word| format!("task.{word}")).into());
        let manager = words(&user(vec![person(2)]), &mut rng);
        let more = ["cancel", "reassign", "reschedule"].map(|word| format!("task.{word}"));
        assert_eq!(manager.difference(&volunteer).cloned().collect::<Vec<_>>(), more);
    }

    proptest! {
        #[test]
        fn notes_are_limited_and_needs_imply_a_follow_up(seed: u64) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let Action::Report { outcome, note, needs } = report(&mut rng) else {
                return Err(TestCaseError::fail("no report"));
            };
            prop_assert!((1..=LONGEST_NOTE).contains(&note.chars().count()));
            prop_assert!(needs.is_empty() || outcome == VisitOutcome::NeedsFollowUp);
        }
    }
}
