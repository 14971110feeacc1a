use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::routing::explain::{Candidate, Feasibility, Reasons};

use crate::routing::{Relaxation, check, explain, replan};

fn some_span(most: Seconds) -> impl Strategy<Value = (Seconds, Seconds)> {
    (0..most, 1..most).prop_map(|(open, length)| (open, open + length))
}

fn some_shifts() -> impl Strategy<Value = Vec<Shift>> {
    let one = (some_span(300), prop::collection::vec(some_span(60), 0..2), prop::option::of(0..6));
    prop::collection::vec(one, 0..3).prop_map(|shifts| {
        let shifts = (0..).zip(shifts);
        shifts
            .map(|(day, ((open, close), breaks, capacity))| Shift {
                day,
                open,
                close,
                breaks,
                capacity,
            })
            .collect()
    })
}

fn some_volunteer() -> impl Strategy<Value = Volunteer> {
    let offers = (prop::option::of(0..500), 0..200, some_quotas());
    (some_shifts(), offers).prop_map(|(shifts, (offered, carried, quotas))| Volunteer {
        shifts,
        offered,
        quotas,
        carried,
        ..Volunteer::default()
    })
}

/// No offers for spans of days, one, or one for each day.
fn some_quotas() -> impl Strategy<Value = Vec<Quota>> {
    let quota = (0..300, 0..100);
    let quotas = (0..3_i32, prop::collection::vec(quota, 0..3));
    quotas.prop_map(|(length, quotas)| {
        let from = |number: i32| number * length.max(1);
        let quota = |(number, (most, carried))| Quota {
            first_day: from(number),
            last_day: from(number + 1) - 1,
            most,
            carried,
        };
        (0..).zip(quotas).map(quota).collect()
    })
}

fn some_visit(people: usize, visits: usize) -> impl Strategy<Value = Visit> {
    let pin = (0..people, 0..2, prop::option::of(0..300));
    let pin = pin.prop_map(|(volunteer, day, start)| Pin { volunteer, day, start });
    (
        (0..40, prop::collection::vec(some_span(200), 0..3), 0..2, 0..3),
        (0..10, 0..2, prop::option::weighted(0.3, 0..visits.min(2))),
        (prop::collection::vec(0..people, 0..2), prop::option::weighted(0.1, pin)),
    )
        .prop_map(|((service, windows, first_day, due), (priority, amount, group), who)| {
            Visit {
                service,
                windows,
                first_day,
                due,
                priority,
                amount,
                group: if who.1.is_some() { None } else { group },
                known: who.0,
                pinned: who.1,
                ..Visit::default()
            }
        })
}

/// Makes the first two visits one for two people.
fn pair(visits: &mut [Visit]) {
    if let [first, second, ..] = visits {
        first.partner = Some(Partner { visit: 1, first: true, gap: (0, 20) });
        second.partner = Some(Partner { visit: 0, first: false, gap: (0, 20) });
        second.group = None;
    }
}

fn some_bar() -> impl Strategy<Value = Bar> {
    prop_oneof![
        8 => Just(Bar::None),
        1 => Just(Bar::Skill),
        1 => Just(Bar::Area),
        1 => Just(Bar::Forbidden),
    ]
}

/// Ways of all kinds: some break the triangle inequality, some differ there and back.
pub(in crate::routing) fn some_instance() -> impl Strategy<Value = Instance> {
    (1..4_usize, 0..9_usize).prop_flat_map(|(people, visits)| {
        let places = people + visits;
        (
            prop::collection::vec(some_volunteer(), people),
            prop::collection::vec(some_visit(people, visits), visits),
            prop::collection::vec(some_bar(), people * visits),
            prop::collection::vec(0..60, places * places),
            prop::bool::ANY,
        )
            .prop_map(move |(volunteers, mut visits, bars, ways, paired)| {
                if paired {
                    pair(&mut visits);
                }
                Instance {
                    volunteers,
                    visits,
                    bars,
                    travel: vec![Matrix::new(places, ways).expect("a way for every pair")],
                }
            })
    })
}

/// The instance after the relaxation that is reported for an unserved visit.
fn relaxed(instance: &Instance, visit: usize, relaxation: Relaxation) -> Instance {
    let mut changed = instance.clone();
    let people = instance.volunteers.len();
    match relaxation {
        Relaxation::MoreTime { volunteer, day, seconds } => {
            shift_on(&mut changed, volunteer, day).close += seconds;
        }
        Relaxation::MoreCapacity { volunteer, day, amount } => {
            let capacity = &mut shift_on(&mut changed, volunteer, day).capacity;
            *capacity = capacity.map(|capacity| capacity + amount);
        }
        Relaxation::LaterWindow { seconds, .. } => {
            changed.visits[visit].windows.iter_mut().for_each(|window| window.1 += seconds);
        }
        Relaxation::MoreOffered { volunteer, first_day, seconds } => {
            let (who, more) = (&mut changed.volunteers[volunteer], i32::try_from(seconds));
            let more = more.expect("seconds");
            let mut quotas = who.quotas.iter_mut();
            match first_day {
                Some(day) => {
                    let quota = quotas.find(|quota| quota.first_day == day);
                    quota.expect("an offer from that day on").most += more;
                }
                None => who.offered = who.offered.map(|offered| offered + more),
            }
        }
        Relaxation::Skill { volunteer, .. } | Relaxation::Area { volunteer, .. } => {
            changed.bars[visit * people + volunteer] = Bar::None;
        }
        Relaxation::OneMore => return with_one_more(instance, visit),
    }
    changed
}

/// The instance with one more volunteer, who lives where the visit is, may make any visit and
/// has a shift on the visit's first day in all its windows.
fn with_one_more(instance: &Instance, visit: usize) -> Instance {
    let mut changed = instance.clone();
    let people = instance.volunteers.len();
    let request = &instance.visits[visit];
    let close = request.windows.iter().map(|window| window.1).max().unwrap_or(0);
    let shifts = vec![shift(request.first_day, 0, close + request.service)];
    changed.volunteers.push(Volunteer { shifts, ..Volunteer::default() });
    changed.bars = (0..instance.visits.len())
        .flat_map(|visit| {
            let bars = (0..people).map(move |who| instance.bar(visit, who));
            bars.chain(std::iter::once(Bar::None))
        })
        .collect();
    // Places of visits follow those of homes.
    let before = |place: usize| match place.cmp(&people) {
        std::cmp::Ordering::Less => place,
        std::cmp::Ordering::Equal => instance.place(visit),
        std::cmp::Ordering::Greater => place - 1,
    };
    let places = people + 1 + instance.visits.len();
    let way = |at: usize| {
        let (from, to) = (before(at / places), before(at % places));
        if from == to { 0 } else { instance.travel[0].way(from, to) }
    };
    let ways = (0..places * places).map(way).collect();
    changed.travel = vec![Matrix::new(places, ways).expect("a way for every pair")];
    changed
}

/// The word that serialization gives a variant.
fn code(variant: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(variant).expect("JSON");
    value["code"].as_str().expect("a code").to_owned()
}

/// Asserts that every reported relaxation suffices; returns the codes of reasons and of
/// relaxations.
fn assert_relaxations_suffice(instance: &Instance, detail: Detail) -> Vec<String> {
    let plan = plan(instance, Weights::default(), &Budget::Iterations(100), 1).expect("sense");
    let mut codes = Vec::new();
    for missing in explain(instance, Weights::default(), &plan, detail).missing {
        codes.push(format!("reason {}", code(&missing.reason)));
        let Some(relaxation) = missing.relaxation else { continue };
        codes.push(format!("relaxation {}", code(&relaxation)));
        let relaxed = relaxed(instance, missing.visit, relaxation);
        let then = explain(&relaxed, Weights::default(), &plan, Detail::All).missing;
        let then = then.into_iter().find(|other| other.visit == missing.visit);
        let reason = then.expect("it is still missing").reason;
        assert!(matches!(reason, Feasibility::Possible { .. }), "{missing:?} {reason:?}");
    }
    codes
}

#[test]
fn the_random_instances_reach_every_reason_and_every_relaxation() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeMap::<String, u32>::new();
    for _ in 0..1_500 {
        let instance = some_instance().new_tree(&mut runner).expect("an instance").current();
        for code in assert_relaxations_suffice(&instance, Detail::All) {
            *reached.entry(code).or_default() += 1;
        }
    }
    let reasons =
        ["offered", "room", "capacity", "partner", "hours", "shift", "skill", "area", "forbidden"];
    let relaxations =
        ["more_time", "later_window", "more_offered", "more_capacity", "skill", "area", "one_more"];
    let reasons = reasons.map(|code| format!("reason {code}"));
    let relaxations = relaxations.map(|code| format!("relaxation {code}"));
    for expected in reasons.iter().chain(&relaxations) {
        assert!(reached.contains_key(expected), "{expected} is not in {reached:?}");
    }
}

fn shift_on(instance: &mut Instance, volunteer: usize, day: i32) -> &mut Shift {
    let mut shifts = instance.volunteers[volunteer].shifts.iter_mut();
    shifts.find(|shift| shift.day == day).expect("a shift on that day")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_plan_keeps_the_rules(instance in some_instance(), seed in 0..9_u64) {
        let plan = plan(&instance, Weights::default(), &Budget::Iterations(200), seed);
        prop_assert_eq!(check(&instance, &plan.expect("it makes sense")), Ok(()));
    }

    #[test]
    fn a_replan_keeps_the_rules_whatever_has_changed(
        (before, after) in some_instance().prop_flat_map(|one| {
            let (people, visits) = (one.volunteers.len(), one.visits.len());
            let changed = (
                prop::collection::vec(some_volunteer(), people),
                prop::collection::vec(some_visit(people, visits), visits),
                prop::bool::ANY,
            );
            let changed = changed.prop_map({
                let one = one.clone();
                move |(volunteers, mut visits, paired)| {
                    if paired {
                        pair(&mut visits);
                    }
                    Instance { volunteers, visits, ..one.clone() }
                }
            });
            (Just(one), changed)
        }),
    ) {
        let stood = plan(&before, Weights::default(), &Budget::Iterations(100), 1);
        let plan =
            replan(&after, &stood.expect("sense"), Weights::default(), &Budget::Iterations(100), 1);
        prop_assert_eq!(check(&after, &plan.expect("it makes sense")), Ok(()));
    }

    #[test]
    fn every_reported_relaxation_suffices(instance in some_instance()) {
        assert_relaxations_suffice(&instance, Detail::All);
        assert_relaxations_suffice(&instance, Detail::Some);
    }

    #[test]
    fn every_visit_has_a_reason(instance in some_instance()) {
        let plan = plan(&instance, Weights::default(), &Budget::Iterations(100), 1).expect("sense");
        let reasons = explain(&instance, Weights::default(), &plan, Detail::All);
        prop_assert_eq!(reasons.missing.len(), plan.unserved.len());
        prop_assert_eq!(reasons.choices.len() + plan.unserved.len(), instance.visits.len());
    }

    #[test]
    fn the_short_explanation_names_the_best_other_volunteer_who_could(instance in some_instance()) {
        let plan = plan(&instance, Weights::default(), &Budget::Iterations(100), 1).expect("sense");
        let explained = |detail| explain(&instance, Weights::default(), &plan, detail);
        let (short, long) = (explained(Detail::Some), explained(Detail::All));
        prop_assert_eq!(short.choices.len(), long.choices.len());
        for (short, mut long) in short.choices.into_iter().zip(long.choices) {
            let could = |other: &Candidate| matches!(other.verdict, Feasibility::Possible { .. });
            long.others.retain(could);
            long.others.truncate(1);
            // Of a pair, one visit alone is not offered to others in full detail.
            if instance.visits[short.visit].partner.is_none() {
                prop_assert_eq!(short, long);
            }
        }
        prop_assert_eq!(explained(Detail::None), Reasons::default());
    }
}
