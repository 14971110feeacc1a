//! The daily budget of reveals: one account must not be enough to copy a district.
//!
//! A person's reveals are counted by day. The reveal that spends the budget records an event for
//! the operators' alarm, and each further one is refused with the person to ask, who may allow
//! more for the day ([`super::reveal_allowance`]).

use chrono::{DateTime, Days, NaiveDate, TimeZone as _, Utc};
use diesel::prelude::*;
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::PersonId;
use serde::Serialize;
use serde_json::json;

use super::reveal_allowance;
use crate::clock::{self, china};
use crate::crypto::SealingKey;
use crate::db::schema::reveal_counts;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::task::model::Assignee;
use crate::tx::Tx;
use crate::{auth, person};

/// The action of the event at the end of a budget.
const SPENT: &str = "beneficiary.reveal_budget";

/// The number of reveals per person and day, by role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevealBudget {
    /// For managers and volunteers.
    pub manager: u32,
    /// For supervisors and admins.
    pub supervisor: u32,
}

impl RevealBudget {
    /// The budget of a role.
    pub const fn of(self, role: Role) -> u32 {
        match role {
            Role::Admin | Role::Supervisor => self.supervisor,
            Role::Manager | Role::Volunteer | Role::Auditor => self.manager,
        }
    }

    /// Counts a reveal by the principal; returns whether it spent the budget.
    ///
    /// # Errors
    /// [`ProblemCode::RevealBudget`], with the person to ask, if the budget is spent.
    pub fn spend(
        self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<bool, Problem> {
        let (district, me, today) = (principal.district(), principal.person, clock::day(tx.now));
        // The count is read, compared and raised by one server at a time.
        auth::store::lock_person(tx.write()?, district, me)?;
        let more = reveal_allowance::allowed(tx.read_unbatched(), district, me, today)?;
        let budget = self.of(principal.role) + more;
        let spent = spent(tx.read_unbatched(), principal, today)?;
        if spent >= budget {
            let ask = superior(tx.read_unbatched(), key, principal)?;
            let problem = Problem::from(ProblemCode::RevealBudget).showing(&Spent { budget, ask });
            return Err(problem.after(until_tomorrow(tx.now)));
        }
        count(tx.write_unbatched(), principal, today)?;
        let spends = spent + 1 == budget;
        if spends {
            let event = Event::new(SPENT, Subject::Reading, me, principal.area, 1).by(me);
            tx.record(event.with(json!({ "budget": budget })));
        }
        Ok(spends)
    }
}

/// A spent budget, and the person to ask.
#[derive(Serialize)]
struct Spent {
    budget: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ask: Option<Assignee>,
}

/// The nearest superior.
fn superior(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
) -> Result<Option<Assignee>, DbError> {
    let Some(row) = person::superiors::superior(conn, principal)? else { return Ok(None) };
    let id: PersonId = row.id;
    Ok(Some(Assignee { id, name: row.particulars(key)?.name }))
}

/// Seconds until the next day in the district.
fn until_tomorrow(now: DateTime<Utc>) -> u64 {
    let midnight = clock::day(now).checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
    let midnight = china().from_local_datetime(&midnight.and_time(chrono::NaiveTime::MIN)).single();
    let left = midnight.map_or(0, |midnight| (midnight.to_utc() - now).num_seconds());
    u64::try_from(left).unwrap_or_default().max(1)
}

/// The number of reveals by the principal on `today`.
fn spent(conn: &mut Conn, principal: &Principal, today: NaiveDate) -> Result<u32, DbError> {
    let reveals: Option<i32> = reveal_counts::table
        .find((principal.district(), principal.person))
        .filter(reveal_counts::day.eq(today))
        .select(reveal_counts::reveals)
        .first(conn)
        .optional()?;
    Ok(reveals.and_then(|reveals| u32::try_from(reveals).ok()).unwrap_or_default())
}

/// Adds a reveal by the principal on `today`; the row of an earlier day begins anew.
fn count(conn: &mut Conn, principal: &Principal, today: NaiveDate) -> Result<(), DbError> {
    let (district, person) = (principal.district(), principal.person);
    let row = reveal_counts::table.find((district, person));
    let counted = diesel::update(row.filter(reveal_counts::day.eq(today)))
        .set(reveal_counts::reveals.eq(reveal_counts::reveals + 1))
        .execute(conn)?;
    if counted == 1 {
        return Ok(());
    }
    let first = (reveal_counts::day.eq(today), reveal_counts::reveals.eq(1));
    if diesel::update(row).set(first).execute(conn)? == 0 {
        let key = (reveal_counts::district.eq(district), reveal_counts::person.eq(person));
        diesel::insert_into(reveal_counts::table)
            .values((key.0, key.1, first.0, first.1))
            .execute(conn)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_begins_anew_at_midnight_in_the_district() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        assert_eq!(until_tomorrow(at("2026-08-01T15:59:00Z")), 60);
        assert_eq!(until_tomorrow(at("2026-08-01T16:00:00Z")), 86_400);
    }

    #[test]
    fn staff_of_areas_has_its_own_budget() {
        let budget = RevealBudget { manager: 50, supervisor: 100 };
        assert_eq!((budget.of(Role::Volunteer), budget.of(Role::Admin)), (50, 100));
    }
}
