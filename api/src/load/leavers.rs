//! People of the files who have left. A file may be older than their departure, so they stay as
//! they are unless the load [readmits](super::Options::readmit) them.

use std::collections::HashSet;

use gridward_domain::id::PersonId;
use serde_json::json;

use super::record::PersonRecord;
use super::report::Fate;
use super::step::Step;
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::person;

/// Reports the leavers among the records; records those who are readmitted in the log, and
/// returns the others.
pub(super) fn exclude(
    step: &mut Step<'_>,
    records: &[PersonRecord],
) -> Result<HashSet<PersonId>, DbError> {
    let named: HashSet<PersonId> = records.iter().map(|record| record.id).collect();
    let mut leavers = person::store::leavers(step.conn, step.district)?;
    leavers.retain(|row| named.contains(&row.id));
    let ids: HashSet<PersonId> = leavers.iter().map(|row| row.id).collect();
    if !step.options.readmit {
        step.loaded.note(Fate::StillLeft, &ids);
        return Ok(ids);
    }
    step.loaded.note(Fate::Readmitted, &ids);
    step.events.extend(leavers.iter().map(|row| {
        Event::new("person.restore", Subject::Person, row.id, row.area, row.version + 1)
            .assignees(None, Some(row.id))
            .with(json!({ "because": "import" }))
    }));
    Ok(HashSet::new())
}
