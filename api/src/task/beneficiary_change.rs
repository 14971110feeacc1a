//! Changes of beneficiaries, recorded so that the phones of their visitors fetch them.

use std::collections::BTreeSet;

use gridward_domain::id::{BeneficiaryId, PersonId};
use serde_json::{Map, Value, json};

use super::of_beneficiary;
use super::row::TaskRow;
use crate::beneficiary::entry::{EntryChanges, EntryField};
use crate::beneficiary::store::{BeneficiaryRow, ContactedRow};
use crate::beneficiary::write;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// The action of the events that name more visitors of a beneficiary than the change itself.
pub const VISITORS: &str = "beneficiary.visitors";
/// The action of the event of a contact, which is no change of the entry.
pub const CONTACT: &str = "beneficiary.contact";

/// Records a change of a beneficiary; `actor` is `None` for the system. The event names two of the
/// people whose phones show the beneficiary in clear, wherever they work, so that their phones fetch
/// it; for each further two there is an event [`VISITORS`].
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
    let now = tx.now;
    let visitors = of_beneficiary::visitors(tx.read()?, is.district, is.id, now)?;
    let event = Event::new(action, Subject::Beneficiary, is.id, is.grid, is.version);
    reach(tx, event.by(actor).moved_from(was.grid).with(body), &visitors);
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
    let now = tx.now;
    let mut visitors = of_beneficiary::visitors(tx.read()?, row.district, id, now)?;
    visitors.retain(|other| *other != visitor);
    if home.grid != row.grid || !visitors.is_empty() {
        let event = Event::new(CONTACT, Subject::Beneficiary, id, home.grid, home.version);
        reach(tx, event.by(visitor), &visitors);
    }
    Ok(())
}

/// Records the event, and names the visitors: two in the event, and two in each event [`VISITORS`].
fn reach(tx: &mut Tx<'_>, event: Event, visitors: &[PersonId]) {
    let named = |event: Event, people: &[PersonId]| {
        event.assignees(people.first().copied(), people.get(1).copied())
    };
    let more = Event { action: VISITORS, body: json!({}), ..event.clone() };
    let mut pairs = visitors.chunks(2);
    tx.record(named(event, pairs.next().unwrap_or_default()));
    for pair in pairs {
        tx.record(named(more.clone(), pair));
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
    write::replace(tx.write_unbatched(), row, &next)?;
    let mut body = cause;
    body.insert("fields".to_owned(), json!(fields));
    record(tx, actor, "beneficiary.change", (row, &next), Value::Object(body))?;
    Ok(fields)
}
