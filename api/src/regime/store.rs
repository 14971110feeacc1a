//! Queries for regimes.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::audience::Filter;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::RegimeName;
use gridward_domain::code::{KindCode, Need, OccasionCode};
use gridward_domain::id::{PersonId, RegimeId};
use gridward_domain::person_state::PersonState;
use gridward_domain::range::LeadDays;
use gridward_domain::regime::{
    Cadence, CadenceParts, CadenceType, RegimeSubject, Rule, SatisfiedBy,
};

use super::model::{Regime, RegimeContent};
use super::sentence;
use crate::audience::names::DistrictNames;
use crate::audience::store as audiences;
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::column::SetColumn;
use crate::db::schema::regimes;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::tx::row::{RowChange, write_versioned};
use crate::{in_range, person};

const TABLE: &str = "regimes";

crate::table_row! {
    /// A row of `regimes`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct RegimeRow in regimes {
        district: AreaCode,
        key {
            id: RegimeId,
        }
        fixed {
            created_by: PersonId,
            created_at: NaiveDateTime,
        }
        changing {
            area: AreaCode,
            name: RegimeName,
            name_en: RegimeName,
            filter: String,
            kind: KindCode,
            cadence: CadenceType,
            cadence_days: i32,
            feast: Option<OccasionCode>,
            needs: SetColumn<Need>,
            subject: RegimeSubject,
            satisfied_by: SatisfiedBy,
            lead_days: LeadDays,
            starts_on: NaiveDate,
            responsible: Option<PersonId>,
            assign_responsible: bool,
            active: bool,
            ran_on: Option<NaiveDate>,
            edited_by: Option<PersonId>,
            activated_by: Option<PersonId>,
            authors: SetColumn<PersonId>,
            version: i64,
        }
    }
}

impl RegimeRow {
    /// Which beneficiaries of the area are visited.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn filter(&self) -> Result<Filter, DbError> {
        audiences::filter_of(TABLE, &self.filter)
    }

    /// What its visits recur by.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn cadence(&self) -> Result<Cadence, DbError> {
        let Self { cadence, cadence_days: days, .. } = *self;
        let (feast, needs) = (self.feast.clone(), self.needs.members().clone());
        let cadence = Cadence::of(CadenceParts { cadence, days, feast, needs });
        cadence.ok_or_else(|| DbError::corrupt(TABLE, "a cadence"))
    }

    /// The id of the regime in the events of its tasks; null if its days are about a person: auditors read the
    /// log and the cadences of regimes.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn id_in_log(&self) -> Result<Option<RegimeId>, DbError> {
        Ok((!self.cadence()?.has_anchor()).then_some(self.id))
    }

    /// When its visits fall due.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn rule(&self) -> Result<Rule, DbError> {
        let Self { starts_on, lead_days, .. } = *self;
        Ok(Rule { starts_on, cadence: self.cadence()?, lead_days })
    }

    /// The author of the present content.
    pub fn author(&self) -> PersonId {
        self.edited_by.unwrap_or(self.created_by)
    }

    /// Whether another person has approved the present content: it is active, or was since it was written.
    pub fn is_approved(&self) -> bool {
        self.active || (self.activated_by.is_some() && self.authors.members().is_empty())
    }

    /// All who have written content since the last one that another person has activated.
    pub fn authors(&self) -> BTreeSet<PersonId> {
        self.authors.members().iter().copied().chain([self.author()]).collect()
    }

    /// The authors after a change of the content by the person: those of content that was approved already no
    /// longer count.
    pub fn authors_with(&self, person: PersonId) -> BTreeSet<PersonId> {
        let mut authors = if self.is_approved() { BTreeSet::new() } else { self.authors() };
        authors.insert(person);
        authors
    }

    /// The row with other content.
    ///
    /// # Errors
    /// None in practice: every filter has a JSON form.
    pub fn with(&self, content: &RegimeContent) -> Result<Self, DbError> {
        let CadenceParts { cadence, days: cadence_days, feast, needs } = content.cadence.parts();
        Ok(Self {
            name: content.name.clone(),
            name_en: content.name_en.clone(),
            filter: audiences::text(&content.filter)?,
            kind: content.kind.clone(),
            cadence,
            cadence_days,
            feast,
            needs: needs.into(),
            subject: content.subject,
            satisfied_by: content.satisfied_by,
            lead_days: content.lead_days,
            starts_on: content.starts_on,
            responsible: content.responsible_id,
            assign_responsible: content.assign_responsible,
            active: content.active,
            ..self.clone()
        })
    }

    /// The public representation for the principal, with the names of today.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn shown(
        &self,
        conn: &mut Conn,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Regime, DbError> {
        let mut shown = shown(conn, key, principal, std::slice::from_ref(self))?;
        shown.pop().ok_or(DbError::Collision)
    }
}

/// The public representations of rows for the principal, with the names of today: those of people only
/// as far as the principal reads people.
///
/// # Errors
/// [`DbError`].
pub fn shown(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    rows: &[RegimeRow],
) -> Result<Vec<Regime>, DbError> {
    let district = principal.district();
    let filters = rows.iter().map(RegimeRow::filter).collect::<Result<Vec<_>, _>>()?;
    let scopes = rows.iter().zip(&filters).map(|(row, filter)| (row.area, filter));
    let names = DistrictNames::read(conn, district, scopes)?;
    let ids: Vec<PersonId> = rows.iter().filter_map(|row| row.responsible).collect();
    let people = person::store::rows(conn, &district.range(), &ids)?;
    let readable = ids.into_iter().filter(|_| principal.may(Action::ReadPeople).is_ok()).collect();
    let of_people = person::store::names(conn, key, &principal.scope(), readable)?;
    let shown = rows.iter().zip(filters).map(|(row, filter)| {
        let cadence = row.cadence()?;
        let sentence = sentence::of(row, (&filter, &cadence), &names);
        let is_active = |id: PersonId| {
            people.iter().any(|person| person.id == id && person.state == PersonState::Active)
        };
        Ok(Regime {
            id: row.id,
            area: row.area,
            sentence_zh: sentence.zh,
            sentence_en: sentence.en,
            responsible_name: row.responsible.and_then(|id| of_people.get(&id).cloned()),
            is_responsible_gone: row.responsible.is_some_and(|id| !is_active(id)),
            created_by: row.created_by,
            created_at: row.created_at.and_utc().with_timezone(&china()),
            edited_by: Some(row.author()),
            activated_by: row.activated_by,
            prepared_on: row.ran_on,
            version: row.version,
            content: RegimeContent {
                name: row.name.clone(),
                name_en: row.name_en.clone(),
                filter,
                kind: row.kind.clone(),
                cadence,
                subject: row.subject,
                satisfied_by: row.satisfied_by,
                lead_days: row.lead_days,
                starts_on: row.starts_on,
                responsible_id: row.responsible,
                assign_responsible: row.assign_responsible,
                active: row.active,
            },
        })
    });
    shown.collect()
}

/// The regime, if its area is in the range.
///
/// # Errors
/// [`DbError`].
pub fn row(conn: &mut Conn, scope: &AreaRange, id: RegimeId) -> Result<Option<RegimeRow>, DbError> {
    Ok(regimes::table
        .find((scope.area().district(), id))
        .filter(in_range!(regimes::area, scope))
        .select(RegimeRow::as_select())
        .first(conn)
        .optional()?)
}

/// The regime of exactly this area with this Chinese name; of several, the newest.
///
/// # Errors
/// [`DbError`].
pub fn named(
    conn: &mut Conn,
    area: AreaCode,
    name: &RegimeName,
) -> Result<Option<RegimeRow>, DbError> {
    Ok(regimes::table
        .filter(regimes::district.eq(area.district()))
        .filter(regimes::area.eq(area))
        .filter(regimes::name.eq(name))
        .order(regimes::id.desc())
        .select(RegimeRow::as_select())
        .first(conn)
        .optional()?)
}

/// A page of the regimes of the range, of this responsible person if one is given, newest first.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    scope: &AreaRange,
    responsible: Option<PersonId>,
    wanted: &Wanted<RegimeId>,
) -> Result<Vec<RegimeRow>, DbError> {
    let mut query = regimes::table
        .filter(regimes::district.eq(scope.area().district()))
        .filter(in_range!(regimes::area, scope))
        .select(RegimeRow::as_select())
        .into_boxed();
    if let Some(person) = responsible {
        query = query.filter(regimes::responsible.eq(person));
    }
    if let Some(id) = wanted.after {
        query = query.filter(regimes::id.lt(id));
    }
    Ok(query.order(regimes::id.desc()).limit(wanted.rows()).load(conn)?)
}

/// The active regimes of this responsible person.
///
/// # Errors
/// [`DbError`].
pub fn of_responsible(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
) -> Result<Vec<RegimeRow>, DbError> {
    Ok(regimes::table
        .filter(regimes::district.eq(district))
        .filter(regimes::responsible.eq(person))
        .filter(regimes::active.eq(true))
        .order(regimes::id)
        .select(RegimeRow::as_select())
        .load(conn)?)
}

/// The active regimes whose visits have not been prepared on the day.
///
/// # Errors
/// [`DbError`].
pub fn unprepared(
    conn: &mut Conn,
    district: AreaCode,
    today: NaiveDate,
) -> Result<Vec<RegimeRow>, DbError> {
    let before = regimes::ran_on.lt(today).assume_not_null();
    let lead = Days::new(LeadDays::MAX.get().unsigned_abs().into());
    Ok(regimes::table
        .filter(regimes::district.eq(district))
        .filter(regimes::active.eq(true))
        .filter(regimes::starts_on.le(today + lead))
        .filter(regimes::ran_on.is_null().or(before))
        .order(regimes::id)
        .select(RegimeRow::as_select())
        .load(conn)?)
}

/// Marks the regime as prepared on the day.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn mark_prepared(conn: &mut Conn, row: &RegimeRow, today: NaiveDate) -> Result<(), DbError> {
    let next = RegimeRow { ran_on: Some(today), version: row.version + 1, ..row.clone() };
    put(conn, Some(row), &next)
}

/// All regimes of the district.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, district: AreaCode) -> Result<Vec<RegimeRow>, DbError> {
    Ok(regimes::table
        .filter(regimes::district.eq(district))
        .order(regimes::id)
        .select(RegimeRow::as_select())
        .load(conn)?)
}

/// Replaces `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn put(conn: &mut Conn, old: Option<&RegimeRow>, new: &RegimeRow) -> Result<(), DbError> {
    let change = RowChange { old, new };
    write_versioned(
        conn,
        &[change],
        |row| row.version,
        RegimeRow::insert_all,
        RegimeRow::update_all,
    )
}
