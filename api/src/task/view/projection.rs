//! The fields of a task that depend on the view: the one projection of lists, details, sync and the
//! answers of commands.

use std::collections::HashMap;

use gridward_domain::area::AreaCode;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::place::Place;
use gridward_domain::visibility::{Position, View};

use crate::beneficiary;
use crate::crypto::{SealingKey, mask};
use crate::db::{Conn, DbError};

/// The fields of a task in a view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Projection {
    /// The exact position.
    pub place: Option<Place>,
    /// The centre of its cell.
    pub cell: Option<Place>,
    /// Whether title, occasion and origin are shown.
    pub purpose: bool,
}

impl Projection {
    /// The fields of a task at `place`, which is hidden only if it is a beneficiary's home, as is what the
    /// task is for.
    pub fn new(view: View, beneficiary: Option<BeneficiaryId>, place: Place) -> Self {
        let position = beneficiary.map_or(Position::Exact(place), |_| view.home(place));
        let purpose = view.shows_purpose() || beneficiary.is_none();
        Self { place: position.place(), cell: position.cell(), purpose }
    }
}

/// The masked names of beneficiaries.
#[derive(Clone, Debug, Default)]
pub struct MaskedNames(HashMap<BeneficiaryId, String>);

impl MaskedNames {
    /// Reads the names of these beneficiaries.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read(
        conn: &mut Conn,
        key: &SealingKey,
        district: AreaCode,
        ids: &[BeneficiaryId],
    ) -> Result<Self, DbError> {
        let rows = beneficiary::store::rows(conn, district, ids)?;
        let named = rows.iter().map(|row| Ok((row.id, mask::name(&row.particulars(key)?.name))));
        named.collect::<Result<_, DbError>>().map(Self)
    }

    /// The name of the beneficiary.
    pub fn of(&self, id: BeneficiaryId) -> Option<&str> {
        self.0.get(&id).map(String::as_str)
    }
}

impl FromIterator<(BeneficiaryId, String)> for MaskedNames {
    fn from_iter<I: IntoIterator<Item = (BeneficiaryId, String)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_home_and_the_purpose_are_shown_as_far_as_the_view_permits() {
        let (id, home) =
            (BeneficiaryId(Uuid::nil()), Place::new(29.284, 106.251).expect("a place"));
        let seen = |view, at| {
            let seen = Projection::new(view, at, home);
            (seen.place, seen.cell, seen.purpose)
        };
        assert_eq!(seen(View::Audit, Some(id)), (None, None, false));
        assert_eq!(seen(View::Pool, Some(id)), (None, Some(home.cell()), false));
        assert_eq!(seen(View::Staff, Some(id)), (None, Some(home.cell()), true));
        assert_eq!(seen(View::Visitor, Some(id)), (Some(home), None, true));
        assert_eq!(seen(View::Audit, None), (Some(home), None, true), "no home");
    }
}
