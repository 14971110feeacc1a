//! Reports of the visit of another person, such as an assignee without a phone.

use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use gridward_domain::person_state::PersonState;

use super::report_authors::Authors;
use super::report_content::ReportContent;
use crate::auth;
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::Tx;

/// The visitor on whose behalf the principal reports; `None` for the own visit.
pub(in crate::task) fn visitor(principal: &Principal, content: &ReportContent) -> Option<PersonId> {
    content.on_behalf_of.filter(|visitor| *visitor != principal.person)
}

/// The authors of a report that the principal sends.
///
/// # Errors
/// 409 if the visitor has left; 422 if there is no such person.
pub(in crate::task) fn authors(
    tx: &mut Tx<'_>,
    principal: &Principal,
    content: &ReportContent,
) -> Result<Authors, Problem> {
    let writer = principal.person;
    let Some(visitor) = visitor(principal, content) else {
        return Ok(Authors { visitor: *principal, writer });
    };
    let conn = tx.read_unbatched();
    let known = auth::store::account_status(conn, principal.district(), visitor, None)?;
    let unknown = || Problem::invalid("/on_behalf_of", "is no person of the district");
    let account = known.ok_or_else(unknown)?;
    if account.state == PersonState::Left {
        return Err(ProblemCode::PersonLeft.into());
    }
    Ok(Authors { visitor: account.principal, writer })
}
