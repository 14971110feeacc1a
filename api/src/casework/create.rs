//! Enters a beneficiary.

use std::sync::Arc;

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::BeneficiaryId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::case::Case;
use super::model::NewBeneficiary;
use super::{checks, entry};
use crate::area::map::Map;
use crate::beneficiary::store::BeneficiaryRow;
use crate::beneficiary::write;
use crate::beneficiary::{Beneficiary, plaque};
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// The entry of a beneficiary.
pub(super) struct Creation {
    pub(super) new: NewBeneficiary,
    pub(super) map: Arc<Map>,
}

impl Effect for Creation {
    type Made = Beneficiary;

    fn action(&self) -> &'static str {
        "beneficiary.create"
    }

    fn request(&self) -> Value {
        json!(self.new)
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::EditBeneficiaries)?;
        if principal.area.contains(&self.new.grid) {
            Ok(())
        } else {
            Err(Problem::invalid("/grid", "must be a grid of your area"))
        }
    }
}

/// Enters the beneficiary.
///
/// # Errors
/// 403; 409 if another one has the ID number, or one of the household its plaque, or if a case withdraws the plaque;
/// 422 with an entry for each wrong field.
pub(super) fn create(
    case: &mut Case<'_, '_>,
    Creation { new, map }: &Creation,
) -> Result<Beneficiary, Problem> {
    let principal = case.principal;
    principal.may(Action::EditBeneficiaries)?;
    let district = principal.district();
    let conn = case.tx.read_unbatched();
    let mut errors = checks::location(conn, map, principal, new.grid, new.place)?;
    let entry = match entry::entered(new, case.today()) {
        Ok(entry) => entry,
        Err(more) => {
            return Err(Problem::from(ProblemCode::Invalid).with_all([errors, more].concat()));
        }
    };
    let conn = case.tx.read_unbatched();
    errors.extend(checks::words(conn, district, &entry, None)?);
    errors.extend(checks::kin(conn, principal, None, &entry)?);
    Problem::refuse(errors)?;
    let (id, number) = (BeneficiaryId(Uuid::now_v7()), &entry.particulars.id_number);
    checks::id_number_is_free(conn, case.key, principal, id, number)?;
    let row = BeneficiaryRow {
        district,
        id,
        grid: new.grid,
        categories: entry.categories.into(),
        tags: entry.tags.into(),
        household: entry.household,
        gender: entry.gender,
        birth_year: entry.birth_year,
        lat: entry.place.lat(),
        lon: entry.place.lon(),
        lives_alone: entry.lives_alone,
        mobility: entry.mobility,
        contact: entry.contact,
        plaque: entry.plaque,
        last_contact: None,
        last_visitor: None,
        id_index: case.key.index(number),
        sealed: write::sealed(case.key, district, id, &entry.particulars)?,
        version: 1,
        valid_to: None,
        ended_because: None,
        successor: None,
        stay_grid: None,
        stay_from: None,
        last_visit: None,
        stay_to: None,
    };
    let pointers = ("/plaque", "/household");
    plaque::check(case.tx.read_unbatched(), principal, (None, &row), pointers)?;
    write::insert(case.tx.write_unbatched(), &row)?;
    let event = Event::new("beneficiary.create", Subject::Beneficiary, id, row.grid, 1);
    case.tx.record(event.by(case.actor()));
    Ok(row.masked(case.key)?)
}
