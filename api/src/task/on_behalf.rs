//! Reports of the visit of another person, such as an assignee without a phone.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PersonId;
use gridward_domain::person_state::PersonState;

use super::command::TaskCommand;
use super::perform::{self, Sent};
use super::report_authors::Authors;
use super::report_content::ReportContent;
use super::row::TaskRow;
use crate::auth;
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::Tx;

/// The visitor on whose behalf the principal reports; `None` for the own visit.
fn on_behalf_of(principal: &Principal, content: &ReportContent) -> Option<PersonId> {
    content.on_behalf_of.filter(|visitor| *visitor != principal.person)
}

/// The task, if the command reports on behalf of another person and the principal may direct the
/// task; `None` if the report is about the own visit.
///
/// # Errors
/// 404; 403.
pub(super) fn directed(
    tx: &mut Tx<'_>,
    principal: &Principal,
    sent: &Sent<'_>,
) -> Result<Option<TaskRow>, Problem> {
    let TaskCommand::Report(content) = sent.command else { return Ok(None) };
    if on_behalf_of(principal, content).is_none() {
        return Ok(None);
    }
    let row = perform::visible_now(tx, principal, sent.task)?;
    principal.authorize(Action::DirectTask, &row.grid)?;
    Ok(Some(row))
}

/// The authors of a report that the principal sends.
///
/// # Errors
/// 409 if the visitor has left; 422 if there is no such person.
pub(super) fn authors(
    tx: &mut Tx<'_>,
    principal: &Principal,
    content: &ReportContent,
) -> Result<Authors, Problem> {
    let writer = principal.person;
    let Some(visitor) = on_behalf_of(principal, content) else {
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
