//! Properties of every plan, on small random problems.

use std::collections::BTreeMap;
use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;

const WORDS: [&str; 3] = ["driving", "legal", "medical"];
const AREAS: [&str; 4] = [GRID, NEXT_GRID, "500116001001", "500116002001001"];
const GRIDS: [&str; 3] = [GRID, NEXT_GRID, "500116002001001"];

fn some_window(length: Range<u16>) -> impl Strategy<Value = Window> {
    (480_u16..960, length).prop_map(|(start, long)| {
        let time = |minutes| TimeOfDay::new(minutes).expect("a time");
        Window::new(time(start), time(start + long)).expect("a window")
    })
}

fn some_place() -> impl Strategy<Value = Place> {
    (0.0..0.02_f64, 0.0..0.02_f64)
        .prop_map(|(lat, lon)| Place::new(29.0 + lat, 106.0 + lon).expect("a place"))
}

fn some_skills(most: usize) -> impl Strategy<Value = Skills> {
    subsequence(WORDS.to_vec(), 0..=most).prop_map(|words| skills(&words))
}

fn some_shifts() -> impl Strategy<Value = Vec<Shift>> {
    subsequence(vec![1, 2, 3, 8], 0..=3).prop_flat_map(|days| {
        let shift = (some_window(120..480), prop::collection::vec(some_window(5..60), 0..3));
        let all = prop::collection::vec(shift, days.len());
        (Just(days), all).prop_map(|(days, all)| {
            let shift = |(day, (window, breaks))| Shift { day: june(day), window, breaks };
            days.into_iter().zip(all).map(shift).collect()
        })
    })
}

fn some_volunteer() -> impl Strategy<Value = Volunteer> {
    let modes = [Mode::Walk, Mode::Bicycle, Mode::Motorcycle, Mode::Car];
    (
        (
            (some_place(), select(GRIDS.to_vec())),
            (subsequence(AREAS.to_vec(), 0..=2), some_lendings()),
        ),
        (some_skills(3), some_shifts(), 0_u32..600, 0_u32..100, select(modes.to_vec())),
        (prop::option::of(0_u32..2_400), prop::bool::weighted(0.2), some_weeks()),
    )
        .prop_map(
            move |(
                ((home, grid), (more, lent)),
                (skills, shifts, offered, carried, mode),
                (period, is_idle, weeks),
            )| {
                Volunteer {
                    id: person(0),
                    home,
                    grid: area(grid),
                    also_serves: more.into_iter().map(area).collect(),
                    lent,
                    skills,
                    shifts,
                    offered: Minutes(offered),
                    weeks,
                    carried: Minutes(carried),
                    share_of: period.map(Minutes),
                    is_idle,
                    mode,
                }
            },
        )
}

/// For one volunteer in four an area that they serve on one to three days.
fn some_lendings() -> impl Strategy<Value = Vec<Lending>> {
    let lending =
        (select(AREAS.to_vec()), 1_u32..=8, 0_u32..=2).prop_map(|(served, first, more)| {
            let (first_day, last_day) = (june(first), june(first + more));
            vec![Lending { area: area(served), first_day, last_day }]
        });
    prop_oneof![3 => Just(Vec::new()), 1 => lending]
}

/// For every other volunteer the offers for the two weeks of the shifts.
fn some_weeks() -> impl Strategy<Value = Vec<WeekOffer>> {
    let week = |day| {
        (0_u32..300, 0_u32..60).prop_map(move |(offered, carried)| WeekOffer {
            monday: june(day),
            offered: Minutes(offered),
            carried: Minutes(carried),
        })
    };
    prop::option::of((week(1), week(8)))
        .prop_map(|weeks| weeks.map(|(one, other)| vec![one, other]).unwrap_or_default())
}

fn some_visit(people: u128) -> impl Strategy<Value = Visit> {
    let someone = move || prop::option::of((0..people).prop_map(person));
    let time = (480_u16..1080).prop_map(|minutes| TimeOfDay::new(minutes).expect("a time"));
    let pin = ((0..people), 1_u32..4, prop::option::of(time)).prop_map(|(who, day, start)| Pin {
        volunteer: person(who),
        day: june(day),
        start,
    });
    (
        (select(GRIDS.to_vec()), some_place(), 0_u32..90, 1_i64..=10, some_skills(1)),
        (prop::collection::vec(some_window(60..480), 0..3), 1_u32..4, 1_u32..5),
        (
            someone(),
            someone(),
            prop::option::weighted(0.2, 0..people),
            prop::option::weighted(0.1, pin),
            prop::bool::weighted(0.2),
        ),
    )
        .prop_map(|((grid, place, service, points, skills), (windows, from, due), people)| {
            Visit {
                id: task(0),
                grid: area(grid),
                place,
                channel: if people.4 { Channel::Call } else { Channel::Visit },
                service: Minutes(service),
                windows,
                not_before: june(from),
                due: june(due),
                priority: Priority::try_from(points).expect("a priority"),
                skills,
                last: people.0,
                preferred: people.1,
                forbidden: people.2.into_iter().map(person).collect(),
                pinned: people.3,
            }
        })
}

pub(super) fn some_problem() -> impl Strategy<Value = DispatchProblem> {
    prop::collection::vec(some_volunteer(), 1..8).prop_flat_map(|mut volunteers| {
        for (number, volunteer) in (0..).zip(&mut volunteers) {
            volunteer.id = person(number);
        }
        let people = volunteers.len() as u128;
        let visits = prop::collection::vec(some_visit(people), 0..16);
        (Just(volunteers), visits, some_ties()).prop_map(|(volunteers, mut visits, ties)| {
            for (number, visit) in (0..).zip(&mut visits) {
                visit.id = task(number);
            }
            let untied = village(volunteers, visits);
            // Ties to visits that are not there or are pinned apart are for other tests.
            ties.into_iter().fold(untied, |problem, tie| {
                let mut tied = problem.clone();
                tied.ties.push(tie);
                if tied.validate().is_ok() { tied } else { problem }
            })
        })
    })
}

/// None for most problems, else some of both kinds.
fn some_ties() -> impl Strategy<Value = Vec<Tie>> {
    let some_tasks = |most| subsequence((0..16).map(task).collect::<Vec<_>>(), 2..=most);
    let pair =
        (some_tasks(2).prop_shuffle(), 0_u32..60, 0_u32..60).prop_map(|(both, after, more)| {
            let (after, by) = (Minutes(after), Minutes(after + more));
            Tie::TwoPeople(Pair { first: both[0], second: both[1], after, by })
        });
    let at_once = some_tasks(2).prop_map(|both| {
        let (after, by) = (Minutes(0), Minutes(0));
        Tie::TwoPeople(Pair { first: both[0], second: both[1], after, by })
    });
    let group = some_tasks(4).prop_map(Tie::SamePerson);
    let tie = prop_oneof![pair, at_once, group];
    prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(tie, 1..5)]
}

fn on_threads(count: usize, problem: &DispatchProblem) -> Plan {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().expect("a pool");
    pool.install(|| planned(problem))
}

/// The minutes of a volunteer's visits on these days, and whether one of them is not pinned.
fn minutes_of(
    problem: &DispatchProblem,
    plan: &Plan,
    who: &Volunteer,
    counts: impl Fn(NaiveDate) -> bool,
) -> (u32, bool) {
    let visit = |id| problem.visits.iter().find(|visit| visit.id == id).expect("a visit");
    let routes = plan.routes.iter().filter(|route| route.volunteer == who.id);
    routes.filter(|route| counts(route.day)).fold((0, false), |(load, free), route| {
        let visits = || route.stops.iter().map(|stop| visit(stop.visit));
        let service: u32 = visits().map(|visit| visit.service.0).sum();
        let unpinned = visits().any(|visit| visit.pinned.is_none());
        (load + service + route.travel.0, free || unpinned)
    })
}

/// The code of a reason.
fn code(reason: &Reason) -> String {
    let value = serde_json::to_value(reason).expect("json");
    value["code"].as_str().expect("a word").to_owned()
}

#[test]
fn the_random_problems_reach_every_reason_and_serve_a_third() {
    let mut runner = TestRunner::deterministic();
    let (mut reached, mut served, mut unserved) = (BTreeMap::<String, u32>::new(), 0, 0);
    for _ in 0..1_000 {
        let problem = some_problem().new_tree(&mut runner).expect("a problem").current();
        let plan = planned(&problem);
        served += plan.measures.served;
        unserved += plan.measures.unserved;
        for left in &plan.unserved {
            *reached.entry(code(&left.reason)).or_default() += 1;
        }
    }
    assert_eq!(reached.len(), 8, "{reached:?}");
    assert!(2 * served > unserved, "{served} served, {unserved} not");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_checker_accepts_every_plan(problem in some_problem()) {
        let plan = plan(&problem, &Options::default()).expect("a sound problem");
        prop_assert_eq!(check(&problem, &plan), Ok(()));
    }

    #[test]
    fn the_checker_accepts_every_plan_with_help(
        problem in some_problem(),
        reach in prop::sample::select(vec![Level::Village, Level::Town, Level::District]),
    ) {
        let options = Options { reach, ..Options::default() };
        let plan = plan(&problem, &options).expect("it makes sense");
        prop_assert_eq!(check(&problem.reaching(reach), &plan), Ok(()));
    }

    #[test]
    fn no_plan_is_better_than_its_bounds(
        problem in some_problem(),
        reach in prop::sample::select(vec![Level::Grid, Level::District]),
    ) {
        let options = Options { reach, ..Options::default() };
        let plan = plan(&problem, &options).expect("it makes sense");
        let (problem, of) = (problem.reaching(reach), plan.measures);
        let bounds = bounds(&problem, &plan);
        prop_assert!(bounds.travel <= of.travel);
        prop_assert!(bound::least_travel(&problem, &plan, |_| true, 0) <= of.travel);
        prop_assert!(bounds.unserved_priority <= Some(of.unserved_priority), "{bounds:?}");
        prop_assert!(bounds.largest_share <= Some(of.largest_share), "{bounds:?}");
        let grid = area(GRID);
        let (bounds, of) =
            (bounds_in(&problem, &plan, &grid), measures_in(&problem, &plan, &grid));
        prop_assert!(bounds.travel <= of.travel, "{bounds:?} {of:?}");
        prop_assert!(bounds.unserved_priority <= Some(of.unserved_priority), "{bounds:?} {of:?}");
        prop_assert!(bounds.largest_share <= Some(of.largest_share), "{bounds:?} {of:?}");
    }

    #[test]
    fn every_visit_is_in_one_route_or_among_the_unserved(problem in some_problem()) {
        let plan = planned(&problem);
        let stops = plan.routes.iter().flat_map(|route| &route.stops).map(|stop| stop.visit);
        let mut told: Vec<_> = stops.chain(plan.unserved.iter().map(|left| left.visit)).collect();
        told.sort_unstable();
        let asked: Vec<_> = problem.visits.iter().map(|visit| visit.id).collect();
        prop_assert_eq!(told, asked);
    }

    #[test]
    fn no_load_exceeds_the_offer_but_by_pins(problem in some_problem()) {
        let plan = planned(&problem);
        for who in &problem.volunteers {
            let mut offers: Vec<_> = who
                .weeks
                .iter()
                .map(|week| (week.monday, week.monday + Days::new(6), week.carried, week.offered))
                .collect();
            if offers.is_empty() {
                offers.push((june(1), june(30), who.carried, who.offered));
            }
            for (first, last, carried, offered) in offers {
                let in_span = |day| (first..=last).contains(&day);
                let (minutes, free) = minutes_of(&problem, &plan, who, in_span);
                prop_assert!(!free || carried.0 + minutes <= offered.0, "{minutes} of {offered:?}");
            }
        }
    }

    #[test]
    fn a_capable_volunteer_rules_out_the_reasons_of_missing_capability(problem in some_problem()) {
        for left in planned(&problem).unserved {
            let visit = problem.visits.iter().find(|visit| visit.id == left.visit);
            let visit = visit.expect("a visit");
            if problem.volunteers.iter().any(|who| who.can(visit)) {
                let nobody = matches!(left.reason, Reason::NoVolunteer | Reason::NoSkill { .. });
                prop_assert!(!nobody);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_number_of_threads_makes_no_difference(problem in some_problem()) {
        let one = on_threads(1, &problem);
        prop_assert_eq!(&one, &on_threads(2, &problem));
        prop_assert_eq!(&one, &on_threads(7, &problem));
    }

    #[test]
    fn the_order_of_the_lists_makes_no_difference(
        (problem, shuffled) in some_problem().prop_flat_map(|problem| {
            let volunteers = Just(problem.volunteers.clone()).prop_shuffle();
            let visits = Just(problem.visits.clone()).prop_shuffle();
            let ties = problem.ties.clone();
            let shuffled = (volunteers, visits)
                .prop_map(move |(a, b)| DispatchProblem { ties: ties.clone(), ..village(a, b) });
            (Just(problem), shuffled)
        }),
    ) {
        prop_assert_eq!(planned(&problem), planned(&shuffled));
    }
}
