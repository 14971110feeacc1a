//! A computation ends soon after it is cancelled, wherever it is. Questions are counted, not time.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Cancels at a question, the first being 1.
struct CancelsAt {
    question: usize,
    asked: AtomicUsize,
    parts: AtomicUsize,
}

impl CancelsAt {
    fn question(question: usize) -> Self {
        Self { question, asked: AtomicUsize::new(0), parts: AtomicUsize::new(0) }
    }
}

impl Observer for CancelsAt {
    fn advanced(&self, _: usize, _: usize) {
        self.parts.fetch_add(1, Ordering::Relaxed);
    }

    fn proceed(&self) -> ControlFlow<()> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        if asked == self.question { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// One grid with more visits than its volunteers have time for; one of the next grid could help.
fn crowd(visits: u128) -> DispatchProblem {
    let helper = Volunteer { grid: area(NEXT_GRID), ..volunteer(3) };
    village(vec![volunteer(1), volunteer(2), helper], (1..=visits).map(visit).collect())
}

fn options(iterations: u64) -> Options {
    Options { iterations, reach: Level::Village, ..Options::default() }
}

#[test]
fn a_computation_is_cancelled_at_any_question_within_one_part() {
    let problem = crowd(40);
    let whole = CancelsAt::question(usize::MAX);
    let plan = plan_observed(&problem, &options(20), &whole).expect("a plan");
    assert_eq!(plan.measures.unserved, 40 - plan.measures.served);
    let questions = whole.asked.into_inner();
    assert!(questions > 800, "{questions} questions for 20 iterations of each of 40 visits");
    for question in (1..=questions).step_by(17).chain([questions]) {
        let cancels = CancelsAt::question(question);
        let ended = plan_observed(&problem, &options(20), &cancels);
        assert_eq!(ended, Err(PlanError::Cancelled), "at question {question}");
        assert_eq!(cancels.asked.into_inner(), question, "nothing is asked afterwards");
    }
}

#[test]
fn every_stage_asks_for_each_of_many_visits() {
    // Without iterations: preparing, inserting, helping and explaining.
    let questions = |visits: u128| {
        let counts = CancelsAt::question(usize::MAX);
        plan_observed(&crowd(visits), &options(0), &counts).expect("a plan");
        counts.asked.into_inner()
    };
    let (few, many) = (questions(100), questions(200));
    assert!(many - few > 500, "{few} and {many}");
}

#[test]
fn a_part_that_is_cancelled_is_not_reported() {
    let cancels = CancelsAt::question(100);
    let ended = plan_observed(&crowd(40), &Options::default(), &cancels);
    assert_eq!(ended, Err(PlanError::Cancelled));
    assert_eq!(cancels.parts.into_inner(), 0);
}

#[test]
fn a_cancelled_preparation_of_a_large_part_is_no_plan() {
    // The questions before the search begins: for each visit, each row of the table of travel times,
    // each list of neighbours and each list of shifts.
    let problem = crowd(600);
    for question in [1, 300, 700, 1_300, 1_900, 2_300] {
        let cancels = CancelsAt::question(question);
        let ended = plan_observed(&problem, &options(0), &cancels);
        assert_eq!(ended, Err(PlanError::Cancelled), "at question {question}");
    }
}

#[test]
fn a_computation_is_cancelled_at_any_question_while_late_visits_are_offered() {
    let shifts = vec![shift(5, "0900-1800")];
    let slow = Volunteer { shifts, offered: Minutes(600), ..volunteer(1) };
    let shifts = vec![shift(2, "0900-1200")];
    let helper = Volunteer { grid: area(NEXT_GRID), shifts, ..volunteer(2) };
    let late = (1..=6).map(|number| Visit { due: june(3), ..visit(number) }).collect();
    let problem = village(vec![slow, helper], late);
    let whole = CancelsAt::question(usize::MAX);
    let plan = plan_observed(&problem, &options(0), &whole).expect("a plan");
    assert_eq!(plan.routes.len(), 2, "some are late and some are with the neighbour");
    for question in 1..=whole.asked.into_inner() {
        let cancels = CancelsAt::question(question);
        let ended = plan_observed(&problem, &options(0), &cancels);
        assert_eq!(ended, Err(PlanError::Cancelled), "at question {question}");
        assert_eq!(cancels.asked.into_inner(), question, "nothing is asked afterwards");
    }
}
