//! The events of confidential cases. They name neither kind nor person, but the moment and the actor of one
//! lead to the report that opened it: roles that the kind does not name get none of them.

use std::collections::BTreeSet;

use gridward_domain::authority::Principal;
use gridward_domain::id::CaseId;
use serde::Deserialize;

use crate::case::retention::DELETION;
use crate::case::scope;
use crate::db::{Conn, DbError};
use crate::log::Subject;
use crate::log::store::EventRow;

/// The events without those of cases that do not exist for the reader: their changes, their readings and
/// their documents.
///
/// # Errors
/// [`DbError`].
pub fn without_hidden(
    conn: &mut Conn,
    reader: &Principal,
    mut rows: Vec<EventRow>,
) -> Result<Vec<EventRow>, DbError> {
    let cases: BTreeSet<CaseId> = rows.iter().filter_map(case_of).collect();
    let hidden = scope::hidden_among(conn, reader, &cases)?;
    rows.retain(|row| case_of(row).is_none_or(|case| !hidden.contains(&case)));
    if rows.iter().any(closes_confidential) && scope::hides_any(conn, reader)? {
        rows.retain(|row| !closes_confidential(row));
    }
    Ok(rows)
}

/// Whether the event is the notice to the finder of a confidential case, which names no case.
fn closes_confidential(row: &EventRow) -> bool {
    row.action == "person.case_closed" && !row.body.contains("\"case\"")
}

/// The case of the event.
fn case_of(row: &EventRow) -> Option<CaseId> {
    /// The part of a body that names the case of a document.
    #[derive(Deserialize)]
    struct OfCase {
        case: CaseId,
    }
    match row.subject {
        // Every role gets the event that a case was deleted.
        Subject::Case if row.action == DELETION => None,
        Subject::Case => row.subject_id.parse().ok(),
        Subject::Reading if row.action == "case.read" => row.subject_id.parse().ok(),
        Subject::Reading | Subject::Attachment => {
            serde_json::from_str::<OfCase>(&row.body).ok().map(|body| body.case)
        }
        _ => None,
    }
}
