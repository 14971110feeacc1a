use proptest::prelude::*;

use super::*;
use crate::routing::{check, explain, replan};

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
    fn every_visit_has_a_reason(instance in some_instance()) {
        let plan = plan(&instance, Weights::default(), &Budget::Iterations(100), 1).expect("sense");
        let reasons = explain(&instance, Weights::default(), &plan);
        prop_assert_eq!(reasons.missing.len(), plan.unserved.len());
        prop_assert_eq!(reasons.choices.len() + plan.unserved.len(), instance.visits.len());
    }
}
