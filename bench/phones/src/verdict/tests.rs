//! Each promise is seen when it is broken, and not when it is kept.

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::wire::{Command, Deed, Page, Problem, TaskId, VisitOutcome};

fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

fn event(seq: i64, action: &str, version: i64, before: Option<u128>, after: Option<u128>) -> Event {
    Event {
        seq,
        actor_id: after.or(before).map(person),
        device: Some("run-1".to_owned()),
        action: action.to_owned(),
        subject: "task".to_owned(),
        subject_id: TaskId(Uuid::from_u128(1)).to_string(),
        person_id: after.map(person),
        person_before_id: before.map(person),
        version,
        body: crate::log::Body::default(),
    }
}

fn reported(seq: i64, id: u128, recorded: bool) -> Event {
    let mut event = event(seq, REPORT, 3, Some(1), Some(1));
    event.body = crate::log::Body { report: Some(CommandId(Uuid::from_u128(id))), recorded };
    event
}

fn answer(id: u128, outcome: Outcome, code: Option<&str>) -> CommandResult {
    let problem = code.map(|code| Problem { code: code.to_owned(), status: 409 });
    let id = CommandId(Uuid::from_u128(id));
    CommandResult { id, outcome, replayed: false, version: Some(3), problem }
}

fn ledger(answers: &[CommandResult]) -> Ledger {
    let mut ledger = Ledger::default();
    for result in answers {
        let outcome = VisitOutcome::Done;
        ledger.made(Command {
            id: result.id,
            task_id: TaskId(Uuid::from_u128(1)),
            base_version: None,
            at: "2026-08-01T07:12:03+08:00".parse().expect("a moment"),
            deed: Deed::Report { outcome, note: "好".to_owned(), needs: Vec::new() },
        });
        ledger.hear(result);
    }
    ledger
}

fn kept(answers: &[CommandResult], events: &[Event]) -> Result<Reports, Broken> {
    let ledger = ledger(answers);
    reports_are_kept([(person(1), &ledger)].into_iter(), events, |device| device == "run-1")
}

fn told(broken: Result<impl fmt::Debug, Broken>) -> String {
    broken.expect_err("a broken promise").to_string()
}

#[test]
fn a_report_that_was_answered_is_on_the_log_once() {
    let answers = [
        answer(7, Outcome::Applied, None),
        answer(8, Outcome::Recorded, None),
        answer(9, Outcome::Rejected, Some("not_found")),
    ];
    let reports = kept(&answers, &[reported(1, 7, false), reported(2, 8, true)]);
    let reports = reports.expect("kept");
    assert_eq!((reports.applied, reports.recorded, reports.refused.len()), (1, 1, 1));
}

#[test]
fn a_lost_doubled_turned_or_strange_report_is_told() {
    let applied = [answer(7, Outcome::Applied, None)];
    assert!(told(kept(&applied, &[])).contains("is lost"));
    let twice = [reported(1, 7, false), reported(2, 7, false)];
    assert!(told(kept(&applied, &twice)).contains("more than once"));
    assert!(told(kept(&applied, &[reported(1, 7, true)])).contains("otherwise"));
    let other = Event { actor_id: Some(person(5)), ..reported(1, 7, false) };
    assert!(told(kept(&applied, &[other])).contains("somebody else's"));
    assert!(told(kept(&[], &[reported(1, 7, false)])).contains("no phone made"));
    let of_before = Event { device: Some("run-0".to_owned()), ..reported(1, 7, false) };
    assert!(kept(&[], &[of_before]).is_ok());
}

#[test]
fn a_report_may_be_refused_only_to_who_may_not_make_it() {
    let refused = |code| [answer(7, Outcome::Rejected, Some(code))];
    assert!(kept(&refused("forbidden"), &[]).is_ok());
    assert!(told(kept(&refused("command_id_reused"), &[])).contains("refused, and not"));
    assert!(told(kept(&refused("not_task_holder"), &[])).contains("refused, and not"));
    let on_log = [reported(1, 7, false)];
    assert!(told(kept(&refused("not_found"), &on_log)).contains("refused, and on the log"));
    assert!(told(kept(&[answer(7, Outcome::Retry, None)], &[])).contains("without a final"));
}

#[test]
fn a_task_that_goes_from_hand_to_hand_is_whole() {
    let life = [
        event(1, CLAIM, 2, None, Some(1)),
        event(2, "task.reassign", 3, Some(1), Some(2)),
        reported(3, 7, true),
    ];
    let torn = told(no_task_had_two_holders(&life));
    assert!(torn.contains("not in the hands"), "{torn}");
    let [first, second, third] = life;
    let third = Event { person_id: Some(person(2)), person_before_id: Some(person(2)), ..third };
    no_task_had_two_holders(&[first, second, third]).expect("whole");
}

#[test]
fn two_claims_from_nobody_a_skipped_version_and_a_theft_are_told() {
    let claim = event(1, CLAIM, 2, None, Some(1));
    let second = event(2, CLAIM, 3, None, Some(2));
    assert!(told(no_task_had_two_holders(&[claim.clone(), second])).contains("not in the hands"));
    let skipped = event(2, "task.release", 4, Some(1), None);
    assert!(told(no_task_had_two_holders(&[claim.clone(), skipped])).contains("grow by one"));
    let theft = event(2, CLAIM, 3, Some(1), Some(2));
    assert!(told(no_task_had_two_holders(&[claim, theft])).contains("somebody else's hands"));
}

#[test]
fn a_gap_in_the_numbers_is_told() {
    let log = |seqs: &[i64]| {
        let events: Vec<Event> =
            seqs.iter().map(|seq| event(*seq, CLAIM, 2, None, Some(1))).collect();
        log_has_no_gap(&events).map_err(|broken| broken.to_string())
    };
    assert_eq!(log(&[1, 2, 3]), Ok(()));
    assert_eq!(log(&[1, 2, 4]), Err("the log has a gap: after 2 comes 4".to_owned()));
    assert_eq!(log(&[2, 3]), Err("the log has a gap: after 0 comes 2".to_owned()));
}

#[test]
fn a_command_with_two_outcomes_or_none_is_told() {
    let mut two = ledger(&[answer(7, Outcome::Applied, None)]);
    assert!(commands_have_one_outcome([&two].into_iter()).is_ok());
    two.hear(&answer(7, Outcome::Recorded, None));
    assert!(told(commands_have_one_outcome([&two].into_iter())).contains("two outcomes"));
    let none = ledger(&[answer(7, Outcome::Retry, None)]);
    assert!(told(commands_have_one_outcome([&none].into_iter())).contains("never came"));
}

fn holding(tasks: &[Value]) -> LocalCopy {
    let changes: Vec<Value> = tasks
        .iter()
        .map(|task| json!({ "type": "task", "id": task["id"], "version": 1, "data": task }))
        .collect();
    let page = json!({
        "results": [], "reset": true, "changes": changes, "removed": [], "cursor": "c",
        "has_more": false, "next_poll_s": 9, "server_time": "2026-08-01T09:00:00+08:00"
    });
    let page: Page = serde_json::from_str(&page.to_string()).expect("a page");
    let mut copy = LocalCopy::default();
    copy.apply(&page).expect("taken in");
    copy
}

#[test]
fn a_volunteer_who_holds_a_neighbours_task_is_told_and_a_manager_may() {
    let visitor = Visitor { person: person(1), grid: "g1".to_owned(), colleagues: vec![] };
    let task = |grid: &str, state: &str, holder: Option<u128>| {
        json!({ "id": Uuid::from_u128(9), "grid": grid, "state": state, "version": 1,
                "due_on": "2026-08-01", "assignee_id": holder.map(Uuid::from_u128) })
    };
    let others = holding(&[task("g1", "accepted", Some(2))]);
    assert!(copy_is_in_scope(&visitor, false, &others).is_err());
    assert!(copy_is_in_scope(&visitor, true, &others).is_ok());
    let own = holding(&[task("g2", "accepted", Some(1))]);
    assert!(copy_is_in_scope(&visitor, false, &own).is_ok());
    assert!(copy_is_in_scope(&visitor, true, &holding(&[task("g2", "open", None)])).is_err());
    let broken = told(copy_is_fresh(person(1), &others, &own));
    assert!(broken.contains("the phone holds version 1"), "{broken}");
}
