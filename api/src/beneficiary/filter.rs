//! Which beneficiaries a list or a search shows, and in which order.

use chrono::{Datelike as _, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::Date;
use gridward_domain::area::{AreaCode, AreaRange, Level};
use gridward_domain::bounded_text::Household;
use gridward_domain::code::{Category, PlaqueState, Tag};
use gridward_domain::id::BeneficiaryId;
use gridward_domain::range::{Age, BirthYear};
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Beneficiary, Contact, Mobility};
use crate::clock::{nearest_within_reach, within_reach};
use crate::db::Conn;
use crate::db::schema::beneficiaries;
use crate::http::problem::Problem;
use crate::{has_member, in_range};

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<BeneficiarySort>)]
pub enum BeneficiarySort {
    /// By grid.
    #[default]
    Grid,
    /// By the day of the last contact; those without one first.
    LastContact,
    /// By the year of birth, the oldest people first.
    BirthYear,
}

/// Which part of the register a list or a search shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<BeneficiaryState>)]
pub enum BeneficiaryState {
    /// The current beneficiaries.
    #[default]
    Active,
    /// Those that have died or moved away, are no longer entitled or were merged.
    Ended,
    /// Both.
    All,
}

impl BeneficiaryState {
    /// Whether it includes a beneficiary with this last day.
    pub const fn includes(self, valid_to: Option<NaiveDate>) -> bool {
        match self {
            Self::Active => valid_to.is_none(),
            Self::Ended => valid_to.is_some(),
            Self::All => true,
        }
    }
}

/// The beneficiaries that a list or a search shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[schema(example = json!({"lives_alone": true, "not_contacted_since": "2026-05-01"}))]
pub struct BeneficiaryFilter {
    /// Only beneficiaries in this area and its descendants.
    pub area: Option<AreaCode>,
    /// Only current beneficiaries (the default), only ended ones, or all.
    #[param(inline)]
    pub state: Option<BeneficiaryState>,
    /// Only beneficiaries that have this category.
    pub category: Option<Category>,
    /// Only beneficiaries that have this tag.
    pub tag: Option<Tag>,
    /// Only beneficiaries without a contact on this day or later, or without any.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    pub not_contacted_since: Option<NaiveDate>,
    /// Only beneficiaries that live alone, or only others.
    pub lives_alone: Option<bool>,
    /// Only beneficiaries of this mobility.
    pub mobility: Option<Mobility>,
    /// Only beneficiaries that prefer this form of contact.
    pub contact: Option<Contact>,
    /// Only beneficiaries whose plaque is in this state.
    pub plaque: Option<PlaqueState>,
    /// Only the members of this household.
    pub household: Option<Household>,
    /// Only beneficiaries of this age or older, by the year of birth.
    #[param(inline)]
    pub min_age: Option<Age>,
    /// Only beneficiaries of this age or younger, by the year of birth.
    #[param(inline)]
    pub max_age: Option<Age>,
    /// The order; by grid unless given.
    #[param(inline)]
    pub sort: Option<BeneficiarySort>,
    /// Whether the answer counts all matching beneficiaries.
    pub count: Option<bool>,
}

/// The position of a beneficiary in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortKey {
    /// By grid.
    Grid(AreaCode, BeneficiaryId),
    /// By the last contact; [`NEVER`] without one.
    LastContact(NaiveDate, BeneficiaryId),
    /// By the year of birth.
    BirthYear(BirthYear, BeneficiaryId),
}

/// The day that stands for no contact in the order, before all others.
const NEVER: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

impl SortKey {
    /// The position of a beneficiary.
    pub fn of(sort: BeneficiarySort, one: &Beneficiary) -> Self {
        Self::new(sort, &KeyRow::of(one))
    }

    /// The position of a row.
    pub fn new(sort: BeneficiarySort, row: &KeyRow) -> Self {
        match sort {
            BeneficiarySort::Grid => Self::Grid(row.grid, row.id),
            BeneficiarySort::LastContact => {
                Self::LastContact(row.last_contact.unwrap_or(NEVER), row.id)
            }
            BeneficiarySort::BirthYear => Self::BirthYear(row.birth_year, row.id),
        }
    }

    /// Checks that the position, which a cursor named, is one of the order.
    ///
    /// # Errors
    /// 400.
    pub fn check(self, sort: BeneficiarySort) -> Result<Self, Problem> {
        let fits = match (self, sort) {
            (Self::LastContact(day, _), BeneficiarySort::LastContact) => {
                day == NEVER || within_reach(&day).is_ok()
            }
            (Self::Grid(..), BeneficiarySort::Grid)
            | (Self::BirthYear(..), BeneficiarySort::BirthYear) => true,
            _ => false,
        };
        let error =
            || Problem::unreadable("cursor", "must be a `next_cursor` of this list and order");
        if fits { Ok(self) } else { Err(error()) }
    }
}

/// The columns of the orders.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = beneficiaries)]
pub struct KeyRow {
    /// Column `id`.
    pub id: BeneficiaryId,
    /// Column `grid`.
    pub grid: AreaCode,
    /// Column `last_contact`.
    pub last_contact: Option<NaiveDate>,
    /// Column `birth_year`.
    pub birth_year: BirthYear,
    /// Column `valid_to`.
    pub valid_to: Option<NaiveDate>,
}

impl KeyRow {
    const fn of(one: &Beneficiary) -> Self {
        let Beneficiary { id, grid, last_contact, birth_year, valid_to, .. } = *one;
        Self { id, grid, last_contact, birth_year, valid_to }
    }
}

/// A query of beneficiaries whose conditions and order are being added.
pub type Query<'a> = beneficiaries::BoxedQuery<'a, <Conn as diesel::Connection>::Backend>;

impl BeneficiaryFilter {
    /// The beneficiaries of the range that it shows, on the day `today`.
    pub fn query(&self, scope: &AreaRange, today: NaiveDate) -> Query<'static> {
        let district = beneficiaries::table
            .filter(beneficiaries::district.eq(scope.area().district()))
            .into_boxed();
        let current = match self.state.unwrap_or_default() {
            BeneficiaryState::Active => district.filter(beneficiaries::valid_to.is_null()),
            BeneficiaryState::Ended => district.filter(beneficiaries::valid_to.is_not_null()),
            BeneficiaryState::All => district,
        };
        // Without a range SQLite reads the index of the order instead of sorting the district.
        let inside = match scope.area().level() {
            Level::District => current,
            _ => current.filter(in_range!(beneficiaries::grid, scope)),
        };
        self.conditions(inside, today)
    }

    /// Those of these beneficiaries that it shows, ended ones and those of other areas too: a
    /// condition on them would lead the databases to read the district instead of the keys.
    pub(super) fn query_of<'a>(
        &self,
        district: AreaCode,
        ids: &'a [BeneficiaryId],
        today: NaiveDate,
    ) -> Query<'a> {
        let those = beneficiaries::table
            .filter(beneficiaries::district.eq(district))
            .filter(beneficiaries::id.eq_any(ids))
            .into_boxed();
        self.conditions(those, today)
    }

    fn conditions<'a>(&self, mut query: Query<'a>, today: NaiveDate) -> Query<'a> {
        if let Some(category) = &self.category {
            query = query.filter(has_member!(beneficiaries::categories, category.as_str()));
        }
        if let Some(tag) = &self.tag {
            query = query.filter(has_member!(beneficiaries::tags, tag.as_str()));
        }
        if let Some(day) = self.not_contacted_since.map(nearest_within_reach) {
            let before = beneficiaries::last_contact.lt(day).assume_not_null();
            query = query.filter(beneficiaries::last_contact.is_null().or(before));
        }
        if let Some(alone) = self.lives_alone {
            query = query.filter(beneficiaries::lives_alone.eq(alone));
        }
        if let Some(mobility) = self.mobility {
            query = query.filter(beneficiaries::mobility.eq(mobility));
        }
        if let Some(contact) = self.contact {
            query = query.filter(beneficiaries::contact.eq(contact));
        }
        if let Some(plaque) = &self.plaque {
            query = query.filter(beneficiaries::plaque.eq(plaque.clone()));
        }
        if let Some(household) = &self.household {
            query = query.filter(beneficiaries::household.eq(household.clone()));
        }
        if let Some(age) = self.min_age {
            query = query.filter(beneficiaries::birth_year.le(born(age, today)));
        }
        if let Some(age) = self.max_age {
            query = query.filter(beneficiaries::birth_year.ge(born(age, today)));
        }
        query
    }
}

/// The year of birth of people who reach the age this year.
fn born(age: Age, today: NaiveDate) -> BirthYear {
    let year = i64::from(today.year()) - i64::from(age.get());
    BirthYear::try_from(year).unwrap_or(BirthYear::MIN)
}

/// The query, in the order and after the position.
pub(super) fn sorted(query: Query<'_>, sort: BeneficiarySort, after: Option<SortKey>) -> Query<'_> {
    // As in the index, which one condition on the day would not use on SQLite.
    let last_contact = || diesel::dsl::sql::<Date>("COALESCE(last_contact, '0001-01-01')");
    let query = match after {
        Some(SortKey::Grid(grid, id)) => {
            let later = beneficiaries::grid.eq(grid).and(beneficiaries::id.gt(id));
            query
                .filter(beneficiaries::grid.ge(grid))
                .filter(beneficiaries::grid.gt(grid).or(later))
        }
        Some(SortKey::LastContact(day, id)) => {
            let later = last_contact().eq(day).and(beneficiaries::id.gt(id));
            query.filter(last_contact().ge(day)).filter(last_contact().gt(day).or(later))
        }
        Some(SortKey::BirthYear(year, id)) => {
            let later = beneficiaries::birth_year.eq(year).and(beneficiaries::id.gt(id));
            query
                .filter(beneficiaries::birth_year.ge(year))
                .filter(beneficiaries::birth_year.gt(year).or(later))
        }
        None => query,
    };
    match sort {
        BeneficiarySort::Grid => query.order((beneficiaries::grid, beneficiaries::id)),
        BeneficiarySort::LastContact => query.order((last_contact(), beneficiaries::id)),
        BeneficiarySort::BirthYear => query.order((beneficiaries::birth_year, beneficiaries::id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: BeneficiaryId = BeneficiaryId(uuid::Uuid::nil());

    #[test]
    fn ages_are_counted_in_calendar_years() {
        let today = "2026-08-01".parse().expect("a day");
        assert_eq!(born(Age::of::<80>(), today), BirthYear::of::<1946>());
        assert_eq!(born(Age::of::<0>(), today), BirthYear::of::<2026>());
        let before = "1900-01-01".parse().expect("a day");
        assert_eq!(born(Age::of::<150>(), before), BirthYear::MIN, "nobody is older");
    }

    #[test]
    fn no_contact_comes_before_every_day_and_a_cursor_belongs_to_its_order() {
        let day: NaiveDate = "1900-01-01".parse().expect("a day");
        assert!(SortKey::LastContact(NEVER, ID) < SortKey::LastContact(day, ID));
        let forged = SortKey::LastContact(NaiveDate::MAX, ID);
        assert!(forged.check(BeneficiarySort::LastContact).is_err());
        let never = SortKey::LastContact(NEVER, ID);
        assert!(never.check(BeneficiarySort::LastContact).is_ok());
        assert!(never.check(BeneficiarySort::Grid).is_err());
    }
}
