//! What somebody with a phone does next: a pure function of what the phone shows,
//! who it is, and chance. The phone shows the server's rows with the outbox played
//! on top, so people act on what they believe and not on what is.

use std::collections::BTreeMap;

use chrono::Days;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;

use crate::copy::LocalCopy;
use crate::wire::{Command, Deed, PersonId, Phase, Task, TaskId, VisitOutcome};

/// The most characters of a note: a full push must fit into 256 KiB.
pub const LONGEST_NOTE: usize = 300;

/// Who has the phone.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Who.
    pub person: PersonId,
    /// The grid they work in.
    pub grid: String,
    /// For a manager: those of the grid whom they know and may give tasks to;
    /// nobody for a volunteer.
    pub colleagues: Vec<PersonId>,
}

/// What is done, to which task, and on which version it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The task.
    pub task: TaskId,
    /// The version of the row as the server sent it.
    pub base: i64,
    /// What is done.
    pub deed: Deed,
}

/// A visitor's belief of each task: the rows, with what waits played on top.
pub fn believed(copy: &LocalCopy, waiting: &[Command], me: PersonId) -> BTreeMap<TaskId, Task> {
    let mut tasks: BTreeMap<TaskId, Task> =
        copy.tasks().map(|task| (task.id, task.clone())).collect();
    for command in waiting {
        if let Some(task) = tasks.get_mut(&command.task_id) {
            play(task, &command.deed, me);
        }
    }
    tasks
}

fn play(task: &mut Task, deed: &Deed, me: PersonId) {
    let (state, holder) = match deed {
        Deed::Claim {} | Deed::Accept {} => (Phase::Accepted, Some(me)),
        Deed::Start {} => (Phase::InProgress, Some(me)),
        Deed::Decline { .. } | Deed::Release {} => (Phase::Open, None),
        Deed::Report { outcome: VisitOutcome::Done | VisitOutcome::NeedsFollowUp, .. } => {
            (Phase::Done, Some(me))
        }
        Deed::Report { .. } => (Phase::Failed, Some(me)),
        Deed::Reassign { person_id } => (Phase::Assigned, Some(*person_id)),
        Deed::Cancel { .. } => (Phase::Cancelled, None),
        Deed::Reschedule { due_on } => {
            task.due_on = *due_on;
            return;
        }
    };
    (task.state, task.assignee_id) = (state, holder);
}

impl Visitor {
    /// The next thing this person does, if there is anything to do.
    pub fn next(
        &self,
        copy: &LocalCopy,
        waiting: &[Command],
        rng: &mut ChaCha8Rng,
    ) -> Option<Intent> {
        let tasks = believed(copy, waiting, self.person);
        let live: Vec<&Task> = tasks.values().filter(|task| task.state.is_live()).collect();
        let task = self.chosen(&live, rng)?;
        let deed = self.deed(task, rng)?;
        Some(Intent { task: task.id, base: task.version, deed })
    }

    /// Mostly one's own work, if there is any.
    fn chosen<'a>(&self, live: &[&'a Task], rng: &mut ChaCha8Rng) -> Option<&'a Task> {
        let mine = |task: &&&Task| task.assignee_id == Some(self.person);
        let own: Vec<&Task> = live.iter().filter(mine).copied().collect();
        let from = if own.is_empty() || rng.random_ratio(2, 5) { live } else { &own };
        from.choose(rng).copied()
    }

    fn deed(&self, task: &Task, rng: &mut ChaCha8Rng) -> Option<Deed> {
        let mine = task.assignee_id == Some(self.person);
        if task.grid == self.grid && !self.colleagues.is_empty() && rng.random_ratio(1, 5) {
            return self.directs(task, rng);
        }
        let chance = rng.random_range(0..100);
        Some(match (task.state, mine) {
            (Phase::Open, _) => Deed::Claim {},
            (Phase::Assigned, true) => match chance {
                0..60 => Deed::Accept {},
                60..75 => Deed::Start {},
                _ => Deed::Decline { reason: "那天没有时间".to_owned() },
            },
            (Phase::Accepted, true) => match chance {
                0..65 => Deed::Start {},
                65..85 => report(rng),
                _ => Deed::Release {},
            },
            (Phase::InProgress, true) => match chance {
                0..90 => report(rng),
                _ => Deed::Release {},
            },
            // A visit was made all the same, whoever has the task now.
            (_, false) if chance < 15 => report(rng),
            _ => return None,
        })
    }

    /// What a manager does with a task of the grid.
    fn directs(&self, task: &Task, rng: &mut ChaCha8Rng) -> Option<Deed> {
        Some(match rng.random_range(0..10) {
            0..6 => Deed::Reassign { person_id: *self.colleagues.choose(rng)? },
            6..9 => {
                let later = Days::new(rng.random_range(1..=30));
                Deed::Reschedule { due_on: task.due_on.checked_add_days(later)? }
            }
            _ => Deed::Cancel { reason: "不再需要".to_owned() },
        })
    }
}

fn report(rng: &mut ChaCha8Rng) -> Deed {
    let outcomes = [VisitOutcome::ALL.as_slice(), &[VisitOutcome::Done; 4]].concat();
    let outcome = *outcomes.choose(rng).unwrap_or(&VisitOutcome::Done);
    let needs: &[&str] = match outcome {
        VisitOutcome::NeedsFollowUp => &["medical", "living", "housing"],
        _ => &[],
    };
    let found = rng.random_range(0..=needs.len());
    let note = ["走访记录。", "老人身体尚好，", "灯泡需要更换。"][rng.random_range(0..3)];
    let times = rng.random_range(1..=LONGEST_NOTE / note.chars().count());
    Deed::Report { outcome, note: note.repeat(times), needs: needs[..found].to_vec() }
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

    fn visitor(colleagues: Vec<PersonId>) -> Visitor {
        Visitor { person: person(1), grid: GRID.to_owned(), colleagues }
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
        copy.apply(&page).expect("taken in");
        copy
    }

    fn done(task: u128, deed: Deed) -> Command {
        Command {
            id: CommandId(Uuid::from_u128(99)),
            task_id: TaskId(Uuid::from_u128(task)),
            base_version: None,
            at: "2026-08-01T07:12:03+08:00".parse().expect("a moment"),
            deed,
        }
    }

    #[test]
    fn what_waits_in_the_outbox_is_believed_to_have_happened() {
        let copy = copy_of(&[(5, "open", None)]);
        let waiting = [done(5, Deed::Claim {}), done(5, Deed::Start {})];
        let tasks = believed(&copy, &waiting, person(1));
        let task = &tasks[&TaskId(Uuid::from_u128(5))];
        assert_eq!((task.state, task.assignee_id), (Phase::InProgress, Some(person(1))));
        assert_eq!(task.version, 3, "the server's version is not invented");
    }

    #[test]
    fn an_open_task_is_claimed_and_there_is_nothing_to_do_when_all_is_over() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let open = copy_of(&[(5, "open", None)]);
        let next = visitor(vec![]).next(&open, &[], &mut rng).expect("something to do");
        assert_eq!((next.deed, next.base), (Deed::Claim {}, 3));
        let over = copy_of(&[(5, "done", Some(1)), (6, "cancelled", None)]);
        assert_eq!(visitor(vec![person(2)]).next(&over, &[], &mut rng), None);
    }

    #[test]
    fn a_visitor_comes_to_do_all_that_visitors_do_and_only_a_manager_directs() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let copy = copy_of(&[
            (5, "open", None),
            (6, "assigned", Some(1)),
            (7, "accepted", Some(1)),
            (8, "in_progress", Some(1)),
            (9, "accepted", Some(2)),
        ]);
        let words = |visitor: &Visitor, rng: &mut ChaCha8Rng| {
            let deeds = (0..2000).filter_map(|_| visitor.next(&copy, &[], rng));
            let word = |intent: Intent| {
                let json = serde_json::to_value(intent.deed).expect("JSON");
                json["type"].as_str().expect("a word").to_owned()
            };
            deeds.map(word).collect::<std::collections::BTreeSet<_>>()
        };
        let volunteer = words(&visitor(vec![]), &mut rng);
        let expected = ["accept", "claim", "decline", "release", "report", "start"];
        assert_eq!(volunteer, expected.map(|word| format!("task.{word}")).into());
        let manager = words(&visitor(vec![person(2)]), &mut rng);
        let more = ["cancel", "reassign", "reschedule"].map(|word| format!("task.{word}"));
        assert_eq!(manager.difference(&volunteer).cloned().collect::<Vec<_>>(), more);
    }

    proptest! {
        #[test]
        fn notes_stay_within_their_length_and_needs_come_with_a_follow_up(seed: u64) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let Deed::Report { outcome, note, needs } = report(&mut rng) else {
                return Err(TestCaseError::fail("no report"));
            };
            prop_assert!((1..=LONGEST_NOTE).contains(&note.chars().count()));
            prop_assert!(needs.is_empty() || outcome == VisitOutcome::NeedsFollowUp);
        }
    }
}
