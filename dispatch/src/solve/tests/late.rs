//! Late visits that neighbours can make in time, or less late.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::random::some_problem;
use super::*;

/// The volunteer of the grid, who has a morning after the due day only.
fn slow() -> Volunteer {
    Volunteer { shifts: vec![shift(5, "0900-1200")], ..volunteer(1) }
}

/// A volunteer of the next grid with a morning on one day.
fn neighbour(number: u128, day: u32) -> Volunteer {
    let shifts = vec![shift(day, "0900-1200")];
    Volunteer { grid: area(NEXT_GRID), shifts, ..volunteer(number) }
}

fn due(number: u128, day: u32) -> Visit {
    Visit { due: june(day), ..visit(number) }
}

fn with_neighbours(people: Vec<Volunteer>, visits: Vec<Visit>) -> Plan {
    planned_with_help(&village(people, visits), Level::Village)
}

#[test]
fn a_late_visit_goes_to_the_neighbour_who_makes_it_in_time() {
    let problem = village(vec![slow(), neighbour(2, 2)], vec![due(1, 3)]);
    assert_eq!(goes(&planned(&problem), 1), Some((person(1), june(5))));
    let plan = planned_with_help(&problem, Level::Village);
    assert_eq!(goes(&plan, 1), Some((person(2), june(2))));
    assert_eq!((plan.measures.late, plan.routes.len()), (0, 1));
    assert_eq!(stop(&plan, 1).why.others, 1, "the volunteer of the grid could still go, late");
}

#[test]
fn those_who_have_taken_another_visit_are_no_others_of_one_that_has_moved() {
    // Each offers the time of one visit, on a day after the due day of the first.
    let fellow = |number| Volunteer { offered: Minutes(60), ..neighbour(number, 6) };
    let fellow = |number| Volunteer { grid: area(GRID), ..fellow(number) };
    let people = vec![slow(), neighbour(2, 2), fellow(3), fellow(4), neighbour(5, 9)];
    let next = |number| Visit { grid: area(NEXT_GRID), not_before: june(4), ..due(number, 6) };
    let problem = village(people, vec![due(1, 3), next(2), next(3)]);
    let before = planned(&problem);
    assert_eq!(goes(&before, 1), Some((person(1), june(5))));
    assert_eq!(stop(&before, 1).why.others, 2);
    let plan = planned_with_help(&problem, Level::Village);
    assert_eq!(goes(&plan, 1), Some((person(2), june(2))));
    assert_eq!((plan.measures.late, stop(&plan, 1).why.others), (0, 1), "the one who had it");
}

#[test]
fn a_neighbour_who_would_be_as_late_leaves_it_and_one_who_would_be_less_late_has_it() {
    let goes_to = |people: Vec<Volunteer>| goes(&with_neighbours(people, vec![due(1, 3)]), 1);
    assert_eq!(goes_to(vec![slow(), neighbour(2, 5)]), Some((person(1), june(5))));
    assert_eq!(goes_to(vec![slow(), neighbour(2, 4)]), Some((person(2), june(4))));
}

#[test]
fn fewer_days_late_count_more_than_a_near_and_known_volunteer_with_a_small_load() {
    // The visit is due on the second, whose shifts are over, and may be made from then on.
    let own = Volunteer { home: north(9.9), shifts: vec![shift(6, "0900-1200")], ..volunteer(1) };
    let fellow = Volunteer { grid: area(GRID), home: north(20.0), ..neighbour(2, 5) };
    let busy = Volunteer { home: north(-9.0), carried: Minutes(90), ..neighbour(3, 3) };
    let freed = Visit { not_before: june(2), last: Some(person(1)), ..due(1, 2) };
    let goes_to = |people: Vec<Volunteer>| goes(&with_neighbours(people, vec![freed.clone()]), 1);
    let all = vec![own.clone(), fellow.clone(), busy];
    assert_eq!(goes_to(all), Some((person(3), june(3))));
    assert_eq!(goes_to(vec![own, fellow]), Some((person(2), june(5))));
}

#[test]
fn one_who_is_in_time_in_the_town_is_asked_before_one_of_the_village_who_is_less_late() {
    let town = Volunteer { grid: area("500116001002001"), ..neighbour(2, 3) };
    let goes_to = |people: Vec<Volunteer>| {
        let problem = village(people, vec![due(1, 3)]);
        goes(&planned_with_help(&problem, Level::Town), 1)
    };
    assert_eq!(goes_to(vec![slow(), neighbour(3, 4), town.clone()]), Some((person(2), june(3))));
    // Of those who are late too, the one of the town is asked last, and has it if that is sooner.
    let later = Volunteer { shifts: vec![shift(4, "0900-1200")], ..town };
    let slower = Volunteer { shifts: vec![shift(9, "0900-1200")], ..slow() };
    let people = vec![slower, neighbour(3, 6), later];
    assert_eq!(goes_to(people), Some((person(2), june(4))));
}

#[test]
fn the_village_is_asked_before_the_town_and_the_nearest_first() {
    let town = Volunteer { grid: area("500116001002001"), ..neighbour(2, 2) };
    let far = Volunteer { home: north(-5.0), ..neighbour(3, 2) };
    let near = Volunteer { home: north(8.0), ..neighbour(4, 2) };
    let goes_with = |people: Vec<Volunteer>| {
        let problem = village(people, vec![due(1, 3)]);
        goes(&planned_with_help(&problem, Level::Town), 1).expect("a visitor").0
    };
    assert_eq!(goes_with(vec![slow(), town.clone()]), person(2));
    assert_eq!(goes_with(vec![slow(), town.clone(), far.clone()]), person(3));
    assert_eq!(goes_with(vec![slow(), town, far, near]), person(4));
}

#[test]
fn a_late_visit_that_is_pinned_or_tied_stays() {
    let people = || vec![slow(), neighbour(2, 2)];
    let held = Visit { pinned: Some(pin(1, 5, None)), ..due(1, 3) };
    assert_eq!(goes(&with_neighbours(people(), vec![held]), 1), Some((person(1), june(5))));
    let ties = vec![Tie::SamePerson(vec![task(1), task(2)])];
    let bound = DispatchProblem { ties, ..village(people(), vec![due(1, 3), due(2, 3)]) };
    let plan = planned_with_help(&bound, Level::Village);
    for number in [1, 2] {
        assert_eq!(goes(&plan, number), Some((person(1), june(5))));
    }
}

#[test]
fn a_visit_that_was_due_before_the_first_shift_goes_to_the_neighbour_who_is_sooner() {
    let overdue = Visit { not_before: june(1) - Days::new(9), ..due(1, 1) };
    let goes_to = |people: Vec<Volunteer>| goes(&with_neighbours(people, vec![overdue.clone()]), 1);
    assert_eq!(goes_to(vec![slow(), neighbour(2, 2)]), Some((person(2), june(2))));
    let first = Volunteer { shifts: vec![shift(2, "0900-1200")], ..slow() };
    assert_eq!(goes_to(vec![first, neighbour(2, 2)]), Some((person(1), june(2))));
}

#[test]
fn the_other_visits_of_the_day_keep_their_times() {
    let people = || vec![slow(), neighbour(2, 2)];
    let visits = || vec![due(1, 3), Visit { place: north(4.9), ..due(2, 7) }];
    let alone = planned(&village(people(), visits()));
    let plan = with_neighbours(people(), visits());
    assert_eq!(goes(&plan, 1), Some((person(2), june(2))));
    assert_eq!(goes(&plan, 2), Some((person(1), june(5))));
    assert_eq!(stop(&plan, 2).start, stop(&alone, 2).start);
    let route = plan.routes.iter().find(|route| route.volunteer == person(1)).expect("a route");
    assert_eq!((route.travel, stop(&plan, 2).why.extra_travel), (Minutes(10), Minutes(10)));
}

#[test]
fn a_call_that_would_be_late_goes_to_a_neighbour_too() {
    let call = Visit { channel: Channel::Call, ..due(1, 3) };
    let plan = with_neighbours(vec![slow(), neighbour(2, 2)], vec![call, due(2, 7)]);
    assert_eq!(goes(&plan, 1), Some((person(2), june(2))));
    assert_eq!(goes(&plan, 2), Some((person(1), june(5))));
}

#[test]
fn the_time_that_becomes_free_is_given_to_an_unserved_visit() {
    let who = Volunteer { offered: Minutes(60), skills: skills(&["legal"]), ..slow() };
    let urgent = Visit { priority: Priority::MAX, ..due(1, 3) };
    let legal = Visit { skills: skills(&["legal"]), ..due(2, 7) };
    let people = || vec![who.clone(), neighbour(2, 2)];
    let visits = || vec![urgent.clone(), legal.clone()];
    assert_eq!(goes(&planned(&village(people(), visits())), 2), None);
    let plan = with_neighbours(people(), visits());
    assert_eq!(goes(&plan, 1), Some((person(2), june(2))));
    assert_eq!(goes(&plan, 2), Some((person(1), june(5))));
}

#[test]
fn the_time_that_becomes_free_is_given_to_another_grid_that_the_volunteer_serves() {
    // The volunteer lives in another town than the second visit, whose grid has no other volunteer.
    let far = "500116002001001";
    let also_serves = vec![area(far)];
    let who = Volunteer { offered: Minutes(60), also_serves, ..slow() };
    let urgent = Visit { priority: Priority::MAX, ..due(1, 3) };
    let elsewhere = Visit { grid: area(far), ..due(2, 7) };
    let plan = with_neighbours(vec![who, neighbour(2, 2)], vec![urgent, elsewhere]);
    assert_eq!(goes(&plan, 1), Some((person(2), june(2))));
    assert_eq!(goes(&plan, 2), Some((person(1), june(5))));
}

#[test]
fn a_late_visit_stays_where_the_day_would_not_hold_together_without_it() {
    // The way to the far visit does not fit before the break; with a stop halfway it does.
    let rests = Shift { breaks: vec![hours("0920-0925")], ..shift(5, "0900-1200") };
    let who = Volunteer { shifts: vec![rests], ..volunteer(1) };
    let far = Visit {
        place: north(29.9),
        service: Minutes(10),
        windows: vec![hours("0900-1000")],
        priority: Priority::MAX,
        ..visit(1)
    };
    let halfway = Visit { place: north(14.95), service: Minutes(5), ..due(2, 3) };
    let plan = with_neighbours(vec![who, neighbour(2, 2)], vec![far, halfway]);
    for number in [1, 2] {
        assert_eq!(goes(&plan, number), Some((person(1), june(5))));
    }
}

/// Problems of which many visits are late in their grid and can be in time elsewhere: all offer more
/// time, and the volunteers of one grid have their shifts a week later.
fn some_late_problem() -> impl Strategy<Value = DispatchProblem> {
    (some_problem(), select(vec![GRID, NEXT_GRID])).prop_map(|(mut problem, slow)| {
        for who in &mut problem.volunteers {
            let later = Days::new(if who.grid == area(slow) { 7 } else { 0 });
            who.also_serves.truncate(1);
            who.offered += Minutes(300);
            who.shifts.iter_mut().for_each(|shift| shift.day = shift.day + later);
            for week in &mut who.weeks {
                week.monday = week.monday + later;
                week.offered += Minutes(300);
            }
        }
        for visit in &mut problem.visits {
            let later = Days::new(if visit.grid == area(slow) { 2 } else { 9 });
            visit.due = visit.due + later;
            visit.windows.truncate(1);
        }
        problem
    })
}

fn some_reach() -> impl Strategy<Value = Level> {
    select(vec![Level::Village, Level::Town, Level::District])
}

/// The number of late visits of the plan without help, and of those that are in time with help and less late.
fn relieved(problem: &DispatchProblem, reach: Level) -> (usize, usize, usize) {
    let due = |id| problem.visits.iter().find(|visit| visit.id == id).expect("a visit").due;
    let days = |plan: &Plan| -> Vec<(TaskId, NaiveDate)> {
        let stops = |route: &Route| {
            let day = route.day;
            route.stops.iter().map(move |stop| (stop.visit, day)).collect::<Vec<_>>()
        };
        plan.routes.iter().flat_map(stops).collect()
    };
    let late = days(&planned(problem)).into_iter().filter(|(id, day)| *day > due(*id));
    let late: HashMap<TaskId, NaiveDate> = late.collect();
    let with_help = days(&planned_with_help(problem, reach)).into_iter();
    let sooner = with_help.filter(|(id, day)| late.get(id).is_some_and(|before| day < before));
    let (in_time, less_late): (Vec<_>, Vec<_>) = sooner.partition(|(id, day)| *day <= due(*id));
    (late.len(), in_time.len(), less_late.len())
}

#[test]
fn many_late_visits_of_the_random_problems_are_made_in_time_or_less_late_with_help() {
    let mut runner = TestRunner::deterministic();
    let (mut late, mut in_time, mut less_late) = (0, 0, 0);
    for _ in 0..600 {
        let problem = some_late_problem().new_tree(&mut runner).expect("a problem").current();
        let counts = relieved(&problem, Level::Town);
        (late, in_time, less_late) = (late + counts.0, in_time + counts.1, less_late + counts.2);
    }
    assert!(in_time > 80 && less_late > 0, "{in_time} and {less_late} of {late}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_checker_accepts_every_plan_with_help_for_late_visits(
        problem in some_late_problem(),
        reach in some_reach(),
    ) {
        let options = Options { reach, ..Options::default() };
        let plan = plan(&problem, &options).expect("a sound problem");
        prop_assert_eq!(check(&problem.reaching(reach), &plan), Ok(()));
    }

    #[test]
    fn help_serves_no_visit_less_and_makes_none_later(
        problem in some_late_problem(),
        reach in some_reach(),
    ) {
        let (alone, helped) = (planned(&problem), planned_with_help(&problem, reach));
        for route in &alone.routes {
            for stop in &route.stops {
                let number = stop.visit.0.as_u128() - task(0).0.as_u128();
                let due = problem.visits.iter().find(|visit| visit.id == stop.visit);
                let due = due.expect("a visit").due;
                let (_, day) = goes(&helped, number).expect("it is still served");
                prop_assert!(day == route.day || route.day > due && day < route.day);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn neither_the_order_of_the_lists_nor_the_number_of_threads_makes_a_difference(
        (problem, shuffled) in some_late_problem().prop_flat_map(|problem| {
            let volunteers = Just(problem.volunteers.clone()).prop_shuffle();
            let visits = Just(problem.visits.clone()).prop_shuffle();
            let ties = problem.ties.clone();
            let shuffled = (volunteers, visits)
                .prop_map(move |(a, b)| DispatchProblem { ties: ties.clone(), ..village(a, b) });
            (Just(problem), shuffled)
        }),
        threads in 1..8_usize,
    ) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let other = pool.install(|| planned_with_help(&shuffled, Level::Town));
        prop_assert_eq!(planned_with_help(&problem, Level::Town), other);
    }
}
