//! Tests of the paths and the life of cases.

use chrono::{Datelike as _, NaiveDate, Weekday};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::area::Level;
use crate::code::{CaseClass, MoveCode, StepCode};
use crate::id::PersonId;
use crate::range::StepDays;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn weekdays(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

fn step(code: &str) -> CaseStep {
    CaseStep {
        code: code.parse().expect("a code"),
        level: Level::District,
        levels: [].into(),
        days: None,
        days_by_class: [].into(),
        decides: false,
        waived_if_urgent: false,
        two_people: false,
        awaits_task: false,
        has_content: false,
        required: Vec::new(),
        result: None,
        moves: Vec::new(),
    }
}

fn to(code: &str, step: &str, effect: MoveEffect) -> CaseMove {
    let (code, to) = (code.parse().expect("a code"), step.parse().expect("a code"));
    CaseMove { code, to, effect, classes: [].into(), urgent_only: false, without_task: false }
}

/// found (grid) -> village -> town -> granted, with refusals and returns.
fn path() -> CasePath {
    use MoveEffect::{Advance, Approve, Refuse, Return};
    let decision = |code: &str, level, next: &str, back: &str| CaseStep {
        level,
        days: Some(StepDays::of::<10>()),
        decides: true,
        moves: vec![
            to("approve", next, Approve),
            to("refuse", "refused", Refuse),
            to("return", back, Return),
        ],
        ..step(code)
    };
    let urgent = CaseMove { urgent_only: true, ..to("urgent", "town", Advance) };
    CasePath {
        classes: Vec::new(),
        steps: vec![
            CaseStep {
                level: Level::Grid,
                days: Some(StepDays::of::<2>()),
                moves: vec![to("check", "village", Advance), urgent],
                ..step("found")
            },
            CaseStep {
                two_people: true,
                waived_if_urgent: true,
                ..decision("village", Level::Village, "town", "found")
            },
            decision("town", Level::Town, "granted", "village"),
            CaseStep { result: Some(CaseResult::Granted), ..step("granted") },
            CaseStep { result: Some(CaseResult::Refused), ..step("refused") },
        ],
    }
}

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

fn at(level: Level) -> CaseActor {
    CaseActor { person: person(level as u128 + 10), level: Some(level) }
}

fn code(text: &str) -> MoveCode {
    text.parse().expect("a code")
}

fn go(path: &CasePath, case: &Case, to: &str, actor: CaseActor) -> Result<Case, CaseRejection> {
    apply(path, case, &code(to), actor, day("2026-12-01"), &weekdays).map(|(case, _)| case)
}

fn opened(path: &CasePath, urgent: bool) -> Case {
    let by = Some(person(1));
    open(path, (None, urgent, Level::Grid, None), by, day("2026-11-27"), &weekdays).expect("a case")
}

#[test]
fn a_case_is_decided_once_its_last_decision_has_approved_it() {
    let mut path = path();
    path.steps[2].moves[0].to = "carry_out".parse().expect("a code");
    let moves = vec![
        to("done", "granted", MoveEffect::Advance),
        to("again", "town", MoveEffect::Return),
        to("refuse", "refused", MoveEffect::Refuse),
    ];
    path.steps.push(CaseStep { moves, ..step("carry_out") });
    assert_eq!(faults(&path), []);
    let is_decided_at = |at: &str| {
        let step = at.parse().expect("a code");
        is_decided(&path, &Case { step, ..opened(&path, false) })
    };
    let steps = ["found", "village", "town", "carry_out", "granted", "refused"];
    assert_eq!(steps.map(is_decided_at), [false, false, false, true, true, false]);
}

#[test]
fn a_case_goes_from_level_to_level_and_ends() {
    let path = path();
    assert_eq!(faults(&path), []);
    let case = opened(&path, false);
    assert_eq!((case.step.as_str(), case.waits_for), ("found", Some(Level::Grid)));
    assert_eq!(case.due_on, Some(day("2026-12-01")), "two working days after a Friday");
    assert_eq!(go(&path, &case, "approve", at(Level::Grid)), Err(CaseRejection::NotPermitted));
    assert_eq!(go(&path, &case, "urgent", at(Level::Grid)), Err(CaseRejection::NotPermitted));
    assert_eq!(go(&path, &case, "check", at(Level::Village)), Err(CaseRejection::OtherLevel));
    let case = go(&path, &case, "check", at(Level::Grid)).expect("a move");
    assert_eq!(case.asked_by, Some(at(Level::Grid).person));
    for same in [at(Level::Grid).person, person(1)] {
        let same = CaseActor { person: same, level: Some(Level::Village) };
        assert_eq!(go(&path, &case, "approve", same), Err(CaseRejection::SamePerson));
    }
    let case = go(&path, &case, "approve", at(Level::Village)).expect("a move");
    let back = go(&path, &case, "return", at(Level::Town)).expect("a move");
    assert_eq!((back.step.as_str(), back.waits_for), ("village", Some(Level::Village)));
    let (case, events) =
        apply(&path, &case, &code("approve"), at(Level::Town), day("2026-12-02"), &weekdays)
            .expect("a move");
    assert_eq!(events.last(), Some(&CaseEvent::Closed(CaseResult::Granted)));
    assert_eq!((case.waits_for, case.due_on), (None, None));
    assert_eq!(go(&path, &case, "approve", at(Level::Town)), Err(CaseRejection::Ended));
    assert!(next_moves(&path, &case).is_empty());
}

#[test]
fn a_case_of_a_desk_begins_at_its_level_and_returns_there() {
    let path = path();
    let (by, today) = (Some(person(1)), day("2026-11-27"));
    let what = (None, false, Level::Grid, Some(Level::Village));
    let case = open(&path, what, by, today, &weekdays).expect("a case");
    assert_eq!(case.waits_for, Some(Level::Village));
    assert!(
        go(&path, &case, "check", at(Level::Grid)).is_ok(),
        "the staff of the step may act too"
    );
    let case = go(&path, &case, "check", at(Level::Village)).expect("a move");
    let back = go(&path, &case, "return", at(Level::Town)).expect("a move");
    assert_eq!((back.step.as_str(), back.waits_for), ("found", Some(Level::Village)));
}

#[test]
fn a_case_is_not_passed_up_to_the_level_where_it_is_already() {
    use MoveEffect::{Advance, Return};
    let up = vec![to("answer", "answered", Advance), to("pass_up", "town", Advance)];
    let done = vec![to("answer", "answered", Advance), to("return", "desk", Return)];
    let path = CasePath {
        classes: Vec::new(),
        steps: vec![
            CaseStep { level: Level::Village, moves: up, ..step("desk") },
            CaseStep { level: Level::Town, moves: done, ..step("town") },
            CaseStep { result: Some(CaseResult::Done), ..step("answered") },
        ],
    };
    assert_eq!(faults(&path), []);
    let case = |path: &CasePath, area, desk| {
        let what = (None, false, area, desk);
        open(path, what, Some(person(1)), day("2026-11-27"), &weekdays).expect("a case")
    };
    let is_passed_up = |path: &CasePath, area, desk| {
        let case = case(path, area, desk);
        next_moves(path, &case).iter().any(|one| one.code.as_str() == "pass_up")
    };
    for (area, desk) in [(Level::Grid, None), (Level::Grid, Some(Level::Village))] {
        assert!(is_passed_up(&path, area, desk), "{desk:?}");
    }
    assert!(is_passed_up(&path, Level::Grid, Some(Level::District)), "the town is below it");
    for (area, desk) in
        [(Level::Grid, Some(Level::Town)), (Level::Town, None), (Level::District, None)]
    {
        assert!(!is_passed_up(&path, area, desk), "{area:?} {desk:?}");
    }
    let at_town = case(&path, Level::Grid, Some(Level::Town));
    let refused = Err(CaseRejection::NotPermitted);
    assert_eq!(go(&path, &at_town, "pass_up", at(Level::Town)), refused);
    assert!(go(&path, &at_town, "answer", at(Level::Town)).is_ok());
    // An overdue case that has risen may still be passed up by those who have not acted.
    let risen = Case { waits_for: Some(Level::Town), ..case(&path, Level::Grid, None) };
    assert!(go(&path, &risen, "pass_up", at(Level::Village)).is_ok());
    // A step that does more than the desk is not left out.
    let further = to("forward", "refused", Advance);
    let mut longer = path.clone();
    longer.steps[1].moves.push(further);
    longer.steps.push(CaseStep { result: Some(CaseResult::Refused), ..step("refused") });
    let mut for_two = path.clone();
    for_two.steps[1].two_people = true;
    let mut with_form = path;
    with_form.steps[1].has_content = true;
    for path in [longer, for_two, with_form] {
        assert_eq!(faults(&path), []);
        assert!(is_passed_up(&path, Level::Grid, Some(Level::Town)), "{path:?}");
    }
}

#[test]
fn a_step_for_another_person_waits_for_its_level_and_the_next() {
    let path = path();
    let case = go(&path, &opened(&path, false), "check", at(Level::Grid)).expect("a move");
    assert_eq!(case.waits_for, Some(Level::Village));
    assert!(go(&path, &case, "approve", at(Level::Town)).is_ok());
    assert_eq!(go(&path, &case, "approve", at(Level::District)), Err(CaseRejection::OtherLevel));
    assert_eq!(go(&path, &case, "approve", at(Level::Grid)), Err(CaseRejection::OtherLevel));
}

#[test]
fn the_person_who_gets_a_case_back_may_decide_again() {
    let path = path();
    let case = go(&path, &opened(&path, false), "check", at(Level::Grid)).expect("a move");
    let case = go(&path, &case, "approve", at(Level::Village)).expect("a move");
    let back = go(&path, &case, "return", at(Level::Town)).expect("a move");
    assert_eq!((back.step.as_str(), back.asked_by), ("village", None));
    assert!(go(&path, &back, "approve", at(Level::Village)).is_ok());
}

#[test]
fn an_urgent_case_may_skip_only_the_decision_that_is_waived() {
    let path = path();
    let case = opened(&path, true);
    let codes = |case| -> Vec<&str> {
        next_moves(&path, case).into_iter().map(|one| one.code.as_str()).collect()
    };
    assert_eq!(codes(&case), ["check", "urgent"]);
    let case = go(&path, &case, "urgent", at(Level::Grid)).expect("a move");
    assert_eq!(case.step.as_str(), "town");
    let mut strict = path.clone();
    strict.steps[1].waived_if_urgent = false;
    assert_eq!(pointers(&strict), ["/steps/1", "/steps/1/moves/2"]);
}

#[test]
fn an_overdue_case_rises_one_level_at_a_time_and_both_levels_may_act() {
    let path = path();
    let case = opened(&path, false);
    assert_eq!(escalate(&path, &case, day("2026-12-01"), &weekdays), None);
    let case = escalate(&path, &case, day("2026-12-02"), &weekdays).expect("an escalation");
    assert_eq!((case.waits_for, case.due_on), (Some(Level::Village), Some(day("2026-12-01"))));
    assert_eq!(case.escalates_on, Some(day("2026-12-05")));
    assert_eq!(escalate(&path, &case, day("2026-12-04"), &weekdays), None);
    for level in [Level::Grid, Level::Village] {
        assert!(go(&path, &case, "check", at(level)).is_ok(), "{level}");
    }
    assert_eq!(go(&path, &case, "check", at(Level::Town)), Err(CaseRejection::OtherLevel));
    let top = Case { waits_for: Some(Level::District), ..case };
    assert_eq!(escalate(&path, &top, day("2027-12-04"), &weekdays), None);
}

#[test]
fn a_step_that_awaits_a_task_moves_on_after_it() {
    let mut path = path();
    path.steps[0].awaits_task = true;
    let case = opened(&path, false);
    assert_eq!(go(&path, &case, "check", at(Level::Grid)), Err(CaseRejection::AwaitsTask));
    let case = Case { task: Some(StepTask::Ended(TaskEnd::Done)), ..case };
    assert_eq!(go(&path, &case, "check", at(Level::Grid)).map(|case| case.task), Ok(None));
}

#[test]
fn a_step_whose_task_ended_undone_leaves_by_another_way_than_forward() {
    let mut path = path();
    path.steps[0].awaits_task = true;
    let case = Case { task: Some(StepTask::Ended(TaskEnd::Undone)), ..opened(&path, false) };
    let tried = |path: &CasePath, code| go(path, &case, code, at(Level::Grid)).map(drop);
    assert_eq!(tried(&path, "check"), Ok(()), "the step has no other way");
    path.steps[0].moves.push(to("drop", "refused", MoveEffect::Advance));
    assert_eq!(tried(&path, "check"), Err(CaseRejection::AwaitsTask));
    assert_eq!(tried(&path, "drop"), Ok(()));
    let check = to("unseen", "village", MoveEffect::Advance);
    path.steps[0].moves.push(CaseMove { without_task: true, ..check });
    assert_eq!(tried(&path, "check"), Err(CaseRejection::AwaitsTask));
    assert_eq!(tried(&path, "unseen"), Ok(()));
    // Made, the visit is not said to be missing, but where the step has no other way.
    let case = Case { task: Some(StepTask::Ended(TaskEnd::Done)), ..case.clone() };
    let tried = |path: &CasePath, code| go(path, &case, code, at(Level::Grid)).map(drop);
    assert_eq!(tried(&path, "unseen"), Err(CaseRejection::NotPermitted));
    assert_eq!(tried(&path, "check"), Ok(()));
    path.steps[0].moves.retain(|one| one.code.as_str() == "unseen");
    assert_eq!(tried(&path, "unseen"), Ok(()));
}

fn pointers(path: &CasePath) -> Vec<String> {
    faults(path).into_iter().map(|fault| fault.pointer).collect()
}

#[test]
fn a_path_with_a_fault_is_refused_at_its_place() {
    let faulty = |change: &dyn Fn(&mut CasePath)| {
        let mut path = path();
        change(&mut path);
        pointers(&path)
    };
    assert_eq!(pointers(&CasePath::default()), ["/steps"]);
    assert_eq!(
        faulty(&|path| path.steps[0].moves[0].to = "nowhere".parse().expect("a code")),
        ["/steps/0/moves/0/to"]
    );
    let twice = faulty(&|path| path.steps[2].code = path.steps[1].code.clone());
    assert!(twice.contains(&"/steps/2/code".to_owned()), "{twice:?}");
    assert_eq!(faulty(&|path| path.steps.push(step("lost"))), ["/steps/5/moves"]);
    let lost = CaseStep { result: Some(CaseResult::Done), ..step("lost") };
    assert_eq!(faulty(&|path| path.steps.push(lost.clone())), ["/steps/5"]);
    let looping = CaseStep { moves: vec![to("on", "turn", MoveEffect::Advance)], ..step("turn") };
    assert_eq!(
        faulty(&|path| {
            path.steps.push(looping.clone());
            path.steps[0].moves.push(to("turn", "turn", MoveEffect::Advance));
        }),
        ["/steps/5"]
    );
    // A return that leads past the decision which returned the case.
    assert_eq!(
        faulty(&|path| path.steps[1].moves[2].to = "town".parse().expect("a code")),
        ["/steps/1/moves/2"]
    );
    assert_eq!(
        faulty(&|path| path.steps[0].moves.push(to("skip", "town", MoveEffect::Advance))),
        ["/steps/1", "/steps/1/moves/2"]
    );
}

/// A path of `n` steps and two ends with any moves, mostly forward, for none to two classes, to which moves may be
/// limited.
fn any_path() -> impl Strategy<Value = CasePath> {
    let effect = prop::sample::select(vec![0, 0, 1, 2, 3]);
    let move_to = (0..7usize, effect, any::<bool>(), 0..4usize);
    let one = (prop::collection::vec(move_to, 1..4), any::<bool>(), any::<bool>());
    (prop::collection::vec(one, 2..5), 0..3usize).prop_map(|(steps, classes)| {
        let classes: Vec<CaseClass> =
            ["a", "b"].iter().take(classes).map(|class| class.parse().expect("a class")).collect();
        let count = steps.len();
        let name = |n: usize| format!("s{}", n.min(count + 1));
        let mut all: Vec<CaseStep> = steps
            .into_iter()
            .enumerate()
            .map(|(n, (moves, decides, waived))| {
                let mut moves: Vec<CaseMove> = moves
                    .into_iter()
                    .enumerate()
                    .map(|(m, (target, effect, urgent_only, class))| {
                        let effect = match effect {
                            1 => MoveEffect::Refuse,
                            2 => MoveEffect::Return,
                            _ => MoveEffect::Advance,
                        };
                        let limited = classes.get(class).cloned().into_iter().collect();
                        let any = to(&format!("m{m}"), &name(target), effect);
                        CaseMove { urgent_only, classes: limited, ..any }
                    })
                    .collect();
                let effect = if decides { MoveEffect::Approve } else { MoveEffect::Advance };
                moves.push(to("on", &name(n + 1), effect));
                CaseStep { decides, waived_if_urgent: decides && waived, moves, ..step(&name(n)) }
            })
            .collect();
        all.push(CaseStep { result: Some(CaseResult::Granted), ..step(&name(count)) });
        all.push(CaseStep { result: Some(CaseResult::Refused), ..step(&name(count + 1)) });
        CasePath { classes, steps: all }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 200_000, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn no_case_is_granted_without_the_approval_of_every_decision(
        path in any_path(),
        urgent: bool,
        class: prop::sample::Index,
        choices in prop::collection::vec(any::<prop::sample::Index>(), 60),
    ) {
        prop_assume!(faults(&path).is_empty());
        let class = path.classes.get(class.index(path.classes.len().max(1))).cloned();
        let what = (class, urgent, Level::Grid, None);
        let case = open(&path, what, Some(person(1)), day("2026-11-27"), &weekdays);
        let mut case = case.expect("a case");
        let mut last: std::collections::BTreeMap<StepCode, MoveEffect> = [].into();
        for choice in choices {
            let moves = next_moves(&path, &case);
            let Some(taken) = moves.get(choice.index(moves.len().max(1))) else { break };
            last.insert(case.step.clone(), taken.effect);
            let actor = at(Level::District);
            let moved = apply(&path, &case, &taken.code, actor, day("2026-12-01"), &weekdays);
            case = moved.expect("a permitted move").0;
        }
        if case.result == Some(CaseResult::Granted) {
            for step in path.steps.iter().filter(|step| step.decides) {
                let waived = step.waived_if_urgent && urgent;
                let approved = last.get(&step.code) == Some(&MoveEffect::Approve);
                prop_assert!(approved || waived, "{} of {path:?}", step.code);
            }
        }
    }

    #[test]
    fn a_due_day_is_the_last_of_its_working_days(offset in 0u64..400, days in 1i64..40) {
        let start = day("2026-01-01") + chrono::Days::new(offset);
        let days = StepDays::try_from(days).expect("days");
        let due = after(start, days, &weekdays);
        prop_assert!(weekdays(due));
        let between = start.iter_days().skip(1).take_while(|day| *day <= due);
        prop_assert_eq!(between.filter(|day| weekdays(*day)).count() as u64, u64::from(days));
    }
}

/// The path on which the village requires an application, of an urgent case later.
fn documented() -> CasePath {
    let mut path = path();
    let code = "application".parse().expect("a code");
    path.steps[1].required = vec![RequiredDocument { code, waived_if_urgent: true }];
    path
}

#[test]
fn a_case_goes_forward_once_the_required_documents_are_stored() {
    let path = documented();
    let case = go(&path, &opened(&path, false), "check", at(Level::Grid)).expect("a move");
    let village = at(Level::Village);
    let missing = vec!["application".parse().expect("a code")];
    let refused = Err(CaseRejection::MissingDocuments(missing));
    assert_eq!(go(&path, &case, "approve", village), refused);
    assert_eq!(go(&path, &case, "approve", at(Level::District)), Err(CaseRejection::OtherLevel));
    for without in ["return", "refuse"] {
        assert!(go(&path, &case, without, village).is_ok(), "{without} needs no document");
    }
    let with =
        |code: &str| Case { documents: [code.parse().expect("a code")].into(), ..case.clone() };
    assert_eq!(go(&path, &with("photo"), "approve", village), refused);
    assert!(go(&path, &with("application"), "approve", village).is_ok());
    let urgent = go(&path, &opened(&path, true), "check", at(Level::Grid)).expect("a move");
    assert!(go(&path, &urgent, "approve", village).is_ok(), "it follows later");
}

#[test]
fn the_days_of_a_step_follow_the_class() {
    let mut path = path();
    let [first, third] = ["first", "third"].map(|class| class.parse().expect("a class"));
    path.classes = vec![first, third];
    path.steps[0].days_by_class.insert(path.classes[0].clone(), StepDays::of::<1>());
    assert_eq!(faults(&path), []);
    let due = |n: usize| {
        let what = (Some(path.classes[n].clone()), false, Level::Grid, None);
        let case = open(&path, what, None, day("2026-11-27"), &weekdays).expect("a case");
        let raised = escalate(&path, &case, day("2026-12-02"), &weekdays).expect("overdue");
        (case.due_on, raised.escalates_on)
    };
    assert_eq!(due(0), (Some(day("2026-11-30")), Some(day("2026-12-04"))));
    assert_eq!(due(1), (Some(day("2026-12-01")), Some(day("2026-12-05"))));
    path.steps[0].days_by_class.insert("second".parse().expect("a class"), StepDays::of::<1>());
    path.steps[3].required = documented().steps[1].required.clone();
    let faults = faults(&path);
    let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, ["/steps/0/days_by_class/second", "/steps/3/documents"]);
}

proptest! {
    #[test]
    fn no_path_of_a_case_leaves_a_step_forward_without_its_documents(
        stored in proptest::collection::btree_set("[a-c]", 0..4),
        moves in proptest::collection::vec(0..4_usize, 0..12),
    ) {
        let mut path = path();
        for (n, step) in path.steps.iter_mut().enumerate().take(3) {
            let code = ["a", "b", "c"][n].parse().expect("a code");
            step.required = vec![RequiredDocument { code, waived_if_urgent: false }];
        }
        let mut case = opened(&path, false);
        case.documents = stored.iter().map(|code| code.parse().expect("a code")).collect();
        for n in moves {
            let Some(one) = next_moves(&path, &case).get(n).map(|one| (*one).clone()) else { continue };
            let Some(level) = case.waits_for else { break };
            let from = path.step(&case.step).expect("a step").clone();
            // Another person at each step.
            let actor = CaseActor { person: PersonId(Uuid::now_v7()), level: Some(level) };
            let forward = matches!(one.effect, MoveEffect::Advance | MoveEffect::Approve);
            let missing = from.missing(false, &case.documents);
            match apply(&path, &case, &one.code, actor, day("2026-12-01"), &weekdays) {
                Ok((next, _)) => {
                    prop_assert!(!forward || missing.is_empty());
                    case = next;
                }
                Err(why) => prop_assert_eq!(why, CaseRejection::MissingDocuments(missing)),
            }
        }
    }
}
