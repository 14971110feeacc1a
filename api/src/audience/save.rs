//! Saves, changes and deletes an audience.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::AudienceId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{AudienceContent, NewAudience};
use super::store::{self, AudienceRow};
use super::{SavedAudience, check};
use crate::http::IfMatch;
use crate::http::problem::Problem;
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::tx::Tx;

impl Effect for NewAudience {
    type Made = SavedAudience;

    fn action(&self) -> &'static str {
        "audience.create"
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::ManageAudiences)?;
        check::area_of(tx.read_unbatched(), principal, self.area).map(drop)
    }
}

/// Saves an audience.
///
/// # Errors
/// 403; 422.
pub fn create(
    tx: &mut Tx<'_>,
    principal: &Principal,
    new: &NewAudience,
) -> Result<SavedAudience, Problem> {
    principal.may(Action::ManageAudiences)?;
    let area = check::area_of(tx.read_unbatched(), principal, new.area)?;
    check::filter_of(tx.read_unbatched(), principal, &new.filter)?;
    let row = AudienceRow {
        district: principal.district(),
        id: AudienceId(Uuid::now_v7()),
        area,
        created_by: principal.person,
        created_at: tx.now.naive_utc(),
        name: new.name.clone(),
        filter: store::text(&new.filter)?,
        version: 1,
    };
    store::put(tx.write_unbatched(), None, &row)?;
    record(tx, principal, "audience.create", &row);
    Ok(row.shown(tx.read_unbatched())?)
}

/// Replaces the content of the audience. Content that it has already changes nothing.
///
/// # Errors
/// 403; 404; 412 or 428 if the decision is not based on the current version; 422.
pub fn change(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: AudienceId,
    content: &AudienceContent,
    base: &IfMatch,
) -> Result<SavedAudience, Problem> {
    let row = editable(tx, principal, id)?;
    check::filter_of(tx.read_unbatched(), principal, &content.filter)?;
    let next = AudienceRow {
        name: content.name.clone(),
        filter: store::text(&content.filter)?,
        ..row.clone()
    };
    let shown = row.shown(tx.read_unbatched())?;
    if next == row {
        return Ok(shown);
    }
    base.check(row.version, &shown)?;
    let next = AudienceRow { version: row.version + 1, ..next };
    store::put(tx.write_unbatched(), Some(&row), &next)?;
    record(tx, principal, "audience.change", &next);
    Ok(next.shown(tx.read_unbatched())?)
}

/// Deletes the audience.
///
/// # Errors
/// 403; 404; 412 or 428 if the decision is not based on the current version.
pub fn delete(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: AudienceId,
    base: &IfMatch,
) -> Result<(), Problem> {
    let row = editable(tx, principal, id)?;
    let shown = row.shown(tx.read_unbatched())?;
    base.check(row.version, &shown)?;
    store::delete(tx.write_unbatched(), &row)?;
    let deleted = AudienceRow { version: row.version + 1, ..row };
    record(tx, principal, "audience.delete", &deleted);
    Ok(())
}

fn editable(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: AudienceId,
) -> Result<AudienceRow, Problem> {
    principal.may(Action::ManageAudiences)?;
    let row = store::row(tx.read_unbatched(), &principal.scope(), id)?;
    row.ok_or_else(Problem::not_found)
}

fn record(tx: &mut Tx<'_>, principal: &Principal, action: &'static str, row: &AudienceRow) {
    let event = Event::new(action, Subject::Audience, row.id, row.area, row.version);
    tx.record(event.by(principal.person).with(json!({ "filter": store::hash(&row.filter) })));
}
