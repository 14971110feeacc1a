//! Problems without sense, and numbers beyond it.

use super::*;

#[test]
fn a_senseless_problem_is_refused_by_name() {
    let refused = |problem: DispatchProblem| refusal(&problem);
    let twice = village(vec![volunteer(1), volunteer(1)], vec![]);
    assert_eq!(refused(twice), DispatchProblemError::VolunteerTwice(person(1)));
    let twice = village(vec![], vec![visit(1), visit(1)]);
    assert_eq!(refused(twice), DispatchProblemError::VisitTwice(task(1)));
    let homeless = Volunteer { grid: area("500116"), ..volunteer(1) };
    assert_eq!(
        refused(village(vec![homeless], vec![])),
        DispatchProblemError::HomeNotGrid(person(1))
    );
    let wide = Visit { grid: area("500116001"), ..visit(1) };
    assert_eq!(refused(village(vec![], vec![wide])), DispatchProblemError::VisitNotGrid(task(1)));
    let shifts = vec![shift(1, "0900-1000"), shift(1, "1100-1200")];
    let two = village(vec![Volunteer { shifts, ..volunteer(1) }], vec![]);
    assert_eq!(
        refused(two),
        DispatchProblemError::TwoShifts { volunteer: person(1), day: june(1) }
    );
    let lost = Visit { pinned: Some(pin(9, 1, None)), ..visit(1) };
    assert_eq!(
        refused(village(vec![volunteer(1)], vec![lost])),
        DispatchProblemError::UnknownPin { visit: task(1), volunteer: person(9) }
    );
}

#[test]
fn a_problem_out_of_the_range_of_the_search_is_an_error_and_not_an_empty_plan() {
    // Days are counted from the first shift; these are more apart than the search can count.
    let shifts = vec![Shift { day: NaiveDate::MAX, ..shift(1, "0900-1200") }];
    let problem = village(
        vec![Volunteer { shifts, ..volunteer(1) }],
        vec![Visit { due: NaiveDate::MIN, not_before: NaiveDate::MIN, ..visit(1) }],
    );
    let error = plan(&problem, &Options::default()).expect_err("no plan");
    assert_eq!(error, PlanError::Instance(InstanceError::Time { what: "visit", index: 0 }));
}

#[test]
fn minutes_beyond_all_sense_overflow_nothing() {
    let endless = Visit { service: Minutes(u32::MAX), ..visit(1) };
    let rich = Volunteer { offered: Minutes(u32::MAX), ..volunteer(1) };
    let spent = Volunteer { carried: Minutes(u32::MAX), ..volunteer(2) };
    let antipode = Place::new(-29.29, -73.75).expect("a place");
    let far = Visit { place: antipode, pinned: Some(pin(2, 1, None)), ..visit(2) };
    let plan = planned(&village(vec![rich, spent], vec![endless, far]));
    let reasons: Vec<_> = plan.unserved.iter().map(|left| &left.reason).collect();
    assert_eq!(reasons, [&Reason::NoWindow, &Reason::PinDoesNotFit]);
}
