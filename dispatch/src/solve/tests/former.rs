//! Visits keep what they had in a former plan, as far as it still fits.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::random::some_problem;
use super::*;

/// What the free visits of a problem have in a plan, by person, day and start.
fn had(problem: &DispatchProblem, plan: &Plan) -> Vec<(TaskId, Pin)> {
    let free = problem.visits.iter().filter(|visit| visit.pinned.is_none());
    let free: HashSet<TaskId> = free.map(|visit| visit.id).collect();
    let stops = plan.routes.iter().flat_map(|route| {
        let pin = |start| Pin { volunteer: route.volunteer, day: route.day, start: Some(start) };
        route.stops.iter().map(move |stop| (stop.visit, pin(stop.start)))
    });
    stops.filter(|(visit, _)| free.contains(visit)).collect()
}

fn without_hours(former: &[(TaskId, Pin)]) -> Vec<(TaskId, Pin)> {
    former.iter().map(|(visit, pin)| (*visit, Pin { start: None, ..*pin })).collect()
}

fn kept(problem: &mut DispatchProblem, former: &[(TaskId, Pin)]) -> Vec<TaskId> {
    let mut kept: Vec<TaskId> = keep_former(problem, former, Level::Grid).into_iter().collect();
    kept.sort_unstable();
    kept
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

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
