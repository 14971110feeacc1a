//! Visits keep what they had in a former plan, as far as it still fits.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::answers::change;
use super::random::some_problem;
use super::*;

/// What the free visits of a problem have in a plan, by person, day and start.
pub(super) fn had(problem: &DispatchProblem, plan: &Plan) -> Vec<(TaskId, Pin)> {
    let free = problem.visits.iter().filter(|visit| visit.pinned.is_none());
    let free: HashSet<TaskId> = free.map(|visit| visit.id).collect();
    let stops = plan.routes.iter().flat_map(|route| {
        let pin = |start| Pin { volunteer: route.volunteer, day: route.day, start: Some(start) };
        route.stops.iter().map(move |stop| (stop.visit, pin(stop.start)))
    });
    stops.filter(|(visit, _)| free.contains(visit)).collect()
}

pub(super) fn without_hours(former: &[(TaskId, Pin)]) -> Vec<(TaskId, Pin)> {
    former.iter().map(|(visit, pin)| (*visit, Pin { start: None, ..*pin })).collect()
}

fn kept(problem: &mut DispatchProblem, former: &[(TaskId, Pin)]) -> Vec<TaskId> {
    let mut kept: Vec<TaskId> = keep_former(problem, former, Level::Grid).into_iter().collect();
    kept.sort_unstable();
    kept
}

/// Finds a place for the visit beside those that are kept; returns whether there is one.
fn has_room(problem: &mut DispatchProblem, wish: (TaskId, Pin), kept: HashSet<TaskId>) -> bool {
    let kept = make_room(problem, &[wish], kept, Level::Grid, &());
    kept.expect("it is not cancelled").contains(&wish.0)
}

fn former(number: u128, pin: Pin) -> (TaskId, Pin) {
    (task(number), pin)
}

#[test]
fn a_visit_keeps_its_person_and_hour_although_another_would_be_better() {
    let near = Volunteer { home: north(9.9), ..volunteer(2) };
    let mut problem = village(vec![volunteer(1), near], vec![visit(1)]);
    assert_eq!(kept(&mut problem, &[former(1, pin(1, 1, Some("1010")))]), [task(1)]);
    let plan = planned(&problem);
    assert_eq!((goes(&plan, 1), stop(&plan, 1).start), (Some((person(1), june(1))), at("1010")));
}

#[test]
fn a_visit_that_its_person_could_not_make_any_more_is_free() {
    let hours_of_its_own = Visit { windows: vec![hours("0900-1000")], ..visit(1) };
    for (name, who, what, wish) in [
        ("unknown person", volunteer(1), visit(1), pin(2, 1, None)),
        ("day without a shift", volunteer(1), visit(1), pin(1, 2, None)),
        ("after the shift", volunteer(1), visit(1), pin(1, 1, Some("1140"))),
        ("outside the window", volunteer(1), hours_of_its_own, pin(1, 1, Some("1010"))),
        (
            "forbidden",
            volunteer(1),
            Visit { forbidden: vec![person(1)], ..visit(1) },
            pin(1, 1, None),
        ),
        ("skill", volunteer(1), Visit { skills: skills(&["legal"]), ..visit(1) }, pin(1, 1, None)),
        ("too early", volunteer(1), Visit { not_before: june(2), ..visit(1) }, pin(1, 1, None)),
        (
            "other grid",
            Volunteer { grid: area(NEXT_GRID), ..volunteer(1) },
            visit(1),
            pin(1, 1, None),
        ),
        (
            "no minutes",
            Volunteer { offered: Minutes(49), ..volunteer(1) },
            visit(1),
            pin(1, 1, None),
        ),
    ] {
        let mut problem = village(vec![who], vec![what]);
        let wish = former(1, wish);
        assert_eq!(kept(&mut problem, &[wish]), [], "{name}");
        assert_eq!(problem.visits[0].pinned, None, "{name}");
    }
    let helper = Volunteer { grid: area(NEXT_GRID), ..volunteer(1) };
    let mut problem = village(vec![helper], vec![visit(1)]);
    let kept = keep_former(&mut problem, &[former(1, pin(1, 1, None))], Level::Village);
    assert_eq!(kept.len(), 1, "people of the village help");
}

#[test]
fn a_pinned_visit_comes_first_and_the_last_of_the_others_makes_room() {
    // Three visits of half an hour at one place fit into the morning, with an hour for the fourth; the
    // pinned one takes an hour and a half.
    let long = Visit { service: Minutes(90), pinned: Some(pin(1, 1, None)), ..visit(4) };
    let visits = vec![visit(1), visit(2), visit(3), long];
    let wishes = [1, 2, 3].map(|number| former(number, pin(1, 1, None)));
    let mut problem = village(vec![Volunteer { offered: Minutes(240), ..volunteer(1) }], visits);
    assert_eq!(kept(&mut problem, &wishes), [task(1), task(2)]);
    let plan = planned(&problem);
    assert_eq!(plan.unserved.iter().map(|left| left.visit).collect::<Vec<_>>(), [task(3)]);
    assert!(goes(&plan, 4).is_some());
}

#[test]
fn a_former_visit_that_is_not_pinned_moves_for_another_visit_or_a_much_shorter_way() {
    let former = HashMap::from([(task(1), (person(1), june(1)))]);
    // Without a former person the nearer one goes, in any case.
    for (steps, former, expected) in
        [(1.0, HashMap::new(), 2), (1.0, former.clone(), 1), (9.9, former.clone(), 2)]
    {
        let other = Volunteer { home: north(steps), ..volunteer(2) };
        let problem = village(vec![volunteer(1), other], vec![visit(1)]);
        let plan = planned(&DispatchProblem { former, ..problem });
        assert_eq!(goes(&plan, 1), Some((person(expected), june(1))), "{steps} minutes north");
    }
    // The former person has the minutes for one visit and is the only one who can make the other.
    let able = skills(&["medical"]);
    let busy = Volunteer { skills: able.clone(), offered: Minutes(50), ..volunteer(1) };
    let visits = vec![visit(1), Visit { skills: able, ..visit(2) }];
    let problem = village(vec![busy, volunteer(2)], visits);
    let plan = planned(&DispatchProblem { former, ..problem });
    assert_eq!(
        (goes(&plan, 1), goes(&plan, 2)),
        (Some((person(2), june(1))), Some((person(1), june(1))))
    );
}

#[test]
fn tied_visits_keep_what_they_had_together_or_not_at_all() {
    let both = || vec![volunteer(1), volunteer(2)];
    let pair = Pair { first: task(1), second: task(2), after: Minutes(0), by: Minutes(0) };
    let wishes = [former(1, pin(1, 1, Some("1000"))), former(2, pin(2, 1, Some("1000")))];
    let of = |tie: Tie, visits: Vec<Visit>, wishes: &[(TaskId, Pin)]| {
        let mut problem = DispatchProblem { ties: vec![tie], ..village(both(), visits) };
        let kept = kept(&mut problem, wishes);
        planned(&problem);
        kept
    };
    let two = Tie::TwoPeople(pair);
    assert_eq!(of(two.clone(), vec![visit(1), visit(2)], &wishes), [task(1), task(2)]);
    let ill = Visit { forbidden: vec![person(2)], ..visit(2) };
    assert_eq!(of(two.clone(), vec![visit(1), ill], &wishes), []);
    let elsewhere = Visit { pinned: Some(pin(1, 1, Some("1000"))), ..visit(2) };
    assert_eq!(of(two, vec![visit(1), elsewhere], &wishes), [], "one person cannot be both");

    let one = Tie::SamePerson(vec![task(1), task(2)]);
    let same = [former(1, pin(1, 1, None)), former(2, pin(1, 1, None))];
    assert_eq!(of(one.clone(), vec![visit(1), visit(2)], &same), [task(1), task(2)]);
    let other = Visit { pinned: Some(pin(2, 1, None)), ..visit(2) };
    assert_eq!(of(one, vec![visit(1), other], &same), [], "the pinned visit has another person");
}

/// The person and the day of the remedy; none of one more volunteer.
fn place(remedy: &Remedy) -> Option<Pin> {
    match *remedy {
        Remedy::MoreTime { volunteer, day, .. }
        | Remedy::LaterWindow { volunteer, day, .. }
        | Remedy::MoreMinutes { volunteer, day, .. }
        | Remedy::Skill { volunteer, day, .. } => Some(Pin { volunteer, day, start: None }),
        Remedy::OneMore => None,
    }
}

#[test]
fn the_visit_of_a_remedy_takes_no_hour_that_others_keep_if_it_need_not() {
    // Between the two is time for one more.
    let mut problem = village(vec![volunteer(1)], vec![visit(1), visit(2), visit(3)]);
    let wishes = [("0910", 1), ("1030", 2)].map(|(start, n)| former(n, pin(1, 1, Some(start))));
    let kept = keep_former(&mut problem, &wishes, Level::Grid);
    assert!(has_room(&mut problem, former(3, pin(1, 1, None)), kept));
    let plan = planned(&problem);
    assert_eq!([1, 2].map(|number| stop(&plan, number).start), [at("0910"), at("1030")]);
    assert_eq!(goes(&plan, 3), Some((person(1), june(1))));
}

#[test]
fn visits_that_make_room_begin_later_and_what_is_pinned_by_hand_keeps_its_hour() {
    let before = Visit { windows: vec![hours("0900-1000")], ..visit(1) };
    let left = Visit { windows: vec![hours("0950-1020")], ..visit(3) };
    let by_hand = Visit { pinned: Some(pin(1, 1, Some("1050"))), ..visit(4) };
    let mut problem = village(vec![volunteer(1)], vec![before, visit(2), left, by_hand]);
    let wishes = [("0920", 1), ("0950", 2)].map(|(start, n)| former(n, pin(1, 1, Some(start))));
    let kept = keep_former(&mut problem, &wishes, Level::Grid);
    assert!(has_room(&mut problem, former(3, pin(1, 1, None)), kept));
    let plan = planned(&problem);
    let starts = [1, 3, 2, 4].map(|number| stop(&plan, number).start);
    assert_eq!(starts, ["0920", "0950", "1020", "1050"].map(at));
}

#[test]
fn a_pinned_visit_without_a_place_on_another_day_takes_no_room() {
    let shifts = [1, 2].map(|day| shift(day, "0900-1200")).to_vec();
    let too_early = Visit { pinned: Some(pin(1, 2, Some("0800"))), ..visit(1) };
    let who = Volunteer { shifts, ..volunteer(1) };
    let mut problem = village(vec![who], vec![too_early, visit(2)]);
    assert!(has_room(&mut problem, former(2, pin(1, 1, None)), HashSet::new()));
    assert_eq!(goes(&planned(&problem), 2), Some((person(1), june(1))));
}

#[test]
fn of_several_visits_each_gets_its_place_beside_those_before_it() {
    // The morning holds five visits of half an hour at one place; one is there.
    let there = Visit { pinned: Some(pin(1, 1, Some("1010"))), ..visit(1) };
    let visits = std::iter::once(there).chain((2..=6).map(visit)).collect();
    let mut problem = village(vec![volunteer(1)], visits);
    let wishes: Vec<_> = (2..=6).map(|number| former(number, pin(1, 1, None))).collect();
    let kept = make_room(&mut problem, &wishes, HashSet::new(), Level::Grid, &());
    let mut kept: Vec<TaskId> = kept.expect("it is not cancelled").into_iter().collect();
    kept.sort_unstable();
    assert_eq!(kept, [2, 3, 4, 5].map(task));
    let plan = planned(&problem);
    assert_eq!(plan.unserved.iter().map(|left| left.visit).collect::<Vec<_>>(), [task(6)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_visit_gets_the_place_of_its_remedy_though_others_wait(problem in some_problem()) {
        let mut problem = DispatchProblem { ties: Vec::new(), ..problem };
        problem.visits.retain(|visit| !visit.is_call() && visit.pinned.is_none());
        for shift in problem.volunteers.iter_mut().flat_map(|who| &mut who.shifts) {
            shift.breaks.clear();
        }
        let before = planned(&problem);
        let former = had(&problem, &before);
        for left in &before.unserved {
            let mut next = problem.clone();
            let Some(wish) = left.remedy.as_ref().and_then(place) else { continue };
            if change(&mut next, left).is_none() {
                continue;
            }
            let kept = keep_former(&mut next, &former, Level::Grid);
            let is_placed = has_room(&mut next, (left.visit, wish), kept);
            prop_assert!(is_placed, "{wish:?} of {}", left.visit);
            for (visit, pin) in &former {
                let now = next.visits.iter().find(|now| now.id == *visit).and_then(|now| now.pinned);
                prop_assert!(now.is_none_or(|now| now.start >= pin.start), "{pin:?}, now {now:?}");
            }
            let later = without_hours(&had(&problem, &planned(&next)));
            let expected = without_hours(&former);
            for pin in expected.iter().chain([&(left.visit, wish)]) {
                prop_assert!(later.contains(pin), "{pin:?}, now {later:?}");
            }
        }
    }

    #[test]
    fn a_plan_that_keeps_a_former_one_of_the_same_problem_has_its_visits(
        problem in some_problem(),
    ) {
        let mut problem = DispatchProblem { ties: Vec::new(), ..problem };
        block_unfit_pins(&mut problem);
        let pinned = |visit: &Visit| visit.pinned.is_some_and(|pin| pin.start.is_none());
        problem.visits.retain(|visit| !pinned(visit));
        let before = planned(&problem);
        let former = had(&problem, &before);
        let mut next = problem.clone();
        let kept = keep_former(&mut next, &former, Level::Grid);
        let after = planned(&next);
        let later = had(&problem, &after);
        for (visit, pin) in former.iter().filter(|(visit, _)| kept.contains(visit)) {
            prop_assert!(later.contains(&(*visit, *pin)), "{pin:?} of {visit}, now {later:?}");
        }
        // Calls make the visits around them give way, and breaks cut journeys.
        let is_simple = problem.visits.iter().all(|visit| !visit.is_call())
            && problem.volunteers.iter().all(|who| who.shifts.iter().all(|shift| shift.breaks.is_empty()));
        prop_assert!(!is_simple || kept.len() == former.len(), "{kept:?} of {former:?}");
    }

    #[test]
    fn what_keeps_a_former_plan_is_a_sound_problem_that_serves_what_it_keeps(
        problem in some_problem(),
        gone in 0_usize..8,
        has_hours: bool,
        reach in prop::sample::select(vec![Level::Grid, Level::Village, Level::District]),
    ) {
        let options = Options { reach, ..Options::default() };
        let before = plan(&problem, &options).expect("a sound problem");
        let former = had(&problem, &before);
        let former = if has_hours { former } else { without_hours(&former) };
        let mut next = problem.clone();
        if let Some(who) = next.volunteers.get_mut(gone) {
            who.shifts.clear();
        }
        let gone = problem.volunteers.get(gone).map(|who| who.id);
        let kept = keep_former(&mut next, &former, reach);
        for (visit, pin) in &former {
            prop_assert!(Some(pin.volunteer) != gone || !kept.contains(visit));
        }
        let after = plan(&next, &options).expect("a sound problem");
        prop_assert_eq!(check(&next.reaching(reach), &after), Ok(()));
    }
}
