//! The commands of absences, by a call or from the outbox of a phone.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use gridward_domain::authority::Principal;
use gridward_domain::id::AbsenceId;
use serde_json::{Value, json};

use super::model::{AddedAbsence, NewAbsence};
use super::record;
use crate::availability::person_ref::PersonRef;
use crate::clock;
use crate::crypto::SealingKey;
use crate::http::problem::Problem;
use crate::idempotency::Effect;
use crate::task::commands::origin::Origin;
use crate::tx::Tx;

/// How long before its arrival a command of an outbox may have been given; its days are judged by
/// that day.
const BACKDATED: TimeDelta = TimeDelta::days(30);

/// The day on which a command was given, as far as that is believed.
fn given_on(origin: &Origin, now: DateTime<Utc>) -> NaiveDate {
    clock::day(if origin.from_outbox { origin.made(now).max(now - BACKDATED) } else { now })
}

/// Adds an absence.
#[derive(Clone, Debug)]
pub struct AddAbsence {
    /// The person who is away.
    pub about: PersonRef,
    /// The absence.
    pub new: NewAbsence,
    /// Where the command comes from. Its id becomes that of the absence, so that a phone can
    /// withdraw an absence that it has not sent yet.
    pub origin: Origin,
    /// Whether the answer is that of the real command and nothing is written.
    pub is_check: bool,
}

impl Effect for AddAbsence {
    type Made = AddedAbsence;

    fn action(&self) -> &'static str {
        "person.absence"
    }

    fn request(&self) -> Value {
        match self.about {
            PersonRef::Caller => json!(self.new),
            PersonRef::Subordinate(person) => json!({ "person_id": person, "absence": self.new }),
        }
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.about.row(tx.read_unbatched(), principal)?;
        // The stored answer has the loads of other people.
        self.new.check_rights(principal)
    }
}

impl AddAbsence {
    /// Adds the absence.
    ///
    /// # Errors
    /// 403; 404; those of [`record::add`].
    pub fn run(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<AddedAbsence, Problem> {
        let row = self.about.locked(tx, principal)?;
        let given_on = given_on(&self.origin, tx.now);
        if self.is_check {
            return tx.preview(|tx| record::add(tx, key, principal, &row, self, given_on))?;
        }
        record::add(tx, key, principal, &row, self, given_on)
    }
}

/// Withdraws an absence.
#[derive(Clone, Debug)]
pub struct WithdrawAbsence {
    /// The person who was to be away.
    pub about: PersonRef,
    /// The absence.
    pub absence: AbsenceId,
    /// Where the command comes from.
    pub origin: Origin,
}

impl Effect for WithdrawAbsence {
    type Made = ();

    fn action(&self) -> &'static str {
        "person.absence_withdraw"
    }

    fn request(&self) -> Value {
        json!({ "absence_id": self.absence })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.about.row(tx.read_unbatched(), principal).map(drop)
    }
}

impl WithdrawAbsence {
    /// Withdraws the absence.
    ///
    /// # Errors
    /// 403; 404; those of [`record::withdraw`].
    pub fn run(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        let row = self.about.locked(tx, principal)?;
        record::withdraw(tx, principal, &row, self.absence, given_on(&self.origin, tx.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_of_a_late_command_are_judged_by_the_day_on_which_it_was_given() {
        let now: DateTime<Utc> = "2026-08-31T09:00:00Z".parse().expect("a time");
        let given = |at: &str, from_outbox| {
            let made_at = Some(at.parse().expect("a time"));
            given_on(&Origin { from_outbox, made_at, ..Origin::default() }, now).to_string()
        };
        assert_eq!(given("2026-08-20T09:00:00+08:00", true), "2026-08-20");
        assert_eq!(given("2019-01-01T09:00:00+08:00", true), "2026-08-01");
        assert_eq!(given("2030-01-01T09:00:00+08:00", true), "2026-08-31");
        assert_eq!(given("2026-08-20T09:00:00+08:00", false), "2026-08-31");
    }
}
