//! Checks the content of a campaign, and resolves its audience.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::authority::Principal;
use gridward_domain::code::KindCode;
use gridward_domain::id::AudienceId;

use super::members::members;
use super::model::CampaignContent;
use crate::audience::{check, preview, store as audiences};
use crate::catalogue;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::goods;
use crate::goods::plan::{ItemForEach, MOST_ITEMS};
use crate::http::problem::{FieldError, Problem};
use crate::task::words::{Goods, MOST_GOODS, TaskWords};

/// The most days from the first to the last.
const LONGEST: i64 = 365;

/// The audience of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The area.
    pub area: AreaCode,
    /// Which beneficiaries of the area belong to it.
    pub filter: Filter,
    /// The saved audience from which it was copied, and its version.
    pub saved: Option<(AudienceId, i64)>,
}

impl CampaignContent {
    /// What the visitors do, bring and hand over.
    pub fn words(&self) -> TaskWords {
        TaskWords {
            instructions: self.instructions.clone(),
            amount_fen: self.amount_fen,
            goods: self.goods.clone(),
            guest: self.guest.clone(),
        }
    }

    /// Checks the content, and resolves its audience.
    ///
    /// # Errors
    /// 422 that names each member, also for an empty audience.
    pub fn resolve(
        &self,
        conn: &mut Conn,
        principal: &Principal,
        today: NaiveDate,
    ) -> Result<Resolved, Problem> {
        let mut area = check::area_of(conn, principal, self.area)?;
        let parts = (self.kind.as_ref(), &self.items[..], &self.goods[..]);
        let mut errors = shared_errors(conn, principal.district(), parts)?;
        errors.extend(self.errors_of_days(today));
        Problem::refuse(errors)?;
        let (filter, saved, pointer) = match (&self.filter, self.audience_id) {
            (Some(filter), None) => {
                check::filter_of(conn, principal, filter)?;
                (filter.clone(), None, "/filter")
            }
            (None, Some(id)) => {
                let row = audiences::row(conn, &principal.scope(), id)?;
                let row = row.ok_or_else(|| {
                    Problem::invalid("/audience_id", "no audience in your area has this id")
                })?;
                area = self.area.unwrap_or(row.area);
                if !row.area.contains(&area) {
                    return Err(Problem::invalid("/area", "must be in the area of the audience"));
                }
                (row.filter()?, Some((id, row.version)), "/audience_id")
            }
            _ => {
                return Err(Problem::invalid("", "requires either audience_id or filter"));
            }
        };
        let content = (self.kind.as_ref(), self.items.as_slice());
        let members = members(conn, principal.district(), content, filter.clone())?;
        if preview::count(conn, area, &members, today)? == 0 {
            return Err(Problem::invalid(pointer, EMPTY));
        }
        Ok(Resolved { area, filter, saved })
    }

    /// The errors of the days.
    fn errors_of_days(&self, today: NaiveDate) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for (pointer, day) in [("/first_day", self.first_day), ("/last_day", self.last_day)] {
            if let Err(error) = clock::within_reach(&day) {
                errors.push(FieldError::new(pointer, error));
            }
        }
        let days = self.last_day.signed_duration_since(self.first_day).num_days();
        if !(0..=LONGEST).contains(&days) {
            let detail = format!("must be from 0 to {LONGEST} days after first_day");
            errors.push(FieldError::new("/last_day", detail));
        } else if self.last_day < today {
            errors.push(FieldError::new("/last_day", PAST));
        }
        errors
    }
}

/// The errors of the shared fields.
///
/// # Errors
/// [`DbError`].
pub(super) fn shared_errors(
    conn: &mut Conn,
    district: AreaCode,
    (kind, items, goods): (Option<&KindCode>, &[ItemForEach], &[Goods]),
) -> Result<Vec<FieldError>, DbError> {
    let mut errors = Vec::new();
    if kind.is_none() && items.is_empty() {
        errors.push(FieldError::new("", "requires a kind or items"));
    }
    for (pointer, length, most) in
        [("/items", items.len(), MOST_ITEMS), ("/goods", goods.len(), MOST_GOODS)]
    {
        if length > most {
            errors.push(FieldError::new(pointer, format!("at most {most}")));
        }
    }
    errors.extend(kind_errors(conn, district, kind)?);
    errors.extend(item_errors(conn, district, items)?);
    Ok(errors)
}

/// The errors of the kind of a campaign.
///
/// # Errors
/// [`DbError`].
pub(super) fn kind_errors(
    conn: &mut Conn,
    district: AreaCode,
    kind: Option<&KindCode>,
) -> Result<Option<FieldError>, DbError> {
    let Some(kind) = kind else { return Ok(None) };
    let detail = match catalogue::store::one(conn, district, kind.as_str())? {
        None => "is not in the catalogue",
        Some(kind) if !kind.active => "is archived",
        Some(_) => return Ok(None),
    };
    Ok(Some(FieldError::new("/kind", detail)))
}

/// The errors of the items of a campaign.
///
/// # Errors
/// [`DbError`].
pub(super) fn item_errors(
    conn: &mut Conn,
    district: AreaCode,
    items: &[ItemForEach],
) -> Result<Vec<FieldError>, DbError> {
    let mut errors = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, one) in items.iter().take(MOST_ITEMS).enumerate() {
        let detail = match goods::store::item(conn, district, &one.item)? {
            None => "is no item of the district",
            Some(item) if !item.active => "is archived",
            Some(item) if item.has_serial && one.quantity.get() != 1 => {
                errors.push(FieldError::new(
                    format!("/items/{at}/quantity"),
                    "must be 1 for an item with numbers",
                ));
                continue;
            }
            Some(_) if !seen.insert(&one.item) => "is named twice",
            Some(_) => continue,
        };
        errors.push(FieldError::new(format!("/items/{at}/item"), detail));
    }
    Ok(errors)
}
/// Why a campaign that is over is refused.
pub(super) const PAST: &str = "must not be in the past";

/// Why an audience is refused.
pub(super) const EMPTY: &str = "selects no beneficiary";
