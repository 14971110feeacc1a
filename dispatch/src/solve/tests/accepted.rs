//! Several remedies that are accepted together take nothing from the visits that have their people.

use proptest::prelude::*;

use super::answers::change;
use super::former::{had, without_hours};
use super::random::some_problem;
use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn remedies_that_are_accepted_together_leave_the_others_their_person_and_day(
        problem in some_problem(),
    ) {
        let mut problem = DispatchProblem { ties: Vec::new(), ..problem };
        problem.visits.retain(|visit| visit.pinned.is_none());
        let before = planned(&problem);
        let former = had(&problem, &before);
        let mut next = problem.clone();
        let mut wishes = Vec::new();
        for left in &before.unserved {
            let Some(Remedy::MoreMinutes { volunteer, day, .. }) = left.remedy else { continue };
            if change(&mut next, left).is_some() {
                wishes.push((left.visit, Pin { volunteer, day, start: None }));
            }
        }
        let kept = keep_former(&mut next, &former, Level::Grid);
        make_room(&mut next, &wishes, kept, Level::Grid, &()).expect("it is not cancelled");
        let later = without_hours(&had(&problem, &planned(&next)));
        for pin in &without_hours(&former) {
            prop_assert!(later.contains(pin), "{pin:?}, now {later:?}");
        }
    }
}
