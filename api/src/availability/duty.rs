//! Goes on or off duty, by a call or from the outbox of a phone.

use gridward_domain::authority::Principal;
use serde_json::{Value, json};

use super::edit::{changed, shown};
use super::model::{Duty, PersonAvailability};
use super::person_ref::PersonRef;
use super::store;
use crate::clock;
use crate::http::problem::Problem;
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// Sets whether the caller takes new tasks.
#[derive(Clone, Copy, Debug)]
pub struct SetDuty {
    /// On or off duty.
    pub duty: Duty,
}

impl Effect for SetDuty {
    /// The version of the person.
    type Made = i64;

    fn action(&self) -> &'static str {
        "person.duty"
    }

    fn request(&self) -> Value {
        json!({ "duty": self.duty })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        PersonRef::Caller.row(tx.read_unbatched(), principal).map(drop)
    }
}

impl SetDuty {
    /// Sets the duty. The same duty again changes nothing.
    ///
    /// # Errors
    /// 403; 404.
    pub fn run(
        self,
        tx: &mut Tx<'_>,
        principal: &Principal,
    ) -> Result<PersonAvailability, Problem> {
        let (duty, today) = (self.duty, clock::day(tx.now));
        let row = PersonRef::Caller.locked(tx, principal)?;
        let before = shown(tx.read_unbatched(), &row, today)?;
        if before.duty == duty {
            return Ok(before);
        }
        store::set_duty(tx.write_unbatched(), row.district, row.id, duty)?;
        let event = |version| {
            Event::new("person.duty", Subject::Person, row.id, row.area, version)
                .with(json!({ "duty": duty }))
        };
        let row = changed(tx, principal, row.clone(), event)?;
        Ok(PersonAvailability { duty, version: row.version, ..before })
    }
}
