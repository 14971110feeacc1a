//! The guarantees of a simulation, on a small invented district.

use chrono::NaiveDate;
use gridward_dispatch::solve::{Mode, Options, check, plan};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::place::Place;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay, Window};
use proptest::prelude::*;
use uuid::Uuid;

use crate::day;
use crate::demand::{Day, arising};
use crate::district::{Beneficiary, District, Person, Segment};
use crate::luck::Luck;
use crate::policy::{Policy, problem};
use crate::run::{Scenario, simulate};
use crate::state::{State, World};

/// Before the holiday of the small district.
const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2026, 7, 13).expect("a day");

fn window(from: u16, to: u16) -> Window {
    let at = |hour: u16| TimeOfDay::new(hour * 60).expect("a time");
    Window::new(at(from), at(to)).expect("a window")
}

fn medical() -> Skills {
    Skills::from(["medical".parse().expect("a skill")])
}

/// `grids` grids of two villages, each with a full-time manager, three volunteers and 20
/// households; every third grid has a person with the special skill.
fn district(grids: u16) -> District {
    let mut district = District {
        holidays: vec![NaiveDate::from_ymd_opt(2026, 8, 1).expect("a day")],
        special_skill: medical(),
        ..District::default()
    };
    for grid in 0..grids {
        let code = format!("50011600100{}{:03}", grid % 2 + 1, grid + 1);
        let code = code.parse().expect("a code");
        let place = |x: u16, y: u16| {
            let (x, y) = (f64::from(grid) * 0.01 + f64::from(x) * 0.001, f64::from(y) * 0.001);
            Place::new(29.28 + y, 106.25 + x).expect("a place")
        };
        for n in 0..4_u16 {
            let is_manager = n == 0;
            let days = if is_manager { 0..5_u16 } else { n..n + 2 };
            let mut hours = [None; 7];
            days.for_each(|day| {
                hours[usize::from(day)] =
                    Some(if is_manager { window(9, 17) } else { window(9, 12) });
            });
            district.people.push(Person {
                id: PersonId(Uuid::from_u128(u128::from(grid * 10 + n + 1))),
                grid: code,
                home: place(n, 9 - n),
                skills: if grid % 3 == 0 && n == 1 { medical() } else { Skills::new() },
                offered: Minutes(if is_manager { 600 } else { 150 }),
                hours,
                mode: Mode::Bicycle,
                is_volunteer: !is_manager,
            });
        }
        for n in 0..20_u16 {
            let segments = [Segment::Hardship, Segment::Alone, Segment::Other, Segment::Key];
            let segment = segments[usize::from(n % 4)];
            district.beneficiaries.push(Beneficiary {
                id: BeneficiaryId(Uuid::from_u128(u128::from(grid * 100 + n + 1) << 64)),
                grid: code,
                place: place(n % 7, n % 10),
                segment,
                holiday_visit: segment != Segment::Other,
                homebound: n % 5 == 0,
            });
        }
    }
    district
}

/// Simulates day by day and calls `watch` every evening.
fn follow(scenario: &Scenario<'_>, policy: Policy, mut watch: impl FnMut(&World<'_>)) {
    let mut world = World::new(scenario);
    for today in 0..Day::from(scenario.days) {
        day::step(&mut world, policy, today).expect("a plan");
        watch(&world);
    }
}

#[test]
fn the_same_seed_gives_the_same_quarter_and_another_seed_another() {
    let district = district(3);
    let run = |seed, policy| {
        simulate(&Scenario::new(&district, FIRST, 21, seed), policy).expect("a simulation")
    };
    for policy in Policy::ALL {
        assert_eq!(run(1, policy), run(1, policy));
        assert_ne!(run(1, policy), run(2, policy));
    }
}

#[test]
fn all_policies_meet_the_same_regular_and_holiday_visits() {
    let district = district(3);
    let scenario = Scenario::new(&district, FIRST, 28, 5);
    let luck = Luck::new(5);
    let expected: Vec<_> =
        (0..28).flat_map(|day| arising(&district, luck, FIRST, day)).map(|task| task.id).collect();
    assert!(expected.len() > 60);
    for policy in Policy::ALL {
        let mut met = Vec::new();
        follow(&scenario, policy, |world| {
            let regular = world.jobs.iter().filter(|job| job.task.need.is_none());
            met = regular.map(|job| job.task.id).collect();
        });
        assert_eq!(met, expected);
    }
}

#[test]
fn every_plan_passes_the_independent_checker() {
    let district = district(4);
    let scenario = Scenario::new(&district, FIRST, 28, 3);
    let mut world = World::new(&scenario);
    for today in 0..28 {
        day::until_evening(&mut world, today);
        let problem = problem(&world);
        let options = Options {
            seed: u64::from(today.unsigned_abs()),
            iterations: scenario.iterations,
            reach: scenario.reach,
            ..Options::default()
        };
        let plan = plan(&problem, &options).expect("a plan");
        assert_eq!(check(&problem.reaching(scenario.reach), &plan), Ok(()));
        day::evening(&mut world, Policy::Dispatch).expect("a plan");
    }
}

#[test]
fn a_person_without_hours_or_skills_gets_nothing() {
    let mut district = district(2);
    district.people[1].hours = [None; 7];
    district.people[5].offered = Minutes(0);
    let scenario = Scenario::new(&district, FIRST, 28, 3);
    for policy in Policy::ALL {
        follow(&scenario, policy, |world| {
            assert!(world.diary.iter().all(|(person, _, _)| person != 1 && person != 5));
        });
    }
}

#[test]
fn volunteers_without_a_visit_for_four_weeks_are_to_be_offered_one() {
    // More people than visits.
    let district = district(2).with_volunteers(100, &[]).expect("grids");
    let scenario = Scenario::new(&district, FIRST, 35, 1);
    let mut offered = 0;
    follow(&scenario, Policy::Dispatch, |world| {
        for (person, volunteer) in problem(world).volunteers.iter().enumerate() {
            if volunteer.is_idle {
                let last = world.spent[person].last_key_value().map(|(day, _)| *day);
                assert!(world.today >= 27 && last.is_none_or(|day| day <= world.today - 28));
                assert!(district.people[person].is_volunteer);
                offered += 1;
            }
        }
    });
    assert!(offered > 0);
}

#[test]
fn more_volunteers_are_spread_over_the_grids_of_the_named_areas() {
    let area = |code: &str| code.parse().expect("a code");
    let more = |count, areas: &[&str]| -> Result<Vec<String>, AreaCode> {
        let areas: Vec<_> = areas.iter().map(|code| area(code)).collect();
        let district = district(4).with_volunteers(count, &areas)?;
        Ok(district.people[16..].iter().map(|who| who.grid.to_string()).collect())
    };
    let village = ["500116001001001", "500116001001003"];
    assert_eq!(more(2, &["500116001001"]), Ok(village.map(str::to_owned).to_vec()));
    assert_eq!(more(1, &["500116001002004"]), Ok(vec!["500116001002004".to_owned()]));
    assert_eq!(more(4, &[]).map(|grids| grids.len()), Ok(4));
    assert_eq!(more(1, &["500116001002005"]), Err(area("500116001002005")));
}

#[test]
fn dispatch_shares_work_more_evenly_than_nearest_first() {
    let district = district(4);
    let scenario = Scenario::new(&district, FIRST, 42, 1);
    let gini = |policy| simulate(&scenario, policy).expect("a simulation").measures.gini;
    assert!(gini(Policy::Dispatch) < gini(Policy::NearestFirst));
}

#[test]
fn the_table_and_the_plot_name_every_policy() {
    let district = district(2);
    let scenario = Scenario::new(&district, FIRST, 14, 1);
    let outcomes = Policy::ALL.map(|policy| simulate(&scenario, policy).expect("a simulation"));
    let (table, svg) = (crate::table::markdown(&outcomes), crate::plot::svg(&outcomes));
    for policy in Policy::ALL {
        assert!(table.contains(policy.name()) && svg.contains(policy.name()));
    }
    let columns: Vec<usize> = table.lines().map(|line| line.matches('|').count()).collect();
    assert!(columns.iter().all(|columns| *columns == 5), "{table}");
    assert_eq!(svg.matches("<polyline").count(), 6);
}

/// The rules that hold every evening.
fn rules_hold(world: &World<'_>) {
    for (person, day, tasks) in world.diary.iter() {
        let who = world.person(person);
        let hours = world.hours(person, day).expect("hours");
        let stops = world.stops(tasks);
        assert!(crate::route::fits(who, hours, &stops));
        for task in tasks {
            let job = &world.jobs[*task];
            assert_eq!(job.state, State::Accepted { person, day });
            assert!(job.task.skills.is_subset(&who.skills), "the person has the skills");
            assert!(!job.declined.contains(&person), "no person makes what they declined");
            let last = job.task.kind.last_day(job.task.arose).unwrap_or(Day::MAX);
            assert!(day >= job.not_before && day <= last);
        }
    }
    for (person, who) in world.scenario.district.people.iter().enumerate() {
        for week in [world.today + 1, world.today + 7].map(|day| world.week_of(day)) {
            let on = |day: Day| world.minutes(person, world.diary.on(person, day));
            let planned: Minutes = week.clone().filter(|day| *day > world.today).map(on).sum();
            let minutes = planned + world.spent_on(person, week);
            assert!(minutes <= who.offered, "within the offer of the week");
        }
    }
    let accepted =
        world.jobs.iter().filter(|job| matches!(job.state, State::Accepted { .. })).count();
    assert_eq!(world.diary.iter().map(|(_, _, tasks)| tasks.len()).sum::<usize>(), accepted);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_hold_every_evening_and_the_sums_match(seed: u64, grids in 1_u16..5) {
        let district = district(grids);
        let scenario = Scenario::new(&district, FIRST, 30, seed);
        for policy in Policy::ALL {
            follow(&scenario, policy, rules_hold);
            let all = simulate(&scenario, policy).expect("a simulation").measures;
            prop_assert_eq!(all.arisen, all.served + all.waiting + all.expired + all.abandoned);
            prop_assert!(all.in_time <= all.due && all.known <= all.repeated);
            prop_assert!(all.overdue <= all.waiting && all.in_time + all.overdue <= all.due);
            prop_assert!((0.0..=1.0).contains(&all.gini));
            prop_assert!(all.idle <= all.people);
        }
    }
}
