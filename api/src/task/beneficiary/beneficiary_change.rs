//! Changes of beneficiaries, recorded so that the phones of their visitors fetch them.

use std::collections::BTreeSet;

use gridward_domain::code::Category;
use gridward_domain::id::{BeneficiaryId, PersonId};
use serde_json::{Map, Value, json};

use super::of_beneficiary::{self, Audience};
use crate::beneficiary;
use crate::beneficiary::entry::EntryChanges;
use crate::beneficiary::entry_field::EntryField;
use crate::beneficiary::store::{BeneficiaryRow, ContactedRow};
use crate::beneficiary::write;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// The action of the events that name more visitors of a beneficiary than the change itself.
pub const VISITORS: &str = "beneficiary.visitors";
/// The action of the event of a contact, which is no change of the entry.
pub const CONTACT: &str = "beneficiary.contact";

/// Records a change of a beneficiary; `actor` is `None` for the system. The event names the grid of
/// the home and two of the people whose phones show the beneficiary in clear, wherever they work, so
/// that these phones fetch it; events [`VISITORS`] name the other people and the other grids that
/// have tasks there, such as the one from which the home has moved.
///
/// # Errors
/// [`DbError`].
pub fn record(
    tx: &mut Tx<'_>,
    actor: impl Into<Option<PersonId>>,
    action: &'static str,
    (was, is): (&BeneficiaryRow, &BeneficiaryRow),
    body: Value,
) -> Result<(), DbError> {
    record_also_for(tx, Audience::default(), actor, action, (was, is), body)
}

/// As [`record`], also for the audience `former`, whose phones have shown the beneficiary by tasks that are another
/// entry's now: they remove it.
///
/// # Errors
/// [`DbError`].
pub fn record_also_for(
    tx: &mut Tx<'_>,
    former: Audience,
    actor: impl Into<Option<PersonId>>,
    action: &'static str,
    (was, is): (&BeneficiaryRow, &BeneficiaryRow),
    body: Value,
) -> Result<(), DbError> {
    let now = tx.now;
    let audience = of_beneficiary::audience(tx.read()?, is.district, is.id, now)?;
    let Audience { visitors, mut grids } = audience.with(former);
    grids.retain(|grid| *grid != is.grid && *grid != was.grid);
    let event = Event::new(action, Subject::Beneficiary, is.id, is.grid, is.version).by(actor);
    let first = event.clone().moved_from(was.grid).with(body);
    record_all(tx, first.naming(&visitors, VISITORS));
    for area in grids {
        tx.record(Event { action: VISITORS, area, ..event.clone() });
    }
    Ok(())
}

/// Records a contact by `visitor` for the phones that do not follow the task: those of other
/// visitors, who see the last visits, and at a temporary stay those of the home's grid.
///
/// # Errors
/// [`DbError`].
pub fn record_contact(
    tx: &mut Tx<'_>,
    visitor: PersonId,
    row: &TaskRow,
    (id, home): (BeneficiaryId, &ContactedRow),
) -> Result<(), DbError> {
    let others = other_visitors(tx, visitor, row, id)?;
    if home.grid != row.grid || !others.is_empty() {
        let event = Event::new(CONTACT, Subject::Beneficiary, id, home.grid, home.version);
        record_all(tx, event.by(visitor).naming(&others, VISITORS));
    }
    Ok(())
}

/// Records a report by `visitor` that is no contact for the phones of other visitors, who see the last
/// visits.
///
/// # Errors
/// [`DbError`].
pub fn record_attempt(
    tx: &mut Tx<'_>,
    visitor: PersonId,
    row: &TaskRow,
    id: BeneficiaryId,
) -> Result<(), DbError> {
    let others = other_visitors(tx, visitor, row, id)?;
    if others.is_empty() {
        return Ok(());
    }
    for home in beneficiary::store::rows(tx.read()?, row.district, &[id])? {
        let event = Event::new(VISITORS, Subject::Beneficiary, id, home.grid, home.version);
        record_all(tx, event.by(visitor).naming(&others, VISITORS));
    }
    Ok(())
}

fn other_visitors(
    tx: &mut Tx<'_>,
    visitor: PersonId,
    row: &TaskRow,
    id: BeneficiaryId,
) -> Result<Vec<PersonId>, DbError> {
    let now = tx.now;
    let mut visitors = of_beneficiary::audience(tx.read()?, row.district, id, now)?.visitors;
    visitors.retain(|other| *other != visitor);
    Ok(visitors)
}

fn record_all(tx: &mut Tx<'_>, events: Vec<Event>) {
    for event in events {
        tx.record(event);
    }
}

/// Changes the fields of the entry that differ, and records them with `cause`, which names the
/// report or the correction; returns the changed fields. Nothing is written without a difference.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the entry has changed since it was read.
pub fn amend(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    actor: PersonId,
    row: &BeneficiaryRow,
    changes: &EntryChanges,
    cause: Map<String, Value>,
) -> Result<BTreeSet<EntryField>, DbError> {
    let opened = row.particulars(key)?;
    let fields = changes.differences(&EntryChanges::of(row, &opened, &changes.fields()));
    if fields.is_empty() {
        return Ok(fields);
    }
    let (next, particulars) = changes.applied(row, opened);
    let sealed = write::sealed(key, row.district, row.id, &particulars)?;
    let next = BeneficiaryRow { sealed, version: row.version + 1, ..next };
    replace(tx, actor, (row, &next), json!(fields), cause)?;
    Ok(fields)
}

/// Adds the category to the entry and records that with `cause`, which names the case. Nothing is written if the entry
/// has it.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the entry has changed since it was read.
pub fn add_category(
    tx: &mut Tx<'_>,
    actor: PersonId,
    row: &BeneficiaryRow,
    category: &Category,
    cause: Map<String, Value>,
) -> Result<(), DbError> {
    let mut categories = row.categories.members().clone();
    if !categories.insert(category.clone()) {
        return Ok(());
    }
    let categories = categories.into();
    let next = BeneficiaryRow { categories, version: row.version + 1, ..row.clone() };
    replace(tx, actor, (row, &next), json!(["categories"]), cause)
}

/// Writes the entry whose `fields` have changed, and records them with `cause`.
fn replace(
    tx: &mut Tx<'_>,
    actor: PersonId,
    (was, is): (&BeneficiaryRow, &BeneficiaryRow),
    fields: Value,
    cause: Map<String, Value>,
) -> Result<(), DbError> {
    write::replace(tx.write_unbatched(), was, is)?;
    let mut body = cause;
    body.insert("fields".to_owned(), fields);
    record(tx, actor, "beneficiary.change", (was, is), Value::Object(body))
}
