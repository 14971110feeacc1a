//! The household of a beneficiary, in which one plaque hangs ([`gridward_domain::goods::household`]).

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::Household;
use gridward_domain::code::PlaqueState;
use gridward_domain::goods::household::{PlaqueOfHousehold, hung_in};
use gridward_domain::id::BeneficiaryId;

use super::EndCause;
use super::filter::Query;
use super::plaque_rules::PlaqueRules;
use super::store::BeneficiaryRow;
use crate::db::schema::beneficiaries;
use crate::db::{Conn, DbError, dialect, in_batches_or_all};
use crate::http::problem::{FieldError, Problem, ProblemCode};

/// The row with this state of its plaque.
pub fn with_plaque(row: &BeneficiaryRow, plaque: &PlaqueState) -> BeneficiaryRow {
    BeneficiaryRow { plaque: plaque.clone(), ..row.clone() }
}

/// Checks that the change from `was`, if there was such an entry, to `is` hangs no second plaque in a household.
///
/// # Errors
/// 409 at the pointer, which names the entry with the plaque only if the principal reads it.
pub fn check(
    conn: &mut Conn,
    rules: &mut PlaqueRules,
    principal: &Principal,
    (was, is): (Option<&BeneficiaryRow>, &BeneficiaryRow),
    pointer: &str,
) -> Result<(), Problem> {
    let Some((other, grid)) = other_with_plaque(conn, rules, was, is)? else { return Ok(()) };
    let is_shown =
        principal.may(Action::ReadBeneficiaries).is_ok() && principal.area.contains(&grid);
    let detail = if is_shown {
        format!("the plaque of the household is that of {other}")
    } else {
        "the household has its plaque".to_owned()
    };
    Err(Problem::from(ProblemCode::HouseholdHasPlaque).with(FieldError::new(pointer, detail)))
}

/// The other member of a household whose plaque is there, and its grid, if the change from `was` to `is` would hang a
/// second one.
///
/// # Errors
/// [`DbError`].
pub fn other_with_plaque(
    conn: &mut Conn,
    rules: &mut PlaqueRules,
    was: Option<&BeneficiaryRow>,
    is: &BeneficiaryRow,
) -> Result<Option<(BeneficiaryId, AreaCode)>, DbError> {
    let (before, after) = (was.map(plaque_of), plaque_of(is));
    if after.household.is_none() || before == Some(after) {
        return Ok(None);
    }
    let present = rules.present(conn)?;
    let Some(household) = hung_in(&present, before, after) else { return Ok(None) };
    dialect::lock_plaques(conn, is.district)?;
    Ok(having(is.district, &present)
        .filter(beneficiaries::household.eq(household.clone()))
        .filter(beneficiaries::id.ne(is.id))
        .order(beneficiaries::id)
        .select((beneficiaries::id, beneficiaries::grid))
        .first(conn)
        .optional()?)
}

/// Those of these households of the district (`None`: of all) with a plaque in one of these states.
///
/// # Errors
/// [`DbError`].
pub fn those_with_plaque<'a>(
    conn: &mut Conn,
    district: AreaCode,
    states: &BTreeSet<PlaqueState>,
    households: Option<impl Iterator<Item = &'a Household>>,
) -> Result<BTreeSet<Household>, DbError> {
    let numbers = households.map(distinct);
    let those: Vec<Household> = in_batches_or_all(numbers.as_deref(), |some| {
        of_households(having(district, states), some)
            .select(beneficiaries::household.assume_not_null())
            .load(conn)
    })?;
    Ok(those.into_iter().collect())
}

/// The members of these households of the district (`None`: of all), with their household.
///
/// # Errors
/// [`DbError`].
pub fn members_of<'a>(
    conn: &mut Conn,
    district: AreaCode,
    households: Option<impl Iterator<Item = &'a Household>>,
) -> Result<BTreeMap<BeneficiaryId, Household>, DbError> {
    let numbers = households.map(distinct);
    let found: Vec<(BeneficiaryId, Household)> = in_batches_or_all(numbers.as_deref(), |some| {
        of_households(members(district), some)
            .select((beneficiaries::id, beneficiaries::household.assume_not_null()))
            .load(conn)
    })?;
    Ok(found.into_iter().collect())
}

/// Those of the query who are members of these households; without numbers, of any.
fn of_households(query: Query<'static>, numbers: Option<&[String]>) -> Query<'static> {
    match numbers {
        Some(numbers) => {
            query.filter(beneficiaries::household.assume_not_null().eq_any(numbers.to_vec()))
        }
        None => query.filter(beneficiaries::household.is_not_null()),
    }
}

/// The numbers of the households, each once.
fn distinct<'a>(households: impl Iterator<Item = &'a Household>) -> Vec<String> {
    let numbers: BTreeSet<&str> = households.map(Household::as_str).collect();
    numbers.into_iter().map(str::to_owned).collect()
}

/// The entries that count in a household: the current ones, and those who died. One who moved away or lost the
/// entitlement does not.
fn members(district: AreaCode) -> Query<'static> {
    let died = beneficiaries::ended_because.eq(EndCause::Deceased).assume_not_null();
    beneficiaries::table
        .filter(beneficiaries::district.eq(district))
        .filter(beneficiaries::valid_to.is_null().or(died))
        .into_boxed()
}

/// The members with a plaque in one of these states. The plaque of a member who died stays at the door.
fn having(district: AreaCode, states: &BTreeSet<PlaqueState>) -> Query<'static> {
    let states: Vec<String> = states.iter().map(ToString::to_string).collect();
    members(district).filter(beneficiaries::plaque.eq_any(states))
}

/// The household that has its plaque by the entry, since the state is one of `present`.
pub fn hung_by<'a>(
    row: &'a BeneficiaryRow,
    present: &BTreeSet<PlaqueState>,
) -> Option<&'a Household> {
    plaque_of(row).with_plaque(present)
}

/// The plaque by an entry; that of one who moved away or lost the entitlement is none of a household.
fn plaque_of(row: &BeneficiaryRow) -> PlaqueOfHousehold<'_> {
    let counts = row.is_current() || row.ended_because == Some(EndCause::Deceased);
    PlaqueOfHousehold { household: row.household.as_ref().filter(|_| counts), plaque: &row.plaque }
}
