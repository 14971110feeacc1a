//! Who visits a beneficiary by preference, and who must not.

use std::collections::HashMap;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId};

use crate::db::schema::visitor_choices;
use crate::db::{Conn, DbError, batches};

/// The maximum number of people who must not visit a beneficiary.
pub const MOST_FORBIDDEN: usize = 20;

/// The people chosen and excluded for a beneficiary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VisitorChoice {
    /// The preferred visitor, not among the forbidden ones.
    pub preferred: Option<PersonId>,
    /// The people who must not visit, each once, in the order of their ids.
    pub forbidden: Vec<PersonId>,
}

/// The choices of beneficiaries; one without a choice is not among them.
pub type VisitorChoices = HashMap<BeneficiaryId, VisitorChoice>;

type Row = (BeneficiaryId, PersonId, bool);

fn gathered(rows: Vec<Row>) -> VisitorChoices {
    let mut choices = VisitorChoices::new();
    for (beneficiary, person, is_preferred) in rows {
        let choice = choices.entry(beneficiary).or_default();
        if is_preferred {
            choice.preferred = Some(person);
        } else {
            choice.forbidden.push(person);
        }
    }
    choices
}

/// All choices of the district: they are few.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, district: AreaCode) -> Result<VisitorChoices, DbError> {
    let rows: Vec<Row> = visitor_choices::table
        .filter(visitor_choices::district.eq(district))
        .order((visitor_choices::beneficiary, visitor_choices::person))
        .select((
            visitor_choices::beneficiary,
            visitor_choices::person,
            visitor_choices::is_preferred,
        ))
        .load(conn)?;
    Ok(gathered(rows))
}

/// The choices of these beneficiaries.
///
/// # Errors
/// [`DbError`].
pub fn of(
    conn: &mut Conn,
    district: AreaCode,
    beneficiaries: &[BeneficiaryId],
) -> Result<VisitorChoices, DbError> {
    let mut choices = VisitorChoices::new();
    for ids in batches(beneficiaries) {
        let rows: Vec<Row> = visitor_choices::table
            .filter(visitor_choices::district.eq(district))
            .filter(visitor_choices::beneficiary.eq_any(ids))
            .order((visitor_choices::beneficiary, visitor_choices::person))
            .select((
                visitor_choices::beneficiary,
                visitor_choices::person,
                visitor_choices::is_preferred,
            ))
            .load(conn)?;
        choices.extend(gathered(rows));
    }
    Ok(choices)
}

/// The choice of one beneficiary.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    district: AreaCode,
    beneficiary: BeneficiaryId,
) -> Result<VisitorChoice, DbError> {
    Ok(of(conn, district, &[beneficiary])?.remove(&beneficiary).unwrap_or_default())
}

/// The people who must not visit the beneficiary of a task; none without a beneficiary.
pub fn forbidden(choices: &VisitorChoices, beneficiary: Option<BeneficiaryId>) -> &[PersonId] {
    let choice = beneficiary.and_then(|id| choices.get(&id));
    choice.map(|choice| choice.forbidden.as_slice()).unwrap_or_default()
}

/// Replaces the choice of a beneficiary.
///
/// # Errors
/// [`DbError`].
pub fn replace(
    conn: &mut Conn,
    district: AreaCode,
    beneficiary: BeneficiaryId,
    choice: &VisitorChoice,
) -> Result<(), DbError> {
    forget(conn, district, &[beneficiary])?;
    let preferred = choice.preferred.iter().map(|person| (person, true));
    let all = preferred.chain(choice.forbidden.iter().map(|person| (person, false)));
    for (person, is_preferred) in all {
        diesel::insert_into(visitor_choices::table)
            .values((
                visitor_choices::district.eq(district),
                visitor_choices::beneficiary.eq(beneficiary),
                visitor_choices::person.eq(person),
                visitor_choices::is_preferred.eq(is_preferred),
            ))
            .execute(conn)
            .map_err(DbError::unless_unique)?;
    }
    Ok(())
}

/// Forgets the choices of these beneficiaries.
///
/// # Errors
/// [`DbError`].
pub fn forget(
    conn: &mut Conn,
    district: AreaCode,
    beneficiaries: &[BeneficiaryId],
) -> Result<(), DbError> {
    let those = visitor_choices::table
        .filter(visitor_choices::district.eq(district))
        .filter(visitor_choices::beneficiary.eq_any(beneficiaries));
    diesel::delete(those).execute(conn)?;
    Ok(())
}

impl VisitorChoice {
    /// The choice for an entry that takes over from `other`: its own preference counts, and each
    /// person who must not visit one of them must not visit it.
    #[must_use]
    pub fn merged(mut self, other: Self) -> Self {
        self.forbidden.extend(other.forbidden);
        self.forbidden.sort_unstable();
        self.forbidden.dedup();
        self.preferred = self.preferred.or(other.preferred);
        self.preferred.take_if(|person| self.forbidden.contains(person));
        self
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_merged_entry_excludes_the_people_of_both_and_prefers_none_of_them() {
        let person = |n| PersonId(Uuid::from_u128(n));
        let choice = |preferred: Option<u128>, forbidden: &[u128]| VisitorChoice {
            preferred: preferred.map(person),
            forbidden: forbidden.iter().copied().map(person).collect(),
        };
        let merged = choice(Some(1), &[2, 5]).merged(choice(Some(4), &[2, 3]));
        assert_eq!(merged, choice(Some(1), &[2, 3, 5]));
        assert_eq!(choice(None, &[]).merged(choice(Some(4), &[])), choice(Some(4), &[]));
        assert_eq!(choice(Some(1), &[]).merged(choice(None, &[1])), choice(None, &[1]));
    }
}
