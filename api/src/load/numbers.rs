//! Numbers that identify one row: the ID number of a beneficiary, and the phone number of a person.
//!
//! The records are unique among themselves, but a row without a record may have the number of one.
//! Such a row is found before anything is written, so that both are named.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash as HashKey;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::person_state::PersonState;

use super::record::DistrictRecords;
use crate::beneficiary::EndCause;
use crate::crypto::SealingKey;
use crate::db::column::Hash;
use crate::db::schema::{beneficiaries, people};
use crate::db::{Conn, DbError};

/// A number that identifies one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Number {
    /// The ID number of a beneficiary.
    IdNumber,
    /// The phone number of a person.
    Phone,
}

impl Number {
    /// The column.
    pub const fn column(self) -> &'static str {
        match self {
            Self::IdNumber => "id_number",
            Self::Phone => "phone",
        }
    }

    /// The file.
    pub const fn file(self) -> &'static str {
        match self {
            Self::IdNumber => "beneficiaries.csv",
            Self::Phone => "people.csv",
        }
    }
}

/// A number of a record that a row of another id keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) number: Number,
    /// The id of the record.
    pub(super) record: String,
    /// The id of the row.
    pub(super) other: String,
}

/// The records of a load, and what it does with rows without one.
#[derive(Clone, Copy)]
pub(super) struct Loading<'a> {
    pub(super) key: &'a SealingKey,
    pub(super) district: AreaCode,
    pub(super) records: &'a DistrictRecords,
    /// People who have left, and have a record, are readmitted.
    pub(super) readmit: bool,
    /// People without a record leave.
    pub(super) all_people: bool,
    /// Beneficiaries without a record end.
    pub(super) all_beneficiaries: bool,
}

/// A row, and whether it keeps its number against the records.
struct Holder<Id> {
    id: Id,
    number: Hash,
    keeps: Keeps,
}

/// Whether a row keeps its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeps {
    /// It has none, or any record may take it.
    Never,
    /// It keeps it unless its own record has another one.
    UntilChanged,
    /// As before, and a load of the whole district without a record of it frees it.
    WhileListed,
}

/// The numbers of the records that rows of people and beneficiaries keep.
///
/// # Errors
/// [`DbError`].
pub(super) fn taken(conn: &mut Conn, loading: Loading<'_>) -> Result<Vec<Taken>, DbError> {
    let mut taken = of_people(conn, loading)?;
    taken.extend(of_beneficiaries(conn, loading)?);
    Ok(taken)
}

fn of_beneficiaries(conn: &mut Conn, loading: Loading<'_>) -> Result<Vec<Taken>, DbError> {
    type Columns = (BeneficiaryId, Hash, bool, Option<EndCause>);
    let Loading { key, district, records, all_beneficiaries, .. } = loading;
    let rows: Vec<Columns> = beneficiaries::table
        .filter(beneficiaries::district.eq(district))
        .select((
            beneficiaries::id,
            beneficiaries::id_index,
            beneficiaries::valid_to.is_null(),
            beneficiaries::ended_because,
        ))
        .load(conn)?;
    // The row of one who has ended by a decision stays so, whatever the files say.
    let holders = rows.into_iter().map(|(id, number, is_current, cause)| {
        let keeps = match cause {
            _ if is_current => Keeps::WhileListed,
            Some(EndCause::Deceased | EndCause::MovedAway | EndCause::NotEntitled) => {
                Keeps::UntilChanged
            }
            Some(EndCause::Merged | EndCause::NotInFiles) | None => Keeps::Never,
        };
        Holder { id, number, keeps }
    });
    let holders: Vec<_> = holders.collect();
    let numbers = records.beneficiaries.iter();
    let numbers: HashMap<BeneficiaryId, Hash> =
        numbers.map(|record| (record.id, key.index(&record.id_number))).collect();
    Ok(among(&holders, &numbers, all_beneficiaries, Number::IdNumber))
}

fn of_people(conn: &mut Conn, loading: Loading<'_>) -> Result<Vec<Taken>, DbError> {
    let Loading { key, district, records, readmit, all_people, .. } = loading;
    let rows: Vec<(PersonId, Hash, PersonState, Role)> = people::table
        .filter(people::district.eq(district))
        .select((people::id, people::phone_index, people::state, people::role))
        .load(conn)?;
    let numbers = records.people.iter();
    let mut numbers: HashMap<PersonId, Hash> =
        numbers.map(|record| (record.id, key.index(&record.phone))).collect();
    let mut holders = Vec::with_capacity(rows.len());
    for (id, number, state, role) in rows {
        if state == PersonState::Left && !readmit {
            // Stays without a number.
            numbers.remove(&id);
        }
        let keeps = match (state, role) {
            (PersonState::Left, _) => Keeps::Never,
            // No file removes an admin.
            (_, Role::Admin) => Keeps::UntilChanged,
            _ => Keeps::WhileListed,
        };
        holders.push(Holder { id, number, keeps });
    }
    Ok(among(&holders, &numbers, all_people, Number::Phone))
}

/// The records whose number a row of another id keeps, in the order of the records' ids.
fn among<Id: Copy + Ord + HashKey + Display>(
    holders: &[Holder<Id>],
    numbers: &HashMap<Id, Hash>,
    whole: bool,
    number: Number,
) -> Vec<Taken> {
    let mut by_number: HashMap<Hash, Id> = HashMap::new();
    for Holder { id, number, keeps } in holders {
        let stays = match (keeps, numbers.get(id)) {
            (Keeps::Never, _) => false,
            (_, Some(now)) => now == number,
            (Keeps::UntilChanged, None) => true,
            (Keeps::WhileListed, None) => !whole,
        };
        if stays {
            by_number.insert(*number, *id);
        }
    }
    let mut taken: Vec<(Id, Id)> = numbers
        .iter()
        .filter_map(|(id, number)| Some((*id, *by_number.get(number)?)))
        .filter(|(id, other)| id != other)
        .collect();
    taken.sort_unstable();
    let named = |(record, other): (Id, Id)| Taken {
        number,
        record: record.to_string(),
        other: other.to_string(),
    };
    taken.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(keeps: Keeps, records: &[(u8, u8)], whole: bool) -> usize {
        let hash = |number: u8| Hash([number; 32]);
        let holders = [Holder { id: 1u8, number: hash(7), keeps }];
        let numbers = records.iter().map(|(id, number)| (*id, hash(*number))).collect();
        among(&holders, &numbers, whole, Number::Phone).len()
    }

    #[test]
    fn a_number_is_taken_while_a_row_keeps_it() {
        use Keeps::{Never, UntilChanged, WhileListed};
        for (keeps, records, whole, conflicts) in [
            (WhileListed, &[(2, 7)][..], false, 1),
            (WhileListed, &[(2, 7)], true, 0),
            (WhileListed, &[(2, 7), (1, 8)], false, 0),
            (WhileListed, &[(1, 7), (2, 8)], false, 0),
            (UntilChanged, &[(2, 7)], true, 1),
            (UntilChanged, &[(2, 7), (1, 8)], true, 0),
            (Never, &[(2, 7)], false, 0),
        ] {
            assert_eq!(taken(keeps, records, whole), conflicts, "{keeps:?} {records:?} {whole}");
        }
    }
}
