//! A figure: the number of the tasks of a filter, the first of them, and the address of all.

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;

use super::week::Week;
use crate::http::deserialize;
use crate::http::problem::Problem;
use crate::task::view::filter::{Filter, TaskQuery};

/// The filter behind a figure. Its query is parsed from the text that the answer links, so the two
/// cannot differ.
#[derive(Clone, Debug)]
pub struct TaskList {
    query: String,
}

impl TaskList {
    /// The needs of the week that became follow-up tasks.
    pub fn found(area: AreaCode, week: Week) -> Self {
        let (first, last) = (week.first(), week.last());
        Self::new(area, &format!("follow_up=true&created_from={first}&created_to={last}"))
    }

    /// Those that visits of the week met.
    pub fn met(area: AreaCode, week: Week) -> Self {
        Self::met_between(area, week.first(), week.last())
    }

    /// Those that visits of these days met.
    pub fn met_between(area: AreaCode, first: NaiveDate, last: NaiveDate) -> Self {
        Self::new(area, &format!("follow_up=true&state=done&ended_from={first}&ended_to={last}"))
    }

    /// Those that wait for help.
    pub fn waiting(area: AreaCode) -> Self {
        Self::new(area, "follow_up=true&state=open,assigned,accepted,in_progress")
    }

    /// The unfinished tasks whose due day is over.
    pub fn overdue(area: AreaCode) -> Self {
        Self::new(area, "overdue=true")
    }

    fn new(area: AreaCode, conditions: &str) -> Self {
        Self { query: format!("area={area}&{conditions}") }
    }

    /// The address of the list.
    pub fn address(&self) -> String {
        format!("/v1/tasks?{}", self.query)
    }

    /// The filter of the list, for the principal on the day `today`.
    ///
    /// # Errors
    /// 404 outside the principal's area.
    pub fn filter(&self, principal: &Principal, today: NaiveDate) -> Result<Filter, Problem> {
        deserialize::query::<TaskQuery>(&self.query)?.authorize(principal, today)
    }
}

/// The median of numbers of days; of an even number of them, the mean of the two in the middle.
pub fn median(mut days: Vec<i64>) -> Option<f64> {
    days.sort_unstable();
    let upper = *days.get(days.len() / 2)?;
    let lower = *days.get((days.len() - 1) / 2)?;
    // Numbers of days between valid years are far below the limit of exact whole numbers.
    #[expect(clippy::cast_precision_loss, reason = "at most 110,000 days")]
    let mean = (lower + upper) as f64 / 2.0;
    Some(mean)
}

#[cfg(test)]
mod tests {
    use gridward_domain::authority::Role;
    use gridward_domain::id::PersonId;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_list_is_a_query_of_the_list_of_tasks() {
        let area: AreaCode = "500116001".parse().expect("a code");
        let person = PersonId(uuid::Uuid::nil());
        let principal = Principal { person, role: Role::Supervisor, area };
        let today = "2026-11-27".parse().expect("a day");
        let week: Week = "2026-W48".parse().expect("a week");
        for list in [
            TaskList::found(area, week),
            TaskList::met(area, week),
            TaskList::waiting(area),
            TaskList::overdue(area),
        ] {
            let filter = list.filter(&principal, today).expect("a filter");
            assert_eq!(filter.query.area, Some(area), "{}", list.address());
            assert!(filter.query.follow_up == Some(true) || filter.query.overdue == Some(true));
        }
    }

    #[test]
    fn the_median_of_no_days_is_none_and_of_two_their_mean() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![7]), Some(7.0));
        assert_eq!(median(vec![9, 0]), Some(4.5));
        assert_eq!(median(vec![30, 1, 2]), Some(2.0), "one long wait does not move it");
    }

    proptest! {
        #[test]
        fn half_of_the_days_are_on_each_side_of_the_median(days in prop::collection::vec(0..999_i64, 1..50)) {
            let median = median(days.clone()).expect("a median");
            let of = |on_side: fn(f64, f64) -> bool| {
                days.iter().filter(|day| on_side(f64::from(i32::try_from(**day).expect("few")), median)).count()
            };
            prop_assert!(of(|day, median| day < median) <= days.len() / 2);
            prop_assert!(of(|day, median| day > median) <= days.len() / 2);
        }
    }
}
