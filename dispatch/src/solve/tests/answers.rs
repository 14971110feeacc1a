//! Alternatives and remedies.

use std::sync::Mutex;

use proptest::prelude::*;

use super::order::can_insert;
use super::random::some_problem;
use super::*;

fn next(plan: &Plan, number: u128) -> &[Alternative] {
    &stop(plan, number).why.next
}

fn remedy(plan: &Plan) -> Option<&Remedy> {
    assert_eq!(plan.unserved.len(), 1, "one visit is unserved");
    plan.unserved[0].remedy.as_ref()
}

#[test]
fn a_possible_alternative_is_reported_with_its_cost() {
    let farther = Volunteer { home: north(-5.0), carried: Minutes(20), ..volunteer(2) };
    let known = Visit { last: Some(person(2)), due: june(1), ..visit(1) };
    let plan = planned(&village(vec![volunteer(1), farther], vec![known]));
    assert_eq!(goes(&plan, 1), Some((person(1), june(1))));
    let cost = Cost {
        day: june(1),
        late_days: 0,
        // Carried, there, half an hour and back.
        share_after: f64::from(20 + 15 + 30 + 15) / 180.0,
        extra_travel: Minutes(30),
        known: true,
    };
    let other = Alternative { volunteer: person(2), verdict: Verdict::Possible(cost) };
    assert_eq!(next(&plan, 1), [other]);
}

#[test]
fn the_nearest_alternatives_are_reported_with_their_hindrances() {
    let shy = Volunteer { offered: Minutes(45), ..volunteer(2) };
    let unskilled = Volunteer { skills: skills(&[]), ..volunteer(3) };
    let able = |who: Volunteer| Volunteer { skills: skills(&["legal"]), ..who };
    let needs = Visit { skills: skills(&["legal"]), ..visit(1) };
    let plan = planned(&village(vec![able(volunteer(1)), able(shy), unskilled], vec![needs]));
    let told: Vec<_> =
        next(&plan, 1).iter().map(|other| (other.volunteer, &other.verdict)).collect();
    let short = Verdict::Hindered(Reason::NoMinutes { short: Minutes(5) });
    let missing = Verdict::Hindered(Reason::NoSkill { missing: skills(&["legal"]) });
    assert_eq!(told, [(person(2), &short), (person(3), &missing)]);
}

#[test]
fn the_least_sufficient_remedy_is_reported() {
    let only = |who: Volunteer, what: Visit| planned(&village(vec![who], vec![what]));
    let brief = Volunteer { shifts: vec![shift(1, "0900-0945")], ..volunteer(1) };
    let (volunteer_1, day) = (person(1), june(1));
    let longer = Remedy::MoreTime { volunteer: volunteer_1, day, minutes: Minutes(5) };
    assert_eq!(remedy(&only(brief, visit(1))), Some(&longer));
    let early = Visit { windows: vec![hours("0800-0930")], ..visit(1) };
    let later = Remedy::LaterWindow { volunteer: volunteer_1, day, minutes: Minutes(10) };
    assert_eq!(remedy(&only(volunteer(1), early)), Some(&later));
    let shy = Volunteer { offered: Minutes(45), ..volunteer(1) };
    let more = Remedy::MoreMinutes { volunteer: volunteer_1, week: None, day, minutes: Minutes(5) };
    assert_eq!(remedy(&only(shy, visit(1))), Some(&more));
    let needs = Visit { skills: skills(&["legal"]), ..visit(1) };
    let missing = skills(&["legal"]);
    let skill = Remedy::Skill { volunteer: volunteer_1, day, missing };
    assert_eq!(remedy(&only(volunteer(1), needs)), Some(&skill));
    let elsewhere = Visit { grid: area(NEXT_GRID), ..visit(1) };
    assert_eq!(remedy(&only(volunteer(1), elsewhere)), Some(&Remedy::OneMore));
}

#[test]
fn one_more_is_no_help_where_it_is_settled_who_goes() {
    let away = Visit { pinned: Some(pin(1, 2, None)), ..visit(1) };
    assert_eq!(remedy(&planned(&village(vec![volunteer(1)], vec![away]))), None);
    let brief = Volunteer { shifts: vec![shift(1, "0900-0945")], ..volunteer(1) };
    let pinned = Visit { pinned: Some(pin(1, 1, None)), grid: area(NEXT_GRID), ..visit(1) };
    let longer = Remedy::MoreTime { volunteer: person(1), day: june(1), minutes: Minutes(5) };
    assert_eq!(remedy(&planned(&village(vec![brief], vec![pinned]))), Some(&longer));
}

#[test]
fn one_more_suffices_for_two_people_where_one_of_them_can_go() {
    let remedies = |people: Vec<Volunteer>, visits: Vec<Visit>| {
        let (first, second, at_once) = (task(1), task(2), Minutes(0));
        let pair = Tie::TwoPeople(Pair { first, second, after: at_once, by: at_once });
        let problem = DispatchProblem { ties: vec![pair], ..village(people, visits) };
        let unserved = planned(&problem).unserved;
        unserved.into_iter().map(|left| left.remedy).collect::<Vec<_>>()
    };
    let (both, more) = (|| vec![visit(1), visit(2)], || Some(Remedy::OneMore));
    assert_eq!(remedies(vec![volunteer(1)], both()), [more(), more()]);
    let spent = Volunteer { offered: Minutes(0), ..volunteer(1) };
    assert_eq!(remedies(vec![spent], both()), [None, None], "two are missing");
    let needs = Visit { skills: skills(&["medical"]), ..visit(2) };
    assert_eq!(remedies(vec![volunteer(1)], vec![visit(1), needs]), [None, more()]);
    let apart = [(1, "0900-1000"), (2, "1100-1200")]
        .map(|(number, window)| Visit { windows: vec![hours(window)], ..visit(number) });
    assert_eq!(remedies(vec![volunteer(1)], apart.to_vec()), [None, None], "never at once");
    let held = Visit { pinned: Some(pin(1, 1, Some("1100"))), ..visit(1) };
    assert_eq!(remedies(vec![volunteer(1)], vec![held, visit(2)]), [None, more()]);
}

#[test]
fn alternatives_of_helpers_use_the_requested_hours() {
    // The third visit is for a neighbour; the first two keep their times.
    let near = Volunteer { grid: area(NEXT_GRID), ..volunteer(1) };
    let other = Volunteer { grid: area(NEXT_GRID), ..volunteer(2) };
    let free = Volunteer { shifts: vec![shift(1, "1000-1200")], ..other };
    let theirs = Visit { grid: area(NEXT_GRID), last: Some(person(1)), ..visit(1) };
    let problem = village(vec![near, free], vec![theirs, visit(2)]);
    let plan = planned_with_help(&problem, Level::Village);
    assert_eq!(plan.measures.served, 2);
    assert!(!next(&plan, 1).is_empty());
    for other in next(&plan, 1) {
        assert!(matches!(other.verdict, Verdict::Possible(_)), "{other:?}");
    }
}

/// The tie that has the visit made by two people.
fn pair_of(problem: &DispatchProblem, visit: TaskId) -> Option<&Tie> {
    let is_pair = |tie: &&Tie| matches!(tie, Tie::TwoPeople(_)) && tie.visits().contains(&visit);
    problem.ties.iter().find(is_pair)
}

/// The problem with the plan pinned and only one unserved visit open, with the other one of its pair.
fn with_only(problem: &DispatchProblem, plan: &Plan, open: TaskId) -> DispatchProblem {
    let unserved = |visit: &Visit| plan.unserved.iter().any(|left| left.visit == visit.id);
    let pair = pair_of(problem, open);
    let opened = pair.map_or_else(|| vec![open], Tie::visits);
    let ties = pair.into_iter().cloned().collect();
    let mut alone = DispatchProblem { ties, ..problem.clone() };
    alone.visits.retain(|visit| opened.contains(&visit.id) || !unserved(visit));
    for route in &plan.routes {
        for stop in &route.stops {
            let mut visits = alone.visits.iter_mut();
            let visit = visits.find(|visit| visit.id == stop.visit).expect("a visit");
            let bound = pair_of(problem, visit.id).is_some();
            let settled = visit.pinned.and_then(|pin| pin.start);
            let start = settled.or(bound.then_some(stop.start));
            visit.pinned = Some(Pin { volunteer: route.volunteer, day: route.day, start });
        }
    }
    alone
}

/// Applies the remedy; none where there is none.
pub(super) fn change(problem: &mut DispatchProblem, left: &Unserved) -> Option<()> {
    fn whoever(problem: &mut DispatchProblem, id: PersonId) -> Option<&mut Volunteer> {
        problem.volunteers.iter_mut().find(|who| who.id == id)
    }
    let longer = |window: &mut Window, minutes: Minutes| {
        let end = u32::from(window.end().minutes()) + minutes.0;
        let end = TimeOfDay::new(u16::try_from(end).ok()?).ok()?;
        *window = Window::new(window.start(), end).ok()?;
        Some(())
    };
    match left.remedy.clone()? {
        Remedy::MoreTime { volunteer, day, minutes } => {
            let mut shifts = whoever(problem, volunteer)?.shifts.iter_mut();
            longer(&mut shifts.find(|shift| shift.day == day)?.window, minutes)
        }
        Remedy::LaterWindow { minutes, .. } => {
            let visit = problem.visits.iter_mut().find(|visit| visit.id == left.visit)?;
            visit.windows.iter_mut().try_for_each(|window| longer(window, minutes))
        }
        Remedy::MoreMinutes { volunteer, week, minutes, .. } => {
            let who = whoever(problem, volunteer)?;
            let mut weeks = who.weeks.iter_mut();
            match week {
                Some(monday) => weeks.find(|week| week.monday == monday)?.offered += minutes,
                None => who.offered += minutes,
            }
            Some(())
        }
        Remedy::Skill { volunteer, missing, .. } => {
            whoever(problem, volunteer)?.skills.extend(missing);
            Some(())
        }
        Remedy::OneMore => {
            let visit = problem.visits.iter().find(|visit| visit.id == left.visit)?;
            // The other visit of a pair decides on the day.
            let days = if pair_of(problem, visit.id).is_some() { 14 } else { 1 };
            let days = (0..days).map(|later| visit.not_before + Days::new(later));
            let shifts = days.map(|day| Shift { day, window: hours("0000-2400"), breaks: vec![] });
            let more = Volunteer {
                id: person(99),
                home: visit.place,
                grid: visit.grid,
                skills: visit.skills.clone(),
                shifts: shifts.collect(),
                offered: Minutes(1_440),
                ..volunteer(99)
            };
            problem.volunteers.push(more);
            Some(())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_reported_remedy_suffices(problem in some_problem()) {
        let plan = planned(&problem);
        for left in &plan.unserved {
            let mut changed = with_only(&problem, &plan, left.visit);
            if change(&mut changed, left).is_some() {
                // The search need not find the order of the day that the remedy makes feasible.
                let found = planned(&changed);
                let served = found.unserved.iter().all(|other| other.visit != left.visit);
                let feasible = || fits_where_remedied(&changed, &plan, left);
                prop_assert!(served || feasible(), "{:?} {:?}", problem, left);
            }
        }
    }
}

/// Whether the visit fits into the route that its remedy names, with the other stops in order, and the other one of its
/// pair into one of those who were there before.
fn fits_where_remedied(problem: &DispatchProblem, plan: &Plan, left: &Unserved) -> bool {
    let untied = DispatchProblem { ties: Vec::new(), ..problem.clone() };
    let problem = match pair_of(problem, left.visit) {
        Some(pair) if !has_visitor_for_other(&untied, plan, pair, left.visit) => return false,
        Some(_) => &untied,
        None => problem,
    };
    let days = |who: PersonId| {
        let mut people = problem.volunteers.iter();
        let shifts = people.find(|other| other.id == who).map(|who| who.shifts.as_slice());
        shifts.unwrap_or_default().iter().map(|shift| shift.day).collect::<Vec<_>>()
    };
    let (who, days) = match left.remedy.as_ref() {
        Some(
            Remedy::MoreTime { volunteer, day, .. }
            | Remedy::LaterWindow { volunteer, day, .. }
            | Remedy::MoreMinutes { volunteer, day, .. }
            | Remedy::Skill { volunteer, day, .. },
        ) => (*volunteer, vec![*day]),
        Some(Remedy::OneMore) => (person(99), days(person(99))),
        None => return false,
    };
    days.into_iter().any(|day| can_insert(problem, plan, (who, day), left.visit))
}

/// Whether the other visit of the pair fits into a route of the people that there were before.
fn has_visitor_for_other(untied: &DispatchProblem, plan: &Plan, pair: &Tie, visit: TaskId) -> bool {
    let mut others = pair.visits().into_iter().filter(|other| *other != visit);
    others.any(|other| {
        let mut people = untied.volunteers.iter().filter(|who| who.id != person(99));
        people.any(|who| {
            let mut days = who.shifts.iter().map(|shift| shift.day);
            days.any(|day| can_insert(untied, plan, (who.id, day), other))
        })
    })
}

#[test]
fn alternatives_are_left_out_on_request_and_nothing_else_changes() {
    let problem = village(vec![volunteer(1), volunteer(2)], vec![visit(1), visit(2)]);
    let mut usual = planned(&problem);
    let options = Options { alternatives: false, ..Options::default() };
    let short = plan(&problem, &options).expect("a sound problem");
    assert_eq!(check(&problem, &short), Ok(()));
    for stop in usual.routes.iter_mut().flat_map(|route| &mut route.stops) {
        assert_eq!((stop.why.others, stop.why.next.len()), (1, 1));
        assert_eq!(stop.why.day, Some(DayReason::FirstPossible));
        stop.why = Why { others: 0, next: Vec::new(), day: None, ..stop.why.clone() };
    }
    assert_eq!(short, usual);
}

#[test]
fn an_observer_follows_a_computation_without_changing_it() {
    struct Seen(Mutex<Vec<(usize, usize)>>);
    impl Observer for Seen {
        fn advanced(&self, done: usize, total: usize) {
            self.0.lock().expect("a list").push((done, total));
        }
    }
    let problem = village(vec![volunteer(1), volunteer(2)], vec![visit(1), visit(2)]);
    let options = Options::default();
    let seen = Seen(Mutex::default());
    assert_eq!(plan_observed(&problem, &options, &seen), plan(&problem, &options));
    assert_eq!(seen.0.into_inner().expect("a list"), [(1, 1)]);
}
