//! What an attachment belongs to: a task, whose reports name it, or a case, whose document it is. Who
//! may see the one or the other may see the attachment.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::code::WordCode;
use gridward_domain::id::{CaseId, TaskId};
use gridward_domain::visibility::View;
use serde_json::{Value, json};

use super::metadata::Metadata;
use super::model::MediaType;
use super::store::AttachmentRow;
use crate::case::scope::{self, VisibleCase};
use crate::db::DbError;
use crate::http::problem::{Problem, ProblemCode};
use crate::task;
use crate::tx::Tx;

/// The owner of an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A task.
    Task(TaskId),
    /// A case.
    Case(CaseId),
}

impl Owner {
    /// The task.
    pub const fn task(self) -> Option<TaskId> {
        match self {
            Self::Task(task) => Some(task),
            Self::Case(_) => None,
        }
    }

    /// The case.
    pub const fn case(self) -> Option<CaseId> {
        match self {
            Self::Task(_) => None,
            Self::Case(case) => Some(case),
        }
    }

    /// The owner in the body of an event.
    pub fn body(self) -> Value {
        match self {
            Self::Task(task) => json!({ "task": task }),
            Self::Case(case) => json!({ "case": case }),
        }
    }
}

impl AttachmentRow {
    /// The owner.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn owner(&self) -> Result<Owner, DbError> {
        match (self.task, self.case_id) {
            (Some(task), None) => Ok(Owner::Task(task)),
            (None, Some(case)) => Ok(Owner::Case(case)),
            _ => Err(DbError::corrupt("attachments", "one owner is needed")),
        }
    }
}

/// The area of the case in the log: of a confidential one that of the district.
fn area_of(visible: &VisibleCase) -> AreaCode {
    let placed = &visible.placed;
    if visible.is_confidential { placed.row.district } else { placed.area }
}

/// Checks that the principal may add the attachment: to a task that is or was assigned to the
/// principal, or whose report the principal may write on behalf of its assignee; to a case that has not
/// ended and that the principal may move.
///
/// # Errors
/// 403; 404; 409 for a case that has ended; 422 for a document that the kind of the case does not have,
/// and for a media type of the other owner.
pub(super) fn check(
    tx: &mut Tx<'_>,
    principal: &Principal,
    metadata: &Metadata,
) -> Result<(), Problem> {
    principal.may(Action::ReportVisit)?;
    match metadata.owner {
        Owner::Task(task) => {
            let found = tx.find::<task::row::TaskRow>(task)?.ok_or_else(Problem::not_found)?;
            let directs = principal.authorize(Action::DirectTask, &found.grid).is_ok();
            let on_behalf = directs && found.assignee.is_some();
            if !on_behalf && !task::reports::report::is_or_was_assignee(tx, principal, &found)? {
                return Err(Problem::not_found());
            }
            if metadata.media_type == MediaType::Pdf {
                let detail = "type: a document belongs to a case";
                return Err(Problem::invalid("Upload-Metadata", detail));
            }
        }
        Owner::Case(case) => {
            let VisibleCase { placed, kind, .. } =
                scope::visible(tx.read()?, principal, case, Action::WorkCases)?;
            if placed.row.result.is_some() {
                return Err(ProblemCode::CaseEnded.into());
            }
            let mut documents = kind.steps.iter().flat_map(|step| &step.documents);
            let is_known = |code: &WordCode| documents.any(|word| word.code == *code);
            if !metadata.document.as_ref().is_none_or(is_known) {
                let detail = "document: is none of the documents of the kind of case";
                return Err(Problem::invalid("Upload-Metadata", detail));
            }
        }
    }
    Ok(())
}

/// The area of the event that the attachment is complete, if its owner still exists, and a case is still
/// shown to the principal.
///
/// # Errors
/// 404; 409 for a case that has ended.
pub(super) fn completed_in(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &AttachmentRow,
) -> Result<AreaCode, Problem> {
    match row.owner()? {
        Owner::Task(task) => {
            let found = tx.find::<task::row::TaskRow>(task)?.ok_or_else(Problem::not_found)?;
            Ok(found.grid)
        }
        Owner::Case(case) => {
            let visible = scope::visible(tx.read()?, principal, case, Action::WorkCases)?;
            if visible.placed.row.result.is_some() {
                return Err(ProblemCode::CaseEnded.into());
            }
            Ok(area_of(&visible))
        }
    }
}

/// The area of the event that the principal reads the attachment; `None` for the visitor's own one, which is
/// not recorded while the visitor sees the beneficiary in clear.
///
/// # Errors
/// 403; 404.
pub(super) fn read_in(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &AttachmentRow,
) -> Result<Option<AreaCode>, Problem> {
    match row.owner()? {
        Owner::Case(case) => {
            Ok(Some(area_of(&scope::visible(tx.read()?, principal, case, Action::ReadCases)?)))
        }
        Owner::Task(task) => {
            let task = task::view::seen::visible_now(tx, principal, task)?;
            let is_own = row.person == principal.person;
            if is_own && task.facts().view(principal, tx.now) == Some(View::Visitor) {
                return Ok(None);
            }
            if principal.role == Role::Volunteer {
                return Err(Problem::not_found());
            }
            principal.may(Action::ReadReports)?;
            Ok(Some(task.grid))
        }
    }
}
