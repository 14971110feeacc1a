//! Puts the plan of the night into the queue.

use gridward_domain::area::AreaCode;
use gridward_domain::id::PlanId;
use uuid::Uuid;

use super::nightly::PlanMode;
use crate::db::DbError;
use crate::plan::compute::computed::Request;
use crate::plan::drafts::draft::{self, Unordered};
use crate::plan::model::PlanOrigin;
use crate::plan::request::order::PlanOrder;
use crate::plan::request::span::Span;
use crate::plan::settings;
use crate::plan::store;
use crate::tx::Tx;

/// Puts the plan of the night into the queue, if it is due and the night has none; answers the
/// number of new plans.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if another server does it at the same time.
pub fn enqueue_due(tx: &mut Tx<'_>, district: AreaCode) -> Result<usize, DbError> {
    let (settings, _) = settings::read(tx.read_unbatched(), district)?;
    let Some(nightly) = settings.nightly_plan else { return Ok(0) };
    let Some(due) = nightly.due(tx.now) else { return Ok(0) };
    let Some(span) = nightly.span(due.first_day) else { return Ok(0) };
    if store::is_planned(tx.read_unbatched(), district, due.night)? {
        return Ok(0);
    }
    let (id, order) = (PlanId(Uuid::now_v7()), order(district, span));
    let request = Request { id, order, now: tx.now, by: None };
    let unordered = Unordered {
        origin: PlanOrigin::Nightly,
        is_applied_at_once: nightly.mode == PlanMode::Apply,
        night: Some(due.night),
    };
    draft::insert_unordered(tx, &request, unordered)?;
    Ok(1)
}

/// The order for the night's plan: also of tasks that are due before its first day, which would otherwise
/// be left out each night.
fn order(district: AreaCode, span: Span) -> PlanOrder {
    PlanOrder { include_late: true, ..PlanOrder::of(district, span) }
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate};

    use super::*;

    #[test]
    fn the_plan_of_an_evening_has_the_tasks_that_are_due_today_and_before() {
        let today: NaiveDate = "2026-11-26".parse().expect("a day");
        let tomorrow = today + Days::new(1);
        let span = Span::new(tomorrow, tomorrow + Days::new(2)).expect("days");
        let district = "500116".parse().expect("a code");
        let of_evening = order(district, span);
        for due in [today, today - Days::new(1), today - Days::new(30)] {
            assert!(!of_evening.leaves_out(due, today), "{due}");
            assert!(PlanOrder::of(district, span).leaves_out(due, today), "{due}");
        }
    }
}
