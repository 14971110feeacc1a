//! Corrects a beneficiary.

use gridward_domain::authority::Action;
use gridward_domain::id::{BeneficiaryId, CaseId};
use serde_json::json;

use super::affected_tasks::{Destination, move_to};
use super::case::{self, Case};
use super::checks;
use super::entry::{self, Entry};
use super::model::BeneficiaryChange;
use crate::area::map::Map;
use crate::beneficiary::plaque_rules::PlaqueRules;
use crate::beneficiary::store::BeneficiaryRow;
use crate::beneficiary::{Beneficiary, household, plaque};
use crate::db::column::Hash;
use crate::goods::deciding_case;
use crate::http::IfMatch;
use crate::http::problem::Problem;
use crate::task::beneficiary::of_beneficiary;

/// Changes the fields that were sent. An entry that has this content already stays as it is,
/// whatever version the caller read, so a repeated call is harmless. An ended beneficiary may be
/// corrected too, since its family stays to be called.
///
/// # Errors
/// 403; 404; 409 for a merged duplicate, if another beneficiary has the ID number, if another one of the household
/// has its plaque, or for a change from or to the withdrawn state where a case decides it, without that case; 412 or 428
/// if the change is not based on the current version; 422, also for a case that does not decide the change.
pub(super) fn edit(
    case: &mut Case<'_, '_>,
    map: &Map,
    id: BeneficiaryId,
    change: &BeneficiaryChange,
    base: &IfMatch,
) -> Result<Beneficiary, Problem> {
    let row = case.row(id, Action::EditBeneficiaries)?;
    let before = Entry::of(&row, case.key)?;
    let edited = entry::edited(&before, change, case.today());
    if edited.as_ref() == Ok(&before) {
        return Ok(row.masked(case.key)?);
    }
    case.based_on(&row, base)?;
    row.check_unmerged(case.key)?;
    let (entry, mut errors) = match edited {
        Ok(entry) => (entry, Vec::new()),
        Err(errors) => (before.clone(), errors),
    };
    let (conn, principal) = (case.tx.read_unbatched(), case.principal);
    errors.extend(checks::words(conn, row.district, &entry, Some(&before))?);
    if before.particulars.next_of_kin != entry.particulars.next_of_kin {
        errors.extend(checks::kin(conn, principal, Some(id), &entry)?);
    }
    let place = change.place.filter(|place| *place != before.place);
    errors.extend(place.and_then(|place| checks::near(map, row.grid, place)));
    Problem::refuse(errors)?;
    let number = &entry.particulars.id_number;
    if *number != before.particulars.id_number {
        checks::id_number_is_free(conn, case.key, principal, id, number)?;
    }
    let next = with(&row, &entry, case.key.index(number));
    check_plaque(case, (&row, &next), change.case_id)?;
    let next = case.replace(&row, next, Some(&entry.particulars))?;
    if entry.place != before.place && row.is_current() {
        let rows = of_beneficiary::unfinished(case.tx.read()?, row.district, id)?;
        let to = Destination::of(&next, &entry.particulars)?;
        move_to(case.tx, case.actor(), &rows, &to, "beneficiary_corrected")?;
    }
    let mut body = json!({ "fields": before.differing(&entry) });
    if let Some(id) = change.case_id {
        body["case"] = json!(id);
    }
    case::record(case.tx, case.actor(), "beneficiary.change", (&row, &next), body)?;
    Ok(next.masked(case.key)?)
}

/// Checks the plaque and the household of the entry; the case of the change, if it names one, decides about the plaque.
fn check_plaque(
    case: &mut Case<'_, '_>,
    (was, is): (&BeneficiaryRow, &BeneficiaryRow),
    deciding: Option<CaseId>,
) -> Result<(), Problem> {
    let principal = case.principal;
    let Some(id) = deciding else {
        let pointers = ("/plaque", "/household");
        return plaque::check(case.tx.read_unbatched(), principal, (Some(was), is), pointers);
    };
    deciding_case::of_change(case.tx, case.key, principal, (was, is), id)?;
    let rules = &mut PlaqueRules::of(was.district);
    household::check(case.tx.read_unbatched(), rules, principal, (Some(was), is), "/household")
}

/// The row with the content of the entry, apart from its sealed value.
fn with(row: &BeneficiaryRow, entry: &Entry, id_index: Hash) -> BeneficiaryRow {
    BeneficiaryRow {
        categories: entry.categories.clone().into(),
        tags: entry.tags.clone().into(),
        household: entry.household.clone(),
        gender: entry.gender,
        birth_year: entry.birth_year,
        lat: entry.place.lat(),
        lon: entry.place.lon(),
        lives_alone: entry.lives_alone,
        mobility: entry.mobility,
        contact: entry.contact,
        plaque: entry.plaque.clone(),
        id_index,
        ..row.clone()
    }
}
