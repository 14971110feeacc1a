//! Each check detects a violation and accepts a valid history.

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::clerk::EditKind;
use crate::wire::{Action, Command, CommandResult, Page, Problem, TaskId, VisitOutcome};

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
        body: crate::event_log::Body::default(),
    }
}

fn reported(seq: i64, id: u128, recorded: bool) -> Event {
    let mut event = event(seq, REPORT, 3, Some(1), Some(1));
    event.body = crate::event_log::Body { report: Some(CommandId(Uuid::from_u128(id))), recorded };
    event
}

fn answer(id: u128, outcome: Outcome, code: Option<&str>) -> CommandResult {
    let problem = code.map(|code| Problem { code: code.to_owned(), status: 409 });
    let id = CommandId(Uuid::from_u128(id));
    CommandResult { id, outcome, replayed: false, version: Some(3), problem }
}

fn expectations(results: &[CommandResult]) -> Expectations {
    let mut expected = Expectations::default();
    for result in results {
        let outcome = VisitOutcome::Done;
        expected.add(Command {
            id: result.id,
            task_id: TaskId(Uuid::from_u128(1)),
            base_version: None,
            at: "2026-08-01T07:12:03+08:00".parse().expect("a timestamp"),
            action: Action::Report { outcome, note: "好".to_owned(), needs: Vec::new() },
        });
        expected.record(result);
    }
    expected
}

fn kept(results: &[CommandResult], events: &[Event]) -> Result<Reports, Violation> {
    let expected = expectations(results);
    reports_are_kept([(person(1), &expected)].into_iter(), events, |device| device == "run-1")
}

fn message(checked: Result<impl fmt::Debug, Violation>) -> String {
    checked.expect_err("a violation").to_string()
}

#[test]
fn an_answered_report_is_in_the_log_once() {
    let answers = [
        answer(7, Outcome::Applied, None),
        answer(8, Outcome::Recorded, None),
        answer(9, Outcome::Rejected, Some("not_found")),
    ];
    let reports = kept(&answers, &[reported(1, 7, false), reported(2, 8, true)]);
    let reports = reports.expect("kept");
    assert_eq!((reports.applied, reports.recorded, reports.rejected.len()), (1, 1, 1));
}

#[test]
fn a_lost_duplicate_altered_or_unexpected_report_is_a_violation() {
    let applied = [answer(7, Outcome::Applied, None)];
    assert!(message(kept(&applied, &[])).contains("is lost"));
    let twice = [reported(1, 7, false), reported(2, 7, false)];
    assert!(message(kept(&applied, &twice)).contains("more than once"));
    assert!(message(kept(&applied, &[reported(1, 7, true)])).contains("another outcome"));
    let other = Event { actor_id: Some(person(5)), ..reported(1, 7, false) };
    assert!(message(kept(&applied, &[other])).contains("another actor"));
    assert!(message(kept(&[], &[reported(1, 7, false)])).contains("no phone created"));
    let of_before = Event { device: Some("run-0".to_owned()), ..reported(1, 7, false) };
    assert!(kept(&[], &[of_before]).is_ok());
}

#[test]
fn a_report_is_rejected_only_for_lack_of_visibility_or_permission() {
    let refused = |code| [answer(7, Outcome::Rejected, Some(code))];
    assert!(kept(&refused("forbidden"), &[]).is_ok());
    assert!(message(kept(&refused("command_id_reused"), &[])).contains("rejected, but not"));
    assert!(message(kept(&refused("not_task_holder"), &[])).contains("rejected, but not"));
    let on_log = [reported(1, 7, false)];
    assert!(message(kept(&refused("not_found"), &on_log)).contains("rejected, but in the log"));
    assert!(message(kept(&[answer(7, Outcome::Retry, None)], &[])).contains("without a final"));
}

#[test]
fn a_report_may_be_rejected_only_if_its_author_never_had_the_task() {
    let report = answer(7, Outcome::Rejected, Some("not_assignee"));
    assert!(kept(std::slice::from_ref(&report), &[]).is_ok());
    let claim = |id: u128| Command {
        id: CommandId(Uuid::from_u128(id)),
        task_id: TaskId(Uuid::from_u128(1)),
        base_version: None,
        at: "2026-08-01T07:12:03+08:00".parse().expect("a timestamp"),
        action: Action::Claim {},
    };
    let after = |answers: &[CommandResult]| {
        let mut expected = expectations(&[answer(7, Outcome::Retry, None)]);
        expected.add(claim(3));
        for answer in answers {
            expected.record(answer);
        }
        reports_are_kept([(person(1), &expected)].into_iter(), &[], |_| true)
    };
    let claimed = answer(3, Outcome::Applied, None);
    let failed = answer(3, Outcome::Retry, Some("internal"));
    for known in
        [vec![claimed.clone(), report.clone()], vec![failed, report.clone(), claimed.clone()]]
    {
        let text = message(after(&known));
        assert!(text.contains("although its author had the task"), "{text}");
    }
    let lost_race = answer(3, Outcome::Rejected, Some("task_already_claimed"));
    assert!(after(&[lost_race, report.clone()]).is_ok());
    // The network reordered the two.
    assert!(after(&[report.clone(), claimed]).is_ok());
}

#[test]
fn the_assignee_before_is_the_previous_assignee() {
    let life = [
        event(1, CLAIM, 2, None, Some(1)),
        event(2, "task.reassign", 3, Some(1), Some(2)),
        reported(3, 7, true),
    ];
    let text = message(no_task_had_two_holders(&life));
    assert!(text.contains("not the previous assignee"), "{text}");
    let [first, second, third] = life;
    let third = Event { person_id: Some(person(2)), person_before_id: Some(person(2)), ..third };
    no_task_had_two_holders(&[first, second, third]).expect("consistent");
}

#[test]
fn a_second_claim_a_skipped_version_and_a_claim_from_another_are_violations() {
    let claim = event(1, CLAIM, 2, None, Some(1));
    let second = event(2, CLAIM, 3, None, Some(2));
    assert!(
        message(no_task_had_two_holders(&[claim.clone(), second]))
            .contains("not the previous assignee")
    );
    let skipped = event(2, "task.release", 4, Some(1), None);
    assert!(
        message(no_task_had_two_holders(&[claim.clone(), skipped])).contains("increase by one")
    );
    let stolen = event(2, CLAIM, 3, Some(1), Some(2));
    assert!(message(no_task_had_two_holders(&[claim, stolen])).contains("from another assignee"));
}

#[test]
fn a_gap_in_the_numbers_is_a_violation() {
    let log = |seqs: &[i64]| {
        let events: Vec<Event> =
            seqs.iter().map(|seq| event(*seq, CLAIM, 2, None, Some(1))).collect();
        log_has_no_gap(&events).map_err(|violation| violation.to_string())
    };
    assert_eq!(log(&[1, 2, 3]), Ok(()));
    assert_eq!(log(&[1, 2, 4]), Err("the log has a gap between 2 and 4".to_owned()));
    assert_eq!(log(&[2, 3]), Err("the log has a gap between 0 and 2".to_owned()));
}

#[test]
fn a_command_with_two_outcomes_or_none_is_a_violation() {
    let mut two = expectations(&[answer(7, Outcome::Applied, None)]);
    assert!(commands_have_one_outcome([&two].into_iter()).is_ok());
    two.record(&answer(7, Outcome::Recorded, None));
    assert!(message(commands_have_one_outcome([&two].into_iter())).contains("two outcomes"));
    let none = expectations(&[answer(7, Outcome::Retry, None)]);
    assert!(message(commands_have_one_outcome([&none].into_iter())).contains("no final outcome"));
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
    copy.apply(&page).expect("a valid page");
    copy
}

#[test]
fn a_volunteer_must_not_hold_the_task_of_another_and_a_manager_may() {
    let user = User { person: person(1), grid: "g1".to_owned(), colleagues: vec![] };
    let task = |grid: &str, state: &str, holder: Option<u128>| {
        json!({ "id": Uuid::from_u128(9), "grid": grid, "state": state, "version": 1,
                "due_on": "2026-08-01", "assignee_id": holder.map(Uuid::from_u128) })
    };
    let others = holding(&[task("g1", "accepted", Some(2))]);
    assert!(copy_is_in_scope(&user, false, &others).is_err());
    assert!(copy_is_in_scope(&user, true, &others).is_ok());
    let own = holding(&[task("g2", "accepted", Some(1))]);
    assert!(copy_is_in_scope(&user, false, &own).is_ok());
    assert!(copy_is_in_scope(&user, true, &holding(&[task("g2", "open", None)])).is_err());
    let text = message(copy_is_fresh(person(1), &others, &own));
    assert!(text.contains("the phone holds version 1"), "{text}");
}

#[test]
fn an_acknowledged_edit_is_in_the_log_once() {
    let id = Uuid::from_u128(5);
    let edit = Edit { kind: EditKind::Move, id, version: 4 };
    let on_log = |seq, action, version| {
        let mut event = event(seq, action, version, None, None);
        event.actor_id = Some(person(9));
        event.subject_id = id.to_string();
        event
    };
    let kept = |events: &[Event]| edits_are_kept(person(9), std::slice::from_ref(&edit), events);
    let moved = on_log(1, "beneficiary.move", 4);
    assert!(kept(&[on_log(1, "beneficiary.change", 3), moved.clone()]).is_ok());
    for events in [
        vec![],
        vec![on_log(1, "beneficiary.change", 4)],
        vec![on_log(1, "beneficiary.move", 3)],
        vec![moved.clone(), on_log(2, "beneficiary.move", 4)],
        vec![Event { actor_id: Some(person(1)), ..moved }],
    ] {
        assert!(matches!(kept(&events), Err(Violation::Edit { .. })), "{events:?}");
    }
}
