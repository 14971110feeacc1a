//! Which plans are computed beside each other.

use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};

use super::order::PlanOrder;

/// The most tasks that an order of the lane of small plans names.
const FEW: usize = 100;

/// The plans that a server computes one after another; those of one lane do not wait for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Lane>)]
pub enum Lane {
    /// Those of a few named tasks: a person who is ill has visits today.
    Small,
    /// The others, which may take a minute each.
    Large,
}

text_column!(Lane);

impl Lane {
    /// The lane of a plan of the order.
    pub fn of(order: &PlanOrder) -> Self {
        if (1..=FEW).contains(&order.only.ids.len()) { Self::Small } else { Self::Large }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use gridward_domain::id::TaskId;
    use uuid::Uuid;

    use super::*;
    use crate::plan::request::span::Span;

    #[test]
    fn a_plan_is_small_if_its_order_names_few_tasks() {
        let named = |tasks: usize| {
            let area = "500116001".parse().expect("an area");
            let day: NaiveDate = "2026-12-01".parse().expect("a day");
            let span = Span::new(day, day);
            let mut order = PlanOrder::of(area, span.expect("a span"));
            order.only.ids = vec![TaskId(Uuid::nil()); tasks];
            Lane::of(&order)
        };
        assert_eq!([1, 100].map(named), [Lane::Small; 2]);
        assert_eq!([0, 101].map(named), [Lane::Large; 2]);
    }
}
