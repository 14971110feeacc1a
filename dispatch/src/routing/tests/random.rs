use proptest::prelude::*;

use super::*;
use crate::routing::explain::{Missing, Verdict};
use crate::routing::{Relief, check, explain, replan};

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
    (some_shifts(), prop::option::of(0..500), 0..200).prop_map(|(shifts, offered, carried)| {
        Volunteer { shifts, offered, carried, ..Volunteer::default() }
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

/// Ways of all kinds: some break the triangle inequality, some differ there and back.
pub(super) fn some_instance() -> impl Strategy<Value = Instance> {
    (1..4_usize, 0..9_usize).prop_flat_map(|(people, visits)| {
        let places = people + visits;
        (
            prop::collection::vec(some_volunteer(), people),
            prop::collection::vec(some_visit(people, visits), visits),
            prop::collection::vec(prop::bool::weighted(0.2), people * visits),
            prop::collection::vec(0..60, places * places),
            prop::bool::ANY,
        )
            .prop_map(move |(volunteers, mut visits, bars, ways, paired)| {
                if paired {
                    pair(&mut visits);
                }
                let bar = |barred| if barred { Bar::Skill } else { Bar::None };
                Instance {
                    volunteers,
                    visits,
                    bars: bars.into_iter().map(bar).collect(),
                    travel: vec![Matrix::new(places, ways).expect("a way for every pair")],
                }
            })
    })
}

/// The instance after the change that would have the visit made, unless that is
/// somebody new.
fn relieved(instance: &Instance, missing: Missing) -> Option<Instance> {
    let mut changed = instance.clone();
    let people = instance.volunteers.len();
    let visit = missing.visit;
    match missing.relief {
        Relief::MoreTime { volunteer, day, seconds } => {
            shift_on(&mut changed, volunteer, day).close += seconds;
        }
        Relief::MoreCapacity { volunteer, day, amount } => {
            let capacity = &mut shift_on(&mut changed, volunteer, day).capacity;
            *capacity = capacity.map(|capacity| capacity + amount);
        }
        Relief::LaterWindow { seconds, .. } => {
            let last = changed.visits[visit].windows.iter_mut().max_by_key(|window| window.1);
            last.expect("there is a window to miss").1 += seconds;
        }
        Relief::MoreOffered { volunteer, seconds } => {
            let offered = &mut changed.volunteers[volunteer].offered;
            *offered = offered.map(|offered| offered + i32::try_from(seconds).expect("seconds"));
        }
        Relief::Skill { volunteer, .. } | Relief::Area { volunteer, .. } => {
            changed.bars[visit * people + volunteer] = Bar::None;
        }
        Relief::OneMore => return None,
    }
    Some(changed)
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
    fn the_relief_that_is_told_lets_somebody_make_the_visit(instance in some_instance()) {
        let plan = plan(&instance, Weights::default(), &Budget::Iterations(100), 1).expect("sense");
        for missing in explain(&instance, Weights::default(), &plan).missing {
            let Some(relieved) = relieved(&instance, missing) else { continue };
            let then = explain(&relieved, Weights::default(), &plan).missing;
            let then = then.into_iter().find(|other| other.visit == missing.visit);
            let reason = then.expect("it is still missing").reason;
            prop_assert!(matches!(reason, Verdict::Possible { .. }), "{:?} {:?}", missing, reason);
        }
    }

    #[test]
    fn every_visit_has_a_reason(instance in some_instance()) {
        let plan = plan(&instance, Weights::default(), &Budget::Iterations(100), 1).expect("sense");
        let reasons = explain(&instance, Weights::default(), &plan);
        prop_assert_eq!(reasons.missing.len(), plan.unserved.len());
        prop_assert_eq!(reasons.choices.len() + plan.unserved.len(), instance.visits.len());
    }
}
