//! Changes of the plaque in the register by other ways than a hand-out: a case alone withdraws it, where the district's
//! item says so ([`gridward_domain::goods::PlaqueRule`]), and one hangs in a household.

use gridward_domain::authority::Principal;
use gridward_domain::code::PlaqueState;

use super::household;
use super::plaque_rules::PlaqueRules;
use super::store::BeneficiaryRow;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};

/// Checks that the change from `was`, if there was such an entry, to `is` withdraws no plaque and restores none, as a
/// case decides, and hangs no second one in the household.
///
/// # Errors
/// 409 at one of the pointers, of the plaque and of the household; the entry that has the plaque is named only if the
/// principal reads it.
pub fn check(
    conn: &mut Conn,
    principal: &Principal,
    (was, is): (Option<&BeneficiaryRow>, &BeneficiaryRow),
    (of_plaque, of_household): (&str, &str),
) -> Result<(), Problem> {
    let mut rules = PlaqueRules::of(is.district);
    let is_of_case = match was {
        Some(was) => rules.is_of_case(conn, &was.plaque, &is.plaque)?,
        None => rules.is_withdrawn(conn, &is.plaque)?,
    };
    if is_of_case {
        let error = FieldError::new(of_plaque, "changes by a case that decides it alone");
        return Err(Problem::from(ProblemCode::HandoutWithdrawn).with(error));
    }
    household::check(conn, &mut rules, principal, (was, is), of_household)
}

/// Whether an answer at the door gives the entry this state: it keeps a withdrawn plaque and the other one of
/// its household.
///
/// # Errors
/// [`DbError`].
pub fn is_reported(
    conn: &mut Conn,
    rules: &mut PlaqueRules,
    entry: &BeneficiaryRow,
    answered: &PlaqueState,
) -> Result<bool, DbError> {
    if rules.is_of_case(conn, &entry.plaque, answered)? {
        return Ok(false);
    }
    let next = household::with_plaque(entry, answered);
    Ok(household::other_with_plaque(conn, rules, Some(entry), &next)?.is_none())
}
