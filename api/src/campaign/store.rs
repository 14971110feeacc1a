//! Queries for campaigns.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange, Level};
use gridward_domain::audience::{Filter, Sentence};
use gridward_domain::bounded_text::{Occasion, TaskTitle};
use gridward_domain::campaign::{CampaignSpan, CampaignState};
use gridward_domain::code::{KindCode, OccasionCode};
use gridward_domain::id::{AudienceId, BeneficiaryId, CampaignId, PersonId, PlanId};
use gridward_domain::range::{CalendarYear, QuotaPerDay};

use super::Campaign;
use crate::audience::names::DistrictNames;
use crate::audience::store as audiences;
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::column::SetColumn;
use crate::db::schema::campaigns;
use crate::db::{Conn, DbError};
use crate::goods::plan::ItemForEach;
use crate::holiday;
use crate::http::page::Wanted;
use crate::in_range;
use crate::task::words::TaskWords;
use crate::tx::row::{RowChange, write_versioned};

const TABLE: &str = "campaigns";

crate::table_row! {
    /// A row of `campaigns`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct CampaignRow in campaigns {
        district: AreaCode,
        key {
            id: CampaignId,
        }
        fixed {
            created_by: PersonId,
            created_at: NaiveDateTime,
        }
        changing {
            area: AreaCode,
            state: CampaignState,
            name: TaskTitle,
            name_en: TaskTitle,
            occasion: OccasionCode,
            year: CalendarYear,
            audience: Option<AudienceId>,
            audience_version: Option<i64>,
            filter: String,
            kind: Option<KindCode>,
            items: String,
            first_day: NaiveDate,
            last_day: NaiveDate,
            quota_per_day: Option<QuotaPerDay>,
            words: Option<Vec<u8>>,
            edited_by: PersonId,
            approved_by: Option<PersonId>,
            approved_at: Option<NaiveDateTime>,
            approved_plan: Option<PlanId>,
            launched_by: Option<PersonId>,
            launched_at: Option<NaiveDateTime>,
            closed_at: Option<NaiveDateTime>,
            reached: Option<BeneficiaryId>,
            created_tasks: i64,
            existing_tasks: i64,
            planned_handouts: i64,
            reminded_on: Option<NaiveDate>,
            authors: SetColumn<PersonId>,
            version: i64,
        }
    }
}

impl CampaignRow {
    /// Which beneficiaries of the area get a task.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn filter(&self) -> Result<Filter, DbError> {
        audiences::filter_of(TABLE, &self.filter)
    }

    /// What each member gets.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn items(&self) -> Result<Vec<ItemForEach>, DbError> {
        serde_json::from_str(&self.items).map_err(|error| DbError::corrupt(TABLE, error))
    }

    /// What its tasks are for: the same for every campaign of the occasion.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn occasion(&self) -> Result<Occasion, DbError> {
        let text = format!("{}_{}", self.occasion, self.year);
        text.try_into().map_err(|error| DbError::corrupt(TABLE, error))
    }

    /// All who have written its content.
    pub fn authors(&self) -> BTreeSet<PersonId> {
        let first = [self.created_by, self.edited_by];
        self.authors.members().iter().copied().chain(first).collect()
    }

    /// Its days and its quota.
    pub fn span(&self) -> CampaignSpan {
        let quota = self.quota_per_day.map(|quota| quota.get().unsigned_abs());
        CampaignSpan { first_day: self.first_day, last_day: self.last_day, quota_per_day: quota }
    }

    /// The campaign as far as it concerns the area: its own area, or the part of it that is the other.
    #[must_use]
    pub fn within(self, area: AreaCode) -> Self {
        Self { area: if area.contains(&self.area) { self.area } else { area }, ..self }
    }

    /// What its visitors do, bring and hand over.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn words(&self, key: &SealingKey) -> Result<TaskWords, DbError> {
        key.open_or_default((self.district, TABLE, self.id), self.words.as_deref())
    }

    /// The public representation, with the names of today and without words.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn shown(&self, conn: &mut Conn) -> Result<Campaign, DbError> {
        let mut shown = shown(conn, self.district, std::slice::from_ref(self))?;
        shown.pop().ok_or(DbError::Collision)
    }

    fn campaign(
        &self,
        conn: &mut Conn,
        names: &DistrictNames,
        members: &Filter,
    ) -> Result<Campaign, DbError> {
        let Sentence { zh, en } = members.sentence(self.area, names);
        let occasion_day =
            holiday::occasion::day(conn, self.district, self.occasion.as_str(), self.year)?;
        let local = |at: NaiveDateTime| at.and_utc().with_timezone(&china());
        Ok(Campaign {
            id: self.id,
            area: self.area,
            state: self.state,
            name: self.name.clone(),
            name_en: self.name_en.clone(),
            occasion: self.occasion.clone(),
            year: self.year,
            occasion_key: Some(self.occasion()?),
            occasion_day,
            audience_id: self.audience,
            audience_version: self.audience_version,
            filter: self.filter()?,
            sentence_zh: zh,
            sentence_en: en,
            kind: self.kind.clone(),
            items: self.items()?,
            first_day: self.first_day,
            last_day: self.last_day,
            quota_per_day: self.quota_per_day,
            instructions: None,
            amount_fen: None,
            goods: Vec::new(),
            guest: None,
            created_tasks: self.created_tasks,
            existing_tasks: self.existing_tasks,
            planned_handouts: self.planned_handouts,
            reminded_on: self.reminded_on,
            created_by: self.created_by,
            created_at: local(self.created_at),
            edited_by: self.edited_by,
            approved_by: self.approved_by,
            approved_at: self.approved_at.map(local),
            approved_plan_id: self.approved_plan,
            launched_by: self.launched_by,
            launched_at: self.launched_at.map(local),
            closed_at: self.closed_at.map(local),
            version: self.version,
        })
    }
}

/// The public representations of rows of the district, with the names of today and without words.
///
/// # Errors
/// [`DbError`].
pub fn shown(
    conn: &mut Conn,
    district: AreaCode,
    rows: &[CampaignRow],
) -> Result<Vec<Campaign>, DbError> {
    let members = CampaignRow::members_of_all(conn, district, rows)?;
    let scopes = rows.iter().zip(&members).map(|(row, members)| (row.area, members));
    let names = DistrictNames::read(conn, district, scopes)?;
    rows.iter().zip(&members).map(|(row, members)| row.campaign(conn, &names, members)).collect()
}

/// Encrypts what the visitors of a campaign do, bring and hand over; `None` if it is nothing.
///
/// # Errors
/// Only for a value without a JSON form.
pub fn sealed(
    key: &SealingKey,
    district: AreaCode,
    id: CampaignId,
    words: &TaskWords,
) -> Result<Option<Vec<u8>>, DbError> {
    key.seal_unless_default((district, TABLE, id), words)
}

/// The items of a campaign as a column has them.
///
/// # Errors
/// None in practice: items have a JSON form.
pub fn items_text(items: &[ItemForEach]) -> Result<String, DbError> {
    serde_json::to_string(items).map_err(|error| DbError::corrupt(TABLE, error))
}

/// The campaign, if its area is in the range.
///
/// # Errors
/// [`DbError`].
pub fn row(
    conn: &mut Conn,
    scope: &AreaRange,
    id: CampaignId,
) -> Result<Option<CampaignRow>, DbError> {
    Ok(campaigns::table
        .find((scope.area().district(), id))
        .filter(in_range!(campaigns::area, scope))
        .select(CampaignRow::as_select())
        .first(conn)
        .optional()?)
}

/// The areas above this one, whose campaigns reach it.
fn above(area: AreaCode) -> Vec<AreaCode> {
    let levels = [Level::District, Level::Town, Level::Village];
    levels.into_iter().filter_map(|level| area.ancestor(level)).filter(|of| *of != area).collect()
}

/// The campaign as the staff of the area reads it: one of the area, or an approved one of an area above.
///
/// # Errors
/// [`DbError`].
pub fn visible(
    conn: &mut Conn,
    area: AreaCode,
    id: CampaignId,
) -> Result<Option<CampaignRow>, DbError> {
    let row = row(conn, &area.district().range(), id)?;
    let reaches = |row: &CampaignRow| {
        let is_decided = row.state != CampaignState::Draft && row.approved_at.is_some();
        row.area.contains(&area) && is_decided
    };
    Ok(row.filter(|row| area.contains(&row.area) || reaches(row)))
}

/// A page of the campaigns that the staff of the area reads, newest first.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    area: AreaCode,
    state: Option<CampaignState>,
    wanted: &Wanted<CampaignId>,
) -> Result<Vec<CampaignRow>, DbError> {
    let scope = area.range();
    let reaches = campaigns::area
        .eq_any(above(area))
        .and(campaigns::state.ne(CampaignState::Draft))
        .and(campaigns::approved_at.is_not_null());
    let mut query = campaigns::table
        .filter(campaigns::district.eq(area.district()))
        .filter(in_range!(campaigns::area, scope).or(reaches))
        .select(CampaignRow::as_select())
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(campaigns::state.eq(state));
    }
    if let Some(id) = wanted.after {
        query = query.filter(campaigns::id.lt(id));
    }
    Ok(query.order(campaigns::id.desc()).limit(wanted.rows()).load(conn)?)
}

/// Whether another campaign whose area overlaps that of `row` was launched since.
///
/// # Errors
/// [`DbError`].
pub fn launched_since(
    conn: &mut Conn,
    row: &CampaignRow,
    since: NaiveDateTime,
) -> Result<bool, DbError> {
    let scope = row.area.range();
    let launched = campaigns::table
        .filter(campaigns::district.eq(row.district))
        .filter(campaigns::id.ne(row.id))
        .filter(campaigns::launched_at.ge(since))
        .filter(in_range!(campaigns::area, scope).or(campaigns::area.eq_any(above(row.area))));
    Ok(diesel::select(diesel::dsl::exists(launched)).get_result(conn)?)
}

/// The campaigns of the district whose tasks are being created.
///
/// # Errors
/// [`DbError`].
pub fn launching(conn: &mut Conn, district: AreaCode) -> Result<Vec<CampaignId>, DbError> {
    Ok(campaigns::table
        .filter(campaigns::district.eq(district))
        .filter(campaigns::state.eq(CampaignState::Launching))
        .order(campaigns::id)
        .select(campaigns::id)
        .load(conn)?)
}

/// The campaigns with goods that were closed since.
///
/// # Errors
/// [`DbError`].
pub fn closed_since(
    conn: &mut Conn,
    district: AreaCode,
    since: NaiveDateTime,
) -> Result<Vec<CampaignId>, DbError> {
    Ok(campaigns::table
        .filter(campaigns::district.eq(district))
        .filter(campaigns::state.eq(CampaignState::Closed))
        .filter(campaigns::closed_at.ge(since))
        .filter(campaigns::planned_handouts.gt(0))
        .order(campaigns::id)
        .select(campaigns::id)
        .load(conn)?)
}

/// All campaigns of the district.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, district: AreaCode) -> Result<Vec<CampaignRow>, DbError> {
    Ok(campaigns::table
        .filter(campaigns::district.eq(district))
        .order(campaigns::id)
        .select(CampaignRow::as_select())
        .load(conn)?)
}

/// Replaces `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn put(conn: &mut Conn, old: Option<&CampaignRow>, new: &CampaignRow) -> Result<(), DbError> {
    let change = RowChange { old, new };
    write_versioned(
        conn,
        &[change],
        |row| row.version,
        CampaignRow::insert_all,
        CampaignRow::update_all,
    )
}
