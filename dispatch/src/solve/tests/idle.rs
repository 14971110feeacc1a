//! Volunteers who have had nothing to do for long get a visit, if it costs no more than travel.

use proptest::prelude::*;

use super::random::some_problem;
use super::*;
use crate::routing::Weights;

/// Two visits at the first volunteer's door; the second lives an hour away.
fn far_apart(is_idle: bool) -> DispatchProblem {
    let far = Volunteer { home: north(40.0), is_idle, ..volunteer(2) };
    let here = |number| Visit { place: north(0.0), ..visit(number) };
    village(vec![volunteer(1), far], vec![here(1), here(2)])
}

fn makers(plan: &Plan) -> Vec<PersonId> {
    let mut makers: Vec<_> = plan.routes.iter().map(|route| route.volunteer).collect();
    makers.dedup();
    makers
}

#[test]
fn an_idle_volunteer_gets_a_visit_that_another_would_make_with_less_travel() {
    // Even the loads of both are more even so: the far one has the greater offer.
    let mut problem = far_apart(true);
    problem.volunteers[1].offered = Minutes(1_000);
    let options =
        Options { weights: Weights { fairness: 1, ..Weights::default() }, ..Options::default() };
    let idle = plan(&problem, &options).expect("sound");
    assert_eq!(check(&problem, &idle), Ok(()));
    assert_eq!(makers(&idle), [person(1), person(2)]);
    problem.volunteers[1].is_idle = false;
    let usual = plan(&problem, &options).expect("sound");
    assert_eq!(makers(&usual), [person(1)]);
    assert_eq!(
        (idle.measures.served, idle.measures.late),
        (usual.measures.served, usual.measures.late)
    );
    assert!(idle.measures.travel > usual.measures.travel);
}

#[test]
fn nothing_else_is_given_up_for_an_idle_volunteer() {
    // With a small offer of the far one the loads would be less even.
    let mut problem = far_apart(true);
    problem.volunteers[1].offered = Minutes(120);
    assert_eq!(makers(&planned(&problem)), [person(1)]);
    // Nor does a visit become late.
    let mut problem = far_apart(true);
    problem.volunteers[1].offered = Minutes(1_000);
    problem.volunteers[1].shifts = vec![shift(9, "0900-1200")];
    let plan = planned(&problem);
    assert_eq!((makers(&plan), plan.measures.late), (vec![person(1)], 0));
}

#[test]
fn the_only_visit_of_another_stays() {
    let mut problem = far_apart(true);
    problem.volunteers[1].offered = Minutes(1_000);
    problem.visits.truncate(1);
    problem.visits[0].last = Some(person(1));
    assert_eq!(makers(&planned(&problem)), [person(1)]);
}

#[test]
fn a_pinned_visit_stays() {
    let mut problem = far_apart(true);
    problem.volunteers[1].offered = Minutes(1_000);
    for visit in &mut problem.visits {
        visit.pinned = Some(pin(1, 1, None));
    }
    assert_eq!(makers(&planned(&problem)), [person(1)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn idle_volunteers_cost_no_visit_no_lateness_and_no_evenness(problem in some_problem()) {
        let with = planned(&problem);
        let mut usual = problem.clone();
        usual.volunteers.iter_mut().for_each(|who| who.is_idle = false);
        let without = planned(&usual);
        prop_assert!(with.measures.unserved_priority <= without.measures.unserved_priority);
        // With the time that a giver gains, a visit may be made that was not.
        if with.unserved.len() != without.unserved.len() {
            return Ok(());
        }
        prop_assert!(with.measures.late_days <= without.measures.late_days);
        let unevenness = |plan: &Plan| -> f64 {
            let load = |who: &Volunteer| {
                let routes = plan.routes.iter().filter(|route| route.volunteer == who.id);
                let stops = |route: &Route| -> u32 {
                    let visit = |stop: &Stop| problem.visits.iter().find(|one| one.id == stop.visit);
                    route.stops.iter().filter_map(visit).map(|visit| visit.service.0).sum()
                };
                f64::from(who.carried.0 + routes.map(|r| r.travel.0 + stops(r)).sum::<u32>())
            };
            let burden = |who: &Volunteer| load(who).powi(2) / f64::from(who.share_of().0.max(1));
            problem.volunteers.iter().map(burden).sum()
        };
        prop_assert!(unevenness(&with) <= unevenness(&without) * (1.0 + 1e-6) + 1e-3);
    }
}
