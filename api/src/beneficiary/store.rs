//! Queries for beneficiaries; all personal data is encrypted.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text};
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::bounded_text::Household;
use gridward_domain::channel::Channel;
use gridward_domain::code::{Category, PlaqueState, Tag};
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::place::Place;
use gridward_domain::range::BirthYear;

use super::ends::Contacted;
use super::filter::Query;
use super::model::Particulars;
use super::stay::{Stay, Whereabouts};
use super::{Beneficiary, Contact, EndCause, Mobility};
use crate::crypto::{SealingKey, mask};
use crate::db::column::{Hash, SetColumn};
use crate::db::schema::beneficiaries;
use crate::db::{Conn, DbError, changed_one};
use crate::in_range;
use crate::person::Gender;

/// The name of the table, for associated data.
pub(super) const TABLE: &str = "beneficiaries";

crate::table_row! {
    /// A row of `beneficiaries`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct BeneficiaryRow in beneficiaries {
        district: AreaCode,
        key {
            id: BeneficiaryId,
        }
        fixed {
            grid: AreaCode,
            categories: SetColumn<Category>,
            gender: Gender,
            birth_year: BirthYear,
            lat: f64,
            lon: f64,
            lives_alone: bool,
            mobility: Mobility,
            contact: Contact,
            plaque: PlaqueState,
            last_contact: Option<NaiveDate>,
            last_visitor: Option<PersonId>,
            id_index: Hash,
            sealed: Vec<u8>,
            version: i64,
            valid_to: Option<NaiveDate>,
            ended_because: Option<EndCause>,
            successor: Option<BeneficiaryId>,
            stay_grid: Option<AreaCode>,
            stay_from: Option<NaiveDate>,
            stay_to: Option<NaiveDate>,
            last_visit: Option<NaiveDate>,
            tags: SetColumn<Tag>,
            household: Option<Household>,
        }
    }
}

impl BeneficiaryRow {
    /// Decrypts the personal data.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn particulars(&self, key: &SealingKey) -> Result<Particulars, DbError> {
        key.open_row((self.district, TABLE, self.id), &self.sealed)
    }

    /// The home.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn home(&self) -> Result<Place, DbError> {
        Place::new(self.lat, self.lon).map_err(|error| DbError::corrupt(TABLE, error))
    }

    /// The temporary stay, now or later, of the beneficiary with these opened `particulars`.
    pub fn stay(&self, particulars: &Particulars) -> Option<Stay> {
        let at = particulars.stay.clone()?;
        Some(Stay {
            grid: self.stay_grid?,
            first_day: self.stay_from?,
            last_day: self.stay_to?,
            at,
        })
    }

    /// The last day of the last stay in hospital up to `today`, or of the present one, of the beneficiary
    /// with these opened `particulars`.
    pub fn in_hospital_until(
        &self,
        particulars: &Particulars,
        today: NaiveDate,
    ) -> Option<NaiveDate> {
        let stay = self.stay(particulars).filter(|stay| stay.is_in_hospital(today));
        stay.map(|stay| stay.last_day).or(particulars.hospital_until)
    }

    /// Where the beneficiary with these opened `particulars` is on `day`.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn whereabouts(
        &self,
        particulars: &Particulars,
        day: NaiveDate,
    ) -> Result<Whereabouts, DbError> {
        let home = Whereabouts { grid: self.grid, place: self.home()? };
        Ok(Whereabouts::on(home, self.stay(particulars).as_ref(), day))
    }

    /// Where the beneficiary is on `day`; decrypts the personal data only for the address of a stay.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn whereabouts_on(&self, key: &SealingKey, day: NaiveDate) -> Result<Whereabouts, DbError> {
        if self.stay_to.is_none() {
            return Ok(Whereabouts { grid: self.grid, place: self.home()? });
        }
        self.whereabouts(&self.particulars(key)?, day)
    }

    /// Whether the beneficiary belongs to `area` on `day`: by the home, or by a stay on that day.
    pub fn is_within(&self, area: &AreaCode, day: NaiveDate) -> bool {
        let stays = self.stay_from.zip(self.stay_to).is_some_and(|(first, last)| {
            (first..=last).contains(&day) && self.stay_grid.is_some_and(|grid| area.contains(&grid))
        });
        area.contains(&self.grid) || stays
    }

    /// The last contact and the last visit.
    pub const fn contacted(&self) -> Contacted {
        let Self { last_contact: day, last_visitor: visitor, last_visit: visit, .. } = *self;
        Contacted { day, visitor, visit }
    }

    /// Whether the beneficiary has not ended.
    pub const fn is_current(&self) -> bool {
        self.valid_to.is_none()
    }

    /// The public representation, masked.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn masked(&self, key: &SealingKey) -> Result<Beneficiary, DbError> {
        let particulars = self.particulars(key)?;
        Ok(Beneficiary {
            id: self.id,
            grid: self.grid,
            name: mask::name(&particulars.name),
            phone: mask::phone(&particulars.phone),
            categories: self.categories.members().clone(),
            tags: self.tags.members().clone(),
            household: self.household.clone(),
            gender: self.gender,
            birth_year: self.birth_year,
            cell: self.home()?.cell(),
            lives_alone: self.lives_alone,
            mobility: self.mobility,
            contact: self.contact,
            plaque: self.plaque.clone(),
            last_contact: self.last_contact,
            stay: self.stay(&particulars).map(|stay| stay.masked()),
            valid_to: self.valid_to,
            ended_because: self.ended_because,
            successor_id: self.successor,
            version: self.version,
        })
    }
}

/// The row of the beneficiary `id`, current or ended, if in the range.
///
/// # Errors
/// [`DbError`].
pub fn row(
    conn: &mut Conn,
    scope: &AreaRange,
    id: BeneficiaryId,
) -> Result<Option<BeneficiaryRow>, DbError> {
    Ok(beneficiaries::table
        .find((scope.area().district(), id))
        .filter(in_range!(beneficiaries::grid, scope))
        .select(BeneficiaryRow::as_select())
        .first(conn)
        .optional()?)
}

/// The id, grid, latitude, longitude and last day of a beneficiary.
pub type Home = (BeneficiaryId, AreaCode, f64, f64, Option<NaiveDate>);

/// The homes of all beneficiaries of the range, current or ended.
///
/// # Errors
/// [`DbError`].
pub fn homes(conn: &mut Conn, range: &AreaRange) -> Result<Vec<Home>, DbError> {
    Ok(beneficiaries::table
        .filter(beneficiaries::district.eq(range.area().district()))
        .filter(in_range!(beneficiaries::grid, range))
        .order(beneficiaries::id)
        .select((
            beneficiaries::id,
            beneficiaries::grid,
            beneficiaries::lat,
            beneficiaries::lon,
            beneficiaries::valid_to,
        ))
        .load(conn)?)
}

/// Moves the beneficiary to another grid; returns the new version.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if there is no such beneficiary.
pub fn move_to(
    conn: &mut Conn,
    district: AreaCode,
    id: BeneficiaryId,
    grid: AreaCode,
) -> Result<i64, DbError> {
    let one = beneficiaries::table.find((district, id));
    let version: Option<i64> = one.select(beneficiaries::version).first(conn).optional()?;
    let version = version.ok_or(DbError::Collision)?;
    let unchanged = one.filter(beneficiaries::version.eq(version));
    let changed = diesel::update(unchanged)
        .set((beneficiaries::grid.eq(grid), beneficiaries::version.eq(version + 1)))
        .execute(conn)?;
    changed_one(changed)?;
    Ok(version + 1)
}

/// The beneficiary `id`, current or ended, masked, if it belongs to `area` on `today`.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    key: &SealingKey,
    area: &AreaCode,
    id: BeneficiaryId,
    today: NaiveDate,
) -> Result<Option<Beneficiary>, DbError> {
    let row = row(conn, &area.district().range(), id)?;
    row.filter(|row| row.is_within(area, today)).map(|row| row.masked(key)).transpose()
}

/// A beneficiary after a contact.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct ContactedRow {
    /// The grid of the home.
    #[diesel(sql_type = Text)]
    pub grid: AreaCode,
    /// The version, which stays the same.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// The day on which the beneficiary ended, if so.
    #[diesel(sql_type = Nullable<Date>)]
    pub valid_to: Option<NaiveDate>,
}

/// Both databases return the updated row.
const CONTACT: &str = "UPDATE beneficiaries SET last_contact = $1, last_visitor = $2, \
     last_visit = CASE WHEN $3 THEN $1 ELSE last_visit END \
     WHERE district = $4 AND id = $5 RETURNING grid, version, valid_to";

/// Records a contact by `visitor` on `day`, by this channel. The contact is derived from a report in
/// the log and is not a change of the entry, whose version stays the same.
///
/// # Errors
/// [`DbError`].
pub fn record_contact(
    conn: &mut Conn,
    district: AreaCode,
    id: BeneficiaryId,
    visitor: PersonId,
    (day, channel): (NaiveDate, Channel),
) -> Result<Option<ContactedRow>, DbError> {
    let rows: Vec<ContactedRow> = diesel::sql_query(CONTACT)
        .bind::<Date, _>(day)
        .bind::<Text, _>(visitor)
        .bind::<Bool, _>(channel == Channel::Visit)
        .bind::<Text, _>(district)
        .bind::<Text, _>(id)
        .load(conn)?;
    Ok(rows.first().copied())
}

/// The first `limit` rows of a query after the one with this id, ordered by id.
///
/// # Errors
/// [`DbError`].
pub fn after(
    conn: &mut Conn,
    query: Query<'_>,
    last: Option<BeneficiaryId>,
    limit: i64,
) -> Result<Vec<BeneficiaryRow>, DbError> {
    let query = match last {
        Some(last) => query.filter(beneficiaries::id.gt(last)),
        None => query,
    };
    let rows = query.order(beneficiaries::id).limit(limit);
    Ok(rows.select(BeneficiaryRow::as_select()).load(conn)?)
}

/// The rows with these ids, anywhere in the district.
///
/// # Errors
/// [`DbError`].
pub fn rows(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[BeneficiaryId],
) -> Result<Vec<BeneficiaryRow>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(beneficiaries::table
        .filter(beneficiaries::district.eq(district))
        .filter(beneficiaries::id.eq_any(ids))
        .select(BeneficiaryRow::as_select())
        .load(conn)?)
}
