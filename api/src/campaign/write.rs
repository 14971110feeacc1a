//! Writes and rewrites the draft of a campaign.

use std::collections::BTreeSet;

use gridward_domain::authority::{Action, Principal};
use gridward_domain::campaign::{CampaignCommand, CampaignState};
use gridward_domain::id::CampaignId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Campaign;
use super::content::Resolved;
use super::decide::{self, record};
use super::model::CampaignContent;
use super::store::{self, CampaignRow};
use crate::audience::{check, store as audiences};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::IfMatch;
use crate::http::problem::Problem;
use crate::idempotency::Effect;
use crate::tx::Tx;

impl Effect for CampaignContent {
    type Made = Campaign;

    fn action(&self) -> &'static str {
        "campaign.create"
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::ManageCampaigns)?;
        check::area_of(tx.read_unbatched(), principal, self.area).map(drop)
    }
}

/// Writes a draft.
///
/// # Errors
/// 403; 422.
pub fn create(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    content: &CampaignContent,
) -> Result<Campaign, Problem> {
    principal.may(Action::ManageCampaigns)?;
    let today = clock::day(tx.now);
    let resolved = content.resolve(tx.read_unbatched(), principal, today)?;
    let id = CampaignId(Uuid::now_v7());
    let row = CampaignRow {
        district: principal.district(),
        id,
        created_by: principal.person,
        created_at: tx.now.naive_utc(),
        area: resolved.area,
        state: CampaignState::Draft,
        name: content.name.clone(),
        name_en: content.name_en.clone(),
        occasion: content.occasion.clone(),
        year: content.year,
        audience: resolved.saved.map(|(id, _)| id),
        audience_version: resolved.saved.map(|(_, version)| version),
        filter: audiences::text(&resolved.filter)?,
        kind: content.kind.clone(),
        items: store::items_text(&content.items)?,
        first_day: content.first_day,
        last_day: content.last_day,
        quota_per_day: content.quota_per_day,
        words: store::sealed(key, principal.district(), id, &content.words())?,
        edited_by: principal.person,
        approved_by: None,
        approved_at: None,
        approved_plan: None,
        launched_by: None,
        launched_at: None,
        closed_at: None,
        reached: None,
        created_tasks: 0,
        existing_tasks: 0,
        planned_handouts: 0,
        reminded_on: None,
        authors: BTreeSet::from([principal.person]).into(),
        version: 1,
    };
    store::put(tx.write_unbatched(), None, &row)?;
    record(tx, principal, "campaign.create", &row);
    Ok(row.shown(tx.read_unbatched())?)
}

/// Replaces the content of the draft. Content that it has already changes nothing.
///
/// # Errors
/// 403; 404; 409 in another state; 412 or 428 if the decision is not based on the current version;
/// 422.
pub fn change(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    id: CampaignId,
    content: &CampaignContent,
    base: &IfMatch,
) -> Result<Campaign, Problem> {
    let row = decide::found(tx, principal, id)?;
    let shown = row.shown(tx.read_unbatched())?;
    let today = clock::day(tx.now);
    let resolved = content.resolve(tx.read_unbatched(), principal, today)?;
    if is_same(&row, key, content, &resolved)? {
        return Ok(shown);
    }
    base.check(row.version, &shown)?;
    decide::step(&row, CampaignCommand::Edit, principal, &shown)?;
    let next = CampaignRow {
        area: resolved.area,
        name: content.name.clone(),
        name_en: content.name_en.clone(),
        occasion: content.occasion.clone(),
        year: content.year,
        audience: resolved.saved.map(|(id, _)| id),
        audience_version: resolved.saved.map(|(_, version)| version),
        filter: audiences::text(&resolved.filter)?,
        kind: content.kind.clone(),
        items: store::items_text(&content.items)?,
        first_day: content.first_day,
        last_day: content.last_day,
        quota_per_day: content.quota_per_day,
        words: store::sealed(key, row.district, id, &content.words())?,
        edited_by: principal.person,
        authors: (&row.authors() | &BTreeSet::from([principal.person])).into(),
        version: row.version + 1,
        ..row.clone()
    };
    store::put(tx.write_unbatched(), Some(&row), &next)?;
    record(tx, principal, "campaign.change", &next);
    Ok(next.shown(tx.read_unbatched())?)
}

/// Whether the campaign has this content already.
fn is_same(
    row: &CampaignRow,
    key: &SealingKey,
    content: &CampaignContent,
    resolved: &Resolved,
) -> Result<bool, DbError> {
    Ok(row.area == resolved.area
        && row.filter()? == resolved.filter
        && row.audience.zip(row.audience_version) == resolved.saved
        && (&row.name, &row.name_en) == (&content.name, &content.name_en)
        && (&row.occasion, row.year, &row.kind) == (&content.occasion, content.year, &content.kind)
        && row.items()? == content.items
        && (row.first_day, row.last_day) == (content.first_day, content.last_day)
        && row.quota_per_day == content.quota_per_day
        && row.words(key)? == content.words())
}
