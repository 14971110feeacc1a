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
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// The exact position.
    pub place: Option<Place>,
    /// The centre of its cell.
    pub cell: Option<Place>,
    /// The masked name of the beneficiary.
    pub beneficiary_name: Option<String>,
}

impl Projection {
    /// The fields of a task at `place`, which is hidden only if it is a beneficiary's home. A name
    /// that `names` lacks is not shown.
    pub fn new(
        view: View,
        beneficiary: Option<BeneficiaryId>,
        place: Place,
        names: &MaskedNames,
    ) -> Self {
        let position = beneficiary.map_or(Position::Exact(place), |_| view.home(place));
        let name = beneficiary.filter(|_| view.shows_masked_name());
        Self {
            place: position.place(),
            cell: position.cell(),
            beneficiary_name: name.and_then(|id| names.0.get(&id).cloned()),
        }
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
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_home_and_a_name_are_shown_as_far_as_the_view_permits() {
        let (id, home) =
            (BeneficiaryId(Uuid::nil()), Place::new(29.284, 106.251).expect("a place"));
        let names = MaskedNames(HashMap::from([(id, "周**".to_owned())]));
        let seen = |view, at| {
            let seen = Projection::new(view, at, home, &names);
            (seen.place, seen.cell, seen.beneficiary_name)
        };
        let name = Some("周**".to_owned());
        assert_eq!(seen(View::Audit, Some(id)), (None, None, None));
        for view in [View::Pool, View::Staff] {
            assert_eq!(seen(view, Some(id)), (None, Some(home.cell()), name.clone()));
        }
        assert_eq!(seen(View::Visitor, Some(id)), (Some(home), None, name));
        assert_eq!(seen(View::Audit, None), (Some(home), None, None), "no home");
    }
}
